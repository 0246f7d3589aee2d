"""What is learned from controls: against known truth, and properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from kinescape.call.background import SiteBackground, SitesPrior, fit_background, shrunk, trinucleotides
from kinescape.call.site_test import against_background
from kinescape.columns.axis import BASES, Axis
from kinescape.panel.model import Panel

DEPTH = 20_000


def true_rates(axis: Axis, rng: np.random.Generator, spread: float = 0.5) -> NDArray[np.float64]:
    """float64[positions, 4]: log-normal around 8e-4 for transitions, 2e-4 for transversions; one site at 1%."""
    base = np.arange(4)
    transition = (axis.reference[:, None] ^ base[None, :]) == 2
    rates = np.where(transition, 8e-4, 2e-4) * np.exp(spread * rng.standard_normal((len(axis), 4)) - spread**2 / 2)
    rates[np.arange(len(axis)), axis.reference] = 0.0
    first = int(np.flatnonzero(axis.in_insert)[0])
    rates[first, (axis.reference[first] + 1) % 4] = 0.01
    return rates


def sample(
    axis: Axis, rates: NDArray[np.float64], rng: np.random.Generator, rho: float, depth: int = DEPTH
) -> NDArray[np.int64]:
    """Fragments of one sample, every alternative beta-binomial."""
    scale = (1 - rho) / rho
    shares = np.where(rates > 0, rng.beta(np.maximum(rates, 1e-12) * scale, (1 - rates) * scale), 0.0)
    counts = rng.binomial(depth, shares)
    counts[~axis.in_insert] = 0
    rows = np.arange(len(axis))
    counts[rows, axis.reference] = np.where(axis.in_insert, depth - counts.sum(axis=1), 0)
    return counts.astype(np.int64)


def fit(axis: Axis, controls: list[NDArray[np.int64]]) -> SiteBackground:
    return fit_background(axis, controls, controls)


@pytest.mark.parametrize(("controls", "rho"), [(2, 1e-4), (4, 2e-5), (8, 3e-4)])
def test_fresh_controls_are_called_as_seldom_as_stated(axis: Axis, controls: int, rho: float) -> None:
    rng = np.random.default_rng(controls)
    rates = true_rates(axis, rng)
    background = fit(axis, [sample(axis, rates, rng, rho) for _ in range(controls)])
    tails = []
    for _ in range(20):
        test = against_background(background, sample(axis, rates, rng, rho), 0.001)
        tails.append(test.tail[~np.isnan(test.tail)])
        assert not test.above.any()
    pooled = np.concatenate(tails)
    for level in (0.05, 0.01, 0.001):
        assert (pooled <= level).mean() <= 1.25 * level


def test_a_noisy_site_keeps_its_rate_and_quiet_ones_borrow(axis: Axis) -> None:
    rng = np.random.default_rng(3)
    rates = true_rates(axis, rng)
    background = fit(axis, [sample(axis, rates, rng, 1e-4, depth=3000) for _ in range(2)])
    first = int(np.flatnonzero(axis.in_insert)[0])
    assert background.rate[first, (axis.reference[first] + 1) % 4] == pytest.approx(0.01, rel=0.35)
    inside = ~np.isnan(background.rate)
    own = background.alt_fragments[inside] / background.fragments[inside]
    error = np.abs(np.log(background.rate[inside] / rates[inside]))
    unshrunk = np.abs(np.log(np.maximum(own, 1 / 6000) / rates[inside]))
    assert error.mean() < 0.9 * unshrunk.mean()


def test_one_control_is_used_with_an_assumed_spread(axis: Axis) -> None:
    rng = np.random.default_rng(4)
    rates = true_rates(axis, rng)
    background = fit(axis, [sample(axis, rates, rng, 1e-5)])
    inside = ~np.isnan(background.rate)
    assert (background.dispersion[inside] >= 1e-4).all()
    assert (background.controls[inside] == 1).all()


def test_germline_variant_leaves_the_control_out_at_its_position_only(axis: Axis) -> None:
    rng = np.random.default_rng(5)
    rates = true_rates(axis, rng)
    controls = [sample(axis, rates, rng, 1e-4) for _ in range(3)]
    position = int(np.flatnonzero(axis.in_insert)[40])
    base = (int(axis.reference[position]) + 1) % 4
    with_variant = [each.copy() for each in controls]
    with_variant[1][position, axis.reference[position]] -= DEPTH // 2
    with_variant[1][position, base] += DEPTH // 2
    plain, left_out = fit(axis, controls), fit(axis, with_variant)
    assert left_out.controls[position, base] == 2
    assert left_out.fragments[position, base] == 2 * DEPTH
    assert left_out.rate[position, base] < 0.005
    others = np.arange(len(axis)) != position
    assert (left_out.alt_fragments[others] == plain.alt_fragments[others]).all()
    assert left_out.mismatches_per_base == pytest.approx(plain.mismatches_per_base, rel=0.01)


def test_position_without_any_control_falls_back_on_its_kind(axis: Axis) -> None:
    rng = np.random.default_rng(6)
    rates = true_rates(axis, rng)
    controls = [sample(axis, rates, rng, 1e-4) for _ in range(2)]
    position = int(np.flatnonzero(axis.in_insert)[10])
    for each in controls:
        each[position] = 0
    background = fit(axis, controls)
    base = (int(axis.reference[position]) + 1) % 4
    assert background.controls[position, base] == 0
    assert background.rate[position, base] == pytest.approx(background.context_rate[position, base], rel=1e-6)
    # Not known is wider than known.
    same = (axis.reference == axis.reference[position]) & axis.in_insert & (np.arange(len(axis)) != position)
    assert background.dispersion[position, base] > np.median(background.dispersion[same, base])


@settings(max_examples=15)
@given(st.integers(0, 2**32), st.integers(2, 5))
def test_order_of_controls_changes_no_digit(axis: Axis, seed: int, controls: int) -> None:
    rng = np.random.default_rng(seed)
    rates = true_rates(axis, rng)
    counts = [sample(axis, rates, rng, 1e-4, int(rng.integers(500, 30_000))) for _ in range(controls)]
    one, two = fit(axis, counts), fit(axis, [counts[index] for index in rng.permutation(controls)])
    for name in ("rate", "dispersion", "context_rate", "substitution_rate", "fragments"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


@given(st.floats(1e-5, 0.01), st.floats(10, 1e6), st.floats(1.0, 100.0), st.floats(10, 1e6))
def test_more_controls_that_agree_never_widen_a_site(rate: float, fragments: float, more: float, tau: float) -> None:
    prior = SitesPrior(rate, np.full(2, rate), tau)
    rates, known = shrunk(np.full(2, rate), np.array([fragments, fragments * more]), prior)
    assert known[1] >= known[0]
    assert rates == pytest.approx(rate)


@given(st.floats(0, 0.02), st.floats(1e-6, 0.02), st.floats(1, 1e6), st.floats(1, 1e6))
def test_no_site_is_talked_down_by_more_than_its_error(own: float, context: float, n: float, tau: float) -> None:
    rates, _ = shrunk(np.array([own]), np.array([n]), SitesPrior(context, np.array([context]), tau))
    assert rates[0] >= own - np.sqrt(own * (1 - own) / n) - 1e-12
    assert rates[0] <= max(own, context, 1e-6) + 1e-12


def test_contexts_are_the_neighbours_on_the_plus_strand(axis: Axis, panel: Panel) -> None:
    contexts = trinucleotides(axis)
    for index in np.flatnonzero(axis.in_insert)[::37]:
        chrom, position = axis.chromosomes[axis.chrom[index]], int(axis.position[index])
        around = panel.bases(chrom, position - 1, position + 2)
        assert BASES[contexts[index] // 4] + BASES[contexts[index] % 4] == around[0] + around[2]
