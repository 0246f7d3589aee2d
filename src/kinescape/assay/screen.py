"""The stage's entry: wells to outcomes per experiment, IC50s, folds and classes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kinescape.assay.bootstrap import bootstrapped
from kinescape.assay.combine import MeanIC50, mean_ic50
from kinescape.assay.curve import CurveFit
from kinescape.assay.curves import ExperimentCurve, sorted_curves
from kinescape.assay.fit import fit_points, noise_levels
from kinescape.assay.folds import Fold, fold_of
from kinescape.assay.models import Box, ModelName, free_parameters
from kinescape.assay.noise import CONSTANT, Noise, estimated_noise
from kinescape.assay.outcome import Censoring, Outcome, judged, no_fit, why_not
from kinescape.assay.robust import ROUNDS, combined, flagged
from kinescape.assay.wells import Well
from kinescape.rules import UNCERTAIN, RuleSet

Array = NDArray[np.float64]

REFERENCE_CLASS = "reference"
NO_CLASS = "na"


@dataclass(frozen=True)
class Settings:
    """How a screen is fitted. ``reference`` is the variant that folds are taken against."""

    model: ModelName = "4pl"
    box: Box = field(default_factory=Box)
    reference: str = "WT"
    robust: bool = False
    replicate_noise: bool = True
    censoring: Censoring = "profile"
    bootstrap: int = 0
    seed: int = 1
    threads: int = 1


@dataclass(frozen=True)
class VariantResult:
    """One variant and drug over its experiments: a row of ``ic50.tsv``. ``absolute`` as ``relative``, never mixed."""

    variant: str
    drug: str
    relative: MeanIC50
    absolute: MeanIC50
    fold: Fold
    fold_class: str
    class_of_estimate: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Screen:
    """Everything that a run of ``assay fit`` found."""

    outcomes: tuple[Outcome, ...]
    results: tuple[VariantResult, ...]
    rule_set: RuleSet
    settings: Settings
    noise: Noise
    flags: dict[tuple[str, str, str], NDArray[np.bool_]]

    @property
    def drugs(self) -> list[str]:
        return list(dict.fromkeys(result.drug for result in self.results))

    @property
    def variants(self) -> list[str]:
        return list(dict.fromkeys(result.variant for result in self.results))

    @property
    def simulated(self) -> bool:
        """Whether any of its wells is."""
        return any(well.simulated for outcome in self.outcomes for well in outcome.curve.wells)

    def result(self, variant: str, drug: str) -> VariantResult | None:
        """The result of a variant and drug, None if they were not tested together."""
        return next((r for r in self.results if r.variant == variant and r.drug == drug), None)


def analyse_screen(wells: Sequence[Well], rule_set: RuleSet, settings: Settings | None = None) -> Screen:
    """Fit every experiment's curves, combine the experiments, compare with the reference, classify."""
    settings = settings or Settings()
    curves = sorted_curves(wells)
    outcomes, noise, flags = _outcomes(curves, settings)
    results = [
        result
        for drug in dict.fromkeys(c.drug for c in curves)
        for result in _drug_results([o for o in outcomes if o.curve.drug == drug], rule_set, settings)
    ]
    return Screen(tuple(outcomes), tuple(results), rule_set, settings, noise, flags)


def _outcomes(
    curves: Sequence[ExperimentCurve], settings: Settings
) -> tuple[list[Outcome], Noise, dict[tuple[str, str, str], NDArray[np.bool_]]]:
    box = settings.box.for_model(settings.model)
    reasons = []
    for curve in curves:
        tested = curve.points.dose[curve.points.dose > 0]
        free = free_parameters(*box.arrays(tested, 1.0)) if tested.size else 0
        reasons.append(why_not(curve.points, free))
    ready = [curve for curve, reason in zip(curves, reasons, strict=True) if reason is None]
    points = [curve.points for curve in ready]
    noise = estimated_noise(points) if settings.replicate_noise else CONSTANT
    fits, noise_weights = _weighted_fits(ready, settings, noise)
    found: dict[tuple[str, str, str], Outcome] = {}
    flags: dict[tuple[str, str, str], NDArray[np.bool_]] = {}
    for curve, fit, weight in zip(ready, fits, noise_weights, strict=True):
        flags[curve.key] = flagged(fit, weight)
        found[curve.key] = judged(curve, fit, settings.censoring, int(flags[curve.key].sum()))
    outcomes = [found.get(c.key) or no_fit(c, r or "") for c, r in zip(curves, reasons, strict=True)]
    return outcomes, noise, flags


def _weighted_fits(
    ready: Sequence[ExperimentCurve], settings: Settings, noise: Noise
) -> tuple[list[CurveFit], list[Array]]:
    """Plain fits give the levels that the noise model weighs by; robust weights are iterated on top."""
    points = [curve.points for curve in ready]

    def fitted(weights: Sequence[Array], *, intervals: bool) -> list[CurveFit]:
        return fit_points(
            points,
            model=settings.model,
            box=settings.box,
            weights=weights,
            intervals=intervals,
            threads=settings.threads,
        )

    weights = [np.ones_like(p.signal) for p in points]
    if not noise.constant:
        levels = noise_levels(points, settings.model, settings.box, threads=settings.threads)
        weights = [noise.weights(level, p.reference) for level, p in zip(levels, points, strict=True)]
    final = weights
    if settings.robust:
        for _ in range(ROUNDS):
            final = combined(weights, fitted(final, intervals=False))
    fits = fitted(final, intervals=True)
    if settings.bootstrap:
        fits = [
            bootstrapped(fit, settings.box, replicates=settings.bootstrap, seed=settings.seed + i)
            for i, fit in enumerate(fits)
        ]
    return fits, weights


def _drug_results(outcomes: Sequence[Outcome], rule_set: RuleSet, settings: Settings) -> list[VariantResult]:
    by_variant: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_variant[outcome.curve.variant].append(outcome)
    return [_variant_result(variant, by_variant, rule_set, settings) for variant in by_variant]


def _variant_result(
    variant: str, by_variant: dict[str, list[Outcome]], rule_set: RuleSet, settings: Settings
) -> VariantResult:
    own = by_variant[variant]
    others = [group for name, group in by_variant.items() if name != variant]
    relative = mean_ic50(own, others)
    absolute = mean_ic50([o.absolute for o in own], [[o.absolute for o in group] for group in others])
    fold = fold_of(variant, settings.reference, by_variant)
    if variant == settings.reference:
        fold_class = of_estimate = REFERENCE_CLASS
    else:
        fold_class, of_estimate = classify(fold, rule_set)
    warnings = _screen_warnings(own, relative, absolute, fold, fold_class)
    if "relative and absolute IC50 disagree" in " ".join(warnings) and fold_class not in {NO_CLASS, REFERENCE_CLASS}:
        fold_class = UNCERTAIN
    return VariantResult(variant, own[0].curve.drug, relative, absolute, fold, fold_class, of_estimate, tuple(warnings))


def classify(fold: Fold, rule_set: RuleSet) -> tuple[str, str]:
    """Class by interval (``uncertain`` where it crosses a cut) and class of the bare estimate."""
    if fold.qualifier == "na":
        return NO_CLASS, NO_CLASS
    of_estimate = rule_set.classify(fold.fold, fold.qualifier)
    if np.isnan(fold.low) or np.isnan(fold.high):
        return UNCERTAIN, of_estimate
    return rule_set.classify(fold.fold, fold.qualifier, fold.low, fold.high), of_estimate


def _screen_warnings(
    own: Sequence[Outcome], relative: MeanIC50, absolute: MeanIC50, fold: Fold, fold_class: str
) -> list[str]:
    found = []
    if fold.qualifier == "na" and relative.qualifier != "na":
        found.append(f"no fold: {fold.reason}")
    if fold.experiments == 1 and fold_class not in {REFERENCE_CLASS, NO_CLASS}:
        found.append("fold from one experiment")
    never = sum(outcome.never_half for outcome in own)
    if relative.qualifier == "=" and absolute.qualifier == ">" and 2 * never > len(own):
        found.append("relative and absolute IC50 disagree: the signal never falls to half")
    top = max(outcome.curve.points.largest_dose for outcome in own)
    if relative.experiments > 1 and relative.qualifier == "=" and relative.high > top:
        found.append("interval reaches beyond the top dose")
    for outcome in own:
        found += [f"{outcome.curve.experiment}: {warning}" for warning in outcome.warnings]
    return found
