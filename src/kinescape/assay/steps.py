"""One step of the search: gradient, curvature and the damped step they ask for, compiled.

The gradient and ``J'J`` are those of the residual sum of squares after the free plateaus have been projected out
(Kaufman 1975).
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
    SLOPE,
    TOP,
    best_plateaus,
    fill_shape,
    fill_slopes,
)
from kinescape.compiled import kernel

Array = NDArray[np.float64]

LONGEST_STEP = 2.0
"""A step in any coordinate is cut to this many natural logs, so that one step cannot leave the data."""
CURVATURE_STEP = 1e-4
"""Step of the central differences, natural logs."""


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
