"""Intervals of the absolute IC50 by profile likelihood, compiled.

The absolute IC50 ``A`` is where the signal is half of the fitted top. It is made a parameter of the curve in place of
the relative one: with ``k = bottom / top`` below one half and ``r = (1/2 - k) / (1 - k)``, the share of the fall that
is left at ``A``::

    f(x) = top * (k + (1 - k) * (1 + (r^(-1/a) - 1) * (x/A)^h)^(-a))

This is the same curve, half of its top at ``A`` whatever ``k``, slope ``h`` and asymmetry ``a`` are. The search is over
``ln r`` in place of ``k``: an ``A`` far beyond the relative IC50 has a bottom a millionth below half. Given these three
the top is linear and follows exactly; the profile at ``A`` is the least sum of squares over them, inside the bounds of
the fit. The level is ``S_min (1 + F(0.95; 1, df) / df)``. A curve whose bottom stays above half has no absolute IC50,
which is ``A`` beyond every dose: the interval is then open above.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kinescape.assay.logistic import ASYMMETRY, BOTTOM, LARGEST_EXPONENT, LOG_IC50, SLOPE, TOP
from kinescape.compiled import kernel

Array = NDArray[np.float64]
Offsets = NDArray[np.int64]

LEAST_LEFT = 1e-12
"""``r`` is searched down to here: at 0 the bottom is half and there is no absolute IC50."""
GRID = 32
CROSSING = 1e-5
"""Natural logs."""
STEPS = 60
NUDGE = 1e-6
"""Step of the forward differences."""
SMALL_GAIN = 1e-11
START_LEFT = np.log(np.array([0.5, 0.375, 0.1, 0.01, 1e-4, 1e-6]))
START_SLOPES = np.array([0.5, 1.2, 3.0])


@kernel
def left_of(k: float) -> float:
    """``ln r`` of a bottom over top."""
    return math.log(max((0.5 - k) / (1.0 - k), LEAST_LEFT)) if k < 0.5 else math.log(LEAST_LEFT)


@kernel
def share_of(log_left: float) -> float:
    """Bottom over top, from ``ln r``."""
    left = math.exp(log_left)
    return max((0.5 - left) / (1.0 - left), 0.0)


@kernel
def half_squares(
    log_half: float,
    p: Array,
    log_dose: Array,
    mean: Array,
    weight: Array,
    lower: Array,
    upper: Array,
    shape: Array,
    residual: Array,
) -> float:
    """Sum of squares of the curve with ``p = (ln r, ln h, ln a)`` and the best top in its box; fills ``residual``."""
    slope, asymmetry = math.exp(p[1]), math.exp(p[2])
    k = share_of(p[0])
    odds = math.log(math.expm1(-p[0] / asymmetry))
    top_by, top_of = 0.0, 0.0
    for i in range(log_dose.shape[0]):
        u = min(slope * (log_dose[i] - log_half) + odds, LARGEST_EXPONENT)
        shape[i] = k + (1.0 - k) * math.exp(-asymmetry * math.log1p(math.exp(u)))
        top_by += weight[i] * shape[i] * mean[i]
        top_of += weight[i] * shape[i] * shape[i]
    low, high = lower[TOP], upper[TOP]
    if k > 0.0:
        low, high = max(low, lower[BOTTOM] / k), min(high, upper[BOTTOM] / k)
    top = min(max(top_by / top_of, low), high)
    squares = 0.0
    for i in range(log_dose.shape[0]):
        residual[i] = math.sqrt(weight[i]) * (mean[i] - top * shape[i])
        squares += residual[i] * residual[i]
    return squares


@kernel
def half_descend(
    log_half: float, p: Array, low: Array, high: Array, log_dose: Array, mean: Array, weight: Array, lower: Array,
    upper: Array,
) -> float:  # fmt: skip
    """Levenberg-Marquardt over ``p`` (changed in place) inside ``low`` and ``high``; returns the sum of squares."""
    doses = log_dose.shape[0]
    shape, residual, other = np.empty(doses), np.empty(doses), np.empty(doses)
    jacobian = np.zeros((3, doses))
    squares = half_squares(log_half, p, log_dose, mean, weight, lower, upper, shape, residual)
    trial = p.copy()
    damping = 1e-3
    fresh = True
    gram, gradient = np.zeros((3, 3)), np.zeros(3)
    for _ in range(STEPS):
        if fresh:
            gram[:, :] = 0.0
            for j in range(3):
                jacobian[j] = 0.0
                gradient[j] = 0.0
                if low[j] >= high[j]:
                    continue
                trial[:] = p
                nudge = NUDGE if p[j] + NUDGE <= high[j] else -NUDGE
                trial[j] += nudge
                half_squares(log_half, trial, log_dose, mean, weight, lower, upper, shape, other)
                for i in range(doses):
                    jacobian[j, i] = (residual[i] - other[i]) / nudge
                    gradient[j] += jacobian[j, i] * residual[i]
                on_bound = (p[j] <= low[j] and gradient[j] < 0.0) or (p[j] >= high[j] and gradient[j] > 0.0)
                if on_bound:
                    jacobian[j] = 0.0
                    gradient[j] = 0.0
            for j in range(3):
                for k in range(3):
                    for i in range(doses):
                        gram[j, k] += jacobian[j, i] * jacobian[k, i]
        damped = gram.copy()
        for j in range(3):
            damped[j, j] = gram[j, j] * (1.0 + damping) if gram[j, j] > 0.0 else 1.0
        step = np.linalg.solve(damped, gradient)
        size = 0.0
        for j in range(3):
            change = min(max(step[j], -1.0), 1.0)
            trial[j] = min(max(p[j] + change, low[j]), high[j])
            size = max(size, abs(trial[j] - p[j]))
        after = half_squares(log_half, trial, log_dose, mean, weight, lower, upper, shape, other)
        if after < squares:
            gain = (squares - after) / squares
            p[:] = trial
            squares = after
            residual[:] = other
            damping = max(0.1 * damping, 1e-12)
            fresh = True
            if gain < SMALL_GAIN:
                break
        else:
            fresh = False
            damping *= 8.0
            if size < 1e-9 or damping > 1e12:
                break
    return squares


@kernel
def half_profile_at(
    log_half: float, warm: Array, low: Array, high: Array, log_dose: Array, mean: Array, weight: Array,
    lower: Array, upper: Array,
) -> float:  # fmt: skip
    """Least sum of squares with the absolute IC50 fixed, from ``warm`` and from the best of a look over the box;
    ``warm`` holds the optimum afterwards."""
    best = half_descend(log_half, warm, low, high, log_dose, mean, weight, lower, upper)
    shape, residual = np.empty(log_dose.shape[0]), np.empty(log_dose.shape[0])
    trial, chosen = warm.copy(), warm.copy()
    least = math.inf
    for left in START_LEFT:
        for slope in START_SLOPES:
            trial[0] = min(max(left, low[0]), high[0])
            trial[1] = min(max(math.log(slope), low[1]), high[1])
            value = half_squares(log_half, trial, log_dose, mean, weight, lower, upper, shape, residual)
            if value < least:
                least = value
                chosen[:] = trial
    if least < 4.0 * best:
        value = half_descend(log_half, chosen, low, high, log_dose, mean, weight, lower, upper)
        if value < best:
            best = value
            warm[:] = chosen
    return best


@kernel
def half_side(
    direction: int, level: float, start: float, p: Array, low: Array, high: Array, log_dose: Array, mean: Array,
    weight: Array, lower: Array, upper: Array,
) -> float:  # fmt: skip
    """One end of the interval (natural log): the outermost crossing, infinite where the profile is open."""
    end = upper[LOG_IC50] if direction > 0 else lower[LOG_IC50]
    step = (upper[LOG_IC50] - lower[LOG_IC50]) / GRID
    warm, inside_warm = p.copy(), p.copy()
    place, inside, outside = start, start, math.inf
    while place != end:
        place += direction * step
        if (place - end) * direction > -0.25 * step:
            place = end
        value = half_profile_at(place, warm, low, high, log_dose, mean, weight, lower, upper)
        if value <= level:
            inside = place
            inside_warm[:] = warm
            outside = math.inf
        elif outside == math.inf:
            outside = place
    if outside == math.inf:
        return direction * math.inf
    a, b = inside, outside
    while abs(b - a) > CROSSING:
        middle = 0.5 * (a + b)
        warm[:] = inside_warm
        if half_profile_at(middle, warm, low, high, log_dose, mean, weight, lower, upper) <= level:
            a = middle
            inside_warm[:] = warm
        else:
            b = middle
    return 0.5 * (a + b)


@kernel
def half_intervals(
    offsets: Offsets, log_dose: Array, mean: Array, weight: Array, lower: Array, upper: Array, theta: Array,
    squares: Array, within: Array, factor: Array, half: Array, interval: Array,
) -> None:  # fmt: skip
    """Profile the absolute IC50 of every curve.

    Arrays are those of :func:`kinescape.assay.profile.profile_curves`; ``half`` (curves) is the natural log of the
    fitted absolute IC50, infinite where there is none; ``interval`` (curves, 2) is written, natural logs, infinite
    where open, NaN where nothing can be said: no degrees of freedom.
    """
    low, high, p = np.empty(3), np.empty(3), np.empty(3)
    for curve in range(offsets.shape[0] - 1):
        interval[curve] = math.nan
        t = theta[curve]
        if not math.isfinite(factor[curve]) or lower[curve, LOG_IC50] >= upper[curve, LOG_IC50]:
            continue
        a, b = offsets[curve], offsets[curve + 1]
        low[0] = left_of(upper[curve, BOTTOM] / lower[curve, TOP]) if lower[curve, TOP] > 0.0 else math.inf
        high[0] = left_of(max(0.0, lower[curve, BOTTOM] / upper[curve, TOP]))
        for j in range(2):
            low[1 + j], high[1 + j] = math.log(lower[curve, SLOPE + j]), math.log(upper[curve, SLOPE + j])
        if not low[0] <= high[0]:
            continue
        p[0] = min(max(left_of(t[BOTTOM] / t[TOP]), low[0]), high[0])
        p[1], p[2] = math.log(t[SLOPE]), math.log(t[ASYMMETRY])
        level = squares[curve] + (squares[curve] + within[curve]) * factor[curve]
        start = half[curve]
        beyond = start >= upper[curve, LOG_IC50]
        start = min(max(start, lower[curve, LOG_IC50]), upper[curve, LOG_IC50])
        data = (log_dose[a:b], mean[a:b], weight[a:b], lower[curve], upper[curve])
        interval[curve, 0] = half_side(-1, level, start, p, low, high, *data)
        interval[curve, 1] = math.inf if beyond else half_side(1, level, start, p, low, high, *data)
