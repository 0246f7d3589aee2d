"""One HTML page for a whole screen: the table of IC50s, and a curve for every cell of it. Needs no network."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2

from kinescape.assay.figures.averages import averages
from kinescape.assay.figures.style import variant_colours
from kinescape.assay.screen import Screen, VariantResult
from kinescape.palette import CLASSES, SERIES, UNKNOWN_CLASS, ink_on, page_variables

TEMPLATE = Path(__file__).parents[1] / "data" / "assay" / "screen.html"


def screen_page(screen: Screen, title: str) -> str:
    """The page as text; everything it shows stands inside it."""
    template = jinja2.Environment(autoescape=True).from_string(TEMPLATE.read_text(encoding="utf-8"))
    # "<" is escaped so that no name in the data can end the script element that holds it.
    data = json.dumps(_data(screen), separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return template.render(
        title=title,
        palette=page_variables(),
        data=data,
        rules=screen.rule_set.id,
        rules_source=screen.rule_set.source,
        reference=screen.settings.reference,
        model=screen.settings.model,
        curves=len(screen.outcomes),
        simulated=screen.simulated,
    )


def _data(screen: Screen) -> dict[str, Any]:
    reference = screen.settings.reference
    return {
        "drugs": screen.drugs,
        "variants": screen.variants,
        "reference": reference,
        "colours": _tones(screen.variants, reference),
        "classes": CLASSES,
        "unknown": UNKNOWN_CLASS,
        "inks": {name: ink_on(colour) for name, colour in CLASSES.items()},
        "cells": [_cell(screen, result) for result in screen.results],
    }


def _tones(variants: Sequence[str], reference: str) -> dict[str, str]:
    """The colours of the pictures as CSS variables, which follow dark mode."""
    colours = variant_colours(variants, reference)
    tones = {colour: f"var(--tone{number})" for number, colour in enumerate(SERIES)}
    return {name: tones.get(colour, "var(--ink)") for name, colour in colours.items()}


def _cell(screen: Screen, result: VariantResult) -> dict[str, Any]:
    outcomes = [o for o in screen.outcomes if o.curve.variant == result.variant and o.curve.drug == result.drug]
    shown = averages(outcomes)
    relative, fold = result.relative, result.fold
    return {
        "variant": result.variant,
        "drug": result.drug,
        "n": relative.experiments,
        "q": relative.qualifier,
        "ic50": _json(relative.ic50),
        "low": _json(relative.low),
        "high": _json(relative.high),
        "aq": result.absolute.qualifier,
        "abs": _json(result.absolute.ic50),
        "alow": _json(result.absolute.low),
        "ahigh": _json(result.absolute.high),
        "fq": fold.qualifier,
        "fold": _json(fold.fold),
        "flow": _json(fold.low),
        "fhigh": _json(fold.high),
        "class": result.fold_class,
        "reason": relative.reason or (fold.reason if result.variant != screen.settings.reference else ""),
        "warnings": list(result.warnings),
        "points": [[_json(d), _json(m), _json(s)] for d, m, s in zip(shown.dose, shown.mean, shown.sem, strict=True)],
        "curve": [
            [_json(v) for v in values]
            for values in zip(shown.curve_dose, shown.curve, shown.low, shown.high, strict=True)
        ],
        "experiments": [
            {
                "name": o.curve.experiment,
                "q": {"estimate": "=", "above": ">", "below": "<", "none": "na"}[o.state],
                "ic50": _json(o.ic50),
                "slope": _json(o.fit.slope if o.fit else math.nan),
                "reason": o.reason,
                "warnings": list(o.warnings),
            }
            for o in outcomes
        ],
    }


def _json(value: float) -> float | str | None:
    """Five digits are plenty for a screen; JSON has neither infinity nor NaN."""
    if math.isnan(value):
        return None
    return float(f"{value:.5g}") if math.isfinite(value) else "inf"
