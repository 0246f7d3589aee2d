"""The common currency of the caller: what the reads say at every position, as counts.

Both ways in, a BAM file (:mod:`kinescape.columns.pileup`) and distinct mates with every read's qualities, fill the same
:class:`ColumnCounts`; everything after it sees no reads any more. Counts of parts of the data add up
(:func:`merged`), and the order of reads does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from kinescape.compiled import kernel

BASES = "ACGT"
"""Order of the base axis everywhere."""

NO_QUALITY = 255
"""In a packed quality: this term is not there (its error probability is 0). Also BAM's "mapping quality unknown"."""

MIN_VISIBLE_QUALITY = 3
"""Bases below are invisible to counts and tests (LoFreq's fixed ``min_plp_bq``); they still span the column."""

LARGEST_QUALITY = 93
"""Base qualities above are cut to this."""

IntArray = npt.NDArray[np.int64]
CodeArray = npt.NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class ColumnCounts:
    """Counts over the window ``[start, start + n)`` of one contig (0-based).

    Attributes
    ----------
    contig, start
        Where the window lies.
    depth
        int64[n]: reads that span the column, deleted, skipped and low-quality bases included (LoFreq's DP).
    strand_counts
        int64[n, 4, 2]: bases with quality >= 3, by base (:data:`BASES`) and strand (forward, reverse).
    unknown
        int64[n]: N bases with quality >= 3.
    group_code
        uint64[g], ascending, distinct: the packed histogram, see :func:`pack_codes`. One code is a position, a base
        and the qualities that make its error probability.
    group_count
        int64[g]: bases with that code.
    indel_consensus
        bool[n]: the most supported event at the column is an insertion or deletion (no SNV is sought there).
    """

    contig: str
    start: int
    depth: IntArray
    strand_counts: IntArray
    unknown: IntArray
    group_code: CodeArray
    group_count: IntArray
    indel_consensus: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))

    def __post_init__(self) -> None:
        if self.indel_consensus.size != self.depth.size:
            object.__setattr__(self, "indel_consensus", np.zeros(self.depth.size, dtype=np.bool_))

    @property
    def size(self) -> int:
        """Positions in the window."""
        return int(self.depth.size)

    @property
    def group_position(self) -> IntArray:
        """int64[g], ascending: 0-based offset in the window."""
        return (self.group_code >> np.uint64(34)).astype(np.int64)

    @property
    def group_base(self) -> IntArray:
        """int64[g]: index into :data:`BASES`."""
        return ((self.group_code >> np.uint64(32)) & np.uint64(3)).astype(np.int64)

    @property
    def group_qualities(self) -> npt.NDArray[np.uint8]:
        """uint8[g, 4]: base quality, mapping quality, BAQ, source quality; :data:`NO_QUALITY` where there is none."""
        shifts = np.array([24, 16, 8, 0], dtype=np.uint64)
        return ((self.group_code[:, None] >> shifts) & np.uint64(255)).astype(np.uint8)


def pack_codes(
    position: npt.ArrayLike,
    base: npt.ArrayLike,
    base_quality: npt.ArrayLike,
    mapping_quality: npt.ArrayLike,
    alignment_quality: npt.ArrayLike = NO_QUALITY,
    source_quality: npt.ArrayLike = NO_QUALITY,
) -> CodeArray:
    """Codes of :attr:`ColumnCounts.group_code`: window offset (30 bits), base (2), four qualities (8 each).

    ``alignment_quality`` is the BAQ, a separate error term. All arguments broadcast.
    """
    parts = np.broadcast_arrays(position, base, base_quality, mapping_quality, alignment_quality, source_quality)
    code = parts[0].astype(np.uint64) << np.uint64(34)
    for part, shift in zip(parts[1:], (32, 24, 16, 8, 0), strict=True):
        code |= part.astype(np.uint64) << np.uint64(shift)
    return np.asarray(code, dtype=np.uint64)


class CodeCounter:
    """Counts codes as they come, in memory that grows with the distinct ones only."""

    def __init__(self, capacity: int = 1 << 14) -> None:
        self._codes = np.zeros(capacity, dtype=np.uint64)
        self._counts = np.zeros(capacity, dtype=np.int64)
        self._used = 0

    def add(self, codes: CodeArray, weights: IntArray | None = None) -> None:
        """Count every code once, or ``weights[i]`` times. Weights of 0 are skipped."""
        amounts = np.empty(0, dtype=np.int64) if weights is None else weights
        done = 0
        while True:
            done, self._used = _count_codes(self._codes, self._counts, self._used, codes, amounts, done)
            if done == codes.size:
                return
            self._grow()

    def sorted(self) -> tuple[CodeArray, IntArray]:
        """The distinct codes, ascending, and their counts."""
        taken = self._counts > 0
        codes, counts = self._codes[taken], self._counts[taken]
        order = np.argsort(codes)
        return codes[order], counts[order]

    def _grow(self) -> None:
        codes, counts = self._codes, self._counts
        taken = counts > 0
        self._codes = np.zeros(4 * codes.size, dtype=np.uint64)
        self._counts = np.zeros(4 * codes.size, dtype=np.int64)
        self._used = 0
        _, self._used = _count_codes(self._codes, self._counts, 0, codes[taken], counts[taken], 0)


def merged(parts: Sequence[ColumnCounts]) -> ColumnCounts:
    """The counts of all parts together; all must cover the same window. An indel consensus of any part is kept."""
    first = parts[0]
    for part in parts[1:]:
        if (part.contig, part.start, part.size) != (first.contig, first.start, first.size):
            raise ValueError("only counts of the same window can be merged")
    counter = CodeCounter()
    for part in parts:
        counter.add(part.group_code, part.group_count)
    codes, counts = counter.sorted()
    return ColumnCounts(
        contig=first.contig,
        start=first.start,
        depth=np.sum([part.depth for part in parts], axis=0),
        strand_counts=np.sum([part.strand_counts for part in parts], axis=0),
        unknown=np.sum([part.unknown for part in parts], axis=0),
        group_code=codes,
        group_count=counts,
        indel_consensus=np.any([part.indel_consensus for part in parts], axis=0),
    )


@kernel
def _count_codes(
    table: CodeArray, counts: IntArray, used: int, codes: CodeArray, weights: IntArray, first: int
) -> tuple[int, int]:
    """Open addressing with linear probing; stops where the table is half full. Returns (codes done, slots used)."""
    mask = table.size - 1
    shift = np.uint64(64)
    while (np.int64(1) << (np.int64(64) - np.int64(shift))) < table.size:
        shift -= np.uint64(1)
    for i in range(first, codes.size):
        weight = weights[i] if weights.size else 1
        if weight == 0:
            continue
        # Fibonacci hashing (Knuth, TAOCP 3, 6.4): the high bits of a multiplication by 2**64 / golden ratio.
        slot = np.int64((codes[i] * np.uint64(0x9E3779B97F4A7C15)) >> shift)
        while counts[slot] > 0 and table[slot] != codes[i]:
            slot = (slot + 1) & mask
        if counts[slot] == 0:
            if 2 * (used + 1) > table.size:
                return i, used
            table[slot] = codes[i]
            used += 1
        counts[slot] += weight
    return codes.size, used
