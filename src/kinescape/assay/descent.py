"""Least squares for one logistic curve, compiled: a coarse look at the whole box, then Levenberg-Marquardt from the
best starts.

The search runs over ``(ln IC50, ln slope, ln asymmetry)`` only; the plateaus follow exactly
(:mod:`kinescape.assay.logistic`). Steps are those of Levenberg (1944) and Marquardt (1963) on the residual sum of
squares with Kaufman's (1975) Jacobian, kept inside the box by clipping, with a coordinate frozen while it stands on
its bound and wants to leave.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kinescape.assay.logistic import (
    ASYMMETRY,
    BOTTOM,
    LEAST_SHARE,
    LOG_IC50,
    PARAMETERS,
    SLOPE,
    TOP,
    best_plateaus,
    fill_shape,
    fill_slopes,
)
from kinescape.compiled import kernel

Array = NDArray[np.float64]

MOST_STEPS = 200
GAUSS_NEWTON_STEPS = 12
"""After this many steps without an end, the true curvature is measured instead of Gauss-Newton's."""
CURVATURE_STEP = 1e-4
SMALLEST_STEP = 1e-10
"""A step below this, in natural logs, ends the search: ten digits of the IC50."""
SMALLEST_GAIN = 1e-15
"""Relative decrease of the sum of squares below which rounding is all that is left."""
LONGEST_STEP = 2.0
"""A step in any coordinate is cut to this many natural logs, so that one step cannot leave the data."""

NEAR_BOUND = 0.02
"""A plateau this close to its bound, as a share of the curve's fall, is tried on the bound."""

QUICK_SLOPES = np.array([0.8, 1.6, 3.2])
SCAN_SLOPES = np.array([0.1, 0.3, 0.8, 1.6, 3.2, 12.0])
SCAN_EXTRA = 2
"""The look at the box: on doses, half-way between them and this many steps beyond either end, with these slopes; the
quick look is enough for a curve that stands out of its scatter."""


@kernel
def normal_equations(
    derivative: Array,
    g: Array,
    mean: Array,
    weight: Array,
    lower: Array,
    upper: Array,
    theta: Array,
    gram: Array,
    gradient: Array,
) -> None:
    """Write ``J'J`` (3 x 3) and ``J'r`` (3) of the reduced problem: the plateaus that move freely are projected out."""
    top, bottom = theta[TOP], theta[BOTTOM]
    amplitude = top - bottom
    top_free = lower[TOP] < top < upper[TOP]
    bottom_free = lower[BOTTOM] < bottom < upper[BOTTOM]
    a11 = a12 = a22 = 0.0
    gram[:, :] = 0.0
    gradient[:] = 0.0
    by_top = np.zeros(3)
    by_bottom = np.zeros(3)
    for i in range(g.shape[0]):
        w, p = weight[i], g[i]
        q = 1.0 - p
        residual = mean[i] - bottom - amplitude * p
        a11 += w * p * p
        a12 += w * p * q
        a22 += w * q * q
        for j in range(3):
            d = amplitude * derivative[j, i]
            gradient[j] += w * d * residual
            by_top[j] += w * d * p
            by_bottom[j] += w * d * q
            for k in range(j + 1):
                gram[j, k] += w * d * amplitude * derivative[k, i]
    determinant = a11 * a22 - a12 * a12
    if top_free and bottom_free and determinant > LEAST_SHARE * a11 * a22:
        for j in range(3):
            for k in range(j + 1):
                gram[j, k] -= (
                    by_top[j] * (a22 * by_top[k] - a12 * by_bottom[k])
                    + by_bottom[j] * (a11 * by_bottom[k] - a12 * by_top[k])
                ) / determinant
    elif top_free and a11 > 0.0:
        for j in range(3):
            for k in range(j + 1):
                gram[j, k] -= by_top[j] * by_top[k] / a11
    elif bottom_free and a22 > 0.0:
        for j in range(3):
            for k in range(j + 1):
                gram[j, k] -= by_bottom[j] * by_bottom[k] / a22
    for j in range(3):
        for k in range(j):
            gram[k, j] = gram[j, k]


@kernel
def solve_step(gram: Array, gradient: Array, active: NDArray[np.bool_], damping: float, step: Array) -> bool:
    """Solve ``(J'J + damping * diag) step = J'r`` over the active coordinates by Cholesky; False if not definite."""
    factor = np.zeros((3, 3))
    step[:] = 0.0
    for j in range(3):
        if not active[j]:
            continue
        for k in range(j + 1):
            if not active[k]:
                continue
            total = gram[j, k]
            if j == k:
                total += damping * gram[j, j]
            for i in range(k):
                if active[i]:
                    total -= factor[j, i] * factor[k, i]
            if j == k:
                if total <= 1e-14 * gram[j, j] or total <= 0.0:
                    return False
                factor[j, j] = math.sqrt(total)
            else:
                factor[j, k] = total / factor[k, k]
    for j in range(3):
        if active[j]:
            total = gradient[j]
            for i in range(j):
                if active[i]:
                    total -= factor[j, i] * step[i]
            step[j] = total / factor[j, j]
    for j in range(2, -1, -1):
        if active[j]:
            total = step[j]
            for i in range(j + 1, 3):
                if active[i]:
                    total -= factor[i, j] * step[i]
            step[j] = total / factor[j, j]
    return True


@kernel
def moved(value: float, step: float, coordinate: int, lower: Array, upper: Array) -> float:
    """A coordinate after a step, inside its box. Slope and asymmetry (coordinates 1, 2) step in their logarithm."""
    step = min(max(step, -LONGEST_STEP), LONGEST_STEP)
    place = LOG_IC50 + coordinate
    after = value + step if coordinate == 0 else value * math.exp(step)
    return float(min(max(after, lower[place]), upper[place]))


@kernel
def measure_curvature(
    log_dose: Array,
    mean: Array,
    weight: Array,
    lower: Array,
    upper: Array,
    theta: Array,
    active: NDArray[np.bool_],
    gram: Array,
) -> None:
    """Replace ``gram`` by the true curvature (half the Hessian of the reduced sum of squares), by central differences.

    Gauss-Newton's ``J'J`` leaves out the curvature of the model, and creeps where residuals are large and the curve is
    hardly determined; Newton's steps do not. Where the true curvature is not positive, ``gram`` is left as it is.
    """
    g = np.empty(log_dose.shape[0])
    derivative = np.empty((3, log_dose.shape[0]))
    room = np.empty((3, 3))
    slopes = np.zeros((2, 3))
    found = np.zeros((3, 3))
    for j in range(3):
        if not active[j]:
            continue
        for side in range(2):
            trial = theta.copy()
            step = CURVATURE_STEP * (2 * side - 1)
            place = LOG_IC50 + j
            trial[place] = theta[place] + step if j == 0 else theta[place] * math.exp(step)
            fill_shape(log_dose, trial[LOG_IC50], trial[SLOPE], trial[ASYMMETRY], g)
            best_plateaus(g, mean, weight, lower, upper, trial)
            fill_slopes(log_dose, trial[LOG_IC50], trial[SLOPE], trial[ASYMMETRY], g, derivative)
            normal_equations(derivative, g, mean, weight, lower, upper, trial, room, slopes[side])
        for k in range(3):
            found[j, k] = (slopes[0, k] - slopes[1, k]) / (2.0 * CURVATURE_STEP)
    for j in range(3):
        if active[j] and found[j, j] <= 0.0:
            return
    for j in range(3):
        for k in range(3):
            gram[j, k] = 0.5 * (found[j, k] + found[k, j])


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
) -> float:
    """Go down from ``theta`` (changed in place) to a local minimum; returns its sum of squares.

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
            if size < SMALLEST_STEP or (gain < SMALLEST_GAIN and size < 1e-7):
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


@kernel
def scan_place(log_dose: Array, first: int, point: int) -> float:
    """The ln IC50 of one point of the scan: doses, half-way points, and steps beyond either end."""
    last = log_dose.shape[0] - 1
    place = point - SCAN_EXTRA
    span = (log_dose[last] - log_dose[first]) / max(last - first, 1)
    if place < 0:
        return float(log_dose[first] + place * span)
    if place > 2 * (last - first):
        return float(log_dose[last] + (place - 2 * (last - first)) * span)
    left = first + place // 2
    return float(log_dose[left]) if place % 2 == 0 else 0.5 * float(log_dose[left] + log_dose[left + 1])


@kernel
def is_valley(values: Array, point: int, k: int) -> bool:
    """No neighbour in place or slope lies lower. A place already taken counts as infinitely high."""
    value = values[point, k]
    if point > 0 and values[point - 1, k] < value:
        return False
    if point < values.shape[0] - 1 and values[point + 1, k] < value:
        return False
    if k > 0 and values[point, k - 1] < value:
        return False
    return not (k < values.shape[1] - 1 and values[point, k + 1] < value)


@kernel
def scan(
    slopes: Array,
    log_dose: Array,
    mean: Array,
    weight: Array,
    lower: Array,
    upper: Array,
    starts: Array,
    squares: Array,
    g: Array,
) -> int:
    """Look over the box and write the best starts: the valleys along the dose axis first, then the next best places.

    Parameters
    ----------
    slopes
        Slopes to look at.
    starts, squares
        Room for ``(n, 5)`` parameter vectors and their ``n`` sums of squares, filled best first.

    Returns
    -------
    int
        How many starts were found (at most ``n``).
    """
    room = squares.shape[0]
    first = 0
    while first < log_dose.shape[0] - 1 and log_dose[first] == -math.inf:
        first += 1
    points = 2 * (log_dose.shape[0] - first) - 1 + 2 * SCAN_EXTRA
    thetas = np.empty((points, slopes.shape[0], PARAMETERS))
    values = np.empty((points, slopes.shape[0]))
    for point in range(points):
        log_ic50 = min(max(scan_place(log_dose, first, point), lower[LOG_IC50]), upper[LOG_IC50])
        for k in range(slopes.shape[0]):
            theta = thetas[point, k]
            theta[LOG_IC50] = log_ic50
            theta[SLOPE] = min(max(slopes[k], lower[SLOPE]), upper[SLOPE])
            theta[ASYMMETRY] = min(max(1.0, lower[ASYMMETRY]), upper[ASYMMETRY])
            fill_shape(log_dose, theta[LOG_IC50], theta[SLOPE], theta[ASYMMETRY], g)
            values[point, k] = best_plateaus(g, mean, weight, lower, upper, theta)
    found = 0
    for valleys_only in (True, False):
        while found < room:
            best = math.inf
            at_point, at_slope = -1, -1
            for point in range(points):
                for k in range(slopes.shape[0]):
                    value = values[point, k]
                    if value < best and (not valleys_only or is_valley(values, point, k)):
                        best, at_point, at_slope = value, point, k
            if at_point < 0:
                break
            starts[found] = thetas[at_point, at_slope]
            squares[found] = best
            values[at_point, at_slope] = math.inf
            found += 1
    return found
