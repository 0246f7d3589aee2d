"""Logistic fits against drc, drda and scipy; intervals against their definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares as scipy_least_squares

from kinescape.assay.curve import Points, curve_values, effective_dose
from kinescape.assay.fit import f_quantile, fit_points
from kinescape.assay.models import UNBOUNDED, Box

# R package drc, data set `ryegrass`: root length (cm) at ferulic acid (mM); means of 6 to 9 roots, hence the fractions.
RYEGRASS_DOSE = np.repeat([0, 0.94, 1.88, 3.75, 7.5, 15, 30], [6, 3, 3, 3, 3, 3, 3]).astype(float)
RYEGRASS_LENGTH = np.array(
    [
        *(7.58, 8.0, 58.3 / 7, 7.25, 7.375, 7.9625, 75.2 / 9, 48.4 / 7, 7.75, 48.1 / 7, 6.45, 53.3 / 9),
        *(1.925, 20.2 / 7, 12.7 / 3, 1.1875, 6 / 7, 7.4 / 7, 0.6875, 0.525, 0.825, 0.25, 0.22, 0.44),
    ]
)
# R package drda, the data of its four-parameter logistic unit test (dose 0 included).
DRDA_DOSE = np.array([0, 0, 0, 2, 2, 2, 4, 4, 6, 6, 6, 6, 8, 8, 8, 10, 100, 100, 1000], dtype=float)
DRDA_SIGNAL = np.array(
    [
        *(0.8527, 0.7571, 0.937, 0.8275, 0.7778, 0.8846, 0.5561, 0.7048, 0.5453, 0.486),
        *(0.5351, 0.4399, 0.3553, 0.3132, 0.3499, 0.1421, 0.0168, 0.1386, 0.1227),
    ]
)


def fitted(dose, signal, **options):
    return fit_points([Points(np.asarray(dose, float), np.asarray(signal, float))], **options)[0]


class TestAgainstDrc:
    """drc 3.0.1; its search stops early, so ours may only be lower."""

    def test_four_parameters(self):
        fit = fitted(RYEGRASS_DOSE, RYEGRASS_LENGTH, box=UNBOUNDED)
        assert fit.slope == pytest.approx(2.98222, rel=1e-3)
        assert fit.bottom == pytest.approx(0.48141, rel=1e-3)
        assert fit.top == pytest.approx(7.79296, rel=1e-3)
        assert fit.ic50 == pytest.approx(3.05795, rel=1e-3)
        assert fit.rss <= 5.400214628
        assert fit.degrees == 20

    def test_effective_doses(self):
        fit = fitted(RYEGRASS_DOSE, RYEGRASS_LENGTH, box=UNBOUNDED)
        share = {10: 1.46371, 90: 6.38864}
        for percent, expected in share.items():
            level = fit.top - percent / 100 * (fit.top - fit.bottom)
            assert effective_dose(fit.theta, level) == pytest.approx(expected, rel=1e-3)

    def test_three_parameters_have_their_bottom_at_zero(self):
        fit = fitted(RYEGRASS_DOSE, RYEGRASS_LENGTH, model="3pl", box=UNBOUNDED)
        assert fit.ic50 == pytest.approx(3.26336, rel=1e-3)
        assert fit.bottom == 0.0
        assert fit.free == 3

    def test_five_parameters_report_the_half_way_dose(self):
        fit = fitted(RYEGRASS_DOSE, RYEGRASS_LENGTH, model="5pl", box=UNBOUNDED)
        assert fit.ic50 == pytest.approx(3.02355, rel=1e-3)
        assert fit.rss <= 5.277047 + 1e-6

    def test_profile_interval_is_near_the_standard_error_of_a_well_determined_curve(self):
        fit = fitted(RYEGRASS_DOSE, RYEGRASS_LENGTH, box=UNBOUNDED)
        half = math.sqrt(f_quantile(20)) * 0.18573
        assert fit.ic50_low == pytest.approx(3.05795 - half, rel=0.03)
        assert fit.ic50_high == pytest.approx(3.05795 + half, rel=0.03)


def test_drda_four_parameters_to_eight_digits():
    fit = fitted(DRDA_DOSE, DRDA_SIGNAL, box=UNBOUNDED)
    assert fit.top == pytest.approx(0.84803242222, abs=1e-8)
    assert fit.bottom - fit.top == pytest.approx(-0.76457472793, abs=1e-8)
    assert fit.slope == pytest.approx(2.885690444694, abs=1e-7)
    assert fit.ic50 == pytest.approx(6.153625550852, abs=1e-7)
    assert fit.rss == pytest.approx(0.06567173426643499, abs=1e-8)


def test_dose_zero_is_exactly_the_top():
    fit = fitted(DRDA_DOSE, DRDA_SIGNAL)
    assert fit.at(np.array([0.0]))[0] == fit.top


@pytest.mark.parametrize("model", ["4pl", "3pl", "5pl"])
def test_the_interval_is_where_the_refitted_sum_of_squares_reaches_its_level(model):
    box = Box()
    fit = fitted(RYEGRASS_DOSE, RYEGRASS_LENGTH, model=model, box=box)
    level = fit.rss * (1 + f_quantile(fit.degrees) / fit.degrees)
    for end in (fit.ic50_low, fit.ic50_high):
        held = fitted(RYEGRASS_DOSE, RYEGRASS_LENGTH, model=model, box=Box(ic50=(end, end)), intervals=False)
        assert held.rss == pytest.approx(level, rel=1e-4)


def scipy_best(dose, signal, box, starts, rng):
    """The lowest sum of squares scipy finds from several starts in the same box (ln IC50, ln slope searched)."""
    lower, upper = box.arrays(dose, Points(dose, signal).reference)
    low = np.array([lower[0], lower[1], lower[2], math.log(lower[3])])
    high = np.array([upper[0], upper[1], upper[2], math.log(upper[3])])

    def residuals(p):
        theta = np.array([p[0], p[1], p[2], math.exp(p[3]), 1.0])
        return curve_values(theta, dose) - signal

    best = math.inf
    for _ in range(starts):
        start = low + rng.uniform(0.02, 0.98, 4) * (high - low)
        start[0], start[1] = signal.max(), max(signal.min(), low[1] + 1e-6)
        start = np.clip(start, low + 1e-9, high - 1e-9)
        found = scipy_least_squares(residuals, start, bounds=(low, high), x_scale="jac", xtol=1e-12, ftol=1e-12)
        best = min(best, 2 * found.cost)
    return best


@pytest.mark.parametrize("seed", range(12))
def test_never_a_worse_optimum_than_scipy_from_ten_starts(seed):
    rng = np.random.default_rng(seed)
    box = Box().for_model("4pl")
    dose = np.repeat([0.0, *(3000 / 3.0 ** np.arange(8, -1, -1))], 3)
    ic50 = 10 ** rng.uniform(-0.5, 4.5)
    share = 1 / (1 + (dose / ic50) ** rng.uniform(0.6, 3)) if seed % 4 else np.ones(dose.size)
    signal = 100 * (0.03 + 0.97 * share) + rng.normal(0, 6, dose.size)
    fit = fitted(dose, signal, intervals=False)
    assert fit.rss <= scipy_best(dose, signal, box, 10, rng) * (1 + 1e-7)


@settings(max_examples=40, deadline=None)
@given(
    scale=st.floats(1e-3, 1e5),
    dose_scale=st.floats(1e-3, 1e3),
    order=st.randoms(use_true_random=False),
)
def test_units_and_order_of_wells_change_nothing_else(scale, dose_scale, order):
    index = list(range(DRDA_DOSE.size))
    order.shuffle(index)
    plain = fitted(DRDA_DOSE, DRDA_SIGNAL)
    other = fitted(DRDA_DOSE[index] * dose_scale, DRDA_SIGNAL[index] * scale)
    assert other.ic50 == pytest.approx(plain.ic50 * dose_scale, rel=1e-6)
    assert other.ic50_low == pytest.approx(plain.ic50_low * dose_scale, rel=1e-4)
    assert other.ic50_high == pytest.approx(plain.ic50_high * dose_scale, rel=1e-4)
    assert other.slope == pytest.approx(plain.slope, rel=1e-5)
    assert other.rss == pytest.approx(plain.rss * scale**2, rel=1e-7)


def test_parameters_stay_in_their_box():
    box = Box(bottom=(0.2, 0.3), slope=(0.5, 1.0))
    fit = fitted(DRDA_DOSE, DRDA_SIGNAL, box=box)
    reference = DRDA_SIGNAL[:3].mean()
    assert 0.2 * reference - 1e-12 <= fit.bottom <= 0.3 * reference + 1e-12
    assert fit.slope == pytest.approx(1.0)


def test_absolute_and_relative_ic50_are_two_things():
    dose = np.repeat([0, 1, 3, 10, 30, 100, 300, 1000.0], 3)
    signal = 40 + 60 / (1 + dose / 30)
    fit = fitted(dose, signal)
    assert fit.ic50 == pytest.approx(30, rel=1e-4)
    assert fit.absolute_ic50 == pytest.approx(150, rel=1e-3)  # 40 + 60 / (1 + 150/30) = 50


def test_a_plateau_above_half_has_no_absolute_ic50():
    dose = np.repeat([0, 1, 3, 10, 30, 100, 300, 1000.0], 3)
    fit = fitted(dose, 70 + 30 / (1 + dose / 30))
    assert fit.ic50 == pytest.approx(30, rel=1e-3)
    assert math.isinf(fit.absolute_ic50)


def test_threads_change_nothing():
    rng = np.random.default_rng(3)
    dose = np.repeat([0, 1, 3, 10, 30, 100, 300, 1000.0], 2)
    curves = [Points(dose, 100 / (1 + dose / 20) + rng.normal(0, 4, dose.size)) for _ in range(120)]
    one = fit_points(curves, threads=1)
    two = fit_points(curves, threads=2)
    assert [f.ic50 for f in one] == [f.ic50 for f in two]
    assert [f.ic50_high for f in one] == [f.ic50_high for f in two]
