"""The tail against the recursion over single bases, at small and at large depth."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from kinescape.call.tail import LOG10_SMALLEST, column_tails, log10_tail, phred, phred_array


def recursion(probabilities, counts, k):
    """ln Pr(X >= k), one base after the other, in logarithms, with an absorbing cell k."""
    ln = np.full(k + 1, -np.inf)
    ln[0] = 0.0
    with np.errstate(divide="ignore"):
        for p in np.repeat(probabilities, counts):
            error, right = np.log(p), np.log1p(-p)
            absorbed = np.logaddexp(ln[k], ln[k - 1] + error) if k else ln[k]
            ln[1:k] = np.logaddexp(ln[1:k] + right, ln[: k - 1] + error)
            ln[0] += right
            ln[k] = absorbed
    return ln[k]


groups = st.lists(st.tuples(st.floats(0, 9.3).map(lambda q: 10.0**-q), st.integers(1, 40)), min_size=1, max_size=6)


@given(groups, st.floats(0, 1))
def test_equals_the_recursion(drawn, share):
    p, n = np.array([x[0] for x in drawn]), np.array([x[1] for x in drawn])
    k = max(1, round(share * n.sum()))
    expected = recursion(p, n, k) / math.log(10)
    assert log10_tail(p, n, k) == pytest.approx(max(expected, LOG10_SMALLEST), rel=1e-10, abs=1e-9)


@pytest.mark.parametrize("k", [1, 5, 30, 60, 120, 700])
def test_equals_the_recursion_on_a_deep_column(k):
    q = np.arange(6, 42)
    p = 10.0 ** (-q / 10)
    n = np.where(q > 30, 250, 20)
    assert log10_tail(p, n, k) * math.log(10) == pytest.approx(recursion(p, n, k), rel=1e-11, abs=1e-9)


@pytest.mark.slow
def test_equals_the_recursion_at_a_heterozygous_site():
    p = 10.0 ** (-np.arange(2, 42) / 10)
    n = np.full(p.size, 350)
    # The last 40 groups of probability near 1/2 keep 7,000 of 14,000 within what doubles can hold.
    p = np.maximum(p, 0.45)
    assert log10_tail(p, n, 7000) * math.log(10) == pytest.approx(recursion(p, n, 7000), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("n", "p", "k"),
    [(10**6, 1e-3, 1500), (10**6, 1e-3, 900), (10**6, 0.3, 301_000), (10**6, 0.5, 10**6 // 2), (50, 0.02, 50)],
)
def test_one_group_is_a_binomial(n, p, k):
    expected = binom.logsf(k - 1, n, p) / math.log(10)
    assert log10_tail(np.array([p]), np.array([n]), k) == pytest.approx(expected, rel=1e-9)


def test_splitting_a_group_changes_nothing():
    whole = log10_tail(np.array([1e-3, 1e-2]), np.array([5000, 300]), 40)
    split = log10_tail(np.array([1e-3, 1e-2, 1e-3]), np.array([1200, 300, 3800]), 40)
    assert split == pytest.approx(whole, rel=1e-12)


def test_certain_and_impossible_errors():
    assert log10_tail(np.array([1.0, 0.0]), np.array([3, 9]), 3) == 0.0
    assert log10_tail(np.array([1.0, 0.0]), np.array([3, 9]), 4) == LOG10_SMALLEST
    assert log10_tail(np.array([1.0, 0.01]), np.array([3, 1]), 4) == pytest.approx(-2)
    assert log10_tail(np.array([0.1]), np.array([5]), 0) == 0.0


def test_the_floor_is_lofreqs():
    assert phred(log10_tail(np.array([1e-3]), np.array([14000]), 7000)) == 49314
    assert phred(-2.0) == 20
    assert phred(-5.2399) == 52
    assert phred_array(np.array([-1e9, -0.05, 0.0])).tolist() == [49314, 0, 0]


def test_columns_in_one_go():
    p = np.array([1e-3, 1e-2, 1e-4, 0.5])
    n = np.array([1000, 50, 800, 2])
    k = np.array([[10, 0, 1], [5, 3, -1]])
    tails = column_tails(np.array([0, 2, 4]), p, n, k, np.array([np.inf, np.inf]))
    assert tails[0, 0] == pytest.approx(log10_tail(p[:2], n[:2], 10))
    assert tails[0, 1] == 0
    assert tails[0, 2] == pytest.approx(log10_tail(p[:2], n[:2], 1))
    assert tails[1, 1] == pytest.approx(log10_tail(p[2:], n[2:], 3))


@given(groups, st.floats(0, 1), st.floats(-20, -1))
def test_the_limit_never_hides_a_tail_below_it(drawn, share, limit):
    p, n = np.array([x[0] for x in drawn]), np.array([x[1] for x in drawn])
    k = max(1, round(share * n.sum()))
    exact = log10_tail(p, n, k)
    limited = column_tails(np.array([0, p.size]), p, n, np.array([[k]]), np.array([limit]))[0, 0]
    assert limited == pytest.approx(exact, rel=1e-12) or (limited == 0 and exact >= limit)


def test_shapes_are_checked():
    with pytest.raises(ValueError, match="equal length"):
        log10_tail(np.array([0.1]), np.array([1, 2]), 1)
