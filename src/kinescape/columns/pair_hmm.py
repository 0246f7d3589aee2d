"""A banded pair hidden Markov model of one read against its piece of the reference.

Three states, match, insertion and deletion; an alignment may start and end anywhere in the reference piece but covers
the whole read (Li 2011, Bioinformatics 27:1157, supplement; the topology of samtools' base alignment quality). The
parameters are LoFreq's.

Arrays are banded: row ``i`` (base ``i`` of the read, from 1) holds the cells of reference base ``k = i - band + u``
(from 1) at ``u = 0 .. 2 band``, plus one empty column on either side.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kinescape.compiled import kernel

GAP_OPEN = 1e-5
GAP_EXTEND = 0.4
INSERTED_BASE = 0.25
"""Probability of each inserted base."""

MISMATCH_SHARE = 1.0 / 3.0
"""A wrong base is each of the other three with this probability."""

UNKNOWN = 4
"""Code of a base that is not A, C, G or T (0 to 3); it fits everything."""

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
QualityArray = npt.NDArray[np.uint8]


@kernel
def band_width(wanted: int, read_length: int, reference_length: int) -> int:
    """The band actually used: never wider than the sequences, never narrower than their difference in length."""
    return max(min(wanted, max(read_length, reference_length)), abs(reference_length - read_length))


@kernel
def posteriors(
    reference: FloatArray,
    read: QualityArray,
    errors: FloatArray,
    wanted_band: int,
    gap_open: float,
    gap_extend: float,
    forward: FloatArray,
    backward: FloatArray,
) -> int:
    """Fill ``forward`` and ``backward`` (float64[3, rows, columns]: match, insertion, deletion); returns the band.

    ``reference`` holds base codes (as numbers, so that rows are compared in one sweep), ``read`` codes, ``errors``
    the error probability of each base of the read. Cell by cell, forward times backward, divided by the row's sum of
    match and insertion, is the posterior probability of that state for that base; for a deletion it is that of
    passing through the cell.
    """
    bases, span = read.size, reference.size
    band = band_width(wanted_band, bases, span)
    width = 2 * band + 3
    end = 1.0 / (2.0 * bases + 2.0)
    match_match, match_gap = (1.0 - 2.0 * gap_open) * (1.0 - end), gap_open * (1.0 - end)
    insert_match, insert_insert = (1.0 - gap_extend) * (1.0 - end), gap_extend * (1.0 - end)
    delete_match, delete_delete = 1.0 - gap_extend, gap_extend
    start_match, start_insert = (1.0 - gap_open) / span, gap_open / span
    forward[:, : bases + 2, :width] = 0.0
    backward[:, : bases + 2, :width] = 0.0
    emission = np.zeros(width)
    scale = np.ones(bases + 2)
    fm, fi, fd = forward[0], forward[1], forward[2]
    bm, bi, bd = backward[0], backward[1], backward[2]

    for i in range(1, bases + 1):
        first, last = max(1, i - band) - i + band + 1, min(span, i + band) - i + band + 2
        _emit(emission, reference, read[i - 1], errors[i - 1], i - band - 2, first, last)
        if i == 1:
            for u in range(first, last):
                fm[1, u] = emission[u] * start_match
                fi[1, u] = INSERTED_BASE * start_insert
        else:
            for u in range(first, last):
                fm[i, u] = emission[u] * (
                    match_match * fm[i - 1, u] + insert_match * fi[i - 1, u] + delete_match * fd[i - 1, u]
                )
                fi[i, u] = INSERTED_BASE * (match_gap * fm[i - 1, u + 1] + insert_insert * fi[i - 1, u + 1])
            deleted = 0.0
            for u in range(first, last):
                deleted = match_gap * fm[i, u - 1] + delete_delete * deleted
                fd[i, u] = deleted
        total = 0.0
        for u in range(first, last):
            total += fm[i, u] + fi[i, u] + fd[i, u]
        scale[i] = total
        share = 1.0 / total if total > 0.0 else 0.0
        for u in range(first, last):
            fm[i, u] *= share
            fi[i, u] *= share
            fd[i, u] *= share

    first, last = max(1, bases - band) - bases + band + 1, min(span, bases + band) - bases + band + 2
    total = 0.0
    for u in range(first, last):
        total += (fm[bases, u] + fi[bases, u]) * end
    closing = end / scale[bases] / total if total > 0.0 and scale[bases] > 0.0 else 0.0
    for u in range(first, last):
        bm[bases, u] = closing
        bi[bases, u] = closing
    for i in range(bases - 1, 0, -1):
        first, last = max(1, i - band) - i + band + 1, min(span, i + band) - i + band + 2
        # Row i + 1 is reached by a match one reference base further on, which has the same column in the band.
        _emit(emission, reference, read[i], errors[i], i - band - 1, first, min(last, span - i + band + 1))
        for u in range(min(last, span - i + band + 1), last):
            emission[u] = 0.0
        share = 1.0 / scale[i] if scale[i] > 0.0 else 0.0
        inside = 1.0 if i > 1 else 0.0  # no deletion before the first base
        deleted = 0.0
        for u in range(last - 1, first - 1, -1):
            bd[i, u] = (emission[u] * bm[i + 1, u] * delete_match + delete_delete * deleted) * inside
            deleted = bd[i, u]
        for u in range(first, last):
            ahead = emission[u] * bm[i + 1, u]
            inserted = INSERTED_BASE * bi[i + 1, u - 1]
            bm[i, u] = (ahead * match_match + inserted * match_gap + bd[i, u + 1] * match_gap) * share
            bi[i, u] = (ahead * insert_match + inserted * insert_insert) * share
        for u in range(first, last):
            bd[i, u] *= share
    return band


@kernel
def _emit(
    emission: FloatArray, reference: FloatArray, base: int, error: float, shift: int, first: int, last: int
) -> None:
    """Probability of a read's base at reference base ``u + shift`` (0-based) for columns ``first`` to ``last``."""
    right, wrong = 1.0 - error, error * MISMATCH_SHARE
    if base >= UNKNOWN:
        right = wrong = 1.0
    code = float(base)
    for u in range(first, last):
        letter = reference[u + shift]
        emission[u] = 1.0 if letter >= UNKNOWN else (right if letter == code else wrong)


@kernel
def row_total(forward: FloatArray, backward: FloatArray, row: int, width: int) -> float:
    """Sum of forward times backward over match and insertion: what posteriors of that row are divided by."""
    total = 0.0
    for u in range(width):
        total += forward[0, row, u] * backward[0, row, u] + forward[1, row, u] * backward[1, row, u]
    return total


@kernel
def row_best(forward: FloatArray, backward: FloatArray, row: int, width: int) -> float:
    """The largest forward times backward of match and insertion in a row."""
    best = 0.0
    for u in range(width):
        best = max(best, forward[0, row, u] * backward[0, row, u], forward[1, row, u] * backward[1, row, u])
    return best
