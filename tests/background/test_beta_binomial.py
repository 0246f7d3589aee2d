"""The beta-binomial tail, against SciPy and by its properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import betabinom, binom

from kinescape.call.beta_binomial import smallest_significant, upper_tail

trials = st.integers(1, 60_000)
means = st.floats(1e-6, 0.2)
dispersions = st.floats(1e-6, 0.05)


def tail(count: int, n: int, mean: float, rho: float) -> float:
    return float(upper_tail(np.array([count]), np.array([n]), np.array([mean]), np.array([rho]))[0])


@given(trials, means, dispersions, st.floats(0, 8))
def test_tail_is_scipys(n: int, mean: float, rho: float, multiple: float) -> None:
    count = min(n, int(multiple * n * mean) + int(multiple))
    scale = (1 - rho) / rho
    expected = betabinom.sf(count - 1, n, mean * scale, (1 - mean) * scale)
    # SciPy takes its tail from 1 minus a sum of terms: nothing below 1e-8 can be compared.
    assert tail(count, n, mean, rho) == pytest.approx(expected, rel=1e-5, abs=1e-8)


def test_tail_keeps_its_digits_far_out() -> None:
    # At a vanishing dispersion it is the binomial's, known to many digits.
    assert tail(60, 10_000, 0.001, 1e-12) == pytest.approx(binom.sf(59, 10_000, 0.001), rel=1e-3)
    assert tail(400, 25_000, 0.0003, 1e-5) < 1e-100


def test_ends() -> None:
    assert tail(0, 100, 0.01, 0.001) == 1.0
    assert tail(101, 100, 0.01, 0.001) == 0.0
    assert np.isnan(tail(3, 100, np.nan, 0.001))


@given(trials, means, dispersions, st.floats(1e-12, 0.1))
def test_smallest_significant_is_the_first_that_is(n: int, mean: float, rho: float, alpha: float) -> None:
    k = int(smallest_significant(np.array([n]), np.array([mean]), np.array([rho]), alpha)[0])
    assert 1 <= k <= n + 1
    assert k == n + 1 or tail(k, n, mean, rho) <= alpha
    assert tail(k - 1, n, mean, rho) > alpha


@given(st.integers(1000, 60_000), st.floats(1e-5, 0.01), dispersions, st.floats(1.0, 50.0))
def test_a_wider_background_never_asks_for_less(n: int, mean: float, rho: float, wider: float) -> None:
    here, there = smallest_significant(
        np.array([n, n]), np.array([mean] * 2), np.array([rho, min(0.1, rho * wider)]), 1e-7
    )
    assert there >= here
