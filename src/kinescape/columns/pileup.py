"""A BAM file becomes counts, window after window: the way in for ``kinescape call``.

Reads stream through once, in the order of the file; a window is handed on as soon as no later read can reach it, so
memory grows with the depth's variety of qualities and not with the number of reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from kinescape.columns.aligned import AlignedReads, ReadFilter
from kinescape.columns.alignment_quality import with_alignment_quality
from kinescape.columns.bam import AlignmentFile, IntArray
from kinescape.columns.decode import decoded
from kinescape.columns.events import gather_alleles
from kinescape.columns.histogram import NO_QUALITY, CodeArray, CodeCounter, ColumnCounts
from kinescape.columns.indel_counts import IndelAllele, IndelCounts, indel_consensus, merged_alleles
from kinescape.columns.indel_quality import (
    UniformQuality,
    dindel_by_position,
    with_dindel_quality,
    with_uniform_quality,
)
from kinescape.columns.reference import Reference
from kinescape.columns.scatter import DEPTH, ROWS, STRANDS, TAILS, UNKNOWN, WITHOUT, scatter_bases, scatter_gaps, spans
from kinescape.coordinates import to_one_based
from kinescape.errors import InputError

WINDOW = 1 << 16
"""Positions after which finished columns are handed on."""

_OFFSET = np.uint64(34)
"""Bits below the position in a packed code."""


@dataclass(frozen=True)
class PileupSettings:
    """How reads become counts. Defaults are LoFreq's."""

    reads: ReadFilter = field(default_factory=ReadFilter)
    alignment_quality: Literal["extended", "plain", "off"] = "extended"
    indels: bool = False
    """Also compute alignment qualities of gaps."""
    indel_quality: Literal["tags", "dindel"] | UniformQuality = "tags"
    threads: int = 1


@dataclass(frozen=True, eq=False)
class Window:
    """Counts of one stretch of a contig, with its reference."""

    columns: ColumnCounts
    indels: IndelCounts
    reference: npt.NDArray[np.uint8]
    """uint8[contig length]: base codes of the whole contig."""


def windows(alignments: AlignmentFile, reference: Reference, settings: PileupSettings) -> Iterator[Window]:
    """Counts of all covered stretches, in the order of the file.

    Raises
    ------
    InputError
        Alignments not sorted, malformed, or not made with this reference; no read that counts; no indel qualities
        where they are asked for.
    """
    reference.check(alignments.contigs, alignments.path)
    pile: _Pile | None = None
    finished: set[int] = set()
    read_count, qualities_seen = 0, False
    for records in alignments.blocks():
        for reads in decoded(records, alignments.contigs, settings.reads, alignments.path):
            read_count += reads.size
            if pile is None or pile.contig != reads.contig:
                if pile is not None:
                    yield from pile.finish()
                    finished.add(pile.contig)
                pile = _start_contig(reads.contig, finished, alignments, reference, settings)
            _require_sorted(reads, pile, alignments)
            _require_inside(reads, pile, alignments)
            prepared = pile.prepare(reads)
            qualities_seen = qualities_seen or bool((prepared.insertion_quality != NO_QUALITY).any())
            yield from pile.add(prepared)
    if pile is not None:
        yield from pile.finish()
    if not read_count:
        raise InputError("holds no read that counts (mapped, primary, properly paired)", file=alignments.path)
    if settings.indels and not qualities_seen:
        raise InputError(
            "its reads carry no indel qualities (tags BI, BD), so that indels cannot be tested",
            file=alignments.path,
            expected="--dindel or --indel-quality to add them",
        )


def _start_contig(
    contig: int, finished: set[int], alignments: AlignmentFile, reference: Reference, settings: PileupSettings
) -> _Pile:
    name = alignments.contigs[contig].name
    if contig in finished:
        raise InputError("is not sorted by coordinate", file=alignments.path, found=f"{name} in two places")
    codes = reference.codes(name, alignments.path)
    return _Pile(contig, name, codes, settings)


def _require_sorted(reads: AlignedReads, pile: _Pile, alignments: AlignmentFile) -> None:
    steps = np.diff(np.concatenate([[pile.last_start], reads.start]))
    if (steps < 0).any():
        position = to_one_based(int(reads.start[int(np.argmax(steps < 0))]))
        raise InputError(
            "is not sorted by coordinate",
            file=alignments.path,
            found=f"{pile.name}:{position} after a later position",
            expected="the output of `samtools sort`",
        )
    pile.last_start = int(reads.start[-1])


def _require_inside(reads: AlignedReads, pile: _Pile, alignments: AlignmentFile) -> None:
    """No read reaches beyond the reference: the kernels trust it."""
    ends, _ = spans(reads.start, reads.cigar_bounds, reads.cigar)
    outside = (reads.start < 0) | (ends > pile.reference.size)
    if outside.any():
        position = to_one_based(int(reads.start[int(np.argmax(outside))]))
        raise InputError(
            "a read reaches beyond the end of the reference",
            file=alignments.path,
            found=f"a read at {pile.name}:{position}",
            expected=f"reads within its {pile.reference.size} bases",
        )


class _Pile:
    """The columns of one contig that are still open: ``[start, start + capacity)``."""

    def __init__(self, contig: int, name: str, reference: npt.NDArray[np.uint8], settings: PileupSettings) -> None:
        self.contig, self.name, self.reference, self.settings = contig, name, reference, settings
        self.last_start = 0
        self._dindel = dindel_by_position(reference) if settings.indel_quality == "dindel" else None
        self._open(0)

    def _open(self, start: int) -> None:
        self._start = self._end = start
        self._counts = np.zeros((ROWS, 0), dtype=np.int64)
        self._bases, self._indels = CodeCounter(), CodeCounter()
        self._alleles: list[IndelAllele] = []

    def prepare(self, reads: AlignedReads) -> AlignedReads:
        """The reads with the indel and alignment qualities that are asked for."""
        settings = self.settings
        if self._dindel is not None:
            reads = with_dindel_quality(reads, self._dindel)
        elif isinstance(settings.indel_quality, UniformQuality):
            reads = with_uniform_quality(reads, settings.indel_quality)
        if settings.alignment_quality == "off":
            return reads
        return with_alignment_quality(
            reads,
            self.reference,
            extended=settings.alignment_quality == "extended",
            gaps=settings.indels,
            threads=settings.threads,
        )

    def add(self, reads: AlignedReads) -> Iterator[Window]:
        """Count the reads; yield what is finished by then."""
        ends, sites = spans(reads.start, reads.cigar_bounds, reads.cigar)
        first = 0
        while first < reads.size:
            start = int(reads.start[first])
            if start >= self._end:  # nothing is open: jump over what has no reads
                yield from self.finish()
                self._open(start)
            elif start - self._start > WINDOW:
                yield self._cut(start)
            last = int(np.searchsorted(reads.start, self._start + WINDOW, side="right"))
            last = max(last, first + 1)
            self._count(reads, first, last, int(ends[first:last].max()), sites)
            first = last

    def finish(self) -> Iterator[Window]:
        """Yield what is still open."""
        if self._end > self._start:
            yield self._cut(self._end)

    def _count(self, reads: AlignedReads, first: int, last: int, end: int, sites: IntArray) -> None:
        if end - self._start > self._counts.shape[1]:
            counts = np.zeros((ROWS, max(end - self._start, 2 * self._counts.shape[1])), dtype=np.int64)
            counts[:, : self._counts.shape[1]] = self._counts
            self._counts = counts
        self._end = max(self._end, end)
        codes = np.empty(int(reads.bounds[last] - reads.bounds[first]), dtype=np.uint64)
        used = scatter_bases(
            reads.start, reads.mapping_quality, reads.source_quality, reads.reverse, reads.cigar_bounds, reads.cigar,
            reads.bounds, reads.bases, reads.qualities, reads.alignment_quality,
            first, last, self._start, self._counts, codes,
        )  # fmt: skip
        self._bases.add(codes[:used])
        codes = np.empty(2 * int(sites[first:last].sum()), dtype=np.uint64)
        used = scatter_gaps(
            reads.start, reads.mapping_quality, reads.source_quality, reads.reverse, reads.cigar_bounds, reads.cigar,
            reads.bounds, reads.insertion_quality, reads.deletion_quality,
            first, last, self._start, self._counts, codes,
        )  # fmt: skip
        self._indels.add(codes[:used])
        self._alleles.extend(gather_alleles(reads, first, last, self.reference))

    def _cut(self, boundary: int) -> Window:
        """Hand on everything before ``boundary`` (a contig position) and keep the rest open."""
        size = boundary - self._start
        window = self._window(size)
        rest = self._counts[:, size : self._end - self._start].copy()
        kept = [allele for allele in self._alleles if allele.offset >= boundary]
        counters = [_after(counter, boundary) for counter in (self._bases, self._indels)]
        end = self._end
        self._open(boundary)
        self._end, self._counts, self._alleles = end, rest, kept
        self._bases, self._indels = counters
        return window

    def _window(self, size: int) -> Window:
        counts, start = self._counts[:, :size], self._start
        alleles = [allele.moved(-start) for allele in self._alleles if allele.offset < start + size]
        indel_codes, indel_counts = _before(self._indels, start, start + size)
        indels = IndelCounts(
            without=np.ascontiguousarray(counts[WITHOUT : WITHOUT + 2].T),
            tails=counts[TAILS].copy(),
            group_code=indel_codes,
            group_count=indel_counts,
            alleles=merged_alleles(alleles),
        )
        codes, code_counts = _before(self._bases, start, start + size)
        columns = ColumnCounts(
            contig=self.name,
            start=start,
            depth=counts[DEPTH].copy(),
            strand_counts=np.ascontiguousarray(counts[STRANDS : STRANDS + 8].T.reshape(size, 4, 2)),
            unknown=counts[UNKNOWN].copy(),
            group_code=codes,
            group_count=code_counts,
            indel_consensus=indel_consensus(size, indels),
        )
        return Window(columns, indels, self.reference)


def _before(counter: CodeCounter, start: int, end: int) -> tuple[CodeArray, IntArray]:
    """Codes of positions before ``end``, their positions counted from ``start``."""
    codes, counts = counter.sorted()
    size = int(np.searchsorted(codes, np.uint64(end) << _OFFSET))
    return codes[:size] - (np.uint64(start) << _OFFSET), counts[:size]


def _after(counter: CodeCounter, start: int) -> CodeCounter:
    """A new counter with the codes of positions from ``start`` on."""
    codes, counts = counter.sorted()
    size = int(np.searchsorted(codes, np.uint64(start) << _OFFSET))
    rest = CodeCounter()
    rest.add(codes[size:], counts[size:])
    return rest
