"""The sentences of a drug's state. They say what is on record and where, and never what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kinescape.resistance.claims import Claim, number_text, sign
from kinescape.resistance.clones import Clone
from kinescape.resistance.effects import Effect, Severity
from kinescape.resistance.positions import Assessment
from kinescape.rules import RuleSet

_WORDS = {
    Severity.NONE: "no loss of activity on record",
    Severity.UNKNOWN: "effect not on record",
    Severity.REDUCED: "reduced activity",
    Severity.RESISTANT: "resistant",
}
_BASIS = {
    "record": "",
    "residue": ", from rows that name the residue and not this substitution",
    "observed": ", seen under this drug and nothing else on record",
    "nothing": "",
}


def listed(items: Iterable[str]) -> str:
    """``A, B and C``."""
    parts = list(items)
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def percent(fraction: float) -> str:
    """An allele fraction as ``1.20%``."""
    return f"{100 * fraction:.2f}%"


def count(number: int, noun: str) -> str:
    """``1 row``, ``2 rows``, ``2 studies``."""
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number} {noun if number == 1 else plural}"


def fold_range(claims: Sequence[Claim]) -> str:
    """``fold 2.21`` or ``fold 1.4 to >157.9``; empty where no row has a fold."""
    folds = sorted((claim.fold, claim.censoring) for claim in claims if claim.fold is not None)
    if not folds:
        return ""
    low, high = (sign(censoring) + number_text(fold) for fold, censoring in (folds[0], folds[-1]))
    return f"fold {low}" if low == high else f"fold {low} to {high}"


def rows_text(claims: Sequence[Claim]) -> str:
    """``2 rows of 1 study: E0044, E0072``, with the word ``unverified`` where none of them was compared."""
    studies = {claim.source for claim in claims}
    unverified = ", unverified" if all(claim.status == "unverified" for claim in claims) else ""
    rows = ", ".join(claim.row for claim in claims)
    return f"{count(len(claims), 'row')} of {count(len(studies), 'study')}{unverified}: {rows}"


def clause(clone: Clone, effect: Effect) -> str:
    """One clone against one drug: what it is, what is on record, which rows say so."""
    where = f"VAF {percent(clone.vaf)}"
    if clone.basis != "alone":
        where += f", {clone.basis}"
    if clone.apart:
        where += f", not on the molecules of {listed(clone.apart)}"
    if clone.undetermined:
        where += f", phase to {listed(clone.undetermined)} undeterminable"
    return f"{clone.name} ({where}): {effect_text(effect)}"


def effect_text(effect: Effect) -> str:
    """``reduced activity, fold 2.56 [1 row of 1 study: E0005]``."""
    if effect.basis == "members":
        parts = ", ".join(f"{'+'.join(part.changes)} {effect_text(part)}" for part in effect.parts)
        return f"no record of this compound; of its members: {parts}"
    words = [_WORDS[effect.severity]]
    if fold_range(effect.deciding):
        words.append(fold_range(effect.deciding))
    if effect.deciding and all(claim.direction == "sensitised" for claim in effect.deciding):
        words.append("sensitised in vitro")
    text = ", ".join(words) + _BASIS[effect.basis]
    return text + (f" [{rows_text(effect.deciding)}]" if effect.deciding else "")


def nothing_found(assessment: Assessment) -> str:
    """``none found among 20 of 22 assessed positions (worst limit of detection 0.80% VAF, at G1269A)``."""
    text = f"none found among {len(assessment.assessed)} of {assessment.known} assessed positions"
    if assessment.worst_lod is not None:
        text += f" (worst limit of detection {percent(assessment.worst_lod)} VAF, at {assessment.worst_lod_at})"
    else:
        text += " (no limit of detection stated)"
    return text + (f", weak evidence at {listed(assessment.weak)} not counted" if assessment.weak else "")


def missed_text(assessment: Assessment) -> str:
    """``not covered: T1151dup, L1152P; no amplicon of this panel: L2086F``."""
    reasons: dict[str, list[str]] = {}
    for change, why in assessment.missed:
        reasons.setdefault(why, []).append(change)
    return "; ".join(f"{why}: {', '.join(changes)}" for why, changes in reasons.items())


def conflict_text(effect: Effect) -> str:
    """What sources that disagree say, each with its rows; empty where they agree."""
    if not effect.conflicting:
        return ""
    name = "+".join(effect.changes)
    groups: dict[str, list[str]] = {}
    for claim in effect.own:
        label = claim.direction if claim.name == name else f"{claim.name} {claim.direction}"
        groups.setdefault(label, []).append(claim.row)
    parts = [f"{label} ({', '.join(rows)})" for label, rows in sorted(groups.items())]
    return f"Sources disagree on {name}: " + "; ".join(parts)


def uncertain_text(claims: Sequence[Claim], rules: RuleSet) -> str:
    """Rows whose interval or bound crosses a cut of the rule set; empty where there is none."""
    rows = [
        claim.row
        for claim in claims
        if claim.fold is not None
        and rules.classify(claim.fold, claim.censoring, claim.fold_low, claim.fold_high) == "uncertain"
    ]
    return f"Class uncertain under {rules.id} (bound or interval crosses a cut): {', '.join(rows)}" if rows else ""
