"""The picture of one patient: allele fractions over the samples, what each could not see, and the therapy below."""

from __future__ import annotations

import math
from itertools import groupby
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from kinescape.drawing import STYLE, new_figure
from kinescape.palette import GRID, INK, PALE, SERIES, SHADE, WHITE, ink_on, therapy_colour
from kinescape.report.figures.svg import spread
from kinescape.timeline.build import Course, Timeline

MARKS = ("o", "s", "^", "D", "v", "P", "X")
LOWEST, HIGHEST = 0.001, 1.0
"""Ends of the logarithmic axis of allele fractions."""


def timeline_figure(timeline: Timeline) -> Figure:
    """Samples at equal distances, in their order; the distance says nothing about time between them."""
    count = len(timeline.samples)
    with mpl.rc_context(STYLE):
        width = max(5.6, 2.6 + 1.25 * count)
        figure = new_figure(width, 4.6)
        left, right = 0.75 / width, 1 - 1.6 / width
        axes = figure.add_axes((left, 0.31, right - left, 0.53))
        lanes = figure.add_axes((left, 0.08, right - left, 0.07))
        title = f"Patient {_shown(timeline.patient)}" + (" (SIMULATED)" if timeline.simulated else "")
        figure.text(0.02, 0.955, title, fontsize=10.5, fontweight="bold", va="center")
        figure.text(
            0.02,
            0.905,
            "Shaded: below the limit of detection (LoD95), over the findings' positions. Hollow: weak evidence.",
            fontsize=7,
            color=PALE,
            va="center",
        )
        _shade(axes, timeline)
        for number, course in enumerate(timeline.courses):
            _draw(axes, course, number, len(timeline.courses))
        _names(axes, timeline)
        _dress(axes, timeline)
        _therapies(lanes, timeline)
        figure.text(0.02, 0.02, "Research use only. Bars: 95% interval.", fontsize=6.5, color=PALE)
    return figure


def _shade(axes: Any, timeline: Timeline) -> None:
    """Limits where the findings' positions were looked at and nothing was found."""
    for place in range(len(timeline.samples)):
        stated = (course.steps[place].point.lod95 for course in timeline.courses)
        limits = [limit for limit in stated if limit is not None]
        if limits:
            for limit in (min(limits), max(limits)):
                axes.fill_between([place - 0.4, place + 0.4], LOWEST, limit, color=SHADE, linewidth=0, alpha=0.7)
                axes.plot([place - 0.4, place + 0.4], [limit, limit], color=PALE, linewidth=0.7)


def _draw(axes: Any, course: Course, number: int, count: int) -> None:
    colour, mark = SERIES[number % len(SERIES)], MARKS[number % len(MARKS)]
    shift = 0.1 * (number - (count - 1) / 2) if count < 6 else 0.0
    before: tuple[float, float, bool] | None = None
    for place, step in enumerate(course.steps):
        point, x = step.point, place + shift
        height = point.vaf if point.vaf is not None else point.lod95
        if height is None:
            axes.text(x, LOWEST * 1.15, "?", color=colour, ha="center", va="bottom", fontsize=9)
            before = None
            continue
        height = min(max(height, LOWEST), HIGHEST)
        if before is not None:
            dashed = point.vaf is None or before[2]
            axes.plot([before[0], x], [before[1], height], color=colour, lw=1.2, ls=":" if dashed else "-")
        if point.vaf is None:
            axes.annotate(
                "",
                (x, height * 0.72),
                (x, height),
                arrowprops={"arrowstyle": "->", "color": colour, "lw": 1.2, "shrinkA": 0, "shrinkB": 0},
            )
        else:
            if point.call is not None:
                low, high = max(point.call.vaf_low, LOWEST), min(point.call.vaf_high, HIGHEST)
                axes.plot([x, x], [low, high], color=colour, linewidth=1.0)
            face = colour if point.state == "detected" else "white"
            axes.plot([x], [height], marker=mark, color=colour, markerfacecolor=face, markersize=6, linestyle="none")
        before = (x, height, point.vaf is None)


def _names(axes: Any, timeline: Timeline) -> None:
    """The findings' names at the right, with the last change that could be named, none on top of another."""
    transform = axes.get_yaxis_transform()
    axes.set_yscale("log")
    axes.set_ylim(LOWEST, HIGHEST)
    ends = sorted((_end(course), number) for number, course in enumerate(timeline.courses))
    places = spread([place for place, _ in ends], 0.11, 0.03, 0.97)
    for at, (_, number) in zip(places, ends, strict=True):
        course = timeline.courses[number]
        last = course.steps[-1].change.name.replace("_", " ")
        axes.text(
            1.02,
            LOWEST * (HIGHEST / LOWEST) ** at,
            f"{_shown(course.name)}\n{last}",
            transform=transform,
            color=SERIES[number % len(SERIES)],
            fontsize=7.5,
            va="center",
            linespacing=1.05,
        )


def _end(course: Course) -> float:
    """Share of the axis' height at which a course ends."""
    heights = [step.point.vaf or step.point.lod95 for step in course.steps]
    last = next((height for height in reversed(heights) if height), LOWEST)
    return math.log(max(last, LOWEST) / LOWEST) / math.log(HIGHEST / LOWEST)


def _dress(axes: Any, timeline: Timeline) -> None:
    axes.set_yticks([0.001, 0.01, 0.1, 1.0], ["0.1%", "1%", "10%", "100%"])
    axes.set_ylabel("Allele fraction")
    axes.set_xlim(-0.5, len(timeline.samples) - 0.5)
    words = ["\n".join(_shown(t) for t in (i.sample, i.timepoint, i.date) if t) for i in timeline.samples]
    axes.set_xticks(range(len(words)), words, fontsize=7.5)
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _therapies(lanes: Any, timeline: Timeline) -> None:
    """One bar for each run of samples under the same therapy, as the sheet names it."""
    lanes.set_xlim(-0.5, len(timeline.samples) - 0.5)
    lanes.set_ylim(0, 1)
    lanes.set_axis_off()
    start = 0
    for therapy, group in groupby(info.therapy.strip() for info in timeline.samples):
        length = len(list(group))
        colour = therapy_colour(therapy) if therapy else WHITE
        edges = {"edgecolor": INK, "linewidth": 0.6} | ({} if therapy else {"hatch": "////"})
        lanes.barh(0.5, length - 0.08, left=start - 0.46, height=0.9, color=colour, **edges)
        middle = start + (length - 1) / 2
        text = _shown(therapy) if therapy else "therapy not stated"
        lanes.text(middle, 0.5, text, ha="center", va="center", fontsize=7.5, color=ink_on(colour))
        start += length


def _shown(text: str) -> str:
    """Text of a sheet: one line, not longer than its place; a dollar sign is no formula."""
    line = " ".join(text.split())
    return (line if len(line) <= 22 else line[:21] + "…").replace("$", r"\$")
