"""Which curve, and are two curves different: extra-sum-of-squares F test and AICc.

Both compare a simple model with one that contains it. The F test (Bates and Watts 1988, section 3.10) asks whether
the extra parameters earn their keep; AICc (Hurvich and Tsai 1989) weighs fit against parameters and also compares
models that do not contain one another. They are computed on the same wells with the same weights, or they mean
nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.assay.curve import Points
from kinescape.assay.extended import fit_biphasic, fit_hormesis
from kinescape.assay.fit import f_test, fit_points
from kinescape.assay.models import MODELS, Box
from kinescape.assay.shared import aicc
from kinescape.assay.tables import number, table

Array = NDArray[np.float64]

NAMES = ("flat", "3pl", "4pl", "5pl", "biphasic", "hormesis")
"""Models of one curve, simple to rich. biphasic and hormesis are only ever tried when asked for."""


@dataclass(frozen=True)
class Candidate:
    """One model of one set of wells. ``p`` is the F test against the simpler model it contains (NaN for none)."""

    name: str
    rss: float
    free: int
    wells: int
    against: str
    p: float
    parameters: dict[str, float]

    @property
    def aicc(self) -> float:
        """Akaike's criterion corrected for few wells; the scatter counts as a parameter. ``inf`` with too few wells."""
        return aicc(self.rss, self.free, self.wells)


def candidates(
    points: Points, *, box: Box | None = None, extended: bool = False, weight: Array | None = None
) -> list[Candidate]:
    """All models of one curve, each with its F test against the model below it.

    ``weight`` (wells) is the same for every model, None for equal ones; AICc takes the weights as given. 3pl and 5pl
    are compared with 4pl, 4pl with the flat line, biphasic and hormesis with 4pl.
    """
    box = box or Box()
    n = points.signal.size
    weight = np.ones_like(points.signal) if weight is None else weight
    level = float(np.average(points.signal, weights=weight))
    flat = float(np.sum(weight * (points.signal - level) ** 2))
    found = [Candidate("flat", flat, 1, n, "", math.nan, {"level": level})]
    for model in MODELS:
        fit = fit_points([points], model=model, box=box, weights=[weight], intervals=False)[0]
        values = {"top": fit.top, "bottom": fit.bottom, "ic50_nM": fit.ic50, "slope": fit.slope}
        if model == "5pl":
            values["asymmetry"] = fit.asymmetry
        found.append(Candidate(model, fit.rss, fit.free, n, "", math.nan, values))
    if extended:
        richer = (fit_biphasic(points, box, weight), fit_hormesis(points, box, weight))
        found += [Candidate(e.name, e.rss, e.free, n, "", math.nan, e.parameters) for e in richer]
    by_name = {c.name: c for c in found}
    below = {"3pl": "4pl", "4pl": "flat", "5pl": "4pl", "biphasic": "4pl", "hormesis": "4pl"}
    return [_tested(c, by_name[below[c.name]]) if c.name in below else c for c in found]


def _tested(candidate: Candidate, other: Candidate) -> Candidate:
    simple, full = sorted((candidate, other), key=lambda c: c.free)
    p = f_test(simple.rss, simple.wells - simple.free, full.rss, full.wells - full.free)
    return Candidate(
        candidate.name, candidate.rss, candidate.free, candidate.wells, other.name, p, candidate.parameters
    )


def preferred(found: Sequence[Candidate]) -> Candidate:
    """The model with the lowest AICc."""
    return min(found, key=lambda c: c.aicc)


def models_table(rows: Sequence[tuple[str, str, str, Candidate, bool]], weights: str) -> str:
    """``models.tsv``: experiment, variant, drug, model, AICc, F test, which is preferred, and by which ``weights``."""
    columns = (
        *("experiment", "variant", "drug", "model", "free", "rss", "aicc"),
        *("f_against", "f_p", "preferred", "parameters", "weights"),
    )
    return table(
        columns,
        (
            [
                *(experiment, variant, drug, c.name, str(c.free), number(c.rss, 9), number(c.aicc)),
                *(c.against or "na", number(c.p, 3), "yes" if best else "no"),
                "; ".join(f"{name}={number(value)}" for name, value in c.parameters.items()),
                weights,
            ]
            for experiment, variant, drug, c, best in rows
        ),
    )
