"""Insertions and deletions: every event against the errors that indel qualities predict.

The test is that of the SNVs with other error probabilities: the reads' indel qualities (tags BI and BD, or Dindel's by
homopolymer length), merged with mapping quality and, for the event under test only, the alignment quality of its gap.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kinescape.call.candidate import Candidate
from kinescape.call.error_model import error_probability
from kinescape.call.strand import strand_bias_phred
from kinescape.call.tail import log10_tail, phred
from kinescape.columns.histogram import BASES, NO_QUALITY, CodeArray, ColumnCounts
from kinescape.columns.indel_counts import KINDS, IndelAllele, IndelCounts, Kind

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

SLIPPAGE_BASES = ("A", "T")
SLIPPAGE_FREQUENCY = 0.05
"""One base A or T both inserted and deleted at one column, each in fewer than 5% of the reads, is polymerase slippage
and not called (a rule of LoFreq)."""


@dataclass(frozen=True)
class IndelSettings:
    """Thresholds of the test. Defaults are LoFreq's."""

    min_coverage: int = 1
    significance: float = 0.01
    bonferroni: int | None = None
    """Number of tests to correct for; None counts them as they come (dynamic)."""
    use_mapping_quality: bool = True


def indel_candidates(
    columns: ColumnCounts,
    indels: IndelCounts,
    contig_reference: npt.NDArray[np.uint8],
    settings: IndelSettings,
    tests_before: int,
) -> tuple[list[Candidate], int]:
    """The significant events of a window, by position, and the number of tests with this window's.

    ``contig_reference`` is uint8[contig length]. Counting starts at 1, and every tested event adds one.
    """
    tests = tests_before
    candidates = []
    for offset, alleles in _by_column(indels.alleles):
        if contig_reference[columns.start + offset] >= len(BASES) or columns.depth[offset] < settings.min_coverage:
            continue
        room = max(int(columns.depth[offset] - indels.tails[offset]), 1)
        slipping = _slipping(alleles, room)
        for allele in alleles:
            if allele in slipping:
                continue
            tests += 1
            correction = tests if settings.bonferroni is None else settings.bonferroni
            log10_p = _log10_p(allele, alleles, indels, settings)
            if log10_p + math.log10(correction) < math.log10(settings.significance):
                candidates.append(_candidate(allele, columns, indels, contig_reference, room, phred(log10_p)))
    return candidates, tests


def homopolymer_length(reference: npt.NDArray[np.uint8], anchor: int) -> int:
    """HRUN: the run that starts right of the anchor, extended to the left where the anchor belongs to it."""
    if anchor + 1 >= reference.size:
        return 1
    base, first, last = reference[anchor + 1], anchor + 1, anchor + 1
    while last + 1 < reference.size and reference[last + 1] == base:
        last += 1
    while first > 0 and reference[first - 1] == base:
        first -= 1
    return last - first + 1


def _by_column(alleles: tuple[IndelAllele, ...]) -> Iterator[tuple[int, list[IndelAllele]]]:
    first = 0
    for last in range(1, len(alleles) + 1):
        if last == len(alleles) or alleles[last].offset != alleles[first].offset:
            yield alleles[first].offset, list(alleles[first:last])
            first = last


def _slipping(alleles: list[IndelAllele], room: int) -> list[IndelAllele]:
    """The opposite one-base A or T events of a column that are both rare."""
    slipping = []
    for base in SLIPPAGE_BASES:
        pair = [allele for allele in alleles if allele.sequence == base]
        if len(pair) == len(KINDS) and all(allele.count / room < SLIPPAGE_FREQUENCY for allele in pair):
            slipping.extend(pair)
    return slipping


def _log10_p(allele: IndelAllele, alleles: list[IndelAllele], indels: IndelCounts, settings: IndelSettings) -> float:
    """log10 Pr(as many events or more): all reads without event and all reads with any event of the same kind."""
    codes, counts = _without_event(indels, allele.offset, allele.kind)
    errors, trials = [_errors(codes, settings, gap_quality=False)], [counts]
    for other in alleles:
        if other.kind == allele.kind:
            errors.append(_errors(other.group_code, settings, gap_quality=other is allele))
            trials.append(other.group_count)
    return log10_tail(np.concatenate(errors), np.concatenate(trials), allele.count)


def _without_event(indels: IndelCounts, offset: int, kind: Kind) -> tuple[CodeArray, IntArray]:
    first = (offset << 34) | (KINDS.index(kind) << 32)
    start, end = np.searchsorted(indels.group_code, np.array([first, first + (1 << 32)], dtype=np.uint64))
    return indels.group_code[start:end], indels.group_count[start:end]


def _errors(codes: CodeArray, settings: IndelSettings, *, gap_quality: bool) -> FloatArray:
    base, mapping, alignment, source = (
        ((codes >> np.uint64(shift)) & np.uint64(255)).astype(np.uint8) for shift in (24, 16, 8, 0)
    )
    if not gap_quality:
        alignment = np.full_like(alignment, NO_QUALITY)
    return error_probability(base, mapping, alignment, source, use_mapping_quality=settings.use_mapping_quality)


def _candidate(
    allele: IndelAllele,
    columns: ColumnCounts,
    indels: IndelCounts,
    contig_reference: npt.NDArray[np.uint8],
    room: int,
    quality: int,
) -> Candidate:
    position = columns.start + allele.offset
    anchor = BASES[contig_reference[position]]
    longer, shorter = anchor + allele.sequence, anchor
    reference, alternative = (shorter, longer) if allele.kind == "insertion" else (longer, shorter)
    forward, reverse = (int(count) for count in indels.without[allele.offset])
    dp4 = (forward, reverse, allele.forward, allele.reverse)
    return Candidate(
        contig=columns.contig,
        position=position,
        reference=reference,
        alternative=alternative,
        quality=quality,
        depth=room,
        allele_frequency=float(np.float32(allele.count) / np.float32(room)),
        strand_bias=strand_bias_phred(*dp4),
        dp4=dp4,
        homopolymer=homopolymer_length(contig_reference, position),
    )
