"""Filters applied to candidates: every call keeps the names of those it failed.

One pass works like one run of ``lofreq filter``: each filter looks at all calls that come in, whether or not another
one drops them, and a multiple-testing correction counts all calls of its type.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kinescape.call.candidate import Candidate
from kinescape.call.filters import coverage_filtered, frequency_filtered, rejected, strand_filtered
from kinescape.call.settings import FilterSettings, QualityCorrection

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class FilteredCall:
    """A candidate and the filters that it failed; none means PASS."""

    candidate: Candidate
    failed: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether it failed no filter."""
        return not self.failed


@dataclass(frozen=True)
class FilterLine:
    """A filter as the VCF header declares it."""

    name: str
    description: str


def apply_filters(
    calls: Sequence[FilteredCall], settings: FilterSettings
) -> tuple[list[FilteredCall], list[FilterLine]]:
    """The calls with the filters they failed added, and the header's lines. Calls that failed before stay as they are.

    The order of calls is kept.
    """
    incoming = [call.candidate for call in calls if call.passed]
    failed: list[list[str]] = [[] for _ in incoming]
    lines = []
    for line, drops in _verdicts(incoming, settings):
        lines.append(line)
        for index in np.flatnonzero(drops):
            failed[index].append(line.name)
    verdicts = iter(failed)
    return [FilteredCall(call.candidate, tuple(next(verdicts))) if call.passed else call for call in calls], lines


def _verdicts(candidates: Sequence[Candidate], settings: FilterSettings) -> Iterator[tuple[FilterLine, BoolArray]]:
    """Each filter's header line and bool[n]: the candidates it drops."""
    indel = np.array([candidate.is_indel for candidate in candidates], dtype=np.bool_)
    quality = np.array([candidate.quality for candidate in candidates], dtype=np.int64)
    if settings.min_coverage is not None:
        depth = np.array([candidate.depth for candidate in candidates], dtype=np.int64)
        yield (
            FilterLine(f"min_dp_{settings.min_coverage}", f"Minimum coverage {settings.min_coverage}"),
            coverage_filtered(depth, settings.min_coverage),
        )
    if settings.min_frequency is not None:
        # The frequency as the VCF prints it, which is what `lofreq filter` reads.
        frequency = np.array([f"{candidate.allele_frequency:f}" for candidate in candidates]).astype(np.float32)
        yield (
            FilterLine(f"min_af_{settings.min_frequency:f}", f"Minimum allele frequency {settings.min_frequency:f}"),
            frequency_filtered(frequency, settings.min_frequency),
        )
    yield from _strand_verdict(candidates, indel, settings)
    for minimum, label, kind, affected in (
        (settings.min_snv_quality, "snvqual", "SNV", ~indel),
        (settings.min_indel_quality, "indelqual", "indel", indel),
    ):
        if minimum is not None:
            yield (
                FilterLine(f"min_{label}_{minimum}", f"Minimum {kind} quality (Phred) {minimum}"),
                affected & (quality < minimum),
            )
    for correction, label, kind, affected in (
        (settings.snv_quality, "snvqual", "SNV", ~indel),
        (settings.indel_quality, "indelqual", "indel", indel),
    ):
        if correction is not None:
            yield _quality_verdict(correction, label, kind, affected, quality)


def _quality_verdict(
    correction: QualityCorrection, label: str, kind: str, affected: BoolArray, quality: npt.NDArray[np.int64]
) -> tuple[FilterLine, BoolArray]:
    drops = np.zeros(affected.size, dtype=np.bool_)
    drops[affected] = ~rejected(quality[affected], correction.rule, correction.alpha, correction.n_tests)
    text = f"{kind} quality, multiple-testing correction: {correction.rule} corrected P >= {correction.alpha:f}"
    return FilterLine(f"{label}_{correction.rule}", text), drops


def _strand_verdict(
    candidates: Sequence[Candidate], indel: BoolArray, settings: FilterSettings
) -> Iterator[tuple[FilterLine, BoolArray]]:
    strand = settings.strand
    if strand is None:
        return
    affected = np.ones(indel.size, dtype=np.bool_) if strand.include_indels else ~indel
    bias = np.array([candidate.strand_bias for candidate in candidates], dtype=np.int64)
    dp4 = np.array([candidate.dp4 for candidate in candidates], dtype=np.int64).reshape(-1, 4)
    drops = np.zeros(indel.size, dtype=np.bool_)
    drops[affected] = strand_filtered(
        bias[affected], dp4[affected], correction=strand.rule, alpha=strand.alpha, compound=strand.compound
    )
    text = f"Strand bias, multiple-testing correction: {strand.rule} corrected P < {strand.alpha:f}"
    if strand.compound:
        text += ", and more than 85% of the alternative bases on one strand"
    yield FilterLine(f"sb_{strand.rule}", text), drops
