"""LoFreq's answers from a BAM file: the straight line from reads to filtered calls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from kinescape.call.candidate import Candidate
from kinescape.call.filtering import FilteredCall, FilterLine, apply_filters
from kinescape.call.filters import DEFAULT_MIN_COVERAGE, quality_threshold
from kinescape.call.indel import indel_candidates
from kinescape.call.settings import CallSettings, FilterSettings, StrandCorrection
from kinescape.call.snv import snv_candidates
from kinescape.columns.bam import AlignmentFile, Contig
from kinescape.columns.pileup import windows
from kinescape.columns.reference import Reference

FIRST_INDEL_TESTS = 1
"""LoFreq's count of indel tests starts at 1, that of SNV tests at 0."""


@dataclass(frozen=True)
class CallResult:
    """All candidates in the order of the file, with the filters that they failed.

    Attributes
    ----------
    snv_tests, indel_tests
        The numbers of tests that the final quality thresholds rest on.
    """

    calls: tuple[FilteredCall, ...]
    filters: tuple[FilterLine, ...]
    contigs: tuple[Contig, ...]
    snv_tests: int
    indel_tests: int

    @property
    def passed(self) -> tuple[FilteredCall, ...]:
        """The calls that failed no filter."""
        return tuple(call for call in self.calls if call.passed)


def call_bam(path: Path, reference_path: Path, settings: CallSettings) -> CallResult:
    """Call SNVs and, if asked for, insertions and deletions.

    Raises
    ------
    InputError
        See :class:`kinescape.columns.bam.AlignmentFile`, :class:`kinescape.columns.reference.Reference` and
        :func:`kinescape.columns.pileup.windows`.
    """
    candidates: list[Candidate] = []
    snv_tests, indel_tests = 0, FIRST_INDEL_TESTS
    with Reference(reference_path) as reference:
        alignments = AlignmentFile(path, reference_path)
        pileup = replace(settings.pileup, indels=settings.call_indels)
        for window in windows(alignments, reference, pileup):
            columns = window.columns
            here: list[Candidate] = []
            if settings.call_indels:
                here, indel_tests = indel_candidates(
                    columns, window.indels, window.reference, settings.indel, indel_tests
                )
            bases = window.reference[columns.start : columns.start + columns.size]
            snvs, snv_tests = snv_candidates(columns, bases, settings.snv, snv_tests)
            # At one position an insertion or deletion stands before the SNVs.
            candidates.extend(sorted(here + snvs, key=lambda candidate: candidate.position))
    calls, filters = filtered(candidates, settings, snv_tests, indel_tests)
    return CallResult(tuple(calls), tuple(filters), alignments.contigs, snv_tests, indel_tests)


def filtered(
    candidates: list[Candidate], settings: CallSettings, snv_tests: int, indel_tests: int
) -> tuple[list[FilteredCall], list[FilterLine]]:
    """What ``lofreq call`` filters on its own, then what ``lofreq filter`` would be asked for."""
    own = FilterSettings(
        min_coverage=DEFAULT_MIN_COVERAGE if settings.default_filter else None,
        strand=StrandCorrection() if settings.default_filter else None,
        min_snv_quality=_threshold(settings.snv.significance, settings.snv.bonferroni, snv_tests),
        min_indel_quality=_threshold(settings.indel.significance, settings.indel.bonferroni, indel_tests),
    )
    calls, lines = apply_filters([FilteredCall(candidate) for candidate in candidates], own)
    if settings.further is not None:
        calls, more = apply_filters(calls, settings.further)
        lines += [line for line in more if line not in lines]
    return calls, lines


def _threshold(significance: float, bonferroni: int | None, tests: int) -> int | None:
    """Tests were corrected for those before them only; the threshold corrects for all. A fixed number needs none."""
    return quality_threshold(significance, tests) if bonferroni is None else None
