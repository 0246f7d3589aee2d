"""Allele fractions over time under lanes of therapy: one small panel per patient."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from kinescape.cohort.days import DAYS_PER_MONTH
from kinescape.cohort.model import Cohort
from kinescape.drawing import STYLE, new_figure
from kinescape.palette import GRID, INK, PALE, SERIES, drug_colour, ink_on

MOST_PATIENTS = 12
MARKERS = ("o", "s", "^", "D", "v")
LOWEST = 0.001
"""Bottom of the logarithmic axis, as allele fraction."""


def timeline_patients(cohort: Cohort) -> list[int]:
    """Patients with a variant, those with most samples first."""
    owners = cohort.samples.patient
    mutated = sorted(set(owners[cohort.samples.mutated].tolist()))
    counts = np.bincount(owners, minlength=len(cohort.patients))
    return sorted(mutated, key=lambda row: (-int(counts[row]), str(cohort.patients.name[row])))


def timeline_figure(cohort: Cohort) -> Figure:
    """Panels of at most 12 patients."""
    patients = timeline_patients(cohort)[:MOST_PATIENTS]
    columns = 2 if len(patients) > 1 else 1
    rows = max(1, -(-len(patients) // columns))
    with mpl.rc_context(STYLE):
        height = 0.75 + 2.15 * rows
        figure = new_figure(4.7 * columns, height)
        title = "Allele fractions under therapy" + (" (SIMULATED)" if cohort.simulated else "")
        figure.text(0.02, 1 - 0.2 / height, title, fontsize=10.5, fontweight="bold", va="center")
        for place, patient in enumerate(patients):
            column, row = place % columns, place // columns
            bottom = (height - 0.5 - 2.15 * (row + 1) + 0.5) / height
            box = ((column + 0.135) / columns, bottom, 0.83 / columns, 1.3 / height)
            _panel(figure, box, cohort, patient)
        if not patients:
            figure.text(0.5, 0.5, "no variant in any sample", ha="center", color=PALE)
        figure.text(0.02, 0.06 / height, "Open signs: tested, not above the limit (drawn at it). Dashed: limit of "
                    "detection. Months since diagnosis.", fontsize=7, color=PALE)  # fmt: skip
    return figure


def _panel(figure: Figure, box: tuple[float, float, float, float], cohort: Cohort, patient: int) -> None:
    axes = figure.add_axes(box)
    origin = float(cohort.patients.diagnosis[patient])
    end = (float(cohort.patients.last_contact[patient]) - origin) / DAYS_PER_MONTH
    axes.set_yscale("log")
    axes.set_ylim(LOWEST, 1)
    axes.set_xlim(0, end * 1.02)
    _lanes(axes, cohort, patient, origin)
    _points(axes, cohort, patient, origin)
    axes.set_yticks([0.001, 0.01, 0.1, 1], ["0.1%", "1%", "10%", "100%"])
    axes.minorticks_off()
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=7.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_title(str(cohort.patients.name[patient]), fontsize=9, loc="left", pad=17, fontweight="bold")
    axes.legend(frameon=False, fontsize=7, loc="upper left", handlelength=1.0, borderpad=0.1, labelspacing=0.2)


def _lanes(axes: Any, cohort: Cohort, patient: int, origin: float) -> None:
    """Therapy as coloured bars above the panel."""
    lines = cohort.lines
    transform = axes.get_xaxis_transform()
    last = float(cohort.patients.last_contact[patient])
    span = axes.get_xlim()[1]
    for row in np.flatnonzero(lines.patient == patient).tolist():
        stop = last if np.isnan(lines.stop[row]) else float(lines.stop[row])
        start, width = (
            (float(lines.start[row]) - origin) / DAYS_PER_MONTH,
            (stop - float(lines.start[row])) / DAYS_PER_MONTH,
        )
        chemo = lines.kind[row] == "chemotherapy"
        name = "chemotherapy" if chemo else str(lines.agent[row])
        axes.add_patch(
            mpl.patches.Rectangle(
                (start, 1.03), width, 0.115, transform=transform, clip_on=False, edgecolor=INK, linewidth=0.5,
                facecolor=drug_colour(name),
            )
        )  # fmt: skip
        text = "CHM" if chemo else name if len(name) <= 42 * width / span else name[:3].upper()
        if width / span > 0.07:
            axes.text(start + width / 2, 1.087, text, transform=transform, fontsize=6.2, ha="center", va="center",
                      color=ink_on(drug_colour(name)))  # fmt: skip


def _points(axes: Any, cohort: Cohort, patient: int, origin: float) -> None:
    samples, variants = cohort.samples, cohort.variants
    rows = np.flatnonzero((samples.patient == patient) & samples.has_result)
    rows = rows[np.argsort(samples.day[rows])]
    months = (samples.day[rows] - origin) / DAYS_PER_MONTH
    limits = samples.lod[rows]
    known = ~np.isnan(limits)
    axes.plot(months[known], limits[known], linestyle=(0, (3, 3)), color=PALE, linewidth=0.8, marker="_", markersize=7)
    mine = np.isin(variants.sample, rows)
    names = sorted(
        {f"{g} {p}" for g, p in zip(variants.gene[mine].tolist(), variants.protein[mine].tolist(), strict=True)}
    )
    for place, name in enumerate(names):
        colour, sign = SERIES[place % len(SERIES)], MARKERS[place % len(MARKERS)]
        heights, found = [], []
        for row, limit in zip(rows.tolist(), limits.tolist(), strict=True):
            hit = (variants.sample == row) & (np.char.add(np.char.add(variants.gene, " "), variants.protein) == name)
            found.append(bool(hit.any()))
            heights.append(float(variants.vaf[hit].max()) if hit.any() else limit if not np.isnan(limit) else LOWEST)
        axes.plot(months, heights, color=colour, linewidth=1.2, zorder=3)
        for x, y, real in zip(months.tolist(), heights, found, strict=True):
            axes.plot(
                x, y, marker=sign, color=colour, markerfacecolor=colour if real else "white", markersize=5.5, zorder=4
            )
        axes.plot([], [], marker=sign, color=colour, linewidth=1.2, markersize=5, label=name)
