"""How sure is the alignment of an insertion or deletion: LoFreq's IDAQ.

One minus the posterior of entering the gap, summed over all its equal placements in a repeat to the right (aligners
place a gap leftmost), as a phred.
"""

from __future__ import annotations

import math

import numpy as np

from kinescape.columns.aligned import DELETION, EQUAL, INSERTION, MATCH, MISMATCH, SOFT_CLIP, QualityArray
from kinescape.columns.bam import IntArray
from kinescape.columns.histogram import LARGEST_QUALITY
from kinescape.columns.model_plan import PLAN_BAND, PLAN_LEFT, PLAN_SPAN, PLAN_WANTED
from kinescape.columns.pair_hmm import GAP_EXTEND, GAP_OPEN, FloatArray, posteriors, row_total
from kinescape.compiled import kernel

LONGEST_GAP = 16
"""Longer gaps get no alignment quality."""


@kernel
def qualities_of_gaps(
    todo: IntArray, plan: IntArray, start: IntArray, cigar_bounds: IntArray, cigar: IntArray,
    bounds: IntArray, bases: QualityArray, qualities: QualityArray, reference: QualityArray,
    error_of_quality: FloatArray, insertion: QualityArray, deletion: QualityArray,
) -> None:  # fmt: skip
    """Alignment qualities of the gaps of the reads ``todo``, read by read."""
    forward, backward = np.zeros((3, 0, 0)), np.zeros((3, 0, 0))
    for position in range(todo.size):
        i = todo[position]
        first, last, left, band = bounds[i], bounds[i + 1], plan[i, PLAN_LEFT], plan[i, PLAN_BAND]
        if band == 0:
            continue
        rows, columns = last - first + 2, 2 * band + 3
        if forward.shape[1] < rows or forward.shape[2] < columns:
            rows, columns = max(forward.shape[1], rows), max(forward.shape[2], columns)
            forward, backward = np.zeros((3, rows, columns)), np.zeros((3, rows, columns))
        piece = reference[left : left + plan[i, PLAN_SPAN]].astype(np.float64)
        errors = error_of_quality[qualities[first:last]]
        posteriors(piece, bases[first:last], errors, plan[i, PLAN_WANTED], GAP_OPEN, GAP_EXTEND, forward, backward)
        _gaps_of_read(
            cigar[cigar_bounds[i] : cigar_bounds[i + 1]], start[i] - left, band, forward, backward, piece,
            bases[first:last], insertion[first:last], deletion[first:last],
        )  # fmt: skip


@kernel
def _gaps_of_read(
    operations: IntArray, shift: int, band: int, forward: FloatArray, backward: FloatArray,
    piece: FloatArray, bases: QualityArray, insertion: QualityArray, deletion: QualityArray,
) -> None:  # fmt: skip
    """Alignment quality of each gap, written at the base before it; other bases of such a read get the best value."""
    x, y = shift, 0
    for word in operations:
        length, operation = word >> 4, word & 15
        if operation in (MATCH, EQUAL, MISMATCH):
            x += length
            y += length
        elif operation == SOFT_CLIP:
            y += length
        elif operation == INSERTION:
            if y > 0 and length <= LONGEST_GAP:
                placed = _insertion_posterior(forward, backward, band, piece, bases, x, y, length)
                insertion[y - 1] = _gap_quality(placed)
            y += length
        elif operation == DELETION:
            if y > 0 and length <= LONGEST_GAP:
                placed = _deletion_posterior(forward, backward, band, piece, bases.size, x, y, length)
                deletion[y - 1] = _gap_quality(placed)
            x += length


@kernel
def _insertion_posterior(
    forward: FloatArray, backward: FloatArray, band: int,
    piece: FloatArray, bases: QualityArray, x: int, y: int, length: int,
) -> float:  # fmt: skip
    """Posterior that an insertion of ``length`` opens before reference base ``x``, or at an equal place further on.

    ``y`` is the first inserted base. Moved one base to the right, the insertion is equal as long as the base that it
    leaves behind is the reference's.
    """
    width, placed, moved = 2 * band + 3, 0.0, 0
    while y + moved < bases.size and x + moved <= piece.size:
        row, column = y + moved + 1, x - y + band
        if 0 <= column < width:
            total = row_total(forward, backward, row, width)
            placed += forward[1, row, column] * backward[1, row, column] / total
        if x + moved >= piece.size:
            break
        leaving = np.float64(bases[y + moved]) if moved < length else piece[x + moved - length]
        if piece[x + moved] != leaving:
            break
        moved += 1
    return placed


@kernel
def _deletion_posterior(
    forward: FloatArray, backward: FloatArray, band: int, piece: FloatArray, bases: int, x: int, y: int, length: int
) -> float:
    """Posterior that a deletion of ``length`` opens at reference base ``x``, or at an equal place further on.

    ``y`` is the first base after it. Moved one base to the right, the deletion is equal as long as the reference
    repeats itself at the distance of its length.
    """
    width, placed, moved = 2 * band + 3, 0.0, 0
    while y + moved <= bases and x + moved < piece.size:
        row, column = y + moved, x - y + band + 2
        if 0 <= column < width:
            total = row_total(forward, backward, row, width)
            placed += forward[2, row, column] * backward[2, row, column] / total
        if x + moved + length >= piece.size or piece[x + moved] != piece[x + moved + length]:
            break
        moved += 1
    return placed


@kernel
def _gap_quality(placed: float) -> int:
    """Phred of one minus the posterior, cut to a whole number."""
    wrong = 1.0 - placed
    if wrong <= 10.0 ** (-LARGEST_QUALITY / 10.0):
        return LARGEST_QUALITY
    return int(-10.0 * math.log10(wrong))
