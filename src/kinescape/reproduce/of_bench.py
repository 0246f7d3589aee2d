"""The bench claims of Villa et al. 2024: its words beside its own Table 2, and Table 2 beside what plates give back."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kinescape.reproduce.found import Found
from kinescape.reproduce.verdict import Finding, judged

ALL = ("Crizotinib", "Brigatinib", "Ceritinib", "Alectinib", "Lorlatinib", "Zotizalkib", "Repotrectinib")
REFERENCE = "WT"
EXPECTED_INSIDE = 0.9
"""95% intervals of 72 values hold the truth in fewer than 90% of them about once in 50 repeats."""
HUNDRED_NM = 100.0
TAIL_AT_BOUND = ">"

HIGH, ABOVE_TWO, MODERATE, NONE = "high", "any", "moderate", "none"
"""What a word of the paper asks of a fold: above 10; above 2; above 2, up to 10; up to 2 (docs/knowledge-base.md)."""

WORDS: dict[str, tuple[str, tuple[str, ...], str]] = {
    # claim: (variant, drugs, what the words ask for)
    "V01": ("L1198R", ("Crizotinib",), ABOVE_TWO),
    "V02": ("L1198R", tuple(drug for drug in ALL if drug != "Crizotinib"), MODERATE),
    "V03": ("E1154K", ("Lorlatinib",), MODERATE),
    "V04": ("F1174L", ("Lorlatinib",), MODERATE),
    "V05": ("E1154K+F1174L", ("Lorlatinib",), MODERATE),
    "V06": ("C1235R", ("Brigatinib",), NONE),
    "V07": ("C1235R", tuple(drug for drug in ALL if drug != "Brigatinib"), MODERATE),
    "V08": ("C1237Y", ALL, ABOVE_TWO),
    "V09": ("C1237Y", ("Lorlatinib",), HIGH),
    "V10": ("L1196P", ALL, HIGH),
    "V11": ("D1232N", ALL, NONE),
    "V12": ("T1211I", ALL, NONE),
    "V13": ("L1196M+G1202R", ALL[:5], HIGH),
    "V14": ("F1174L", ("Zotizalkib", "Repotrectinib"), MODERATE),
}


def number_of(text: str) -> float:
    """The number of a printed IC50, its sign left off."""
    return float(text.removeprefix(">").replace(",", ""))


def fold(found: Found, variant: str, drug: str) -> tuple[float, bool]:
    """Fold by the printed numbers, and whether it is a lower bound."""
    own, wild = found.published[variant, drug], found.published[REFERENCE, drug]
    return number_of(own) / number_of(wild), own.startswith(">")


def fits(words: str, value: float, bound: bool) -> bool:
    """Whether a fold is what the words ask for."""
    if words == HIGH:
        return value > 10
    if words == ABOVE_TWO:
        return value > 2
    if words == MODERATE:
        return 2 < value <= 10 and not bound
    return value <= 2 and not bound


def in_words(found: Found, claim: str) -> Finding:
    """One of the verbal claims, drug by drug."""
    variant, drugs, words = WORDS[claim]
    folds = {drug: fold(found, variant, drug) for drug in drugs}
    outside = [drug for drug, (value, bound) in folds.items() if not fits(words, value, bound)]
    ours = ", ".join(
        f"{drug} {TAIL_AT_BOUND if bound else ''}{_short(value)}x" for drug, (value, bound) in folds.items()
    )
    notes = []
    if outside:
        what = {HIGH: "above 10", ABOVE_TWO: "above 2", MODERATE: "above 2 and up to 10", NONE: "2 or less"}[words]
        notes.append(f"The words ask for {what}; not so with {', '.join(outside)}.")
    sensitised = [drug for drug, (value, _) in folds.items() if value < 0.5]
    if sensitised and words == NONE:
        notes.append(f"No resistance, but not nothing: {', '.join(sensitised)} below half the dose.")
    return judged(not outside, ours, " ".join(notes))


def table_2(found: Found) -> Finding:
    inside = total = 0
    for (variant, drug), text in found.published.items():
        result = found.screen.result(variant, drug)
        if text.startswith(">") or result is None or result.relative.qualifier != "=":
            continue
        total += 1
        inside += result.relative.low <= number_of(text) <= result.relative.high
    printed = sum(not text.startswith(">") for text in found.published.values())
    ours = f"{inside} of {total} values inside their 95% interval; {printed - total} of {printed} not estimated"
    note = f"Simulated plates, {found.scale.experiments} experiments each: mean of log10 IC50, Student's interval."
    return judged(inside >= EXPECTED_INSIDE * total and total == printed, ours, note)


def censored(found: Found) -> Finding:
    bounds = {key: text for key, text in found.published.items() if text.startswith(">")}
    ours, kept = [], True
    for variant, drug in bounds:
        result = found.screen.result(variant, drug)
        text = "-" if result is None else f"{result.relative.qualifier}{result.relative.ic50:,.0f}".lstrip("=")
        kept &= text.startswith(">")
        ours.append(f"{variant} {drug} {text}")
    others = [r for r in found.screen.results if r.relative.qualifier == ">" and (r.variant, r.drug) not in bounds]
    note = f"{len(others)} other values are reported as bounds." if others else "No other value is reported as a bound."
    return judged(kept, ", ".join(ours), note)


def pan_resistant(found: Found) -> Finding:
    drugs = found.rules.pan_sets("five-clinical-alk")[0].drugs
    variants = [name for name in dict.fromkeys(variant for variant, _ in found.published) if name != REFERENCE]
    pan = [name for name in variants if all(_above(found, name, drug, 10) for drug in drugs)]
    return judged(
        set(pan) == {"L1196P", "C1237Y", "L1196M+G1202R"},
        ", ".join(pan),
        "Fold above 10 with all five clinical inhibitors.",
    )


def _above(found: Found, variant: str, drug: str, cut: float) -> bool:
    return (variant, drug) in found.published and fold(found, variant, drug)[0] > cut


def above_100_nm(found: Found) -> Finding:
    values = {}
    for variant in ("L1196P", "C1237Y"):
        for drug in ("Zotizalkib", "Repotrectinib"):
            result = found.screen.result(variant, drug)
            if result is not None:
                values[f"{variant} {drug}"] = result.relative
    ours = ", ".join(
        f"{name} {value.ic50:,.0f} ({value.low:,.0f} to {value.high:,.0f}) nM" for name, value in values.items()
    )
    return judged(len(values) == 4 and all(value.low > HUNDRED_NM for value in values.values()), ours)


def e1154k_before(found: Found) -> Finding:
    return _repeated(found, "E1154K", ("Crizotinib", "Ceritinib", "Lorlatinib"))


def f1174l_before(found: Found) -> Finding:
    return _repeated(found, "F1174L", ("Lorlatinib",))


def _repeated(found: Found, variant: str, drugs: Sequence[str]) -> Finding:
    folds = {drug: fold(found, variant, drug)[0] for drug in drugs}
    ours = ", ".join(f"{drug} {value:.1f}x" for drug, value in folds.items())
    return judged(
        all(value <= 2 for value in folds.values()),
        ours,
        "Repeated from earlier work; the paper's own Table 2 does not bear it out.",
    )


def compound_source(found: Found) -> Finding:
    tested = [drug for drug in ALL if ("L1196M+G1202R", drug) in found.published]
    return judged(
        False,
        f"{len(tested)} values without an unmutated line of their own",
        "The footnote of Table 2 names one earlier paper, the text another. Folds of that row cross two studies; the "
        "packaged "
        "knowledge base gives them none.",
    )


def faster(found: Found, variant: str) -> Finding:
    growth = next((each for each in found.growth if each.variant == variant), None)
    if growth is None or math.isnan(growth.ratio_low):
        return judged(False, "no rate")
    interval = f"{growth.ratio_low:.2f} to {growth.ratio_high:.2f}"
    ours = f"{growth.ratio:.2f} times as fast ({interval}), doubling in {growth.doubling()[0]:.1f} h"
    return judged(growth.ratio_low > 1, ours, "The direction was put in; the paper prints no numbers.")


def l1196p_faster(found: Found) -> Finding:
    return faster(found, "L1196P")


def c1237y_faster(found: Found) -> Finding:
    return faster(found, "C1237Y")


def basal(found: Found) -> Finding:
    ours, higher = [], True
    for variant in ("L1196P", "C1237Y"):
        difference = found.basal[variant]
        low, high = difference.interval()
        ours.append(f"{variant} {10**difference.estimate:.2f} times ({10**low:.2f} to {10**high:.2f})")
        higher &= low > 0
    return judged(higher, ", ".join(ours), "The direction was put in; the paper prints no numbers.")


def phosphorylation(found: Found) -> Finding:
    ours, higher = [], True
    for result in found.blots.results:
        if result.variant == REFERENCE:
            continue
        ours.append(f"{result.variant} {result.drug} {result.fold.qualifier.lstrip('=')}{_short(result.fold.fold)}x")
        higher &= result.fold.fold > 1
    return judged(
        higher and bool(ours), ", ".join(ours), "Simulated blots: phosphorylation is given the IC50 of Table 2."
    )


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 20 else f"{value:.2g}"
