"""Kaplan-Meier curves with numbers at risk below (the paper's Fig. 1d and 1e)."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from kinescape.cohort.json_numbers import Json
from kinescape.drawing import STYLE, new_figure
from kinescape.palette import GRID, PALE, SERIES


def kaplan_meier_figure(
    result: Json, *, title: str, time_label: str, colours: dict[str, str] | None = None, footnote: str = ""
) -> Figure:
    """Curves, 95% bands, ticks for censored records, medians, the headline p, and the risk table.

    ``result`` is what :func:`kinescape.cohort.survival.analyse` returns.
    """
    with mpl.rc_context(STYLE):
        curves: dict[str, Any] = dict(result["curves"])  # type: ignore[call-overload]
        rows, width = 0.19 * len(curves), 6.4
        notes = footnote.count("\n") + bool(footnote)
        head, foot = 0.62 + 0.2 * len(curves), 0.72 + rows + 0.15 * notes
        height = head + 2.75 + foot
        figure = new_figure(width, height)
        figure.text(0.03, 1 - 0.2 / height, title, fontsize=10.5, fontweight="bold", va="center")
        figure.text(0.03, 1 - 0.42 / height, _p_text(result["headline"]), fontsize=8.5, va="center")
        left = max(0.8, 0.3 + 0.085 * max(len(_short(name)) for name in curves)) / width
        axes = figure.add_axes((left, foot / height, 0.97 - left, 2.75 / height))
        palette = {name: (colours or {}).get(name, SERIES[place % len(SERIES)]) for place, name in enumerate(curves)}
        for name, curve in curves.items():
            _draw_curve(axes, name, curve, palette[name], result)
        _dress(axes, time_label, result)
        axes.legend(loc="lower left", bbox_to_anchor=(-0.01, 1.01), frameon=False, fontsize=8, borderaxespad=0.0)
        _risk_rows(figure, axes, result, palette, height)
        if footnote:
            figure.text(0.03, 0.06 / height, footnote, fontsize=7, color=PALE, va="bottom")
    return figure


def _draw_curve(axes: Any, name: str, curve: Any, colour: str, result: Any) -> None:
    time, height = [0.0, *curve["time"]], [1.0, *curve["survival"]]
    low = [1.0, *[value if value is not None else float("nan") for value in curve["ci_low"]]]
    high = [1.0, *[value if value is not None else float("nan") for value in curve["ci_high"]]]
    median = result["medians"][name]["text"]
    label = f"{name}  n={result['groups'][name]['n']}, events {result['groups'][name]['events']}, median {median}"
    axes.fill_between(time, low, high, step="post", color=colour, alpha=0.13, linewidth=0)
    axes.step(time, height, where="post", color=colour, linewidth=1.6, label=label)
    ticks = [place for place, count in enumerate(curve["censored"]) if count]
    if len(ticks) <= 400:
        axes.plot(
            [curve["time"][place] for place in ticks],
            [curve["survival"][place] for place in ticks],
            linestyle="none",
            marker="|",
            markersize=6,
            color=colour,
        )


def _dress(axes: Any, time_label: str, result: Any) -> None:
    axes.set_ylim(0, 1.02)
    axes.set_xlim(0, max(max(curve["time"]) for curve in result["curves"].values()) * 1.02 or 1)
    axes.set_xticks(result["risk_table"]["time"])
    axes.set_ylabel("Probability without event")
    axes.set_xlabel(time_label)
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _p_text(headline: Any) -> str:
    if not headline["test"]:
        return str(headline["reason"])
    if headline["p"] is None:
        return f"{headline['test']}: not estimable"
    shown = f"p = {headline['p']:.3g}" if headline["p"] >= 0.001 else "p < 0.001"
    return f"{headline['test']}: {shown}"


def _risk_rows(figure: Figure, axes: Any, result: Any, palette: dict[str, str], height: float) -> None:
    """Numbers at risk under the axis, in the colour of their curve."""
    table = result["risk_table"]
    top = axes.get_position().y0 - 0.52 / height
    figure.text(0.03, top, "At risk", fontsize=7.5, color=PALE, va="center")
    left, right = axes.get_xlim()
    box = axes.get_position()
    for row, name in enumerate(palette, 1):
        y = top - 0.19 * row / height + 0.02 / height
        figure.text(0.03, y, _short(name), fontsize=8, color=palette[name], va="center", fontweight="bold")
        for time, count in zip(table["time"], table[name], strict=True):
            x = box.x0 + box.width * (time - left) / (right - left)
            figure.text(x, y, str(count), fontsize=8, color=palette[name], va="center", ha="center")


def _short(name: str) -> str:
    return name if len(name) <= 22 else name[:21] + "…"
