"""Intervals of the absolute IC50, and levels calibrated where the doses end before the curve does."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import least_squares as scipy_least_squares

from kinescape.assay.curve import Points
from kinescape.assay.fit import f_quantile, fit_points

DOSE = np.repeat([0.0, *(10000 / 3.0 ** np.arange(9, -1, -1))], 3)


def curve(ic50, *, bottom=0.1, slope=1.2, sd=5.0, seed=1, dose=DOSE):
    rng = np.random.default_rng(seed)
    share = bottom + (1 - bottom) / (1 + (dose / ic50) ** slope)
    return Points(dose, 100 * share + rng.normal(0, sd, dose.size))


def fitted(points, **options):
    return fit_points([points], **options)[0]


def squares_with_half_at(points, half, fit):
    """By scipy: top, ln slope and ln r (absolute.py) free in the fit's bounds, the signal at ``half`` is top / 2."""

    def residuals(p):
        top, log_slope, log_left = p
        left = math.exp(log_left)
        share = (0.5 - left) / (1 - left)
        with np.errstate(divide="ignore"):
            g = 1 / (1 + (1 / left - 1) * np.exp(np.exp(log_slope) * (np.log(points.dose) - math.log(half))))
        return points.signal - top * (share + (1 - share) * g)

    low = [fit.lower[0], math.log(fit.lower[3]), math.log(1e-12)]
    high = [fit.upper[0], math.log(fit.upper[3]), math.log(0.5)]
    best = math.inf
    for slope in (0.0, 0.8):
        for left in (0.49, 0.375, 0.17, 1e-4):
            found = scipy_least_squares(residuals, [fit.top, slope, math.log(left)], bounds=(low, high), x_scale="jac")
            best = min(best, 2 * found.cost)
    return best


@pytest.mark.parametrize(("ic50", "bottom"), [(30, 0.1), (30, 0.3), (900, 0.0), (2500, 0.2)])
def test_the_absolute_interval_is_where_its_refitted_sum_of_squares_reaches_the_level(ic50, bottom):
    points = curve(ic50, bottom=bottom)
    fit = fitted(points)
    assert fit.absolute_low < fit.absolute_ic50 < fit.absolute_high
    level = fit.rss * (1 + f_quantile(fit.degrees) / fit.degrees)
    for end in (fit.absolute_low, fit.absolute_high):
        assert squares_with_half_at(points, end, fit) == pytest.approx(level, rel=2e-4)


@pytest.mark.parametrize("seed", range(4))
def test_with_a_bottom_of_zero_absolute_and_relative_intervals_are_the_same(seed):
    fit = fitted(curve(300, bottom=0.0, seed=seed), model="3pl", calibrate=False)
    assert fit.absolute_ic50 == pytest.approx(fit.ic50)
    assert fit.absolute_low == pytest.approx(fit.ic50_low, rel=1e-4)
    assert fit.absolute_high == pytest.approx(fit.ic50_high, rel=1e-4)


def test_five_parameters_have_an_absolute_interval_too():
    fit = fitted(curve(100, bottom=0.05), model="5pl")
    assert fit.absolute_low < fit.absolute_ic50 < fit.absolute_high < 400


def test_a_plateau_above_half_leaves_the_absolute_interval_open_above():
    fit = fitted(curve(30, bottom=0.75, sd=2.0))
    assert math.isinf(fit.absolute_ic50)
    assert math.isinf(fit.absolute_high)
    assert fit.absolute_low > 10000


def test_a_plateau_near_half_has_an_absolute_interval_beyond_the_doses():
    fit = fitted(curve(30, bottom=0.47, sd=5.0, seed=3))
    assert fit.ic50_high < 200
    assert math.isinf(fit.absolute_high)
    assert fit.absolute_low > fit.ic50
    level = fit.rss * (1 + f_quantile(fit.degrees) / fit.degrees)
    assert squares_with_half_at(fit.points, 9e5, fit) < level


@pytest.mark.parametrize("ic50", [2500, 9000, 40000])
def test_calibrated_ends_do_not_depend_on_units_order_or_company(ic50):
    points = curve(ic50, bottom=0.2, seed=5)
    turned = Points(points.dose[::-1] / 1000.0, points.signal[::-1] * 421.0)
    alone = fitted(points)
    other = fit_points([curve(5, seed=8), turned])[1]
    assert other.ic50_low == pytest.approx(alone.ic50_low / 1000, rel=1e-3)
    assert other.ic50_high == pytest.approx(alone.ic50_high / 1000, rel=1e-3)


def test_a_curve_seen_whole_keeps_the_level_of_the_f_distribution():
    points = curve(30)
    plain, calibrated = fitted(points, calibrate=False), fitted(points)
    assert (plain.ic50_low, plain.ic50_high) == (calibrated.ic50_low, calibrated.ic50_high)


def test_calibration_never_closes_what_the_f_level_leaves_open_inside_the_doses():
    """An IC50 five times beyond the top dose: `=` in the place of `>` would claim what no dose has shown."""
    truth = 50000.0
    curves = [curve(truth, slope=slope, bottom=0.1, seed=seed) for seed in range(30) for slope in (1.0, 2.0)]
    plain, calibrated = fit_points(curves, threads=2, calibrate=False), fit_points(curves, threads=2)
    top = 10000.0
    assert sum(fit.ic50_high > top for fit in plain) > 50
    for before, after in zip(plain, calibrated, strict=True):
        assert after.ic50_high >= before.ic50_high or before.ic50_high <= top


@pytest.mark.slow
def test_calibration_gives_curves_that_end_early_what_the_f_level_lacks():
    """Shallow curves with full kill and the IC50 three times beyond the top dose."""
    truth = 30000.0
    curves = [curve(truth, bottom=0.0, slope=0.7, seed=seed) for seed in range(250)]

    def covered(**options):
        fits = fit_points(curves, threads=2, **options)
        return np.mean([f.ic50_low <= truth <= f.ic50_high for f in fits])

    plain, reported = covered(calibrate=False), covered()
    assert plain < 0.94
    assert plain < reported
    assert 0.92 <= reported <= 0.98
