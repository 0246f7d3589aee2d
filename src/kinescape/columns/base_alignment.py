"""Base alignment quality of groups of reads of one shape."""

from __future__ import annotations

import math

import numpy as np

from kinescape.columns.aligned import DELETION, EQUAL, INSERTION, MATCH, MISMATCH, SOFT_CLIP, QualityArray
from kinescape.columns.bam import IntArray
from kinescape.columns.histogram import LARGEST_QUALITY
from kinescape.columns.model_plan import PLAN_BAND, PLAN_LEFT, PLAN_SPAN
from kinescape.columns.pair_hmm import GAP_EXTEND, GAP_OPEN, FloatArray
from kinescape.columns.pair_hmm_lanes import LANES, cell_posteriors, emissions
from kinescape.compiled import kernel

LN_TO_PHRED = -4.343
"""-10 / ln 10 as samtools rounds it; with :data:`ROUNDING` it makes the same whole numbers."""

ROUNDING = 0.499

CERTAIN = 99
"""A base whose posterior is too close to 1 for 100."""


@kernel
def base_qualities(
    order: IntArray, groups: IntArray, plan: IntArray, start: IntArray, cigar_bounds: IntArray, cigar: IntArray,
    bounds: IntArray, bases: QualityArray, qualities: QualityArray, reference: QualityArray,
    error_of_quality: FloatArray, extended: bool, out: QualityArray,
) -> None:  # fmt: skip
    """BAQ of every base in a block of matches, for groups of up to eight reads of one shape."""
    table, match, insertion = np.zeros(0), np.zeros(0), np.zeros(0)
    for group in range(groups.shape[0]):
        some = order[groups[group, 0] : groups[group, 1]]
        length, band, span = bounds[some[0] + 1] - bounds[some[0]], plan[some[0], PLAN_BAND], plan[some[0], PLAN_SPAN]
        size = (length + 2) * (2 * band + 3) * LANES
        if table.size < size:
            table, match, insertion = np.zeros(size), np.zeros(size), np.zeros(size)
        wanted = np.full(length * LANES, -1, dtype=np.int64)
        posterior = np.empty(length * LANES)
        for lane in range(some.size):
            i = some[lane]
            first, last, left = bounds[i], bounds[i + 1], plan[i, PLAN_LEFT]
            emissions(
                reference[left : left + span], bases[first:last], error_of_quality[qualities[first:last]],
                band, lane, table,
            )  # fmt: skip
            _want(cigar[cigar_bounds[i] : cigar_bounds[i + 1]], start[i] - left + band + 1, lane, wanted)
        cell_posteriors(table, length, span, band, GAP_OPEN, GAP_EXTEND, wanted, match, insertion, posterior)
        for lane in range(some.size):
            i = some[lane]
            _write(
                cigar[cigar_bounds[i] : cigar_bounds[i + 1]], posterior, lane, extended, out[bounds[i] : bounds[i + 1]]
            )


@kernel
def _want(operations: IntArray, column: int, lane: int, wanted: IntArray) -> None:
    """The column of the aligner's cell for every matched base; ``column`` is that of an alignment without gaps."""
    x, y = 0, 0
    for word in operations:
        length, operation = word >> 4, word & 15
        if operation in (MATCH, EQUAL, MISMATCH):
            for j in range(length):
                wanted[(y + j) * LANES + lane] = x - y + column
            x += length
            y += length
        elif operation in (INSERTION, SOFT_CLIP):
            y += length
        elif operation == DELETION:
            x += length


@kernel
def _write(operations: IntArray, posterior: FloatArray, lane: int, extended: bool, out: QualityArray) -> None:
    """Posteriors of one lane become qualities of the matched bases."""
    y = 0
    for word in operations:
        length, operation = word >> 4, word & 15
        if operation in (MATCH, EQUAL, MISMATCH):
            for j in range(length):
                out[y + j] = _phred(posterior[(y + j) * LANES + lane])
            if extended:
                _extend(out[y : y + length])
            for j in range(length):
                out[y + j] = min(out[y + j], LARGEST_QUALITY)
        if operation in (MATCH, EQUAL, MISMATCH, INSERTION, SOFT_CLIP):
            y += length


@kernel
def _phred(posterior: float) -> int:
    """-10 log10 of one minus the posterior, 0 where another cell of the row is more probable."""
    if posterior < 0.0:
        return 0
    wrong = 1.0 - posterior
    if wrong <= 0.0:
        return CERTAIN
    quality = int(LN_TO_PHRED * math.log(wrong) + ROUNDING)
    return CERTAIN if quality > 100 else quality


@kernel
def _extend(block: QualityArray) -> None:
    """Every element becomes the smaller of the largest so far from the left and from the right."""
    from_right = block.copy()
    for j in range(block.size - 2, -1, -1):
        from_right[j] = max(from_right[j], from_right[j + 1])
    best = np.uint8(0)
    for j in range(block.size):
        best = max(best, block[j])
        block[j] = min(best, from_right[j])
