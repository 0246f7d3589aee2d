"""A coarse look over the whole box before any descent, compiled: where the valleys are."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kinescape.assay.logistic import ASYMMETRY, LOG_IC50, PARAMETERS, SLOPE, best_plateaus, fill_shape
from kinescape.compiled import kernel

Array = NDArray[np.float64]

QUICK_SLOPES = np.array([0.8, 1.6, 3.2])
SCAN_SLOPES = np.array([0.1, 0.3, 0.8, 1.6, 3.2, 12.0])
SCAN_EXTRA = 2
"""The look at the box: on doses, half-way between them and this many steps beyond either end, with these slopes; the
quick look is enough for a curve that stands out of its scatter."""


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
