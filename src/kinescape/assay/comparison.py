"""The tables of ``assay compare``: models of every curve, every variant against the reference, parameters in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from kinescape.assay.compare import candidates, models_table, preferred
from kinescape.assay.curves import ExperimentCurve, sorted_curves
from kinescape.assay.fit import noise_levels
from kinescape.assay.models import Box
from kinescape.assay.noise import CONSTANT, Noise, estimated_noise
from kinescape.assay.outcome import why_not
from kinescape.assay.shared import Shareable, SharedFit, fit_shared
from kinescape.assay.tables import number, table
from kinescape.assay.wells import Well

Array = NDArray[np.float64]

FIT_PARAMETERS = 4
"""Of the 4PL, which ``assay fit`` takes unless told otherwise."""
MOST_PARAMETERS = {False: 5, True: 7}
"""Free parameters of the richest model that is tried, without and with the extended ones."""

NORMAL = 1.96
"""Two-sided 95% quantile of the normal distribution."""


@dataclass(frozen=True)
class Weighing:
    """The weights of a comparison: those of ``assay fit`` with the 4PL, one set for all models of a curve."""

    noise: Noise
    levels: dict[tuple[str, str, str], Array]

    def of(self, curve: ExperimentCurve) -> Array:
        """Per well, mean 1."""
        return self.noise.weights(self.levels[curve.key], curve.points.reference)

    def together(self, curves: Sequence[ExperimentCurve]) -> list[Array]:
        """For curves fitted together as shares of untreated: mean 1 over all of them."""
        found = [self.noise.precision(self.levels[c.key], c.points.reference) for c in curves]
        mean = float(np.concatenate(found).mean())
        return [each / mean for each in found]


def weighing(curves: Sequence[ExperimentCurve], *, replicate_noise: bool) -> Weighing:
    """Read the scatter from every curve that ``assay fit`` would read it from."""
    ready = [c for c in curves if why_not(c.points, FIT_PARAMETERS) is None]
    points = [c.points for c in ready]
    noise = estimated_noise(points) if replicate_noise else CONSTANT
    levels = noise_levels(points, "4pl", Box())
    return Weighing(noise, {c.key: level for c, level in zip(ready, levels, strict=True)})


def compared(
    wells: Sequence[Well], *, reference: str, extended: bool, share: Sequence[str], replicate_noise: bool = True
) -> tuple[dict[str, str], str]:
    """File name -> text, and the weights in words. Curves with too few doses for the richest model are left out."""
    every = sorted_curves(wells)
    by = weighing(every, replicate_noise=replicate_noise)
    curves = [c for c in every if why_not(c.points, MOST_PARAMETERS[extended]) is None]
    tables = {"models.tsv": _models(curves, by, extended=extended), "pairs.tsv": _pairs(curves, by, reference)}
    if share:
        tables["shared.tsv"] = _shared(curves, by, [cast(Shareable, name) for name in share])
    return tables, by.noise.words


def _models(curves: Sequence[ExperimentCurve], by: Weighing, *, extended: bool) -> str:
    rows = []
    for curve in curves:
        found = candidates(curve.points, extended=extended, weight=by.of(curve))
        best = preferred(found)
        rows += [(*curve.key, candidate, candidate is best) for candidate in found]
    return models_table(rows, by.noise.words)


def _pairs(curves: Sequence[ExperimentCurve], by: Weighing, reference: str) -> str:
    """Each variant with the reference of its experiment: one IC50 for both (own plateaus and slopes), or two?"""
    wild = {(c.experiment, c.drug): c for c in curves if c.variant == reference}
    rows = []
    for curve in curves:
        other = wild.get((curve.experiment, curve.drug))
        if other is None or curve.variant == reference:
            continue
        joint = fit_shared([other.points, curve.points], ["ic50"], weights=by.together([other, curve]))
        rows.append(
            [
                *curve.key,
                reference,
                number(joint.p, 3),
                number(joint.delta_aicc),
                "yes" if joint.delta_aicc > 0 else "no",
                number(float(joint.parameters["ic50"][0])),
                by.noise.words,
            ]
        )
    columns = (
        "experiment",
        "variant",
        "drug",
        "reference",
        "f_p",
        "delta_aicc",
        "ic50s_differ",
        "common_ic50_nM",
        "weights",
    )
    return table(columns, rows)


def linearised_ends(joint: SharedFit, curve: int) -> tuple[float, float]:
    """The linearised 95% interval of one curve's IC50, nM. A curve that says next to nothing about its IC50 has an
    error of hundreds of natural logs: an end beyond the largest double is ``inf``, one below the smallest ``0``."""
    middle = float(np.log(joint.parameters["ic50"][curve]))
    half = NORMAL * float(joint.log_ic50_errors[curve])
    with np.errstate(over="ignore", under="ignore"):
        return float(np.exp(middle - half)), float(np.exp(middle + half))


def _shared(curves: Sequence[ExperimentCurve], by: Weighing, share: Sequence[Shareable]) -> str:
    groups: dict[tuple[str, str], list[ExperimentCurve]] = defaultdict(list)
    for curve in curves:
        groups[curve.experiment, curve.drug].append(curve)
    rows = []
    for members in groups.values():
        if len(members) < 2:
            continue
        joint = fit_shared([c.points for c in members], share, weights=by.together(members))
        for i, curve in enumerate(members):
            rows.append(
                [
                    *curve.key,
                    "+".join(share),
                    *(number(float(joint.parameters[name][i])) for name in ("ic50", "top", "bottom", "slope")),
                    *(number(end) for end in linearised_ends(joint, i)),
                    number(joint.p, 3),
                    number(joint.delta_aicc),
                    "yes" if joint.delta_aicc < 0 else "no",
                    by.noise.words,
                ]
            )
    columns = (
        *("experiment", "variant", "drug", "shared", "ic50_nM", "top", "bottom", "slope", "approx_low_nM"),
        *("approx_high_nM", "f_p_against_separate", "delta_aicc", "sharing_preferred", "weights"),
    )
    return table(columns, rows)
