"""One dose-response curve: its points going in, its fit coming out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kinescape.assay.logistic import ASYMMETRY, BOTTOM, LOG_IC50, PARAMETERS, SLOPE, TOP, evaluate
from kinescape.assay.models import ModelName

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Points:
    """Wells of one curve. ``dose`` in nM (0 = untreated), ``signal`` as read; both ``(wells,)``."""

    dose: Array
    signal: Array
    label: str = ""

    @property
    def reference(self) -> float:
        """Mean signal at dose 0; without such wells the highest mean over the doses."""
        untreated = self.signal[self.dose == 0]
        if untreated.size:
            return float(untreated.mean())
        return max(float(self.signal[self.dose == dose].mean()) for dose in np.unique(self.dose))

    @property
    def smallest_dose(self) -> float:
        """Smallest dose above 0, nM."""
        return float(self.dose[self.dose > 0].min())

    @property
    def largest_dose(self) -> float:
        """Largest dose, nM."""
        return float(self.dose.max())


@dataclass(frozen=True)
class Groups:
    """Wells pooled by dose for the kernels: natural log dose ascending, weighted mean, summed weight, scatter
    within."""

    log_dose: Array
    mean: Array
    weight: Array
    within: float


def pooled(points: Points, weight: Array | None = None) -> Groups:
    """Pool wells by dose; ``weight`` per well, 1 where it is None."""
    weight = np.ones_like(points.signal) if weight is None else weight
    doses, place = np.unique(points.dose, return_inverse=True)
    total = np.bincount(place, weight).astype(np.float64)
    mean = np.bincount(place, weight * points.signal) / total
    within = float(np.sum(weight * (points.signal - mean[place]) ** 2))
    with np.errstate(divide="ignore"):
        return Groups(np.log(doses), mean, total, within)


@dataclass(frozen=True)
class CurveFit:
    """A fitted logistic curve. Doses in nM, signals as read.

    ``ic50`` is the *relative* IC50: half-way between the fitted plateaus. ``absolute_ic50`` is the dose at which the
    signal is half of the fitted top; it does not exist (``inf``) when the bottom plateau stays above that.
    Interval ends (``ic50_low``, ``ic50_high`` of the relative, ``absolute_low``, ``absolute_high`` of the absolute
    IC50) are 0 or ``inf`` where the profile is open, NaN where none was taken.
    """

    points: Points
    model: ModelName
    theta: Array
    lower: Array
    upper: Array
    rss: float
    wells: int
    free: int
    ic50_low: float
    ic50_high: float
    absolute_low: float
    absolute_high: float
    flat_rss: float
    flat_p: float
    weight: Array
    bootstrap: tuple[float, float] | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def top(self) -> float:
        return float(self.theta[TOP])

    @property
    def bottom(self) -> float:
        return float(self.theta[BOTTOM])

    @property
    def slope(self) -> float:
        return float(self.theta[SLOPE])

    @property
    def asymmetry(self) -> float:
        return float(self.theta[ASYMMETRY])

    @property
    def ic50(self) -> float:
        """Relative IC50, nM."""
        return float(math.exp(self.theta[LOG_IC50]))

    @property
    def degrees(self) -> int:
        """Degrees of freedom: wells minus free parameters."""
        return self.wells - self.free

    @property
    def absolute_ic50(self) -> float:
        """Dose at which the signal is half of the fitted top, nM; ``inf`` if it never is."""
        return effective_dose(self.theta, 0.5 * self.top)

    def at(self, dose: Array) -> Array:
        """The curve's signal at doses in nM."""
        return curve_values(self.theta, dose)

    @property
    def residuals(self) -> Array:
        """Signal minus curve per well."""
        return self.points.signal - self.at(self.points.dose)


def curve_values(theta: Array, dose: Array) -> Array:
    """Signal of a logistic curve at doses in nM (0 is exactly the top)."""
    out = np.empty(dose.shape[0])
    with np.errstate(divide="ignore"):
        evaluate(np.log(np.ascontiguousarray(dose, dtype=np.float64)), theta, out)
    return out


def effective_dose(theta: Array, level: float) -> float:
    """The dose (nM) at which a falling curve passes ``level``; ``inf`` if it stays above, 0 if it starts below."""
    top, bottom = float(theta[TOP]), float(theta[BOTTOM])
    if level >= top:
        return 0.0
    if level <= bottom:
        return math.inf
    share = (level - bottom) / (top - bottom)
    asymmetry = float(theta[ASYMMETRY])
    odds = math.expm1(-math.log(share) / asymmetry) / math.expm1(math.log(2.0) / asymmetry)
    return math.exp(float(theta[LOG_IC50]) + math.log(odds) / float(theta[SLOPE]))


def empty_theta() -> Array:
    """Room for one parameter vector."""
    return np.empty(PARAMETERS)
