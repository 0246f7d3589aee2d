"""The level of a profile interval where the textbook's does not hold, compiled.

``F(0.95; 1, df)`` is the right level for a curve whose every parameter is well seen and lies inside its box. It is not
when the tested doses end before the curve does: then bottom, slope and IC50 are told apart by little but the bounds
of the box (a bottom is not negative), the likelihood ratio at the true IC50 is no F variable (Self and Liang 1987), and
its 95% point runs from 1.5 to 5.5 with the design.

So the level is taken from the design itself. At an IC50 ``m`` on trial, curves are drawn from the best fit that has
this IC50, with the curve's own doses, wells, weights and scatter; each is fitted with ``m`` fixed and free in the same
box; the 57th of their 59 ordered likelihood ratios (rank 57 of 60: exact for a known curve, Barnard 1963) is the
level at ``m``. This is the construction of Feldman and Cousins (1998) with nuisance parameters at their
restricted estimates.

The draws are read from one fixed table of normal deviates, at a place that follows from the rank order of the curve's
own dose means: the same wells give the same interval in any unit, order or company, and different curves do not share
the error of one set of draws.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kinescape.assay.descent import descend
from kinescape.assay.logistic import (
    ASYMMETRY,
    BOTTOM,
    LOG_IC50,
    PARAMETERS,
    SLOPE,
    TOP,
    best_plateaus,
    fill_shape,
)
from kinescape.assay.scan import SCAN_EXTRA, SCAN_SLOPES, scan_place
from kinescape.compiled import kernel

Array = NDArray[np.float64]

DRAWS = 59
RANK = 57
"""``RANK / (DRAWS + 1)`` is the confidence."""
POOL = 20011
"""Normal deviates in the table; a prime, so that places do not fall into step with the number of doses."""
DESCENTS = 2
"""Free fits per draw, from the best valleys of a look over the box, beside the one that starts at the truth."""
COARSE_GAIN = 1e-5
"""Relative gain of a step that ends the fit of a draw: a likelihood ratio needs no more digits."""
PLATEAU_DOSES = 2
"""Tested doses that must lie outside an interval's end for the F level to be trusted there."""


@functools.cache
def normal_pool() -> Array:
    """Standard normal deviates, always the same."""
    return np.random.default_rng(20240829).normal(size=POOL)


@functools.cache
def scatter_pool(degrees: int) -> Array:
    """Chi-square deviates with ``degrees`` degrees of freedom, ``(POOL,)``: wells around their dose means."""
    if degrees < 1:
        return np.zeros(POOL)
    uniform = np.random.default_rng(1987).permutation((np.arange(POOL) + 0.5) / POOL)
    return np.asarray(special.chdtri(degrees, uniform), dtype=np.float64)


@kernel
def place_of(mean: Array) -> int:
    """Where in the pools a curve's draws begin: from the rank order of its dose means, free of their unit."""
    state = 17
    for i in range(mean.shape[0]):
        rank = 0
        for j in range(mean.shape[0]):
            if mean[j] < mean[i]:
                rank += 1
        state = (state * 31 + rank + 7) % 1000003
    return state % POOL


@kernel
def look_shapes(log_dose: Array, lower: Array, upper: Array) -> tuple[Array, Array]:
    """Parameters ``(n, 5)`` and shapes ``(n, doses)`` of the look over the box, the same for every draw."""
    first = 0
    while first < log_dose.shape[0] - 1 and log_dose[first] == -math.inf:
        first += 1
    points = 2 * (log_dose.shape[0] - first) - 1 + 2 * SCAN_EXTRA
    thetas = np.empty((points * SCAN_SLOPES.shape[0], PARAMETERS))
    shapes = np.empty((points * SCAN_SLOPES.shape[0], log_dose.shape[0]))
    for point in range(points):
        place = min(max(scan_place(log_dose, first, point), lower[LOG_IC50]), upper[LOG_IC50])
        for k in range(SCAN_SLOPES.shape[0]):
            row = point * SCAN_SLOPES.shape[0] + k
            thetas[row, LOG_IC50] = place
            thetas[row, SLOPE] = min(max(SCAN_SLOPES[k], lower[SLOPE]), upper[SLOPE])
            thetas[row, ASYMMETRY] = min(max(1.0, lower[ASYMMETRY]), upper[ASYMMETRY])
            fill_shape(log_dose, place, thetas[row, SLOPE], thetas[row, ASYMMETRY], shapes[row])
    return thetas, shapes


@kernel
def free_fit(
    log_dose: Array,
    mean: Array,
    weight: Array,
    lower: Array,
    upper: Array,
    start: Array,
    thetas: Array,
    shapes: Array,
    values: Array,
    g: Array,
    derivative: Array,
) -> float:
    """Least sum of squares of one draw over the whole box. ``values`` is room for one number per shape."""
    trial = start.copy()
    best = descend(log_dose, mean, weight, lower, upper, trial, g, derivative, COARSE_GAIN)
    for row in range(shapes.shape[0]):
        values[row] = best_plateaus(shapes[row], mean, weight, lower, upper, trial)
    slopes = SCAN_SLOPES.shape[0]
    for _ in range(DESCENTS):
        least, at = math.inf, -1
        for row in range(shapes.shape[0]):
            value = values[row]
            if value >= least:
                continue
            if row >= slopes and values[row - slopes] < value:
                continue
            if row + slopes < shapes.shape[0] and values[row + slopes] < value:
                continue
            least, at = value, row
        if at < 0:
            break
        values[at] = math.inf
        trial[:] = thetas[at]
        best = min(best, descend(log_dose, mean, weight, lower, upper, trial, g, derivative, COARSE_GAIN))
    return best


@kernel
def calibrated_ratio(
    theta: Array,
    variance: float,
    log_dose: Array,
    weight: Array,
    lower: Array,
    upper: Array,
    degrees: float,
    normals: Array,
    scatters: Array,
    begin: int,
    thetas: Array,
    shapes: Array,
    g: Array,
    derivative: Array,
) -> float:
    """The 95% point of ``(S(m) - S_min) / (S_min / df)`` over draws from the curve ``theta``.

    Parameters
    ----------
    theta
        The best curve with the IC50 on trial.
    variance
        Of a well of weight 1.
    degrees
        Wells minus free parameters.
    normals, scatters, begin
        The pools, and where this curve's draws begin in them.
    thetas, shapes
        From :func:`look_shapes`.
    """
    doses = log_dose.shape[0]
    ratios = np.empty(DRAWS)
    mean = np.empty(doses)
    values = np.empty(shapes.shape[0])
    held_low, held_high = lower.copy(), upper.copy()
    held_low[LOG_IC50] = held_high[LOG_IC50] = theta[LOG_IC50]
    curve = np.empty(doses)
    fill_shape(log_dose, theta[LOG_IC50], theta[SLOPE], theta[ASYMMETRY], curve)
    for i in range(doses):
        curve[i] = theta[BOTTOM] + (theta[TOP] - theta[BOTTOM]) * curve[i]
    for draw in range(DRAWS):
        for i in range(doses):
            normal = normals[(begin + draw * doses + i) % POOL]
            mean[i] = curve[i] + normal * math.sqrt(variance / weight[i])
        held = theta.copy()
        fixed = descend(log_dose, mean, weight, held_low, held_high, held, g, derivative, COARSE_GAIN)
        for slope in SCAN_SLOPES:
            trial = theta.copy()
            trial[SLOPE] = min(max(slope, lower[SLOPE]), upper[SLOPE])
            fill_shape(log_dose, trial[LOG_IC50], trial[SLOPE], trial[ASYMMETRY], g)
            if best_plateaus(g, mean, weight, lower, upper, trial) < fixed:
                fixed = descend(log_dose, mean, weight, held_low, held_high, trial, g, derivative, COARSE_GAIN)
                held[:] = trial
        free = free_fit(log_dose, mean, weight, lower, upper, held, thetas, shapes, values, g, derivative)
        total = free + variance * scatters[(begin + draw) % POOL]
        ratios[draw] = max(fixed - free, 0.0) / total * degrees if total > 0.0 else 0.0
    return float(np.sort(ratios)[RANK - 1])
