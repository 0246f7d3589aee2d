"""Which amplicon every distinct mate belongs to, and which column each of its bases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.align.mates import MateAlignments
from kinescape.columns.axis import BASE_CODES, Axis
from kinescape.compiled import kernel
from kinescape.reads.distinct import DistinctSequences

OFF_TARGET = -1
MIN_SHARE_ON_AMPLICON = 0.5
"""Share of a mate's bases that must be aligned on one amplicon; a shorter hit is a look-alike from elsewhere."""
_NOWHERE = -1


@dataclass(frozen=True)
class Placement:
    """Every base of every distinct mate on the axis.

    Attributes
    ----------
    amplicon
        int16[mates]: amplicon of each mate, -1 where it lies on none.
    column
        int32[bases]: axis index of each base in the order of ``mates.bases`` (the read's own direction), -1 where it
        is clipped, inserted, or, with primers masked, outside the insert of the mate's amplicon.
    base
        uint8[bases]: the base as the plus strand reads it, 0 to 3; 4 for N.
    first, last
        int32[mates]: first column that the mate spans and one past the last, deletions included, after masking;
        equal where it spans none.
    """

    alignments: MateAlignments
    amplicon: NDArray[np.int16]
    column: NDArray[np.int32]
    base: NDArray[np.uint8]
    first: NDArray[np.int32]
    last: NDArray[np.int32]


def place(
    mates: DistinctSequences, alignments: MateAlignments, axis: Axis, mask_primers: bool, end_mask: int = 0
) -> Placement:
    """Put every distinct mate on the axis.

    Parameters
    ----------
    mask_primers
        Leave out what lies under the primers of the mate's amplicon: it comes from the primer, not from the patient.
    end_mask
        Bases left out at the 3' end of every mate. A local aligner clips a mismatch there and keeps a match, so these
        bases speak for the reference only: a variant three bases from the end of the reads is lost or halved. They are
        left out of depth and counts alike.
    """
    amplicon = amplicons_of(mates, alignments, axis)
    low = np.array([each.insert_start if mask_primers else each.start for each in axis.amplicons], np.int64)
    high = np.array([each.insert_end if mask_primers else each.end for each in axis.amplicons], np.int64)
    shift = axis.amplicon_offset - np.array([each.start for each in axis.amplicons], np.int64)
    column = np.full(len(mates.bases), _NOWHERE, np.int32)
    base = BASE_CODES[mates.bases]
    first = np.zeros(len(mates), np.int32)
    last = np.zeros(len(mates), np.int32)
    _place_bases(
        mates.offsets,
        alignments.start,
        alignments.reverse,
        alignments.operations,
        alignments.operation_start,
        amplicon,
        end_mask,
        low,
        high,
        shift,
        column,
        base,
        first,
        last,
    )
    return Placement(alignments, amplicon, column, base, first, last)


def amplicons_of(mates: DistinctSequences, alignments: MateAlignments, axis: Axis) -> NDArray[np.int16]:
    """The amplicon that each mate overlaps most; of two equals the one whose ends lie nearest to the mate's."""
    best = np.full(len(mates), OFF_TARGET, np.int16)
    most = np.ceil(MIN_SHARE_ON_AMPLICON * mates.lengths)
    distance = np.full(len(mates), np.iinfo(np.int64).max)
    for number, amplicon in enumerate(axis.amplicons):
        if amplicon.chrom not in alignments.chromosomes:
            continue
        same = alignments.chrom == alignments.chromosomes.index(amplicon.chrom)
        overlap = np.minimum(alignments.end, amplicon.end) - np.maximum(alignments.start, amplicon.start)
        ends = np.minimum(abs(alignments.start - amplicon.start), abs(alignments.end - amplicon.end))
        better = same & ((overlap > most) | ((overlap == most) & (ends < distance)))
        best[better] = number
        most[better] = overlap[better]
        distance[better] = ends[better]
    return best


@kernel
def _place_bases(
    offsets: NDArray[np.int64],
    starts: NDArray[np.int64],
    reverse: NDArray[np.bool_],
    operations: NDArray[np.int64],
    operation_start: NDArray[np.int64],
    amplicon: NDArray[np.int16],
    end_mask: int,
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    shift: NDArray[np.int64],
    column: NDArray[np.int32],
    base: NDArray[np.uint8],
    first: NDArray[np.int32],
    last: NDArray[np.int32],
) -> None:
    for mate in range(amplicon.shape[0]):
        number = amplicon[mate]
        if number < 0:
            continue
        begin, end = offsets[mate], offsets[mate + 1]
        position = starts[mate]
        read = 0  # bases of the read passed, in the direction of the plus strand
        # The masked end of the read: its last bases, which lie first on the plus strand where the mate is reversed.
        from_read = end_mask if reverse[mate] else 0
        to_read = end - begin - (0 if reverse[mate] else end_mask)
        left, right = np.int64(-1), np.int64(-1)
        for step in range(operation_start[mate], operation_start[mate + 1]):
            code, length = operations[step, 0], operations[step, 1]
            if code == 0 or code == 7 or code == 8:  # M, =, X
                for index in range(length):
                    if not from_read <= read + index < to_read:
                        continue
                    if low[number] <= position + index < high[number]:
                        place = end - 1 - (read + index) if reverse[mate] else begin + read + index
                        column[place] = position + index + shift[number]
                        if left < 0:
                            left = position + index
                        right = position + index + 1
                position += length
                read += length
            elif code == 1 or code == 4:  # I, S
                read += length
            elif code == 2 or code == 3:  # D, N
                position += length
        if reverse[mate]:
            for place in range(begin, end):
                if base[place] < 4:
                    base[place] = 3 - base[place]
        if right > left:
            first[mate] = left + shift[number]
            last[mate] = right + shift[number]
