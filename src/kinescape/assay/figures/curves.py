"""Dose-response curves of one drug: a panel per variant, the reference in black beside it, points with s.e.m. and
bands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kinescape.assay.figures.averages import Averages, averages
from kinescape.assay.figures.style import SETTINGS, variant_colours
from kinescape.assay.screen import Screen, VariantResult
from kinescape.palette import GRID, PALE

PANEL = (2.35, 2.25)
"""Width and height of a panel, inches."""
MOST_COLUMNS = 4
LEGEND_LINE = 8.6
"""Height of a line of a panel's legend, points."""
ZERO_GAP = 3.0
"""Untreated wells stand this factor left of the lowest dose, behind a break of the axis."""


def drug_figure(screen: Screen, drug: str, *, label: str = "Viability (% of untreated)") -> Figure:
    """All variants of one drug."""
    outcomes = {
        v: [o for o in screen.outcomes if o.curve.variant == v and o.curve.drug == drug] for v in screen.variants
    }
    shown = {v: averages(group) for v, group in outcomes.items() if group}
    reference = screen.settings.reference
    panels = [v for v in shown if v != reference] or list(shown)
    columns = min(MOST_COLUMNS, len(panels))
    rows = math.ceil(len(panels) / columns)
    colours = variant_colours(screen.variants, reference)
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(PANEL[0] * columns + 0.4, PANEL[1] * rows + 0.5), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        for place, variant in enumerate(panels):
            axis = axes[place // columns][place % columns]
            if reference in shown and variant != reference:
                _draw(axis, shown[reference], colours[reference], screen.result(reference, drug), reference)
            _draw(axis, shown[variant], colours[variant], screen.result(variant, drug), variant)
            _finish(axis, variant, list(shown.values()))
        for place in range(len(panels), rows * columns):
            axes[place // columns][place % columns].set_visible(False)
            axes[place // columns - 1][place % columns].xaxis.set_tick_params(labelbottom=True)
        figure.supylabel(label, fontsize=8)
        figure.supxlabel(f"{drug} (nM)", fontsize=8)
        figure.suptitle(drug, fontsize=10, fontweight="bold")
    return figure


@dataclass(frozen=True)
class ChosenPanel:
    """One variant beside the reference, with one drug, of one screen."""

    letter: str
    screen: Screen
    variant: str
    drug: str
    label: str


def chosen_figure(panels: Sequence[ChosenPanel], columns: int) -> Figure:
    """Chosen panels of several screens (viability and blots, say) in one picture, each with its own drug."""
    rows = math.ceil(len(panels) / columns)
    # One colour per variant over all panels, whatever else the screens hold.
    colours = variant_colours(list(dict.fromkeys(each.variant for each in panels)), panels[0].screen.settings.reference)
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(PANEL[0] * columns + 0.4, (PANEL[1] + 0.25) * rows), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False)
        for place, panel in enumerate(panels):
            axis = axes[place // columns][place % columns]
            screen, reference = panel.screen, panel.screen.settings.reference
            shown = []
            for variant in (reference, panel.variant):
                outcomes = [o for o in screen.outcomes if (o.curve.variant, o.curve.drug) == (variant, panel.drug)]
                if outcomes:
                    shown.append(averages(outcomes))
                    _draw(axis, shown[-1], colours[variant], screen.result(variant, panel.drug), variant)
            _finish(axis, f"{panel.variant}, {panel.drug}", shown, letter=panel.letter)
            axis.set_ylabel(panel.label, fontsize=7)
            axis.set_xlabel(f"{panel.drug} (nM)", fontsize=7)
        for place in range(len(panels), rows * columns):
            axes[place // columns][place % columns].set_visible(False)
    return figure


def _draw(axis: Axes, data: Averages, colour: str, result: VariantResult | None, name: str) -> None:
    positive = data.dose[data.dose > 0]
    zero = positive.min() / ZERO_GAP if positive.size else 1.0
    x = np.where(data.dose > 0, data.dose, zero)
    axis.errorbar(x, data.mean, data.sem, fmt="o", ms=3, color=colour, elinewidth=0.8, capsize=1.5, zorder=3)
    if data.curve.size:
        axis.plot(data.curve_dose, data.curve, color=colour, lw=1.3, zorder=2)
        axis.fill_between(data.curve_dose, data.low, data.high, color=colour, alpha=0.15, lw=0, zorder=1)
    axis.plot([], [], color=colour, marker="o", ms=3, lw=1.3, label=f"{name} {ic50_text(result)}")


def ic50_text(result: VariantResult | None) -> str:
    """``90 nM``, ``>3000 nM``, ``no IC50``."""
    if result is None or result.relative.qualifier == "na":
        return "no IC50"
    sign = result.relative.qualifier.replace("=", "")
    return f"{sign}{readable(result.relative.ic50)} nM"


def readable(value: float) -> str:
    """Two or three significant digits, no exponent."""
    if value >= 100:
        return f"{round(value)}"
    return f"{value:.2g}" if value < 10 else f"{value:.3g}"


def _finish(axis: Axes, title: str, shown: list[Averages], *, letter: str = "") -> None:
    """Axes, title and, between title and panel where no curve can run, the legend."""
    doses = np.concatenate([data.dose[data.dose > 0] for data in shown])
    axis.set_xscale("log")
    axis.set_xlim(doses.min() / ZERO_GAP / 1.8, doses.max() * 1.6)
    axis.set_ylim(0, max(120.0, 1.05 * max(float((d.mean + d.sem).max()) for d in shown)))
    axis.axhline(50, color=GRID, lw=0.8, zorder=0)
    _, names = axis.get_legend_handles_labels()
    above = LEGEND_LINE * len(names) + 3.0
    axis.set_title(title, fontsize=8, pad=above)
    if letter:
        axis.set_title(letter, loc="left", fontsize=9, fontweight="bold", pad=above)
    exponents = range(math.ceil(math.log10(doses.min())), math.floor(math.log10(doses.max())) + 1)
    step = 1 if len(exponents) <= 5 else 2
    ticks = [10.0**e for e in exponents][::step]
    axis.set_xticks([doses.min() / ZERO_GAP, *ticks], ["0", *(f"{tick:g}" for tick in ticks)], fontsize=7)
    axis.minorticks_off()
    axis.legend(
        frameon=False,
        fontsize=6.5,
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        handlelength=1.4,
        borderaxespad=0.0,
        borderpad=0.1,
        labelspacing=0.25,
    )
    axis.tick_params(colors=PALE)
