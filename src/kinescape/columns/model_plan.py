"""Which piece of the reference, and which band, the alignment model of a read gets."""

from __future__ import annotations

import numpy as np

from kinescape.columns.aligned import DELETION, EQUAL, INSERTION, MATCH, MISMATCH, SKIP, SOFT_CLIP
from kinescape.columns.bam import IntArray
from kinescape.columns.pair_hmm import band_width
from kinescape.compiled import kernel

BAND = 7
"""Band of the model in bases, where the read's and the reference's span do not differ by more."""

BAND_MARGIN = 3
"""Added to that difference where they do."""

LARGEST_MODEL = 2_000_000
"""Cells (bases x band) above which a read gets no alignment quality: some 400 MB of work space."""

PLAN_LEFT, PLAN_SPAN, PLAN_WANTED, PLAN_BAND = range(4)
"""Columns of the plan: where the reference piece starts, its length, the band wanted and the band used."""


@kernel
def model_plan(
    start: IntArray, cigar_bounds: IntArray, cigar: IntArray, bounds: IntArray, contig_length: int
) -> IntArray:
    """int64[n, 4]: the model of each read; a band of 0 where there is none."""
    plan = np.zeros((start.size, 4), dtype=np.int64)
    for i in range(start.size):
        bases = bounds[i + 1] - bounds[i]
        left, right, wanted, sound = _window(
            cigar[cigar_bounds[i] : cigar_bounds[i + 1]], start[i], bases, contig_length
        )
        if not sound:
            continue
        band = band_width(wanted, bases, right - left)
        if bases * (2 * band + 3) <= LARGEST_MODEL:
            plan[i, PLAN_LEFT], plan[i, PLAN_SPAN], plan[i, PLAN_WANTED], plan[i, PLAN_BAND] = (
                left,
                right - left,
                wanted,
                band,
            )
    return plan


@kernel
def _window(operations: IntArray, start: int, bases: int, contig_length: int) -> tuple[int, int, int, bool]:
    """The piece of reference ``[left, right)`` for a read, the band wanted, and whether the read can be modelled.

    The aligned span, extended by what is clipped and half a band on either side, trimmed where it exceeds the read
    by more than the band.
    """
    x, y = start, 0
    x_first, y_first, x_last, y_last = -1, -1, -1, -1
    for word in operations:
        length, operation = word >> 4, word & 15
        if operation == SKIP:
            return 0, 0, 0, False
        if operation in (MATCH, EQUAL, MISMATCH):
            if x_first < 0:
                x_first, y_first = x, y
            x += length
            y += length
            x_last, y_last = x, y
        elif operation in (INSERTION, SOFT_CLIP):
            y += length
        elif operation == DELETION:
            x += length
    if x_first < 0:
        return 0, 0, 0, False
    band = BAND
    difference = abs((x_last - x_first) - (y_last - y_first))
    if difference > band:
        band = difference + BAND_MARGIN
    left = max(0, x_first - (y_first + band // 2))
    right = x_last + bases - y_last + band // 2
    if right - left - bases > band:
        left += (right - left - bases - band) // 2
        right -= (right - left - bases - band) // 2
    return left, min(right, contig_length), band, True
