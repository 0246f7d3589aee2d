"""How the scatter of replicate wells grows with their signal, read from the replicates of a whole screen.

Plate readers scatter in proportion to what they read, on top of a constant floor. Equal weights would then let the
noisy top of a curve pass its scatter on to the quiet bottom, and intervals come out far too wide. The model is
``variance = floor^2 + (cv * mean)^2`` (Rocke and Durbin 2001), fitted to the variances within doses by their gamma
likelihood, pooled over all curves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from kinescape.assay.curve import Points

Array = NDArray[np.float64]

LEAST_DEGREES = 30
"""Degrees of freedom within doses below which the scatter cannot be told to grow; equal weights are kept."""
WEIGHT_RANGE = 100.0
"""The lightest well counts no less than one hundredth of the heaviest."""


@dataclass(frozen=True)
class Noise:
    """``sd = sqrt(floor^2 + (cv * mean)^2)``; both in fractions of the untreated signal. ``degrees`` it rests on."""

    floor: float
    cv: float
    degrees: int

    @property
    def constant(self) -> bool:
        return self.cv == 0.0

    def weights(self, fitted: Array, reference: float) -> Array:
        """Weight per well from the fitted signals, mean 1."""
        weight = self.precision(fitted, reference)
        return np.asarray(weight / weight.mean(), dtype=np.float64)

    def precision(self, fitted: Array, reference: float) -> Array:
        """One over the variance per well, of signals as shares of untreated: on one scale for several curves."""
        if self.constant:
            return np.ones_like(fitted)
        variance = self.floor**2 + (self.cv * fitted / reference) ** 2
        variance = np.maximum(variance, variance.max() / WEIGHT_RANGE)
        return np.asarray(1.0 / variance, dtype=np.float64)

    @property
    def words(self) -> str:
        """``constant``, or the two parts of the scatter that the replicates show."""
        if self.constant:
            return "constant"
        return f"replicates (floor {self.floor:.2%} of untreated, cv {self.cv:.2%} of signal)"


CONSTANT = Noise(floor=1.0, cv=0.0, degrees=0)


def estimated_noise(curves: Sequence[Points]) -> Noise:
    """Fit the two-part model to replicate variances; constant when they are too few or do not grow.

    The growing part is kept only when it improves the log likelihood by more than 1.92 (one parameter, 5%).
    """
    means, variances, degrees = _replicate_variances(curves)
    total = int(degrees.sum())
    if total < LEAST_DEGREES:
        return CONSTANT

    def loss(logs: Array) -> float:
        model = np.exp(2 * logs[0]) + np.exp(2 * logs[1]) * means**2
        return float(np.sum(0.5 * degrees * (np.log(model) + variances / model)))

    pooled = float(np.sum(degrees * variances) / total)
    if pooled <= 0.0:
        return CONSTANT
    flat = float(np.sum(0.5 * degrees * (np.log(pooled) + variances / pooled)))
    start = np.log(np.sqrt(pooled) * np.array([0.5, 0.7]))
    limits = [(np.log(pooled) / 2 - 7, np.log(pooled) / 2 + 3)] * 2
    found = optimize.minimize(loss, start, method="L-BFGS-B", bounds=limits)
    if flat - float(found.fun) <= 1.92:
        return CONSTANT
    return Noise(floor=float(np.exp(found.x[0])), cv=float(np.exp(found.x[1])), degrees=total)


def _replicate_variances(curves: Sequence[Points]) -> tuple[Array, Array, Array]:
    means, variances, degrees = [], [], []
    for points in curves:
        reference = points.reference
        if reference <= 0:
            continue
        for dose in np.unique(points.dose):
            signal = points.signal[points.dose == dose] / reference
            if signal.size > 1:
                means.append(max(float(signal.mean()), 0.0))
                variances.append(float(signal.var(ddof=1)))
                degrees.append(signal.size - 1)
    return np.array(means), np.array(variances), np.array(degrees, dtype=np.float64)
