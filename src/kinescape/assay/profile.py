"""Intervals of an IC50 by profile likelihood, compiled.

The profile of ``m = ln IC50`` is the least sum of squares with ``m`` held fixed and every other parameter refitted
inside its box. The interval is every ``m`` whose profile stays below ``S_min * (1 + F(0.95; 1, df) / df)`` (Bates and
Watts 1988, section 6.1): the likelihood ratio interval, calibrated for the few degrees of freedom of one curve. An
end that lies near or beyond the last tested doses has its level calibrated on the design itself
(:mod:`kinescape.assay.calibration`). A side on which the profile never rises above its level is open: the data do not
bound the IC50 there.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kinescape.assay.calibration import PLATEAU_DOSES, calibrated_ratio, look_shapes, place_of
from kinescape.assay.descent import descend
from kinescape.assay.logistic import ASYMMETRY, LOG_IC50, PARAMETERS, SLOPE, best_plateaus, fill_shape
from kinescape.assay.scan import SCAN_SLOPES
from kinescape.compiled import kernel

Array = NDArray[np.float64]
Offsets = NDArray[np.int64]

GRID = 32
"""Places over the whole box at which the profile is looked at before its crossings are refined: a profile may have
two valleys."""
CROSSING = 1e-6
"""Precision of an interval's end, in natural logs."""
ROUNDS = 4
"""Times that a calibrated level and its end follow one another at most."""
FIRST_RATIO = 1.5
"""Ratio at which the search for a calibrated end begins: about the lowest level that designs have."""
SAME_END = 0.05
"""Natural logs between two rounds' ends below which the level would not move."""


@kernel
def profile_at(
    log_ic50: float,
    log_dose: Array,
    mean: Array,
    weight: Array,
    lower: Array,
    upper: Array,
    warm: Array,
    g: Array,
    derivative: Array,
) -> float:
    """Least sum of squares with ``ln IC50`` fixed. ``warm`` is where to start, and holds the optimum afterwards."""
    low, high = lower.copy(), upper.copy()
    low[LOG_IC50] = high[LOG_IC50] = log_ic50
    warm[LOG_IC50] = log_ic50
    best = descend(log_dose, mean, weight, low, high, warm, g, derivative)
    trial = warm.copy()
    scanned = warm.copy()
    least = math.inf
    for slope in SCAN_SLOPES:
        trial[SLOPE] = min(max(slope, low[SLOPE]), high[SLOPE])
        fill_shape(log_dose, log_ic50, trial[SLOPE], trial[ASYMMETRY], g)
        value = best_plateaus(g, mean, weight, low, high, trial)
        if value < least:
            least = value
            scanned[:] = trial
    if least < 4.0 * best or math.log(scanned[SLOPE] / warm[SLOPE]) ** 2 > 1.0:
        value = descend(log_dose, mean, weight, low, high, scanned, g, derivative)
        if value < best:
            best = value
            warm[:] = scanned
    return best


@kernel
def crossing(
    inside: float,
    outside: float,
    outside_squares: float,
    inside_squares: float,
    level: float,
    log_dose: Array,
    mean: Array,
    weight: Array,
    lower: Array,
    upper: Array,
    warm: Array,
    g: Array,
    derivative: Array,
) -> float:
    """Where the profile crosses ``level`` between a place inside the interval and one outside (false position,
    Illinois)."""
    a, b = inside, outside
    fa, fb = inside_squares - level, outside_squares - level
    side = 0
    for _ in range(60):
        if abs(b - a) < CROSSING:
            break
        place = (fa * b - fb * a) / (fa - fb) if fa < 0.0 < fb else 0.5 * (a + b)
        margin = 0.02 * abs(b - a)
        place = min(max(place, min(a, b) + margin), max(a, b) - margin)
        value = profile_at(place, log_dose, mean, weight, lower, upper, warm, g, derivative) - level
        if value > 0.0:
            b, fb = place, value
            if side == 1:
                fa *= 0.5
            side = 1
        else:
            a, fa = place, value
            if side == -1:
                fb *= 0.5
            side = -1
    return 0.5 * (a + b)


@kernel
def profile_side(
    direction: int,
    level: float,
    log_dose: Array,
    mean: Array,
    weight: Array,
    lower: Array,
    upper: Array,
    theta: Array,
    squares: float,
    better: Array,
    g: Array,
    derivative: Array,
) -> float:
    """One end of the interval (natural log), ``inf`` or ``-inf`` where it is open.

    ``better`` (6) is filled with a lower sum of squares and its parameters, if the profile meets one on its way.
    """
    end = upper[LOG_IC50] if direction > 0 else lower[LOG_IC50]
    start = theta[LOG_IC50]
    step = (upper[LOG_IC50] - lower[LOG_IC50]) / GRID
    warm = theta.copy()
    inside, inside_squares = start, squares
    outside, outside_squares = math.inf, math.inf
    inside_warm = theta.copy()
    place = start
    while place != end:
        place += direction * step
        if (place - end) * direction > -0.25 * step:
            place = end
        value = profile_at(place, log_dose, mean, weight, lower, upper, warm, g, derivative)
        if value < better[0]:
            better[0] = value
            better[1:] = warm
        if value <= level:
            inside, inside_squares = place, value
            inside_warm[:] = warm
            outside = math.inf
        elif outside == math.inf:
            outside, outside_squares = place, value
    if outside == math.inf:
        return direction * math.inf
    return crossing(
        inside,
        outside,
        outside_squares,
        inside_squares,
        level,
        log_dose,
        mean,
        weight,
        lower,
        upper,
        inside_warm,
        g,
        derivative,
    )


@kernel
def profile_curves(
    offsets: Offsets,
    log_dose: Array,
    mean: Array,
    weight: Array,
    lower: Array,
    upper: Array,
    theta: Array,
    squares: Array,
    within: Array,
    factor: Array,
    degrees: Array,
    normals: Array,
    scatters: Array,
    scatter_of: Offsets,
    calibrate: bool,
    interval: Array,
) -> None:
    """Profile every curve.

    Parameters
    ----------
    offsets, log_dose, mean, weight, lower, upper, theta, squares
        As :func:`kinescape.assay.batch.fit_curves` takes and leaves them. ``theta`` and ``squares`` are improved in
        place where the profile meets a lower sum of squares than the fit did.
    within
        ``(curves,)``: sum of squares of the wells around their dose means.
    factor
        ``(curves,)``: ``F(0.95; 1, df) / df``; not finite where there are no degrees of freedom.
    degrees
        ``(curves,)``: wells minus free parameters.
    normals, scatters
        ``(POOL,)`` and ``(kinds, POOL)``: what calibration draws from; ``scatter_of`` (curves) is the kind of each.
    calibrate
        Whether ends near or beyond the last tested doses have their level calibrated.
    interval
        ``(curves, 2)``: written, natural logs; infinite where open.
    """
    better = np.empty(PARAMETERS + 1)
    for curve in range(offsets.shape[0] - 1):
        a, b = offsets[curve], offsets[curve + 1]
        if not math.isfinite(factor[curve]) or lower[curve, LOG_IC50] >= upper[curve, LOG_IC50]:
            interval[curve, 0], interval[curve, 1] = -math.inf, math.inf
            continue
        g = np.empty(b - a)
        derivative = np.empty((3, b - a))
        for _ in range(4):
            level = squares[curve] + (squares[curve] + within[curve]) * factor[curve]
            slack = 1e-9 * (squares[curve] + within[curve])
            better[0] = squares[curve]
            for side in range(2):
                interval[curve, side] = profile_side(
                    2 * side - 1,
                    level,
                    log_dose[a:b],
                    mean[a:b],
                    weight[a:b],
                    lower[curve],
                    upper[curve],
                    theta[curve],
                    squares[curve],
                    better,
                    g,
                    derivative,
                )
            if better[0] >= squares[curve] - slack:
                break
            theta[curve] = better[1:]
            squares[curve] = descend(
                log_dose[a:b], mean[a:b], weight[a:b], lower[curve], upper[curve], theta[curve], g, derivative
            )
        if calibrate:
            for side in range(2):
                interval[curve, side] = calibrated_side(
                    2 * side - 1,
                    interval[curve, side],
                    log_dose[a:b],
                    mean[a:b],
                    weight[a:b],
                    lower[curve],
                    upper[curve],
                    theta[curve],
                    squares[curve],
                    within[curve],
                    degrees[curve],
                    normals,
                    scatters[scatter_of[curve]],
                    g,
                    derivative,
                )


@kernel
def plateau_seen(direction: int, end: float, log_dose: Array) -> bool:
    """Whether enough tested doses lie outside an interval's end for the plateau beyond it to be seen. Dose 0 counts:
    it is the plateau."""
    outside = 0
    for place in log_dose:
        if (place - end) * direction > 0.0:
            outside += 1
            if place == -math.inf:
                return True
    return outside >= PLATEAU_DOSES


@kernel
def calibrated_side(
    direction: int,
    end: float,
    log_dose: Array,
    mean: Array,
    weight: Array,
    lower: Array,
    upper: Array,
    theta: Array,
    squares: float,
    within: float,
    degrees: float,
    normals: Array,
    scatters: Array,
    g: Array,
    derivative: Array,
) -> float:
    """One end of the interval with its level calibrated where that is called for: ``end`` is the one of the F level.

    The level differs from place to place. The end is the first place outwards of the estimate at which the profile
    stands above the level of that place: found from the inside, level and end in turn.
    """
    if plateau_seen(direction, end, log_dose):
        return end
    thetas, shapes = look_shapes(log_dose, lower, upper)
    begin = place_of(mean)
    variance = (squares + within) / degrees
    better = np.empty(PARAMETERS + 1)
    better[0] = squares
    place = profile_side(
        direction,
        squares + FIRST_RATIO * variance,
        log_dose,
        mean,
        weight,
        lower,
        upper,
        theta,
        squares,
        better,
        g,
        derivative,
    )
    for _ in range(ROUNDS):
        tried = place
        if not math.isfinite(tried):
            tried = upper[LOG_IC50] if direction > 0 else lower[LOG_IC50]
        warm = theta.copy()
        profile_at(tried, log_dose, mean, weight, lower, upper, warm, g, derivative)
        ratio = calibrated_ratio(
            warm,
            variance,
            log_dose,
            weight,
            lower,
            upper,
            degrees,
            normals,
            scatters,
            begin,
            thetas,
            shapes,
            g,
            derivative,
        )
        level = squares + variance * ratio
        better[0] = squares
        before = place
        place = profile_side(
            direction, level, log_dose, mean, weight, lower, upper, theta, squares, better, g, derivative
        )
        if place == before or (place - tried) * direction < SAME_END:
            break
    return place
