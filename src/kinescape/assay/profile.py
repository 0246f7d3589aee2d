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

from kinescape.assay.calibration import DRAWS, PLATEAU_DOSES, calibrated_ratio, look_shapes, place_of
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
ANCHORS = np.array([1.0, 1.5, 2.25, 3.0, 4.0, 6.5])
"""Likelihood ratios at which a level is calibrated, outwards: they span the levels that designs have."""
LEVELS_MEANT = 3
"""The level at an anchor is the mean of this many: its own and those of the anchors before it."""


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
def walk_side(
    direction: int,
    log_dose: Array,
    mean: Array,
    weight: Array,
    lower: Array,
    upper: Array,
    theta: Array,
    squares: float,
    places: Array,
    values: Array,
    thetas: Array,
    better: Array,
    g: Array,
    derivative: Array,
) -> int:
    """Profile one side of the estimate at grid places out to the box; returns how many there are.

    ``places``, ``values`` and ``thetas`` (``GRID + 2`` each) are filled with them, their least sums of squares and the
    parameters there, the estimate first. ``better`` (6) is filled with a lower sum of squares and its parameters, if
    the profile meets one on its way.
    """
    end = upper[LOG_IC50] if direction > 0 else lower[LOG_IC50]
    step = (upper[LOG_IC50] - lower[LOG_IC50]) / GRID
    warm = theta.copy()
    place = theta[LOG_IC50]
    places[0], values[0] = place, squares
    thetas[0] = theta
    count = 1
    while place != end:
        place += direction * step
        if (place - end) * direction > -0.25 * step:
            place = end
        value = profile_at(place, log_dose, mean, weight, lower, upper, warm, g, derivative)
        if value < better[0]:
            better[0] = value
            better[1:] = warm
        places[count], values[count] = place, value
        thetas[count] = warm
        count += 1
    return count


@kernel
def side_end(
    direction: int,
    level: float,
    count: int,
    places: Array,
    values: Array,
    thetas: Array,
    log_dose: Array,
    mean: Array,
    weight: Array,
    lower: Array,
    upper: Array,
    g: Array,
    derivative: Array,
) -> float:
    """One end of the interval (natural log) at a level, from a walk: the outermost crossing, infinite where the
    profile is still below the level at the box."""
    last = count - 1
    while last > 0 and values[last] > level:
        last -= 1
    if last == count - 1:
        return direction * math.inf
    return crossing(
        places[last],
        places[last + 1],
        values[last + 1],
        values[last],
        level,
        log_dose,
        mean,
        weight,
        lower,
        upper,
        thetas[last].copy(),
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
    counts = np.empty(2, dtype=np.int64)
    places, values = np.empty((2, GRID + 2)), np.empty((2, GRID + 2))
    thetas = np.empty((2, GRID + 2, PARAMETERS))
    for curve in range(offsets.shape[0] - 1):
        a, b = offsets[curve], offsets[curve + 1]
        if not math.isfinite(factor[curve]) or lower[curve, LOG_IC50] >= upper[curve, LOG_IC50]:
            interval[curve, 0], interval[curve, 1] = -math.inf, math.inf
            continue
        g = np.empty(b - a)
        derivative = np.empty((3, b - a))
        for _ in range(4):
            slack = 1e-9 * (squares[curve] + within[curve])
            better[0] = squares[curve]
            for side in range(2):
                counts[side] = walk_side(
                    2 * side - 1,
                    log_dose[a:b],
                    mean[a:b],
                    weight[a:b],
                    lower[curve],
                    upper[curve],
                    theta[curve],
                    squares[curve],
                    places[side],
                    values[side],
                    thetas[side],
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
        level = squares[curve] + (squares[curve] + within[curve]) * factor[curve]
        for side in range(2):
            walk = (counts[side], places[side], values[side], thetas[side])
            data = (log_dose[a:b], mean[a:b], weight[a:b], lower[curve], upper[curve])
            direction = 2 * side - 1
            end = side_end(direction, level, *walk, *data, g, derivative)
            interval[curve, side] = end
            if calibrate and not plateau_seen(direction, end, log_dose[a:b]):
                calibrated = calibrated_end(
                    direction,
                    squares[curve],
                    (squares[curve] + within[curve]) / degrees[curve],
                    degrees[curve],
                    normals,
                    scatters[scatter_of[curve]],
                    *walk,
                    *data,
                    g,
                    derivative,
                )
                # A curve that does not close inside the doses by the F level is not closed by a calibration, which
                # is not to be trusted where nothing of the other plateau was seen.
                if not beyond_doses(direction, end, log_dose[a:b]) or (calibrated - end) * direction > 0.0:
                    interval[curve, side] = calibrated


@kernel
def beyond_doses(direction: int, end: float, log_dose: Array) -> bool:
    """Whether an interval's end lies beyond the last dose on its side; dose 0 is no such dose."""
    furthest = -math.inf
    for place in log_dose:
        if place != -math.inf:
            furthest = max(furthest, place * direction)
    return end * direction > furthest


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
def calibrated_end(
    direction: int,
    squares: float,
    variance: float,
    degrees: float,
    normals: Array,
    scatters: Array,
    count: int,
    places: Array,
    values: Array,
    thetas: Array,
    log_dose: Array,
    mean: Array,
    weight: Array,
    lower: Array,
    upper: Array,
    g: Array,
    derivative: Array,
) -> float:
    """One end of the interval with its level calibrated.

    The level differs from place to place, and 59 draws know it to a fourth only: crossings of the bare levels lie too
    far inside. Outwards from the estimate, at the places where the profile's own ratio is each of ``ANCHORS``, the
    level is therefore calibrated from other draws each time and taken together with those before it. The end is
    where the ratio first reaches it, on the straight line between two anchors.
    """
    shape_thetas, shapes = look_shapes(log_dose, lower, upper)
    begin = place_of(mean)
    levels = np.empty(ANCHORS.shape[0])
    meeting, gap, before = 0.0, 0.0, 0.0
    data = (log_dose, mean, weight, lower, upper)
    for k in range(ANCHORS.shape[0]):
        place = side_end(
            direction, squares + ANCHORS[k] * variance, count, places, values, thetas, *data, g, derivative
        )
        at_box = not math.isfinite(place)
        if at_box:
            place = places[count - 1]
        warm = thetas[0].copy()
        held = profile_at(place, *data, warm, g, derivative)
        ratio = min(ANCHORS[k], max(held - squares, 0.0) / variance)
        levels[k] = calibrated_ratio(
            warm,
            variance,
            log_dose,
            weight,
            lower,
            upper,
            degrees,
            normals,
            scatters,
            begin + k * DRAWS * log_dose.shape[0],
            shape_thetas,
            shapes,
            g,
            derivative,
        )
        meeting = float(np.mean(levels[max(k + 1 - LEVELS_MEANT, 0) : k + 1]))
        if meeting <= ratio:
            if k > 0:
                meeting = before + (ratio - before) * gap / (gap + ratio - meeting)
            break
        if at_box:
            break
        before, gap = ratio, meeting - ratio
    level = squares + meeting * variance
    return side_end(direction, level, count, places, values, thetas, *data, g, derivative)
