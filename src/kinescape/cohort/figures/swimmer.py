"""Swimmer plot: one bar per patient, coloured by agent, with responses, samples and death (the paper's Fig. 1a)."""

from __future__ import annotations

from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from kinescape.cohort.days import DAYS_PER_MONTH
from kinescape.cohort.model import Cohort
from kinescape.cohort.response import best_responses
from kinescape.cohort.stats.records import Integers
from kinescape.drawing import STYLE, new_figure
from kinescape.palette import BLACK, FAINT_LINE, GRID, INK, MUTATED, NOT_TESTED, PALE, UNKNOWN, drug_colour, ink_on

Order = Literal["time", "patient", "gene", "mutated"]

MOST_PATIENTS = 60
"""Bars that one page can show; the rest is told in the caption."""

STATE_COLOURS = {"mutated": MUTATED, "none above the limit": NOT_TESTED, "not tested": UNKNOWN}


def swimmer_order(cohort: Cohort, order: Order) -> Integers:
    """Rows of the patients, the first one on top."""
    first, last = treatment_span(cohort)
    length = last - first
    names = cohort.patients.name
    if order == "time":
        return np.lexsort((names, -length))
    if order == "gene":
        return np.lexsort((names, -length, cohort.patients.gene))
    if order == "mutated":
        mutated = np.zeros(len(cohort.patients), dtype=np.bool_)
        mutated[cohort.samples.patient[cohort.samples.mutated]] = True
        return np.lexsort((names, -length, ~mutated))
    return np.arange(len(cohort.patients))


def treatment_span(cohort: Cohort) -> tuple[Any, Any]:
    """First day on an inhibitor (the bar's zero; diagnosis where there is none) and the end of observation."""
    first = np.full(len(cohort.patients), np.inf)
    tki = cohort.lines.is_tki
    np.minimum.at(first, cohort.lines.patient[tki], cohort.lines.start[tki])
    return np.where(np.isfinite(first), first, cohort.patients.diagnosis), cohort.patients.last_contact


def swimmer_figure(cohort: Cohort, order: Order = "time", most: int = MOST_PATIENTS) -> Figure:
    """Bars from the first day of the first inhibitor; earlier therapy is not shown."""
    rows = swimmer_order(cohort, order)
    shown = rows[:most]
    with mpl.rc_context(STYLE):
        height = 1.5 + 0.27 * shown.size
        figure = new_figure(9.4, max(height, 3.6))
        height = figure.get_figheight()
        label = "Swimmer plot" + (" of SIMULATED patients" if cohort.simulated else "")
        left_out = f", {shown.size} of {rows.size} patients shown" if shown.size < rows.size else ""
        figure.text(0.02, 1 - 0.2 / height, label + left_out, fontsize=10.5, fontweight="bold", va="center")
        axes = figure.add_axes((0.085, 0.55 / height, 0.655, 1 - 1.0 / height))
        origin = treatment_span(cohort)[0]
        for y, patient in enumerate(shown.tolist()):
            _draw_patient(axes, cohort, patient, y, float(origin[patient]))
        axes.set_yticks(range(shown.size), [str(cohort.patients.name[row]) for row in shown.tolist()])
        axes.set_ylim(shown.size - 0.4, -0.6)
        axes.set_xlim(left=0)
        axes.set_xlabel("Months since the first day of the first inhibitor (earlier therapy is not shown)")
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color=GRID, linewidth=0.6)
        axes.set_axisbelow(True)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        _legends(figure, cohort, shown, height)
    return figure


def _draw_patient(axes: Any, cohort: Cohort, patient: int, y: int, origin: float) -> None:
    lines, patients = cohort.lines, cohort.patients
    end = float(patients.last_contact[patient])

    def at(day: float) -> float:
        return (day - origin) / DAYS_PER_MONTH

    axes.plot([0, at(end)], [y, y], color=FAINT_LINE, linewidth=1.2, zorder=1)
    for row in np.flatnonzero(lines.patient == patient).tolist():
        if lines.start[row] < origin:
            continue
        stop = float(lines.stop[row]) if not np.isnan(lines.stop[row]) else end
        colour = drug_colour(_shown_agent(cohort, row))
        start = float(lines.start[row])
        axes.barh(
            y, at(stop) - at(start), left=at(start), height=0.6, color=colour, edgecolor=INK, linewidth=0.5, zorder=2
        )
        progression = float(lines.progression[row])
        if not np.isnan(progression):
            if stop - progression > 28:
                axes.barh(
                    y, at(stop) - at(progression), left=at(progression), height=0.6, facecolor="none", edgecolor=INK,
                    hatch="////", linewidth=0.5, zorder=3,
                )  # fmt: skip
            axes.plot(at(progression), y, marker="|", color=INK, markersize=11, markeredgewidth=2.0, zorder=4)
    _draw_best(axes, cohort, patient, y, at)
    for row in np.flatnonzero(cohort.samples.patient == patient).tolist():
        colour = STATE_COLOURS[cohort.state(row)]
        day = at(float(cohort.samples.day[row]))
        axes.plot(day, y - 0.02, marker="D", color=colour, markeredgecolor=BLACK, markersize=6, zorder=6)
    if patients.died[patient]:
        axes.text(at(end) + 0.5, y, "†", fontsize=11, va="center", ha="left", zorder=6)
    else:
        axes.plot(at(end), y, marker=">", color=INK, markersize=5, zorder=5, clip_on=False)


def _draw_best(axes: Any, cohort: Cohort, patient: int, y: int, at: Any) -> None:
    """Best response of each inhibitor line, as letters in its bar."""
    for line, best in _best_of(cohort).items():
        if int(cohort.lines.patient[line]) == patient and cohort.lines.is_tki[line] and best:
            stop = cohort.lines.stop[line]
            end = float(cohort.patients.last_contact[patient]) if np.isnan(stop) else float(stop)
            width = at(end) - at(float(cohort.lines.start[line]))
            if width > 4.5:
                axes.text(
                    at(float(cohort.lines.start[line])) + 1.0,
                    y,
                    best,
                    fontsize=7,
                    va="center",
                    zorder=5,
                    color=ink_on(drug_colour(_shown_agent(cohort, line))),
                )


def _best_of(cohort: Cohort) -> dict[int, str]:
    return best_responses(cohort.responses, cohort.lines)


def _shown_agent(cohort: Cohort, row: int) -> str:
    return "chemotherapy" if cohort.lines.kind[row] == "chemotherapy" else str(cohort.lines.agent[row])


def _legends(figure: Figure, cohort: Cohort, shown: Integers, height: float) -> None:
    lines = cohort.lines
    origin = treatment_span(cohort)[0]
    seen = [
        _shown_agent(cohort, row)
        for row in np.flatnonzero(np.isin(lines.patient, shown)).tolist()
        if lines.start[row] >= origin[lines.patient[row]]
    ]
    agents: list[Any] = [
        Patch(facecolor=drug_colour(name), edgecolor=INK, linewidth=0.5, label=name)
        for name in dict.fromkeys(sorted(seen))
    ]
    agents.append(
        Patch(facecolor="white", edgecolor=INK, hatch="////", linewidth=0.5, label="beyond progression (TBP)")
    )

    def marker(sign: str, colour: str, label: str, size: float = 6, edge: str = BLACK) -> Line2D:
        return Line2D(
            [], [], linestyle="none", marker=sign, color=colour, markeredgecolor=edge, markersize=size, label=label
        )

    signs = [
        marker("D", MUTATED, "sample, mutated"),
        marker("D", NOT_TESTED, "sample, none above limit"),
        marker("D", UNKNOWN, "sample, not tested"),
        Line2D([], [], linestyle="none", marker="|", color=INK, markersize=10, markeredgewidth=2, label="progression"),
        marker("$†$", INK, "death", edge=INK),
        marker(">", INK, "alive at last contact", 5, edge=INK),
    ]
    top = 1 - 0.42 / height
    first = figure.legend(
        handles=agents, title="Treatment", loc="upper left", bbox_to_anchor=(0.765, top), frameon=False, fontsize=8,
        title_fontsize=8.5, alignment="left",
    )  # fmt: skip
    figure.add_artist(first)
    below = top - (0.35 + 0.175 * len(agents)) / height
    figure.legend(
        handles=signs, title="Signs", loc="upper left", bbox_to_anchor=(0.765, below), frameon=False, fontsize=8,
        title_fontsize=8.5, alignment="left",
    )  # fmt: skip
    figure.text(
        0.785,
        0.16 / height,
        "Letters in bars: best response\n(RECIST, confirmed)",
        fontsize=7.5,
        color=PALE,
        va="bottom",
    )
