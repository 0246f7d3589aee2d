"""The tables of ``assay compare``: models of every curve, every variant against the reference, parameters in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import cast

import numpy as np

from kinescape.assay.compare import candidates, models_table, preferred
from kinescape.assay.curves import ExperimentCurve, sorted_curves
from kinescape.assay.outcome import why_not
from kinescape.assay.shared import Shareable, SharedFit, fit_shared
from kinescape.assay.tables import number, table
from kinescape.assay.wells import Well

MOST_PARAMETERS = {False: 5, True: 7}
"""Free parameters of the richest model that is tried, without and with the extended ones."""

NORMAL = 1.96
"""Two-sided 95% quantile of the normal distribution."""


def compared(wells: Sequence[Well], *, reference: str, extended: bool, share: Sequence[str]) -> dict[str, str]:
    """File name -> text. Curves with too few doses for the richest model are left to the simpler ones' table."""
    curves = [c for c in sorted_curves(wells) if why_not(c.points, MOST_PARAMETERS[extended]) is None]
    tables = {"models.tsv": _models(curves, extended=extended), "pairs.tsv": _pairs(curves, reference)}
    if share:
        tables["shared.tsv"] = _shared(curves, [cast(Shareable, name) for name in share])
    return tables


def _models(curves: Sequence[ExperimentCurve], *, extended: bool) -> str:
    rows = []
    for curve in curves:
        found = candidates(curve.points, extended=extended)
        best = preferred(found)
        rows += [(*curve.key, candidate, candidate is best) for candidate in found]
    return models_table(rows)


def _pairs(curves: Sequence[ExperimentCurve], reference: str) -> str:
    """Each variant with the reference of its experiment: one IC50 for both (own plateaus and slopes), or two?"""
    wild = {(c.experiment, c.drug): c for c in curves if c.variant == reference}
    rows = []
    for curve in curves:
        other = wild.get((curve.experiment, curve.drug))
        if other is None or curve.variant == reference:
            continue
        joint = fit_shared([other.points, curve.points], ["ic50"])
        rows.append(
            [
                *curve.key,
                reference,
                number(joint.p, 3),
                number(joint.delta_aicc),
                "yes" if joint.delta_aicc > 0 else "no",
                number(float(joint.parameters["ic50"][0])),
            ]
        )
    columns = ("experiment", "variant", "drug", "reference", "f_p", "delta_aicc", "ic50s_differ", "common_ic50_nM")
    return table(columns, rows)


def linearised_ends(joint: SharedFit, curve: int) -> tuple[float, float]:
    """The linearised 95% interval of one curve's IC50, nM. A curve that says next to nothing about its IC50 has an
    error of hundreds of natural logs: an end beyond the largest double is ``inf``, one below the smallest ``0``."""
    middle = float(np.log(joint.parameters["ic50"][curve]))
    half = NORMAL * float(joint.log_ic50_errors[curve])
    with np.errstate(over="ignore", under="ignore"):
        return float(np.exp(middle - half)), float(np.exp(middle + half))


def _shared(curves: Sequence[ExperimentCurve], share: Sequence[Shareable]) -> str:
    groups: dict[tuple[str, str], list[ExperimentCurve]] = defaultdict(list)
    for curve in curves:
        groups[curve.experiment, curve.drug].append(curve)
    rows = []
    for members in groups.values():
        if len(members) < 2:
            continue
        joint = fit_shared([c.points for c in members], share)
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
                ]
            )
    columns = (
        *("experiment", "variant", "drug", "shared", "ic50_nM", "top", "bottom", "slope", "approx_low_nM"),
        *("approx_high_nM", "f_p_against_separate", "delta_aicc", "sharing_preferred"),
    )
    return table(columns, rows)
