"""Least squares for one logistic curve, compiled: down from a start to a valley by Levenberg-Marquardt and Newton.

The search runs over ``(ln IC50, ln slope, ln asymmetry)`` only; the plateaus follow exactly
(:mod:`kinescape.assay.logistic`). Steps are those of Levenberg (1944) and Marquardt (1963) on the residual sum of
squares with Kaufman's (1975) Jacobian, kept inside the box by clipping, with a coordinate frozen while it stands on
its bound and wants to leave.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kinescape.assay.logistic import ASYMMETRY, BOTTOM, LOG_IC50, SLOPE, TOP, best_plateaus, fill_shape, fill_slopes
from kinescape.assay.steps import measure_curvature, moved, normal_equations, solve_step
from kinescape.compiled import kernel

Array = NDArray[np.float64]

MOST_STEPS = 200
GAUSS_NEWTON_STEPS = 12
"""After this many steps without an end, the true curvature is measured instead of Gauss-Newton's."""
SMALLEST_STEP = 1e-10
"""A step below this, in natural logs, ends the search: ten digits of the IC50."""
SMALLEST_GAIN = 1e-15
"""Relative decrease of the sum of squares below which rounding is all that is left."""
NEAR_BOUND = 0.02
"""A plateau this close to its bound, as a share of the curve's fall, is tried on the bound."""


@kernel
def descend(
    log_dose: Array,
    mean: Array,
    weight: Array,
    lower: Array,
    upper: Array,
    theta: Array,
    g: Array,
    derivative: Array,
    least_gain: float = SMALLEST_GAIN,
) -> float:
    """Go down from ``theta`` (changed in place) to a local minimum; returns its sum of squares.

    A step that gains less than ``least_gain`` of the sum of squares ends the search; above the default, whatever its
    size.

    ``g`` (doses) and ``derivative`` (3, doses) are room to work in. A coordinate with equal bounds stays where it is.
    """
    gram = np.zeros((3, 3))
    gradient = np.zeros(3)
    step = np.zeros(3)
    trial = theta.copy()
    active = np.zeros(3, dtype=np.bool_)
    fill_shape(log_dose, theta[LOG_IC50], theta[SLOPE], theta[ASYMMETRY], g)
    squares = best_plateaus(g, mean, weight, lower, upper, theta)
    damping = 1e-3
    fresh = True
    for iteration in range(MOST_STEPS):
        if fresh:
            fill_slopes(log_dose, theta[LOG_IC50], theta[SLOPE], theta[ASYMMETRY], g, derivative)
            normal_equations(derivative, g, mean, weight, lower, upper, theta, gram, gradient)
            any_active = False
            for j in range(3):
                place = LOG_IC50 + j
                active[j] = lower[place] < upper[place] and gram[j, j] > 0.0
                if active[j] and theta[place] <= lower[place] and gradient[j] < 0.0:
                    active[j] = False
                if active[j] and theta[place] >= upper[place] and gradient[j] > 0.0:
                    active[j] = False
                any_active = any_active or active[j]
            if not any_active:
                break
            if iteration >= GAUSS_NEWTON_STEPS:
                measure_curvature(log_dose, mean, weight, lower, upper, theta, active, gram)
        if not solve_step(gram, gradient, active, damping, step):
            damping = max(damping * 10.0, 1e-8)
            fresh = False
            if damping > 1e14:
                break
            continue
        size = 0.0
        for j in range(3):
            place = LOG_IC50 + j
            trial[place] = moved(theta[place], step[j], j, lower, upper) if active[j] else theta[place]
            change = trial[place] - theta[place] if j == 0 else math.log(trial[place] / theta[place])
            size = max(size, abs(change))
        fill_shape(log_dose, trial[LOG_IC50], trial[SLOPE], trial[ASYMMETRY], g)
        after = best_plateaus(g, mean, weight, lower, upper, trial)
        if after < squares:
            gain = (squares - after) / squares
            theta[:] = trial
            squares = after
            damping = max(damping * 0.1, 1e-15)
            fresh = True
            if size < SMALLEST_STEP or (gain < least_gain and (size < 1e-7 or least_gain > SMALLEST_GAIN)):
                break
        else:
            if size < SMALLEST_STEP or squares == 0.0:
                break
            damping *= 6.0
            fresh = False
            if damping > 1e14:
                break
    return squares


@kernel
def settle(
    log_dose: Array,
    mean: Array,
    weight: Array,
    lower: Array,
    upper: Array,
    theta: Array,
    squares: float,
    g: Array,
    derivative: Array,
) -> float:
    """Finish a descent that ended close to a plateau's bound, where the sum of squares has a kink and steps get short.

    The plateau is put on its bound and the rest refitted; what is lower is kept in ``theta``. Returns the sum of
    squares.
    """
    reach = NEAR_BOUND * abs(theta[TOP] - theta[BOTTOM])
    for place in (TOP, BOTTOM):
        for side in range(2):
            bound = lower[place] if side == 0 else upper[place]
            if theta[place] == bound or abs(theta[place] - bound) > reach:
                continue
            low, high = lower.copy(), upper.copy()
            low[place] = high[place] = bound
            trial = theta.copy()
            value = descend(log_dose, mean, weight, low, high, trial, g, derivative)
            if value < squares:
                squares = value
                theta[:] = trial
    return squares
