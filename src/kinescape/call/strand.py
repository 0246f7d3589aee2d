"""Strand bias: do reference and alternative bases come from the two strands in equal shares?

LoFreq's SB is the phred of Fisher's two-sided exact test on ``[[ref_fw, ref_rv], [alt_fw, alt_rv]]``: the sum of the
probabilities of all tables with the same margins that are no more probable than the observed one.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from kinescape.compiled import kernel

LARGEST_PHRED = 2147483647
"""What LoFreq prints where the probability is too small for a double (the largest 32-bit integer)."""

TIE = 1e-8
"""Tables whose probability exceeds the observed one by less than this share count as equally probable."""

LN_SMALLEST_DOUBLE = math.log(5e-324)

IntArray = npt.NDArray[np.int64]


def strand_bias_phred(ref_fw: int, ref_rv: int, alt_fw: int, alt_rv: int) -> int:
    """-10 log10 of Fisher's two-sided test, cut to a whole number: LoFreq's SB.

    :data:`LARGEST_PHRED` where the probability underflows, and where there is no reference base and the alternative
    stands on one strand only.
    """
    return int(_phred(ref_fw, ref_rv, alt_fw, alt_rv))


def strand_bias_phreds(tables: IntArray) -> IntArray:
    """:func:`strand_bias_phred` of every row of int64[n, 4] (ref_fw, ref_rv, alt_fw, alt_rv)."""
    phreds = np.empty(len(tables), dtype=np.int64)
    _fill_phreds(np.ascontiguousarray(tables, dtype=np.int64), phreds)
    return phreds


def fisher_two_sided(a: int, b: int, c: int, d: int) -> float:
    """P of Fisher's two-sided exact test on ``[[a, b], [c, d]]``; 0 where it is too small for a double."""
    return math.exp(float(_ln_fisher(a, b, c, d)))


@kernel
def _fill_phreds(tables: IntArray, phreds: IntArray) -> None:
    for i in range(tables.shape[0]):
        phreds[i] = _phred(tables[i, 0], tables[i, 1], tables[i, 2], tables[i, 3])


@kernel
def _phred(ref_fw: int, ref_rv: int, alt_fw: int, alt_rv: int) -> int:
    if ref_fw + ref_rv == 0 and (alt_fw == 0 or alt_rv == 0):
        return LARGEST_PHRED
    ln_p = _ln_fisher(ref_fw, ref_rv, alt_fw, alt_rv)
    if ln_p < LN_SMALLEST_DOUBLE:
        return LARGEST_PHRED
    return int(-10.0 * ln_p / math.log(10.0))


@kernel
def _ln_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1.0) - math.lgamma(k + 1.0) - math.lgamma(n - k + 1.0)


@kernel
def _ln_fisher(a: int, b: int, c: int, d: int) -> float:
    """ln of the two-sided P.

    ``x``, the upper left cell, runs from ``low`` to ``high``; its probability rises to the mode and falls after it.
    Only ratios to the observed table are added up, outwards from the mode's far side, until they no longer matter.
    """
    row, column, total = a + b, a + c, a + b + c + d
    low, high = max(0, row + column - total), min(row, column)
    if low == high:
        return 0.0
    ln_all = _ln_choose(total, column)
    ln_observed = _ln_choose(row, a) + _ln_choose(total - row, column - a) - ln_all
    mode = ((row + 1) * (column + 1)) // (total + 2)
    near_is_left = a <= mode
    share = _ratio_sum(a, row, column, total, low, high, near_is_left)
    first = _first_as_improbable(a, ln_observed + ln_all, row, column, total, low, high, near_is_left)
    if low <= first <= high:
        ln_first = _ln_choose(row, first) + _ln_choose(total - row, column - first) - ln_all
        share += math.exp(ln_first - ln_observed) * _ratio_sum(first, row, column, total, low, high, not near_is_left)
    return min(0.0, ln_observed + math.log(share))


@kernel
def _ratio_sum(start: int, row: int, column: int, total: int, low: int, high: int, leftwards: bool) -> float:
    """Sum of p(x) / p(start) from ``start`` to the end of the tail on that side."""
    ratio, ratios, x = 1.0, 1.0, start
    while (x > low) if leftwards else (x < high):
        if leftwards:
            ratio *= (x * (total - row - column + x + 0.0)) / ((row - x + 1.0) * (column - x + 1.0))
            x -= 1
        else:
            ratio *= ((row - x) * (column - x + 0.0)) / ((x + 1.0) * (total - row - column + x + 1.0))
            x += 1
        ratios += ratio
        if ratio < ratios * 1e-18:
            break
    return ratios


@kernel
def _first_as_improbable(
    a: int, ln_weight: float, row: int, column: int, total: int, low: int, high: int, rightwards: bool
) -> int:
    """The table nearest to the mode, on the other side of it, that is no more probable than the observed one.

    Bisection over a monotone side; one step beyond the range where there is none.
    """
    mode = min(max(((row + 1) * (column + 1)) // (total + 2), low), high)
    limit = ln_weight + TIE
    if mode != a and _ln_choose(row, mode) + _ln_choose(total - row, column - mode) <= limit:
        return mode  # two modes of equal weight, one of them observed
    inside, outside = mode, (high + 1 if rightwards else low - 1)
    while abs(outside - inside) > 1:
        middle = (inside + outside) // 2
        weight = _ln_choose(row, middle) + _ln_choose(total - row, column - middle)
        if weight <= limit:
            outside = middle
        else:
            inside = middle
    return outside
