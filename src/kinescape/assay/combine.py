"""Experiments to one IC50 per variant and drug: the mean of log10 IC50, with censored experiments kept as bounds.

The unit is the experiment. All known: mean and Student's interval of the experiments' log10 IC50. Some censored: Tobit
(:mod:`kinescape.assay.tobit`), with one scatter for the drug's variants, because two known values say little about
it. All censored: the bound itself. One experiment alone: its own profile interval, which knows the scatter of wells but
not that of experiments.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kinescape.assay.outcome import Outcome
from kinescape.assay.tobit import EXACT, LEFT, RIGHT, TobitFit, fit_tobit, profile_interval, t_of_ratio

Array = NDArray[np.float64]

CENSORED = {"estimate": EXACT, "above": RIGHT, "below": LEFT}
TAIL = 0.975
"""Intervals leave 2.5% on either side."""


@dataclass(frozen=True)
class MeanIC50:
    """Over experiments, nM. ``qualifier`` is ``=``, ``>``, ``<`` or ``na``; an open end is 0 or ``inf``, none is
    NaN."""

    experiments: int
    censored: int
    ic50: float
    low: float
    high: float
    qualifier: str
    reason: str


def student(degrees: int) -> float:
    """Student's two-sided 95% quantile."""
    return float(special.stdtrit(degrees, TAIL))


def usable(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Experiments that say something: an estimate or a bound."""
    return [outcome for outcome in outcomes if outcome.state != "none"]


def mean_ic50(outcomes: Sequence[Outcome], companions: Sequence[Sequence[Outcome]]) -> MeanIC50:
    """The mean over the experiments of one variant and drug.

    Parameters
    ----------
    outcomes
        One per experiment.
    companions
        Outcomes of the drug's other variants, which share their scatter where some experiments are censored.
    """
    known = usable(outcomes)
    if not known:
        reasons = sorted({outcome.reason for outcome in outcomes})
        return MeanIC50(0, 0, math.nan, math.nan, math.nan, "na", "; ".join(reasons))
    states = {outcome.state for outcome in known}
    logs = np.array([outcome.log10 for outcome in known])
    censored = sum(outcome.state != "estimate" for outcome in known)
    if states == {"estimate"}:
        low, high = _known_interval(known, logs)
        return MeanIC50(len(known), 0, 10 ** float(logs.mean()), low, high, "=", "")
    if {"above", "below"} <= states:
        reason = "experiments contradict each other: some lie above the tested doses, some below"
        return MeanIC50(len(known), censored, math.nan, math.nan, math.nan, "na", reason)
    return _censored_mean(known, logs, censored, companions)


def _known_interval(known: Sequence[Outcome], logs: Array) -> tuple[float, float]:
    fit = known[0].fit
    if len(known) == 1:
        return (fit.ic50_low, fit.ic50_high) if fit is not None else (math.nan, math.nan)
    half = student(len(known) - 1) * float(logs.std(ddof=1)) / math.sqrt(len(known))
    return 10 ** (float(logs.mean()) - half), 10 ** (float(logs.mean()) + half)


def _censored_mean(
    known: Sequence[Outcome], logs: Array, censored: int, companions: Sequence[Sequence[Outcome]]
) -> MeanIC50:
    above = any(outcome.state == "above" for outcome in known)
    sign = ">" if above else "<"
    bound = 10 ** float(logs.mean())
    reason = "; ".join(dict.fromkeys(outcome.reason for outcome in known if outcome.reason))
    if censored < len(known):
        reason = f"{censored} of {len(known)} experiments censored (Tobit): {reason}"
    model = _ScatterModel(known, companions)
    low, high = model.interval(float(logs.mean()))
    estimate = model.estimate()
    limits = [outcome.ic50 for outcome in known if outcome.state != "estimate"]
    inside = estimate is not None and (10**estimate <= max(limits) if above else 10**estimate >= min(limits))
    if censored < len(known) and estimate is not None and inside:
        return MeanIC50(len(known), censored, 10**estimate, low, high, "=", reason)
    if math.isnan(low):
        low, high = _widest_profile(known, above)
    if math.isnan(low):
        return MeanIC50(len(known), censored, bound, math.nan, math.nan, sign, reason)
    low, high = (min(low, bound), math.inf) if above else (0.0, max(high, bound))
    return MeanIC50(len(known), censored, bound, low, high, sign, reason)


def _widest_profile(known: Sequence[Outcome], above: bool) -> tuple[float, float]:
    """Without a scatter between experiments: the outermost end of the experiments' own intervals, the cautious
    choice."""
    fits = [outcome.fit for outcome in known if outcome.fit is not None]
    if not fits:
        return math.nan, math.nan
    if above:
        return min(fit.ic50_low for fit in fits), math.inf
    return 0.0, max(fit.ic50_high for fit in fits)


class _ScatterModel:
    """One mean per variant, one scatter for all: the first variant's mean is what is asked."""

    def __init__(self, known: Sequence[Outcome], companions: Sequence[Sequence[Outcome]]) -> None:
        groups = [list(known), *[usable(c) for c in companions]]
        groups = [groups[0], *[g for g in groups[1:] if any(o.state == "estimate" for o in g)]]
        self._y = np.array([o.log10 for group in groups for o in group])
        self._kind = np.array([CENSORED[o.state] for group in groups for o in group], dtype=np.int64)
        place = np.repeat(np.arange(len(groups)), [len(g) for g in groups])
        self._design = (place[:, None] == np.arange(len(groups))).astype(np.float64)
        self._own = place == 0
        has_exact = bool(np.any(self._kind[self._own] == EXACT))
        self._full = self._fit(None) if has_exact else self._others()
        exact = int(np.count_nonzero(self._kind == EXACT))
        self._exact = exact
        self._degrees = exact - int(np.linalg.matrix_rank(self._design[self._kind == EXACT])) if exact else 0
        self._has_exact = has_exact

    def _fit(self, fixed: float | None) -> TobitFit | None:
        """Fit with the asked mean free, or fixed at a value of log10 IC50."""
        if fixed is None:
            return fit_tobit(self._design, self._y, self._kind)
        y = self._y - np.where(self._own, fixed, 0.0)
        if self._design.shape[1] == 1:
            return None
        return fit_tobit(self._design[:, 1:], y, self._kind)

    def _others(self) -> TobitFit | None:
        """All own experiments censored: the likelihood is highest at infinity, where they say nothing."""
        rest = ~self._own
        return fit_tobit(self._design[rest][:, 1:], self._y[rest], self._kind[rest]) if rest.any() else None

    def estimate(self) -> float | None:
        return float(self._full.beta[0]) if self._full is not None and self._has_exact else None

    def interval(self, start: float) -> tuple[float, float]:
        """95% interval of the asked mean, nM; NaN where the known experiments leave no scatter to judge by."""
        full = self._full
        if full is None or self._degrees < 1 or self._design.shape[1] == 1:
            return math.nan, math.nan
        right = bool(np.any(self._kind[self._own] == RIGHT))
        peak = self.estimate()
        centre = peak if peak is not None else (math.inf if right else -math.inf)

        def t_at(value: float) -> float:
            fit = self._fit(value)
            ratio = math.inf if fit is None else 2 * (full.loglik - fit.loglik)
            t = t_of_ratio(min(ratio, 700.0), self._exact, self._degrees)
            return t if value < centre else -t

        low, high = profile_interval(t_at, start if peak is None else peak, full.sigma, student(self._degrees))
        return 10**low, (10**high if math.isfinite(high) else math.inf)
