"""GR metrics and areas: dose-response freed from how fast the untreated cells grew.

``GR(c) = 2^(log2(x(c)/x0) / log2(x_ctrl/x0)) - 1`` (Hafner et al. 2016): 1 is growth as without drug, 0 a standstill,
below 0 killing. ``x0`` is the signal when drug was added (wells of role ``day0``). A mutant that merely grows faster
looks resistant in end-point IC50s; in GR it does not. The area under the curve is the mean of signal over untreated
along the tested log doses.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kinescape.assay.curve import Points, effective_dose
from kinescape.assay.curves import ExperimentCurve
from kinescape.assay.fit import fit_points
from kinescape.assay.models import Box
from kinescape.assay.outcome import why_not
from kinescape.assay.tables import number, table
from kinescape.assay.wells import Well

Array = NDArray[np.float64]

LEAST_DOUBLINGS = 0.3
"""Untreated cells must have grown by this many doublings: GR divides by them."""


@dataclass(frozen=True)
class GrowthInhibition:
    """GR metrics of one curve. Doses in nM; NaN with the reason in ``note`` where they cannot be had.

    ``gr50`` is where GR is 0.5 (``inf``: never); ``gec50`` half-way to ``gr_inf``; ``gr_max`` the GR at the top dose;
    ``gr_aoc`` the mean of 1 - GR and ``auc`` the mean of signal over untreated along the tested log doses.
    """

    experiment: str
    variant: str
    drug: str
    auc: float
    doublings: float = math.nan
    gr50: float = math.nan
    gec50: float = math.nan
    gr_inf: float = math.nan
    gr_max: float = math.nan
    gr_slope: float = math.nan
    gr_aoc: float = math.nan
    note: str = ""


def growth_inhibitions(curves: Sequence[ExperimentCurve], wells: Sequence[Well]) -> list[GrowthInhibition]:
    """One per curve."""
    starts: dict[tuple[str, str], list[float]] = defaultdict(list)
    blanks: dict[str, list[float]] = defaultdict(list)
    for well in wells:
        if well.role == "day0":
            starts[well.experiment, well.variant].append(well.signal)
        if well.role == "blank":
            blanks[well.experiment].append(well.signal)
    found = []
    for curve in curves:
        day0 = starts.get((curve.experiment, curve.variant), [])
        blank = float(np.mean(blanks[curve.experiment])) if blanks[curve.experiment] else 0.0
        found.append(_metrics(curve, float(np.mean(day0)) - blank if day0 else math.nan))
    return found


def mean_over_log_dose(points: Points, value: Array) -> float:
    """Trapezoid mean of per-well values along log dose, between the lowest and the highest dose above 0."""
    doses = np.unique(points.dose[points.dose > 0])
    if doses.size < 2:
        return math.nan
    means = np.array([value[points.dose == dose].mean() for dose in doses])
    logs = np.log10(doses)
    return float(np.trapezoid(means, logs) / (logs[-1] - logs[0]))


def gr_values(signal: Array, start: float, control: float) -> Array:
    """GR of signals, given the signal at drug addition and that of untreated cells at the end."""
    exponent = np.log2(np.maximum(signal, 1e-12 * control) / start) / math.log2(control / start)
    return np.asarray(2.0**exponent - 1.0)


def _metrics(curve: ExperimentCurve, start: float) -> GrowthInhibition:
    points = curve.points
    untreated = points.signal[points.dose == 0]
    control = float(untreated.mean()) if untreated.size else math.nan
    auc = mean_over_log_dose(points, points.signal / control) if control > 0 else math.nan
    plain = GrowthInhibition(curve.experiment, curve.variant, curve.drug, auc)
    if math.isnan(start):
        return replace(plain, note="no day-0 wells: GR metrics not assessable")
    if not control > start > 0:
        return replace(plain, note="untreated cells did not grow: GR metrics not assessable")
    plain = replace(plain, doublings=math.log2(control / start))
    if plain.doublings < LEAST_DOUBLINGS:
        return replace(
            plain, note=f"untreated cells grew by {plain.doublings:.2f} doublings: too little for GR metrics"
        )
    reason = why_not(points, 3)
    if reason is not None:
        return replace(plain, note=reason)
    values = gr_values(points.signal, start, control)
    # GR + 1 is positive, so that the boxes of the logistic fit apply: top fixed at GR = 1, bottom between -1 and 1.
    shifted = Points(points.dose, values + 1.0)
    unit = 1.0 / shifted.reference
    fit = fit_points([shifted], box=Box(top=(2 * unit, 2 * unit), bottom=(0.0, 2 * unit)), intervals=False)[0]
    top_dose = points.dose == points.largest_dose
    return replace(
        plain,
        gr50=effective_dose(fit.theta, 1.5),
        gec50=fit.ic50,
        gr_inf=fit.bottom - 1.0,
        gr_max=float(values[top_dose].mean()),
        gr_slope=fit.slope,
        gr_aoc=mean_over_log_dose(points, 1.0 - values),
    )


def growth_inhibition_table(metrics: Sequence[GrowthInhibition]) -> str:
    """``gr.tsv``. A GR50 that is never reached is ``inf``."""
    columns = (
        *("experiment", "variant", "drug", "auc", "untreated_doublings", "gr50_nM", "gec50_nM"),
        *("gr_inf", "gr_max", "gr_slope", "gr_aoc", "note"),
    )
    return table(
        columns,
        (
            [
                *(m.experiment, m.variant, m.drug),
                *(number(v) for v in (m.auc, m.doublings, m.gr50, m.gec50, m.gr_inf, m.gr_max, m.gr_slope, m.gr_aoc)),
                m.note,
            ]
            for m in metrics
        ),
    )
