"""Every read's qualities, scattered through its distinct mate's alignment into the histograms of the columns.

This is the hot loop over all bases of a sample; everything after it works on a few thousand numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.columns.axis import Axis
from kinescape.columns.placement import Placement
from kinescape.compiled import kernel
from kinescape.reads.pairs import QualityStore, ReadPairs

QUALITIES = 64
"""Levels of the histogram; higher qualities are counted as 63 (error 5e-7, below what any sequencer states)."""
INVISIBLE_BELOW = 3
"""LoFreq does not look at bases of a quality below 3 (docs/lofreq-mode.md)."""
ORIENTATIONS = ("first mate forward", "first mate reverse", "second mate forward", "second mate reverse")


@dataclass(frozen=True)
class MateColumns:
    """What the reads of a sample say at every position of the axis, with one aligner.

    Attributes
    ----------
    mapping_qualities
        int64[classes]: the mapping qualities that occur.
    histogram
        int32[classes, positions, 4 bases, 64 qualities]: bases of quality >= 3.
    counts
        int64[positions, 4 orientations, 4 bases]: the same bases by :data:`ORIENTATIONS`.
    depth
        int64[positions]: reads that span the position, deletions and low qualities included.
    fragments
        int64[positions]: read pairs of which at least one mate spans the position.
    amplicon_fragments
        int64[amplicons]: pairs with both mates on the amplicon, on opposite strands.
    reads_on_target
        Reads placed on an amplicon.
    """

    aligner: str
    axis: Axis
    mapping_qualities: NDArray[np.int64]
    histogram: NDArray[np.int32]
    counts: NDArray[np.int64]
    depth: NDArray[np.int64]
    fragments: NDArray[np.int64]
    amplicon_fragments: NDArray[np.int64]
    reads_on_target: int
    mates_on_target: int

    def base_counts(self) -> NDArray[np.int64]:
        """int64[positions, 4]: bases of quality >= 3 over all orientations."""
        totals: NDArray[np.int64] = self.counts.sum(axis=1)
        return totals

    def strand_counts(self) -> NDArray[np.int64]:
        """int64[positions, 2 (forward, reverse), 4]."""
        return np.stack((self.counts[:, 0] + self.counts[:, 2], self.counts[:, 1] + self.counts[:, 3]), axis=1)

    def mismatches_per_base(self, left_out: NDArray[np.bool_] | None = None) -> float:
        """Bases between the primers that differ from the reference, per base counted.

        ``left_out`` (bool[positions]) are positions of called variants.
        """
        use = self.axis.in_insert if left_out is None else self.axis.in_insert & ~left_out
        totals = self.base_counts()[use]
        matches = totals[np.arange(len(totals)), self.axis.reference[use]].sum()
        return float((totals.sum() - matches) / max(1, totals.sum()))


@kernel
def _scatter(
    mate: NDArray[np.int32],
    start: NDArray[np.int64],
    values: NDArray[np.uint8],
    mate_offsets: NDArray[np.int64],
    amplicon: NDArray[np.int16],
    reverse: NDArray[np.bool_],
    quality_class: NDArray[np.int64],
    column: NDArray[np.int32],
    base: NDArray[np.uint8],
    second: int,
    histogram: NDArray[np.int32],
    counts: NDArray[np.int64],
) -> None:
    highest = histogram.shape[3] - 1
    for read in range(mate.shape[0]):
        number = mate[read]
        if amplicon[number] < 0:
            continue
        orientation = 2 * second + (1 if reverse[number] else 0)
        level = quality_class[number]
        begin = mate_offsets[number]
        source = start[read]
        for index in range(mate_offsets[number + 1] - begin):
            place = column[begin + index]
            if place < 0:
                continue
            letter = base[begin + index]
            quality = values[source + index]
            if letter > 3 or quality < 3:
                continue
            counts[place, orientation, letter] += 1
            histogram[level, place, letter, min(np.int64(quality), highest)] += 1


def count_columns(pairs: ReadPairs, placement: Placement, axis: Axis) -> MateColumns:
    """Fill the columns of one aligner from all reads."""
    alignments = placement.alignments
    on_target = placement.amplicon >= 0
    levels = np.unique(alignments.mapping_quality[on_target]).astype(np.int64)
    quality_class = np.searchsorted(levels, alignments.mapping_quality.astype(np.int64))
    histogram = np.zeros((max(1, len(levels)), len(axis), 4, QUALITIES), np.int32)
    counts = np.zeros((len(axis), 4, 4), np.int64)
    for second, (numbers, store) in enumerate(((pairs.mate_1, pairs.qualities_1), (pairs.mate_2, pairs.qualities_2))):
        _scatter_store(numbers, store, pairs, placement, quality_class, second, histogram, counts)
    reads = pairs.reads_per_mate()
    return MateColumns(
        aligner=alignments.aligner,
        axis=axis,
        mapping_qualities=levels,
        histogram=histogram,
        counts=counts,
        depth=_spanning(placement.first, placement.last, reads, len(axis)),
        fragments=_fragments(pairs, placement, len(axis)),
        amplicon_fragments=_amplicon_fragments(pairs, placement, len(axis.amplicons)),
        reads_on_target=int(reads[on_target].sum()),
        mates_on_target=int(on_target.sum()),
    )


def _scatter_store(
    numbers: NDArray[np.int32],
    store: QualityStore,
    pairs: ReadPairs,
    placement: Placement,
    quality_class: NDArray[np.int64],
    second: int,
    histogram: NDArray[np.int32],
    counts: NDArray[np.int64],
) -> None:
    done = 0
    for chunk in store:
        reads = len(chunk.start) - 1
        _scatter(
            numbers[done : done + reads],
            chunk.start,
            chunk.values,
            pairs.mates.offsets,
            placement.amplicon,
            placement.alignments.reverse,
            quality_class,
            placement.column,
            placement.base,
            second,
            histogram,
            counts,
        )
        done += reads


def _spanning(
    first: NDArray[np.int32], last: NDArray[np.int32], weight: NDArray[np.int64], positions: int
) -> NDArray[np.int64]:
    """int64[positions]: sum of the weights of the intervals ``[first, last)`` over each position."""
    change = np.bincount(first, weights=weight, minlength=positions + 1)
    change -= np.bincount(last, weights=weight, minlength=positions + 1)
    return np.cumsum(change)[:positions].round().astype(np.int64)


def _fragments(pairs: ReadPairs, placement: Placement, positions: int) -> NDArray[np.int64]:
    """Pairs over each position, counted once where both mates span it. Mates on different amplicons count apart."""
    first_1, last_1 = placement.first[pairs.mate_1], placement.last[pairs.mate_1]
    first_2, last_2 = placement.first[pairs.mate_2], placement.last[pairs.mate_2]
    once = np.ones(len(pairs), np.int64)
    covered = _spanning(first_1, last_1, once, positions) + _spanning(first_2, last_2, once, positions)
    left, right = np.maximum(first_1, first_2), np.minimum(last_1, last_2)
    both = right > left
    return covered - _spanning(left[both], right[both], once[both], positions)


def _amplicon_fragments(pairs: ReadPairs, placement: Placement, amplicons: int) -> NDArray[np.int64]:
    one, two = placement.amplicon[pairs.mate_1], placement.amplicon[pairs.mate_2]
    reverse = placement.alignments.reverse
    proper = (one >= 0) & (one == two) & (reverse[pairs.mate_1] != reverse[pairs.mate_2])
    return np.bincount(one[proper], minlength=amplicons).astype(np.int64)
