"""What a dose-response picture shows: means and s.e.m. over experiments, the mean curve and its 95% band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kinescape.assay.curve import CurveFit, curve_values
from kinescape.assay.outcome import FLAT_LEVEL, Outcome

Array = NDArray[np.float64]

CURVE_POINTS = 80
TAIL = 0.975


@dataclass(frozen=True)
class Averages:
    """One variant and drug, in per cent of untreated. ``dose`` in nM, 0 first where there are untreated wells.

    ``sem`` is over experiments (over wells where there is one experiment). ``curve``, ``low`` and ``high`` are the mean
    of the experiments' fitted curves at ``curve_dose`` with its pointwise 95% interval; empty without a fit.
    """

    dose: Array
    mean: Array
    sem: Array
    experiments: int
    curve_dose: Array
    curve: Array
    low: Array
    high: Array


def averages(outcomes: Sequence[Outcome]) -> Averages:
    """Average one variant and drug over its experiments."""
    used = [o for o in outcomes if o.curve.points.reference > 0]
    by_dose: dict[float, list[float]] = {}
    singles: dict[float, Array] = {}
    for outcome in used:
        points = outcome.curve.points
        for dose in np.unique(points.dose):
            signal = 100.0 * points.signal[points.dose == dose] / points.reference
            by_dose.setdefault(float(dose), []).append(float(signal.mean()))
            singles[float(dose)] = signal
    doses = np.array(sorted(by_dose))
    mean = np.array([np.mean(by_dose[d]) for d in doses])
    sem = np.array([_sem(np.array(by_dose[d]) if len(used) > 1 else singles[d]) for d in doses])
    fits = [o.fit for o in used if o.fit is not None]
    if not fits:
        empty = np.array([])
        return Averages(doses, mean, sem, len(used), empty, empty, empty, empty)
    lowest = min(f.points.smallest_dose for f in fits)
    highest = max(f.points.largest_dose for f in fits)
    grid = np.geomspace(lowest, highest, CURVE_POINTS)
    curves = np.array([100.0 * _drawn(f, grid) / f.points.reference for f in fits])
    centre = curves.mean(axis=0)
    if len(fits) > 1:
        half = special.stdtrit(len(fits) - 1, TAIL) * curves.std(axis=0, ddof=1) / math.sqrt(len(fits))
    else:
        half = 100.0 * _curve_band(fits[0], grid) / fits[0].points.reference
    return Averages(doses, mean, sem, len(used), grid, centre, np.maximum(centre - half, 0.0), centre + half)


def _drawn(fit: CurveFit, grid: Array) -> Array:
    """The fitted curve; where a flat line fits as well, that line: the curve's bend would be drawn from noise."""
    if fit.flat_p > FLAT_LEVEL:
        return np.full(grid.size, float(np.average(fit.points.signal, weights=fit.weight)))
    return fit.at(grid)


def _sem(values: Array) -> float:
    return float(values.std(ddof=1)) / math.sqrt(values.size) if values.size > 1 else 0.0


def _curve_band(fit: CurveFit, grid: Array) -> Array:
    """Half-width of the pointwise band of a single curve (linearised; Bates and Watts 1988, section 2.3)."""
    if fit.degrees < 1:
        return np.zeros(grid.size)
    free = np.flatnonzero(fit.lower < fit.upper)

    def jacobian(dose: Array) -> Array:
        columns = []
        for place in free:
            step = 1e-5 * max(abs(float(fit.theta[place])), 1e-3)
            up, down = fit.theta.copy(), fit.theta.copy()
            up[place] += step
            down[place] -= step
            columns.append((curve_values(up, dose) - curve_values(down, dose)) / (2 * step))
        return np.column_stack(columns)

    weighted = jacobian(fit.points.dose) * np.sqrt(fit.weight)[:, None]
    covariance = np.linalg.pinv(weighted.T @ weighted) * fit.rss / fit.degrees
    here = jacobian(grid)
    spread = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", here, covariance, here), 0.0))
    return np.asarray(float(special.stdtrit(fit.degrees, TAIL)) * spread)
