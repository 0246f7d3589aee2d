"""Many logistic curves at once: the compiled loop over curves, and the arrays it runs on."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kinescape.assay.descent import descend, settle
from kinescape.assay.logistic import BOTTOM, PARAMETERS, TOP
from kinescape.assay.scan import QUICK_SLOPES, SCAN_SLOPES, scan
from kinescape.compiled import kernel

Array = NDArray[np.float64]
Offsets = NDArray[np.int64]

STARTS = 2
"""Descents per curve: from the two best places of the look over the box (:mod:`kinescape.assay.scan`)."""


MORE_STARTS = 16
CLEAR_SHARE = 0.3
"""A curve that leaves more than this share of the flat line's scatter is one of many nearly equal readings of noise:
it gets this many starts."""


@kernel
def flat_squares(mean: Array, weight: Array, lower: float, upper: float) -> float:
    """Sum of squares of the dose means around the best level inside the box."""
    level = min(max(np.sum(mean * weight) / np.sum(weight), lower), upper)
    return float(np.sum(weight * (mean - level) ** 2))


@kernel
def fit_curves(
    offsets: Offsets,
    log_dose: Array,
    mean: Array,
    weight: Array,
    lower: Array,
    upper: Array,
    theta: Array,
    squares: Array,
    starts_per_curve: int,
) -> None:
    """Fit every curve.

    Parameters
    ----------
    offsets
        ``(curves + 1,)``: the groups of curve ``c`` are ``offsets[c]:offsets[c + 1]``.
    log_dose, mean, weight
        ``(groups,)``: natural log dose ascending (``-inf`` for 0), mean signal, number (or weight) of wells.
    lower, upper
        ``(curves, 5)``: boxes of top, bottom, ln IC50, slope, asymmetry. Equal ends fix a parameter.
    theta, squares
        ``(curves, 5)`` and ``(curves,)``: written; sums of squares of the dose means only.
    starts_per_curve
        Descents from different places.
    """
    starts = np.empty((max(starts_per_curve, MORE_STARTS), PARAMETERS))
    values = np.empty(starts.shape[0])
    for curve in range(offsets.shape[0] - 1):
        a, b = offsets[curve], offsets[curve + 1]
        g = np.empty(b - a)
        derivative = np.empty((3, b - a))
        low, high = lower[curve], upper[curve]
        flat = flat_squares(mean[a:b], weight[a:b], max(low[TOP], low[BOTTOM]), min(high[TOP], high[BOTTOM]))
        best = math.inf
        for slopes, descents in ((QUICK_SLOPES, starts_per_curve), (SCAN_SLOPES, MORE_STARTS)):
            if best < CLEAR_SHARE * flat:
                break
            found = scan(
                slopes, log_dose[a:b], mean[a:b], weight[a:b], low, high, starts[:descents], values[:descents], g
            )
            for start in range(found):
                trial = starts[start].copy()
                value = descend(log_dose[a:b], mean[a:b], weight[a:b], low, high, trial, g, derivative)
                if value < best:
                    best = value
                    theta[curve] = trial
        squares[curve] = settle(log_dose[a:b], mean[a:b], weight[a:b], low, high, theta[curve], best, g, derivative)
