"""What the fragments of a sample say at every position: mates merged, agreement demanded where they overlap.

A polymerase error stands in both mates of a fragment, a sequencing error in one. Merging leaves the errors that a
mutation has to be told from, and makes the fragment, which is one observation of the tube, the unit of the trials.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kinescape.columns.alleles import MIN_QUALITY
from kinescape.columns.placement import Placement
from kinescape.compiled import kernel
from kinescape.reads.pairs import ReadPairs

_SILENT = -1


def fragment_counts(
    pairs: ReadPairs, placement: Placement, positions: int, min_quality: int = MIN_QUALITY
) -> NDArray[np.int64]:
    """Fragments by the base they show.

    A mate speaks where its base has at least ``min_quality``. Where both speak they must agree, else the fragment says
    nothing at that position; where one speaks it speaks for the fragment.

    Returns
    -------
    int64[positions, 4]
        The sum over the bases is the number of fragments that speak at a position.
    """
    counts = np.zeros((positions, 4), np.int64)
    shown = np.full(positions, _SILENT, np.int8)
    done = 0
    for one, two in zip(pairs.qualities_1, pairs.qualities_2, strict=True):
        part = slice(done, done + len(one.start) - 1)
        _count(pairs.mate_1[part], one.start, one.values, pairs.mate_2[part], two.start, two.values,
               pairs.mates.offsets, placement.column, placement.base, min_quality, shown, counts)  # fmt: skip
        done = part.stop
    return counts


@kernel
def _count(
    mate_1: NDArray[np.int32],
    start_1: NDArray[np.int64],
    values_1: NDArray[np.uint8],
    mate_2: NDArray[np.int32],
    start_2: NDArray[np.int64],
    values_2: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    column: NDArray[np.int32],
    base: NDArray[np.uint8],
    min_quality: int,
    shown: NDArray[np.int8],
    counts: NDArray[np.int64],
) -> None:
    """``shown`` is a sheet of paper for one fragment: blank (-1) at every position before and after each."""
    for pair in range(mate_1.shape[0]):
        begin, source = offsets[mate_1[pair]], start_1[pair]
        length = offsets[mate_1[pair] + 1] - begin
        for index in range(length):
            place, letter = column[begin + index], base[begin + index]
            if place >= 0 and letter < 4 and values_1[source + index] >= min_quality:
                shown[place] = letter
        other, source = offsets[mate_2[pair]], start_2[pair]
        for index in range(offsets[mate_2[pair] + 1] - other):
            place, letter = column[other + index], base[other + index]
            if place < 0 or letter > 3 or values_2[source + index] < min_quality:
                continue
            if shown[place] < 0:
                counts[place, letter] += 1
            elif shown[place] != letter:
                shown[place] = 4
        for index in range(length):
            place = column[begin + index]
            if place >= 0:
                if 0 <= shown[place] < 4:
                    counts[place, shown[place]] += 1
                shown[place] = -1
