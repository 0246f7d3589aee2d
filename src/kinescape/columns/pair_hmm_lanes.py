"""The pair hidden Markov model of :mod:`kinescape.columns.pair_hmm` for eight reads side by side.

Reads of equal length, reference span and band go through the same cells, so eight of them are laid out next to each
other and every step is one sweep over neighbouring numbers, which the processor's vector instructions take whole. It
costs about a quarter of the time per read and gives what base alignment quality needs: one cell's posterior per row.

All arrays are flat. Cell ``u`` of row ``i`` for lane ``l`` stands at ``(i * width + u) * LANES + l``.
"""

from __future__ import annotations

import numpy as np

from kinescape.columns.pair_hmm import INSERTED_BASE, UNKNOWN, FloatArray, IntArray, QualityArray
from kinescape.compiled import kernel

LANES = 8

RESCALED_ROWS = 8
"""Rows between two rescalings: eight mismatches at the best quality shrink a number by no more than 1e-84."""


@kernel
def emissions(
    reference: QualityArray, read: QualityArray, errors: FloatArray, band: int, lane: int, table: FloatArray
) -> None:
    """Fill one lane of ``table`` with the probability of each base of the read at each cell of its row."""
    width = 2 * band + 3
    for i in range(1, read.size + 1):
        base, right = read[i - 1], 1.0 - errors[i - 1]
        wrong = errors[i - 1] / 3.0
        if base >= UNKNOWN:
            right = wrong = 1.0
        first, last = max(1, i - band), min(reference.size, i + band)
        at = (i * width + first - i + band + 1) * LANES + lane
        for k in range(first - 1, last):
            letter = reference[k]
            table[at] = right if letter == base else (1.0 if letter >= UNKNOWN else wrong)
            at += LANES


@kernel
def cell_posteriors(
    table: FloatArray,
    bases: int,
    span: int,
    band: int,
    gap_open: float,
    gap_extend: float,
    wanted: IntArray,
    match: FloatArray,
    insertion: FloatArray,
    posterior: FloatArray,
) -> None:
    """The posterior of being matched in the wanted cell, per row and lane.

    Parameters
    ----------
    table
        :func:`emissions` of all lanes.
    wanted
        int64[bases * LANES]: column of the cell of each base, out of range for none.
    match, insertion
        Work space for the forward pass, of the size of ``table``.
    posterior
        float64[bases * LANES], filled: the posterior; -1 where another state of the row is more probable.
    """
    width = 2 * band + 3
    row = width * LANES
    end = 1.0 / (2.0 * bases + 2.0)
    match_match, match_gap = (1.0 - 2.0 * gap_open) * (1.0 - end), gap_open * (1.0 - end)
    insert_match, insert_insert = (1.0 - gap_extend) * (1.0 - end), gap_extend * (1.0 - end)
    delete_match, delete_delete = 1.0 - gap_extend, gap_extend
    deletion, before = np.zeros(row), np.zeros(row)
    share = np.ones(LANES)

    for i in range(1, bases + 1):
        first, last = LANES * (max(1, i - band) - i + band + 1), LANES * (min(span, i + band) - i + band + 2)
        at, previous = i * row, (i - 1) * row
        deletion, before = before, deletion
        _clear_edges(match[at : at + row], first, last)
        _clear_edges(insertion[at : at + row], first, last)
        _clear_edges(deletion, first, last)
        here = match[at + first : at + last]
        if i == 1:
            _scaled(here, table[at + first : at + last], (1.0 - gap_open) / span)
            insertion[at + first : at + last] = INSERTED_BASE * gap_open / span
            continue
        _sum_of_three(
            here, match[previous + first : previous + last], insertion[previous + first : previous + last],
            before[first:last], match_match, insert_match, delete_match,
        )  # fmt: skip
        _times(here, table[at + first : at + last])
        above = previous + LANES
        _sum_of_two(
            insertion[at + first : at + last], match[above + first : above + last],
            insertion[above + first : above + last], INSERTED_BASE * match_gap, INSERTED_BASE * insert_insert,
        )  # fmt: skip
        _recurrence(
            deletion[first - LANES : last], match[at + first - LANES : at + last - LANES], match_gap, delete_delete
        )
        if i % RESCALED_ROWS == 0:
            _lane_shares(here, insertion[at + first : at + last], deletion[first:last], share)
            _rescale(here, share)
            _rescale(insertion[at + first : at + last], share)
            _rescale(deletion[first:last], share)

    # Backward, two rows at a time are enough: the posterior of a row is taken on the way.
    after_match, after_insertion = np.zeros(row), np.zeros(row)
    now_match, now_insertion = np.zeros(row), np.zeros(row)
    ahead, product = np.zeros(row), np.zeros(row)
    for i in range(bases, 0, -1):
        first, last = LANES * (max(1, i - band) - i + band + 1), LANES * (min(span, i + band) - i + band + 2)
        at, following = i * row, (i + 1) * row
        _clear_edges(now_match, first, last)
        _clear_edges(now_insertion, first, last)
        if i == bases:
            now_match[first:last] = 1.0
            now_insertion[first:last] = 1.0
        else:
            limit = min(last, LANES * (span - i + band + 1))
            ahead[limit:] = 0.0
            _product(ahead[first:limit], table[following + first : following + limit], after_match[first:limit])
            deletion[:] = 0.0
            if i > 1:  # no deletion before the first base
                _recurrence_back(deletion[first : last + LANES], ahead[first:last], delete_match, delete_delete)
            _sum_of_three(
                now_match[first:last], ahead[first:last], after_insertion[first - LANES : last - LANES],
                deletion[first + LANES : last + LANES], match_match, INSERTED_BASE * match_gap, match_gap,
            )  # fmt: skip
            _sum_of_two(
                now_insertion[first:last], ahead[first:last], after_insertion[first - LANES : last - LANES],
                insert_match, INSERTED_BASE * insert_insert,
            )  # fmt: skip
            if i % RESCALED_ROWS == 0:
                _lane_shares(now_match[first:last], now_insertion[first:last], deletion[first:last], share)
                _rescale(now_match[first:last], share)
                _rescale(now_insertion[first:last], share)
        _sum_of_products(
            product[: last - first], match[at + first : at + last], now_match[first:last],
            insertion[at + first : at + last], now_insertion[first:last],
        )  # fmt: skip
        _take_posteriors(
            posterior[(i - 1) * LANES : i * LANES], wanted[(i - 1) * LANES : i * LANES], first,
            product[: last - first], match[at + first : at + last], now_match[first:last],
            insertion[at + first : at + last], now_insertion[first:last],
        )  # fmt: skip
        after_match, now_match = now_match, after_match
        after_insertion, now_insertion = now_insertion, after_insertion


# One small loop per step: over plain slices from 0 on, which is what compiles to vector instructions.


@kernel
def _clear_edges(values: FloatArray, first: int, last: int) -> None:
    values[:first] = 0.0
    values[last:] = 0.0


@kernel
def _scaled(out: FloatArray, values: FloatArray, factor: float) -> None:
    for j in range(out.size):
        out[j] = values[j] * factor


@kernel
def _times(out: FloatArray, values: FloatArray) -> None:
    for j in range(out.size):
        out[j] *= values[j]


@kernel
def _product(out: FloatArray, a: FloatArray, b: FloatArray) -> None:
    for j in range(out.size):
        out[j] = a[j] * b[j]


@kernel
def _sum_of_two(out: FloatArray, a: FloatArray, b: FloatArray, of_a: float, of_b: float) -> None:
    for j in range(out.size):
        out[j] = of_a * a[j] + of_b * b[j]


@kernel
def _sum_of_three(
    out: FloatArray, a: FloatArray, b: FloatArray, c: FloatArray, of_a: float, of_b: float, of_c: float
) -> None:
    for j in range(out.size):
        out[j] = of_a * a[j] + of_b * b[j] + of_c * c[j]


@kernel
def _sum_of_products(out: FloatArray, a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> None:
    for j in range(out.size):
        out[j] = a[j] * b[j] + c[j] * d[j]


@kernel
def _recurrence(out: FloatArray, values: FloatArray, of_value: float, of_last: float) -> None:
    """Each cell from the value and the result of the cell to its left; ``out`` begins one cell earlier."""
    for j in range(values.size):
        out[j + LANES] = of_value * values[j] + of_last * out[j]


@kernel
def _recurrence_back(out: FloatArray, values: FloatArray, of_value: float, of_last: float) -> None:
    """Each cell from the value and the result of the cell to its right; ``out`` ends one cell later."""
    for j in range(values.size - 1, -1, -1):
        out[j] = of_value * values[j] + of_last * out[j + LANES]


@kernel
def _lane_shares(match: FloatArray, insertion: FloatArray, deletion: FloatArray, share: FloatArray) -> None:
    """One over each lane's sum over a row."""
    for lane in range(LANES):
        total = 0.0
        for j in range(lane, match.size, LANES):
            total += match[j] + insertion[j] + deletion[j]
        share[lane] = 1.0 / total if total > 0.0 else 0.0


@kernel
def _rescale(values: FloatArray, share: FloatArray) -> None:
    for j in range(0, values.size, LANES):
        for lane in range(LANES):
            values[j + lane] *= share[lane]


@kernel
def _take_posteriors(
    posterior: FloatArray, wanted: IntArray, first: int, product: FloatArray,
    match: FloatArray, now_match: FloatArray, insertion: FloatArray, now_insertion: FloatArray,
) -> None:  # fmt: skip
    """The posteriors of one row, one per lane; the arrays begin at column ``first / LANES``."""
    for lane in range(LANES):
        total = 0.0
        for j in range(lane, product.size, LANES):
            total += product[j]
        at = wanted[lane] * LANES - first + lane
        here = -total
        if 0 <= at < product.size:
            here = match[at] * now_match[at]
            if here <= 0.5 * total:
                best = 0.0
                for j in range(lane, product.size, LANES):
                    best = max(best, match[j] * now_match[j], insertion[j] * now_insertion[j])
                if here < best:
                    here = -total
        posterior[lane] = here / total if total > 0.0 else -1.0
