"""Folds against the unmutated fusion of the same experiment, with interval, probability of exceeding a cut, and class.

Within a drug, ``log10 IC50 = variant + experiment + scatter``: what a day shifts, it shifts for all variants, and drops
out of the difference. With two variants this is the paired t test; with more, all variants help to estimate the one
scatter, which makes the interval honest and short. Censored experiments enter as bounds (Tobit). A single experiment
has no scatter between experiments: its two profile intervals are combined (MOVER, Zou and Donner 2008).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kinescape.assay.combine import CENSORED, student, usable
from kinescape.assay.outcome import Outcome, State
from kinescape.assay.tobit import EXACT, TobitFit, fit_tobit, profile_interval, t_of_ratio

Array = NDArray[np.float64]
NO_SCATTER = "no scatter between experiments to judge by: the limit is the outermost of the experiments' own"

ByVariant = Mapping[str, Sequence[Outcome]]


@dataclass(frozen=True)
class Fold:
    """IC50 over the unmutated fusion's. ``above(cut)`` is the probability that the fold exceeds a cut (flat prior)."""

    fold: float
    low: float
    high: float
    qualifier: str
    experiments: int
    reason: str
    above: Callable[[float], float]


def _unknown(_: float) -> float:
    return math.nan


def no_fold(reason: str) -> Fold:
    """A fold that cannot be stated, and why."""
    return Fold(math.nan, math.nan, math.nan, "na", 0, reason, _unknown)


def fold_of(variant: str, reference: str, outcomes: ByVariant) -> Fold:
    """The fold of ``variant`` for one drug.

    Parameters
    ----------
    outcomes
        Per variant of the drug, one outcome per experiment; the other variants share their scatter.
    """
    if variant == reference:
        known = len(usable(outcomes[variant]))
        return Fold(1.0, math.nan, math.nan, "=", known, "", _unknown) if known else no_fold("no IC50")
    if reference not in outcomes:
        return no_fold(f"{reference} was not tested with this drug")
    own = {o.curve.experiment: o for o in usable(outcomes[variant])}
    wild = {o.curve.experiment: o for o in usable(outcomes[reference])}
    shared = [e for e in own if e in wild]
    if not own:
        return no_fold("no IC50")
    if not shared:
        return no_fold(f"{reference} missing: no IC50 of it in the same experiment")
    states = {own[e].state for e in shared}, {wild[e].state for e in shared}
    difference = np.array([own[e].log10 - wild[e].log10 for e in shared])
    if states[1] != {"estimate"}:
        return _against_a_bound(states, difference, len(shared), reference)
    if "above" in states[0] and "below" in states[0]:
        return no_fold("experiments contradict each other")
    if len(shared) == 1:
        return _single(own[shared[0]], wild[shared[0]])
    return _blocked(variant, reference, outcomes, shared, difference)


def _against_a_bound(states: tuple[set[State], set[State]], difference: Array, n: int, reference: str) -> Fold:
    """The reference itself is censored: a bound in one direction at most."""
    if states == ({"estimate"}, {"above"}) or states == ({"below"}, {"estimate", "above"}):
        bound = 10 ** float(difference.mean())
        return Fold(bound, 0.0, bound, "<", n, f"{reference} lies above the top dose: the fold is below this", _unknown)
    if states == ({"estimate"}, {"below"}):
        bound = 10 ** float(difference.mean())
        reason = f"{reference} lies below the lowest dose: the fold is above this"
        return Fold(bound, bound, math.inf, ">", n, reason, _unknown)
    return no_fold(f"{reference} is censored in the same experiments")


def _single(own: Outcome, wild: Outcome) -> Fold:
    """One experiment: profile intervals of both curves combined on the log scale."""
    estimate = own.log10 - wild.log10
    if own.fit is None or wild.fit is None:
        return no_fold("no fit")
    a, b = own.fit, wild.fit
    wild_low, wild_high = _log(b.ic50_low), _log(b.ic50_high)
    if own.state == "above":
        low = min(_log(a.ic50_low) - wild_high, estimate)
        return Fold(10**estimate, 10**low, math.inf, ">", 1, own.reason, _bound_above(low))
    if own.state == "below":
        high = max(_log(a.ic50_high) - wild_low, estimate)
        return Fold(10**estimate, 0.0, _power(high), "<", 1, own.reason, _bound_below(high))
    low = estimate - math.hypot(own.log10 - _log(a.ic50_low), wild_high - wild.log10)
    high = estimate + math.hypot(_log(a.ic50_high) - own.log10, wild.log10 - wild_low)
    spread = max(high - low, 1e-12) / (2 * special.ndtri(0.975))
    reason = "one experiment: the interval knows the scatter of wells, not of experiments"

    def above(cut: float) -> float:
        return float(special.ndtr((estimate - math.log10(cut)) / spread)) if math.isfinite(spread) else math.nan

    return Fold(10**estimate, 10**low, _power(high), "=", 1, reason, above)


def _log(value: float) -> float:
    if value <= 0:
        return -math.inf
    return math.log10(value) if math.isfinite(value) else math.inf


def _power(log10: float) -> float:
    return 10**log10 if log10 < 300 else math.inf


def _bound_above(low: float) -> Callable[[float], float]:
    """Of a bound only this is known: it exceeds, with at least 97.5%, whatever lies under its lower limit."""
    return lambda cut: 0.975 if low >= math.log10(cut) else math.nan


def _bound_below(high: float) -> Callable[[float], float]:
    """The mirror image: it exceeds, with at most 2.5%, whatever lies over its upper limit."""
    return lambda cut: 0.025 if high <= math.log10(cut) else math.nan


def _outermost(singles: Sequence[Fold], bound: float, sign: str, reason: str) -> Fold:
    """A bound over experiments that leave no scatter between them to judge by: the outermost of their own limits, the
    cautious choice (as :mod:`kinescape.assay.combine` does for the IC50)."""
    reason = "; ".join(part for part in (reason, NO_SCATTER) if part)
    if sign == ">":
        low = min(bound, *(_log(single.low) for single in singles))
        return Fold(10**bound, 10**low, math.inf, sign, len(singles), reason, _bound_above(low))
    high = max(bound, *(_log(single.high) for single in singles))
    return Fold(10**bound, 0.0, _power(high), sign, len(singles), reason, _bound_below(high))


def _blocked(variant: str, reference: str, outcomes: ByVariant, shared: Sequence[str], difference: Array) -> Fold:
    """Two or more experiments: least squares when all are known, Tobit when not."""
    model = _Blocks(variant, reference, outcomes)
    own = [o for o in usable(outcomes[variant]) if o.curve.experiment in shared]
    censored = [o for o in own if o.state != "estimate"]
    if not censored:
        return model.exact(len(shared))
    sign = ">" if censored[0].state == "above" else "<"
    reason = "; ".join(dict.fromkeys(o.reason for o in censored if o.reason))
    level = float(np.mean([o.log10 for o in usable(outcomes[reference]) if o.curve.experiment in shared]))
    limit = (max if sign == ">" else min)(o.log10 for o in censored) - level
    all_censored = len(censored) == len(own)
    bound = float(difference.mean())
    found = model.bounded(bound, limit, sign, len(shared), all_censored, reason)
    if found is not None:
        return found
    wild = {o.curve.experiment: o for o in usable(outcomes[reference])}
    return _outermost([_single(o, wild[o.curve.experiment]) for o in own], bound, sign, reason)


class _Blocks:
    """``log10 IC50 = variant + experiment + scatter`` over the experiments in which the reference is known."""

    def __init__(self, variant: str, reference: str, outcomes: ByVariant) -> None:
        blocks = [o.curve.experiment for o in usable(outcomes[reference]) if o.state == "estimate"]
        names = [reference, variant]
        for name, group in outcomes.items():
            inside = [o for o in usable(group) if o.curve.experiment in blocks]
            if name not in names and inside and all(o.state == "estimate" for o in inside):
                names.append(name)
        rows = [(n, o) for n in names for o in usable(outcomes[n]) if o.curve.experiment in blocks]
        self.y = np.array([o.log10 for _, o in rows])
        self.kind = np.array([CENSORED[o.state] for _, o in rows], dtype=np.int64)
        of_variant = np.array([[n == name for name in names] for n, _ in rows], dtype=np.float64)
        of_block = np.array([[o.curve.experiment == b for b in blocks[1:]] for _, o in rows], dtype=np.float64)
        self.own = of_variant[:, 1] == 1
        # Columns: reference level shared by all, each other variant's difference to it, each later experiment's shift.
        self.design = np.column_stack([np.ones(len(rows)), of_variant[:, 1:], of_block.reshape(len(rows), -1)])

    def exact(self, experiments: int) -> Fold:
        """All known: ordinary least squares."""
        rows = self.kind == EXACT
        design, y = self.design[rows], self.y[rows]
        beta, _, rank, _ = np.linalg.lstsq(design, y, rcond=None)
        degrees = y.size - int(rank)
        residuals = y - design @ beta
        variance = float(residuals @ residuals) / degrees if degrees else math.nan
        spread = math.sqrt(variance * float(np.linalg.pinv(design.T @ design)[1, 1])) if degrees else math.nan
        estimate = float(beta[1])
        if not degrees:
            return Fold(10**estimate, math.nan, math.nan, "=", experiments, "no scatter to judge by", _unknown)
        half = student(degrees) * spread

        def above(cut: float) -> float:
            if spread == 0.0:
                return float(estimate > math.log10(cut))
            return float(special.stdtr(degrees, (estimate - math.log10(cut)) / spread))

        return Fold(10**estimate, 10 ** (estimate - half), 10 ** (estimate + half), "=", experiments, "", above)

    def bounded(
        self, bound: float, limit: float, sign: str, experiments: int, all_censored: bool, reason: str
    ) -> Fold | None:
        """Some or all of the variant's experiments censored; None where the known ones leave no scatter to judge by.

        ``bound`` is the mean of known and censored differences, ``limit`` the largest (smallest) fold that could have
        been seen: a Tobit estimate inside it is an estimate, one beyond it a bound.
        """
        full = self._without_own() if all_censored else fit_tobit(self.design, self.y, self.kind)
        exact = self.kind == EXACT
        known = int(np.count_nonzero(exact))
        degrees = known - int(np.linalg.matrix_rank(self.design[exact]))
        if full is None or degrees < 1:
            return None
        estimate = None if all_censored else float(full.beta[1])
        centre = estimate if estimate is not None else math.copysign(math.inf, 1 if sign == ">" else -1)

        def t_at(value: float) -> float:
            fit = self._fixed(value)
            ratio = 700.0 if fit is None else min(2 * (full.loglik - fit.loglik), 700.0)
            t = t_of_ratio(ratio, known, degrees)
            return t if value < centre else -t

        start = bound if estimate is None else estimate
        low, high = profile_interval(t_at, start, full.sigma, student(degrees))
        shown, qualifier = bound, sign
        if estimate is not None and (estimate <= limit if sign == ">" else estimate >= limit):
            shown, qualifier = estimate, "="
        ends = (10 ** min(low, shown), math.inf) if sign == ">" else (0.0, 10 ** max(high, shown))
        if qualifier == "=":
            ends = (10**low, 10**high if math.isfinite(high) else math.inf)

        def above(cut: float) -> float:
            return float(special.stdtr(degrees, t_at(math.log10(cut))))

        return Fold(10**shown, *ends, qualifier, experiments, reason, above)

    def _fixed(self, value: float) -> TobitFit | None:
        y = self.y - np.where(self.own, value, 0.0)
        return fit_tobit(np.delete(self.design, 1, axis=1), y, self.kind)

    def _without_own(self) -> TobitFit | None:
        rest = ~self.own
        return fit_tobit(np.delete(self.design[rest], 1, axis=1), self.y[rest], self.kind[rest])
