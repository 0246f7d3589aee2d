"""Curves beyond one sigmoid: two phases, and stimulation at low dose. Only fitted when asked for.

Biphasic: ``bottom + (top - bottom) * (f / (1 + (x/e1)^h1) + (1 - f) / (1 + (x/e2)^h2))``, ``e1 <= e2``: two
populations or two targets. Hormesis: Brain and Cousens (1989), ``bottom + (top - bottom + s x) / (1 + (x/e)^h)``,
slope above 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.assay.curve import Points
from kinescape.assay.fit import fit_points
from kinescape.assay.least_squares import Solution, least_squares
from kinescape.assay.models import Box

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ExtendedFit:
    """A fitted biphasic or hormetic curve; doses in nM."""

    name: str
    parameters: dict[str, float]
    rss: float
    free: int

    def at(self, dose: Array) -> Array:
        """The curve at doses in nM."""
        p = list(self.parameters.values())
        if self.name == "biphasic":
            vector = [p[0], p[1], p[2], math.log(p[3]), math.log(p[4] / p[3]), math.log(p[5]), math.log(p[6])]
            return np.asarray(_biphasic(np.array(vector), dose))
        vector = [p[0], p[1], math.log(p[2]), math.log(p[3]), p[4]]
        return np.asarray(_hormesis(np.array(vector), dose))


def fall(dose: Array, log_middle: Array, log_slope: Array) -> Array:
    """``1 / (1 + (x/e)^h)``, exactly 1 at dose 0, for real or complex parameters."""
    share = np.ones(dose.shape, dtype=np.result_type(log_middle, np.float64))
    positive = dose > 0
    u = np.exp(log_slope) * (np.log(dose[positive]) - log_middle)
    u = np.where(np.real(u) > 300.0, 300.0, u)
    share[positive] = 1.0 / (1.0 + np.exp(u))
    return share


def _biphasic(p: Array, dose: Array) -> Array:
    first = fall(dose, p[3], p[5])
    second = fall(dose, p[3] + p[4], p[6])
    return np.asarray(p[1] + (p[0] - p[1]) * (p[2] * first + (1.0 - p[2]) * second))


def _hormesis(p: Array, dose: Array) -> Array:
    return np.asarray(p[1] + (p[0] - p[1] + p[4] * dose) * fall(dose, p[2], p[3]))


def _best(residuals: Callable[[Array], Array], starts: Sequence[Array], lower: Array, upper: Array) -> Solution:
    """The lowest sum of squares over all starts."""
    found = [least_squares(residuals, start, lower=lower, upper=upper) for start in starts]
    return min(found, key=lambda solution: solution.rss)


def fit_biphasic(points: Points, box: Box, weight: Array | None = None) -> ExtendedFit:
    """Seven parameters, from several splits of the single-phase fit; ``weight`` per well, None for equal ones."""
    root = np.sqrt(np.ones_like(points.signal) if weight is None else weight)
    low, high = box.for_model("4pl").arrays(points.dose, points.reference)
    lower = np.array([low[0], low[1], 0.05, low[2], 0.0, math.log(low[3]), math.log(low[3])])
    upper = np.array([high[0], high[1], 0.95, high[2], high[2] - low[2], math.log(high[3]), math.log(high[3])])
    base = fit_points([points], box=box, weights=[root**2], intervals=False)[0]
    span = math.log(points.largest_dose / points.smallest_dose)
    middle, slope = math.log(base.ic50), math.log(base.slope)
    # One start is the single-phase fit itself (a gap of 0), so that two phases never fit worse than one.
    starts = [np.array([base.top, base.bottom, 0.5, middle, 0.0, slope, slope])]
    starts += [
        np.array([base.top, base.bottom, share, middle - share * gap, gap, 0.3, 0.3])
        for share in (0.3, 0.7)
        for gap in (0.3 * span, 0.6 * span)
    ]
    best = _best(lambda p: root * (points.signal - _biphasic(p, points.dose)), starts, lower, upper)
    p = best.parameters
    values = {
        "top": float(p[0]),
        "bottom": float(p[1]),
        "share_first": float(p[2]),
        "ic50_first_nM": math.exp(p[3]),
        "ic50_second_nM": math.exp(p[3] + p[4]),
        "slope_first": math.exp(p[5]),
        "slope_second": math.exp(p[6]),
    }
    return ExtendedFit("biphasic", values, best.rss, 7)


def fit_hormesis(points: Points, box: Box, weight: Array | None = None) -> ExtendedFit:
    """Five parameters; without stimulation it is the 4PL, from which it starts. ``weight`` as in
    :func:`fit_biphasic`."""
    root = np.sqrt(np.ones_like(points.signal) if weight is None else weight)
    low, high = box.for_model("4pl").arrays(points.dose, points.reference)
    base = fit_points([points], box=box, weights=[root**2], intervals=False)[0]
    scale = points.reference / points.largest_dose
    # A slope of 1 or less would let the stimulation win at high dose; the bound keeps the curve falling to its bottom.
    lower = np.array([low[0], low[1], low[2], math.log(1.05), 0.0])
    upper = np.array([high[0], high[1], high[2], math.log(max(high[3], 1.1)), 1e6 * scale])
    middle = math.log(base.ic50)
    starts = [np.array([base.top, base.bottom, middle, math.log(base.slope), 0.0])]
    starts += [
        np.array([base.top, base.bottom, middle + shift, math.log(slope), lift * scale])
        for slope in (1.5, 3.0)
        for lift in (1.0, 30.0, 1000.0)
        for shift in (0.0, -1.5)
    ]
    best = _best(lambda p: root * (points.signal - _hormesis(p, points.dose)), starts, lower, upper)
    p = best.parameters
    values = {
        "top": float(p[0]),
        "bottom": float(p[1]),
        "middle_nM": math.exp(p[2]),
        "slope": math.exp(p[3]),
        "stimulation_per_nM": float(p[4]),
    }
    return ExtendedFit("hormesis", values, best.rss, 5)
