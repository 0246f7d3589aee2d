"""Folds and resistance classes of an IC50 table, and which variants resist every drug of a set.

A fold is formed with the unmutated line of the same table and of nothing else. Where both IC50 have intervals, the
fold's interval is found on the logarithmic scale from the two one-sided distances (MOVER; Zou & Donner, Stat Med
2008;27:1693-1702, eq. 5): log fold +/- sqrt(distance of the mutant^2 + distance of the unmutated^2).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kinescape.resistance.claims import number_text, sign
from kinescape.resistance.ic50_tables import Ic50, Ic50Table
from kinescape.rules import UNCERTAIN, PanResistance, RuleSet

NOT_TESTED = "not_tested"
COLUMNS = ("variant", "drug", "ic50", "wt_ic50", "fold", "censored", "class")


@dataclass(frozen=True)
class Classified:
    """One variant and drug. ``fold`` is None where it cannot be formed; ``censored`` is ``>``, ``<`` or empty."""

    variant: str
    drug: str
    ic50: Ic50
    unmutated: Ic50 | None
    fold: float | None
    censored: str
    low: float | None
    high: float | None
    name: str

    @property
    def cells(self) -> tuple[str, ...]:
        """The row of the output table, in the order of :data:`COLUMNS`."""
        return (
            self.variant,
            self.drug,
            _text(self.ic50),
            _text(self.unmutated),
            "" if self.fold is None else self.censored + number_text(self.fold),
            self.censored,
            self.name,
        )


@dataclass(frozen=True)
class PanVerdict:
    """Whether one variant resists every drug of a set; ``untested`` are the drugs that leave it open."""

    variant: str
    pan_resistant: bool
    untested: tuple[str, ...]


def classify(table: Ic50Table, rules: RuleSet) -> tuple[Classified, ...]:
    """Class of every value of the table, in its order."""
    return tuple(_classified(value, table.unmutated.get(value.drug), rules) for value in table.values)


def pan_resistant(classified: Iterable[Classified], rules: RuleSet, over: PanResistance) -> tuple[PanVerdict, ...]:
    """For each variant: resistant to every drug of the set, by the rule set's pan classes.

    A drug of the set that was not tested leaves the verdict open, unless another one already denies it.
    """
    by_variant: dict[str, dict[str, str]] = {}
    for item in classified:
        by_variant.setdefault(item.variant, {})[item.drug] = item.name
    verdicts = []
    for variant, names in by_variant.items():
        classes = {drug: names.get(drug, NOT_TESTED) for drug in over.drugs}
        untested = tuple(drug for drug, name in classes.items() if name == NOT_TESTED)
        denied = any(name not in (*rules.pan_classes, NOT_TESTED) for name in classes.values())
        verdicts.append(PanVerdict(variant, not untested and not denied, () if denied else untested))
    return tuple(verdicts)


def across_studies(classified: Iterable[Classified]) -> tuple[str, ...]:
    """Variants whose values name another source than the unmutated line: their folds cross studies."""
    return tuple(
        dict.fromkeys(
            item.variant
            for item in classified
            if item.unmutated is not None and item.fold is not None and item.ic50.source != item.unmutated.source
        )
    )


def remarks(table: Ic50Table, classified: Sequence[Classified], rules: RuleSet) -> list[str]:
    """What a reader of the classes must know: the rule set, folds that cross studies, drugs without a control."""
    texts = [f"rules {rules.id}: {rules.source}"]
    crossing = across_studies(classified)
    if crossing:
        texts.append(f"fold across studies (another source than the unmutated line): {', '.join(crossing)}")
    missing = [drug for drug in table.drugs if drug not in table.unmutated or table.unmutated[drug].value is None]
    if missing:
        texts.append(f"no value of the unmutated line, no fold: {', '.join(missing)}")
    if table.unknown_drugs:
        texts.append(f"not in drugs.tsv, used as written: {', '.join(table.unknown_drugs)}")
    uncertain = [f"{item.variant} {item.drug}" for item in classified if item.name == UNCERTAIN]
    if uncertain:
        texts.append(f"uncertain (interval or bound crosses a cut): {', '.join(uncertain)}")
    return texts


def pan_remark(verdicts: Sequence[PanVerdict], rules: RuleSet, over: PanResistance) -> str:
    """The rule of pan-resistance in words, and the variants that it cannot decide."""
    text = f"pan-resistant ({over.id}): {' or '.join(rules.pan_classes)} on all of {', '.join(over.drugs)}"
    still_open = [f"{verdict.variant} ({', '.join(verdict.untested)})" for verdict in verdicts if verdict.untested]
    return text + (f"; not decided, not tested: {'; '.join(still_open)}" if still_open else "")


def table_text(classified: Iterable[Classified]) -> str:
    """The output table as TSV text."""
    lines = ["\t".join(COLUMNS), *("\t".join(item.cells) for item in classified)]
    return "\n".join(lines) + "\n"


def _classified(value: Ic50, unmutated: Ic50 | None, rules: RuleSet) -> Classified:
    if value.value is None or unmutated is None or unmutated.value is None:
        return Classified(value.variant, value.drug, value, unmutated, None, "", None, None, NOT_TESTED)
    fold = value.value / unmutated.value
    censored = _censored(value.censoring, unmutated.censoring)
    if censored is None:
        return Classified(value.variant, value.drug, value, unmutated, None, "", None, None, UNCERTAIN)
    low, high = fold_interval(value, unmutated) if not censored else (None, None)
    name = rules.classify(fold, censored or "=", low, high)
    return Classified(value.variant, value.drug, value, unmutated, fold, censored, low, high, name)


def _censored(mutant: str, unmutated: str) -> str | None:
    """Sign of the fold: a larger divisor makes it smaller. None where the two signs say nothing together."""
    flipped = {">": "<", "<": ">"}.get(unmutated, "=")
    signs = {mutant, flipped} - {"="}
    return None if len(signs) > 1 else sign(signs.pop()) if signs else ""


def fold_interval(mutant: Ic50, unmutated: Ic50) -> tuple[float | None, float | None]:
    """Interval of the fold, (None, None) where one of the two has none."""
    top, bottom = _distances(mutant), _distances(unmutated)
    if top is None or bottom is None or not mutant.value or not unmutated.value:
        return None, None
    centre = math.log(mutant.value / unmutated.value)
    return math.exp(centre - math.hypot(top[0], bottom[1])), math.exp(centre + math.hypot(top[1], bottom[0]))


def _distances(ic50: Ic50) -> tuple[float, float] | None:
    """Distance of the lower and the upper limit from the value, on the natural logarithm."""
    if ic50.value is None or ic50.low is None or ic50.high is None:
        return None
    return math.log(ic50.value / ic50.low), math.log(ic50.high / ic50.value)


def _text(value: Ic50 | None) -> str:
    if value is None or value.value is None:
        return "na"
    return sign(value.censoring) + number_text(value.value)
