"""What one experiment says about an IC50: an estimate, a bound, or nothing, always with the reason."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy import special

from kinescape.assay.curve import CurveFit, Points
from kinescape.assay.curves import ExperimentCurve
from kinescape.assay.logistic import ASYMMETRY
from kinescape.assay.misfit import BOUND_SHARE, misfit

State = Literal["estimate", "above", "below", "none"]
QUALIFIER: dict[State, str] = {"estimate": "=", "above": ">", "below": "<", "none": "na"}

Censoring = Literal["profile", "estimate"]
"""profile: an IC50 whose interval does not close inside the tested doses is ``>max dose``. estimate: only one whose
interval never closes, or whose estimate itself lies beyond the top dose, is."""

STEEP_SLOPE = 4.0
"""A Hill slope above this is rarely binding: aggregation, a dilution error or too coarse doses (Shoichet 2006)."""
PLATEAU_SHARE = 0.9
"""A plateau counts as reached where the curve has covered this share of its fall at the top dose."""
FLAT_LEVEL = 0.05
RISES = "signal rises with dose"
RISE_P = 0.01
INVERTED_RISE = 0.5
"""Cells that a drug only stimulates a little are not inhibited up to the top dose, a bound. A rise by more than this
share, which is also as high as a fitted top may lie, is no viability: then there is no bound either."""


@dataclass(frozen=True)
class Outcome:
    """One curve's contribution. ``ic50`` in nM: the estimate, or the dose that it lies beyond; NaN in state none."""

    curve: ExperimentCurve
    fit: CurveFit | None
    state: State
    ic50: float
    reason: str
    absolute_state: State
    absolute_ic50: float
    warnings: tuple[str, ...]

    @property
    def absolute(self) -> Outcome:
        """The same experiment read for its absolute IC50 and that one's interval."""
        fit = self.fit
        if fit is not None:
            fit = replace(fit, ic50_low=fit.absolute_low, ic50_high=fit.absolute_high)
        return replace(self, state=self.absolute_state, ic50=self.absolute_ic50, fit=fit)

    @property
    def never_half(self) -> bool:
        """Whether the fitted signal is still above half of its top at the top dose."""
        return self.fit is not None and self.fit.absolute_ic50 > self.fit.points.largest_dose

    @property
    def log10(self) -> float:
        """log10 of ``ic50`` in nM."""
        return math.log10(self.ic50)


def why_not(points: Points, free: int) -> str | None:
    """Why a curve with ``free`` parameters cannot be fitted to these wells, or None."""
    doses = np.unique(points.dose)
    if not np.any(doses > 0):
        return "no dose above 0"
    if doses.size < free:
        tested = int(np.count_nonzero(doses > 0))
        return f"{tested} dose{'s' if tested > 1 else ''} above 0: too few for {free} parameters"
    if points.signal.size <= free:
        return f"{points.signal.size} wells: too few for {free} parameters"
    if float(np.ptp(points.signal)) == 0.0:
        return "constant signal: every well reads the same"
    if points.reference <= 0.0:
        return "the untreated signal is not above the blank"
    return None


def no_fit(curve: ExperimentCurve, reason: str) -> Outcome:
    """The outcome of a curve that cannot be fitted."""
    return Outcome(curve, None, "none", math.nan, reason, "none", math.nan, curve.warnings)


def judged(curve: ExperimentCurve, fit: CurveFit, censoring: Censoring, flags: int) -> Outcome:
    """Read a fit: estimate, bound or nothing; relative and absolute apart; and what is implausible about it."""
    state, reason = _relative_state(fit, censoring)
    rising = rise(fit) if state in {"above", "none"} else 0.0
    if rising > 0:
        reason = f"{RISES}: {rising:.0%} above the lowest doses at the top dose; no inhibition was fitted"
    if rising > INVERTED_RISE:
        nothing = math.nan
        fit = replace(fit, ic50_low=nothing, ic50_high=nothing, absolute_low=nothing, absolute_high=nothing)
        said = f"{RISES}: no inhibition was fitted (an inverted read-out, such as LDH release?)"
        warnings = (*curve.warnings, said, *_common_warnings(fit, flags))
        return Outcome(curve, fit, "none", nothing, reason, "none", nothing, warnings)
    if state == "above" and fit.flat_p > FLAT_LEVEL:
        fit = replace(fit, ic50_low=_flat_low(fit))
    absolute_state, absolute = _absolute(fit, state, censoring)
    ic50 = {"estimate": fit.ic50, "above": fit.points.largest_dose, "below": fit.points.smallest_dose}.get(
        state, math.nan
    )
    warnings = (*curve.warnings, *_warnings(fit, state, absolute_state, flags, rises=rising > 0))
    return Outcome(curve, fit, state, ic50, reason, absolute_state, absolute, warnings)


def rise(fit: CurveFit) -> float:
    """How far the signal rises with dose, as a share of its level at dose 0 (at the lowest dose without untreated
    wells); 0 where it does not rise clearly (fit not below a flat line, correlation with the rank of the dose positive
    at p < 0.01 and the top dose above the start)."""
    points = fit.points
    if fit.flat_p <= FLAT_LEVEL and fit.bottom < fit.top:
        return 0.0
    doses, rank = np.unique(points.dose, return_inverse=True)
    if doses.size < 2 or points.signal.size < 4 or float(np.ptp(points.signal)) == 0.0:
        return 0.0
    r = float(np.corrcoef(rank, points.signal)[0, 1])
    degrees = points.signal.size - 2
    t = r * math.sqrt(degrees / max(1.0 - r * r, 1e-12))
    start = float(points.signal[rank == 0].mean())
    end = float(points.signal[rank == doses.size - 1].mean())
    if float(special.stdtr(degrees, -t)) >= RISE_P or start <= 0:
        return 0.0
    return max(end / start - 1.0, 0.0)


def _relative_state(fit: CurveFit, censoring: Censoring) -> tuple[State, str]:
    top, least = fit.points.largest_dose, fit.points.smallest_dose
    untreated = bool(np.any(fit.points.dose == 0))
    if fit.bottom >= fit.top and untreated:
        return "above", "the signal does not fall with dose"
    if fit.flat_p > FLAT_LEVEL:
        if untreated:
            return "above", f"no inhibition up to the top dose: a flat line fits as well (F test p = {fit.flat_p:.2g})"
        return "none", f"flat (F test p = {fit.flat_p:.2g}) and no untreated wells to compare with"
    if fit.ic50_low == 0.0 and math.isinf(fit.ic50_high):
        return "none", "the profile is open on both sides"
    if fit.ic50_low == 0.0 or fit.ic50 < least:
        return "below", f"the profile does not close above the lowest dose, {least:g} nM"
    if math.isinf(fit.ic50_high):
        return "above", f"the profile does not close: no upper limit within two decades of the top dose, {top:g} nM"
    if fit.ic50 > top:
        return "above", f"estimate beyond the top dose, {top:g} nM"
    if fit.ic50_high > top and censoring == "profile":
        upper = f"{fit.ic50_high:.3g}"
        return "above", f"the profile does not close inside the tested doses: upper limit {upper} nM, top {top:g} nM"
    return "estimate", ""


def _flat_low(fit: CurveFit) -> float:
    """Lower limit of the IC50 of a curve without a fall, which any IC50 fits with equal plateaus: where the signal may
    be half of its top at the least, and not beyond the top dose."""
    if math.isnan(fit.absolute_low):
        return fit.ic50_low
    return min(fit.absolute_low, fit.points.largest_dose)


def _absolute(fit: CurveFit, state: State, censoring: Censoring) -> tuple[State, float]:
    """The absolute IC50 by the rules of the relative one: an estimate only where its interval closes inside the
    tested doses."""
    top, least = fit.points.largest_dose, fit.points.smallest_dose
    if state == "none" or fit.flat_p > FLAT_LEVEL or fit.bottom >= fit.top:
        return (state, top) if state == "above" else ("none", math.nan)
    value = fit.absolute_ic50
    if fit.absolute_low == 0.0 and math.isinf(fit.absolute_high):
        return "none", math.nan
    if value < least or fit.absolute_low == 0.0:
        return "below", least
    open_above = math.isinf(fit.absolute_high) or (censoring == "profile" and fit.absolute_high > top)
    if value > top or open_above:
        return "above", top
    return "estimate", value


def _asymmetry_on_bound(fit: CurveFit) -> bool:
    """Whether a free asymmetry has run to an end of its box."""
    low, high = float(fit.lower[ASYMMETRY]), float(fit.upper[ASYMMETRY])
    near = (math.isclose(fit.asymmetry, end, rel_tol=BOUND_SHARE) for end in (low, high))
    return low < high and any(near)


def _warnings(fit: CurveFit, state: State, absolute: State, flags: int, *, rises: bool) -> list[str]:
    found = []
    if rises:
        found.append(f"{RISES}: no inhibition was fitted")
    elif state == "above":
        found.append("top dose too low")
    else:
        if state == "below":
            found.append("lowest dose too high")
        share = (fit.top - float(fit.at(np.array([fit.points.largest_dose]))[0])) / max(fit.top - fit.bottom, 1e-300)
        if share < PLATEAU_SHARE:
            found.append(f"plateau not reached: {share:.0%} of the fall at the top dose")
        if fit.ic50_high > fit.points.largest_dose:
            found.append("interval reaches beyond the top dose")
        if fit.absolute_ic50 > fit.points.largest_dose:
            found.append("signal never falls to half: relative and absolute IC50 differ")
        elif absolute == "above":
            found.append("interval of the absolute IC50 reaches beyond the top dose")
    if state == "estimate" and fit.slope > STEEP_SLOPE:
        found.append(f"slope {fit.slope:.1f} is above 4")
    if _asymmetry_on_bound(fit):
        found.append(f"asymmetry {fit.asymmetry:.3g} stands on its bound: these doses do not determine it")
    found += misfit(fit).warnings
    return found + _common_warnings(fit, flags)


def _common_warnings(fit: CurveFit, flags: int) -> list[str]:
    found = []
    if not np.any(fit.points.dose == 0):
        found.append("no untreated wells: top is read from the lowest doses")
    if flags:
        found.append(f"{flags} well{'s' if flags > 1 else ''} far off the curve (flagged, kept)")
    return found
