"""Stacked counts per inhibitor (the paper's Fig. 1b) and shares by generation and by previous inhibitors (Fig. 1c)."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from kinescape.drawing import STYLE, new_figure
from kinescape.palette import GRID, INK, MUTATED, NOT_TESTED, PALE, WITHOUT, ink_on

PARTS = (
    ("mutated", "mutated", MUTATED, ""),
    ("none_above_limit", "tested, none above the limit", WITHOUT, ""),
    ("not_tested", "not tested", NOT_TESTED, "///"),
)


def stacked_counts_figure(counts: Any, *, simulated: bool) -> Figure:
    """Samples at failure of each inhibitor, mutated, without, and not tested."""
    groups = counts["by_inhibitor"]["groups"]
    with mpl.rc_context(STYLE):
        figure = new_figure(max(4.6, 1.6 + 0.75 * len(groups)), 3.7)
        axes = figure.add_axes((0.13, 0.19, 0.84, 0.7))
        for place, cell in enumerate(groups.values()):
            base = 0
            for key, _, colour, hatch in PARTS:
                if cell[key]:
                    axes.bar(
                        place,
                        cell[key],
                        bottom=base,
                        width=0.66,
                        color=colour,
                        edgecolor=INK,
                        linewidth=0.6,
                        hatch=hatch,
                    )
                    axes.text(place, base + cell[key] / 2, str(cell[key]), ha="center", va="center",
                              fontsize=8.5, color=ink_on(colour))  # fmt: skip
                    base += cell[key]
        axes.set_xticks(range(len(groups)), list(groups))
        for label in axes.get_xticklabels():
            label.set_rotation(25)
            label.set_horizontalalignment("right")
        _dress(axes, "Samples at relapse")
        _title(figure, "Samples at failure of each inhibitor", simulated)
        _key(axes)
    return figure


def _key(axes: Any) -> None:
    handles = [mpl.patches.Patch(facecolor=c, edgecolor=INK, linewidth=0.6, hatch=h, label=t) for _, t, c, h in PARTS]
    highest = axes.get_ylim()[1]
    axes.set_ylim(0, highest * 1.32)
    axes.legend(handles=handles, loc="upper right", frameon=False, fontsize=7.5, ncols=1)


def _dress(axes: Any, label: str) -> None:
    axes.set_ylabel(label)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _title(figure: Figure, text: str, simulated: bool) -> None:
    shown = text + (" (SIMULATED)" if simulated else "")
    figure.text(0.02, 0.95, shown, fontsize=10.5, fontweight="bold", va="center")


def shares_figure(counts: Any, *, simulated: bool) -> Figure:
    """Pies: after crizotinib against second generation (top), after the first against later inhibitors (bottom)."""
    comparisons = (
        ("crizotinib_against_second_generation", "after crizotinib or second generation"),
        ("by_previous_tkis", "after the first or a later TKI"),
    )
    with mpl.rc_context(STYLE):
        figure = new_figure(6.2, 5.5)
        _title(figure, "Share of mutated samples at relapse", simulated)
        for row, (key, caption) in enumerate(comparisons):
            _pies(figure, counts[key], caption, 0.475 - 0.435 * row)
        handles = [mpl.patches.Patch(facecolor=c, edgecolor=INK, linewidth=0.6, label=t) for _, t, c, _ in PARTS[:2]]
        figure.legend(
            handles=handles, loc="upper left", bbox_to_anchor=(0.01, 0.93), frameon=False, fontsize=8, ncols=2
        )
        figure.text(0.02, 0.012, "Percent with Wilson's 95% interval; samples not tested are not in the pies.",
                    fontsize=7, color=PALE)  # fmt: skip
    return figure


def _pies(figure: Figure, comparison: Any, caption: str, bottom: float) -> None:
    p = comparison["exact_p"]
    shown = f"exact p = {p:.2g}" if p is not None else "exact p not estimable"
    figure.text(0.02, bottom + 0.385, f"{caption}: {shown}", fontsize=8.5, color=INK)
    for place, (name, cell) in enumerate(comparison["groups"].items()):
        axes = figure.add_axes((0.08 + 0.48 * place, bottom + 0.06, 0.36, 0.31))
        if cell["tested"]:
            axes.pie(
                [cell["mutated"], cell["none_above_limit"]],
                colors=[MUTATED, WITHOUT],
                startangle=90,
                counterclock=False,
                wedgeprops={"edgecolor": INK, "linewidth": 0.7},
            )
            low, high = round(100 * cell["ci_low"]), round(100 * cell["ci_high"])
            text = f"{name}: {cell['mutated']}/{cell['tested']} = {round(100 * cell['share'])}% ({low}–{high}%)"
        else:
            axes.set_axis_off()
            text = f"{name}: none tested"
        figure.text(0.26 + 0.48 * place, bottom + 0.035, text, ha="center", fontsize=8)
