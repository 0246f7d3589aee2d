"""Mutants by drugs as a picture: how much less well each mutant holds each drug, and which cells have no number."""

from __future__ import annotations

import math
from pathlib import Path

from kinescape.drawing import new_figure, save_figure
from kinescape.palette import CLASSES, INK, MUTANT_MODEL, NOT_TESTED, PALE, TESTED, UNKNOWN, WHITE, ink_on
from kinescape.structure.batch.results import NOT_ASKED, Matrix
from kinescape.structure.screen.table import Row

PICTURE = "heatmap.svg"
MOST_MUTANTS = 400
"""More rows than this are no picture any more: the table has them."""
LEAST_SPAN = 1.0
"""kcal/mol at the ends of the colours at least, so that small changes do not look large."""
MINUS = "\N{MINUS SIGN}"
CELL_WIDTH, CELL_HEIGHT = 1.35, 0.36

TITLE = (
    (0.22, 11, "Change of the interaction energy, mutant minus wild type"),
    (0.46, 7, "Calculated on one conformation, not measured. How such numbers score against measured folds"),
    (0.60, 7, "is told in the documentation of the fast screen. Research use only."),
)
"""Inches from the upper edge, size, words."""
KEY = "kcal/mol; positive: the mutant holds the drug less well.\nBold: the interval over starts does not hold 0."


def draw_heatmap(matrix: Matrix, path: Path) -> None:
    """Draw ``delta_interaction_kcal`` of all pairs.

    Every cell has its number and its interval as text; where the interval holds 0 the number is not bold. Cells without
    a number are hatched and say why.
    """
    import matplotlib as mpl
    from matplotlib.colors import LinearSegmentedColormap, Normalize, to_hex
    from matplotlib.patches import Rectangle

    columns, rows = len(matrix.drugs), len(matrix.mutations)
    left = 0.25 + 0.085 * max(len(each) for each in matrix.mutations)
    above, below = 1.0 + 0.16 * _lines(matrix.drugs), 0.85
    width = max(left + CELL_WIDTH * columns + 0.3, 5.2)
    height = above + CELL_HEIGHT * rows + below
    figure = new_figure(width, height)
    axes = figure.add_axes(
        (left / width, below / height, CELL_WIDTH * columns / width, CELL_HEIGHT * rows / height), frameon=False
    )
    values = [float(row["delta_interaction_kcal"]) for row in matrix.cells.values() if row["status"] == "done"]
    # The ends of the bar have round numbers.
    span = max([LEAST_SPAN, *(math.ceil(2 * abs(value)) / 2 for value in values)])
    colours = LinearSegmentedColormap.from_list(
        "change", [MUTANT_MODEL, CLASSES["sensitive"], CLASSES["highly_resistant"]]
    )
    scale = Normalize(-span, span)
    for across, drug in enumerate(matrix.drugs):
        for down, mutation in enumerate(matrix.mutations):
            row = matrix.cells.get((mutation, drug))
            fill, text, small, bold, hatch = NOT_TESTED, _reason(row), "", False, "////"
            if row is not None and row["status"] == "done":
                value = float(row["delta_interaction_kcal"])
                fill, text, hatch = to_hex(colours(scale(value))), f"{value:+.2f}".replace("-", MINUS), ""
                small, bold = _interval(row)
            elif row is not None:
                fill = TESTED
            axes.add_patch(
                Rectangle((across, down), 1, 1, facecolor=fill, edgecolor=UNKNOWN if hatch else WHITE, hatch=hatch)
            )
            ink = PALE if hatch else ink_on(fill)
            box = {"boxstyle": "round,pad=0.15", "fc": fill, "ec": "none"} if hatch else None
            axes.text(
                *(across + 0.5, down + (0.36 if small else 0.5), text),
                ha="center",
                va="center",
                color=INK if hatch and row is not None else ink,
                bbox=box,
                fontsize=8 if not hatch else 7,
                fontweight="bold" if bold else "normal",
            )
            if small:
                axes.text(across + 0.5, down + 0.75, small, ha="center", va="center", fontsize=6, color=ink)
    axes.set_xlim(0, columns)
    axes.set_ylim(rows, 0)
    axes.tick_params(length=0, pad=3)
    axes.xaxis.tick_top()
    axes.set_xticks([each + 0.5 for each in range(columns)], [_broken(each) for each in matrix.drugs], fontsize=8)
    axes.set_yticks([each + 0.5 for each in range(rows)], matrix.mutations, fontsize=8)
    for down_from_top, size, text in TITLE:
        ink = INK if size > 9 else PALE
        figure.text(0.12 / width, 1 - down_from_top / height, text, fontsize=size, color=ink)
    bar = figure.add_axes((left / width, 0.5 / height, min(3.2, width - left - 0.4) / width, 0.12 / height))
    shown = figure.colorbar(mpl.cm.ScalarMappable(scale, colours), cax=bar, orientation="horizontal")
    shown.outline.set_visible(False)
    ticks = [-span, -span / 2, 0.0, span / 2, span]
    shown.set_ticks(ticks, labels=[f"{tick:+g}".replace("-", MINUS) if tick else "0" for tick in ticks])
    bar.tick_params(labelsize=7, length=2)
    bar.set_xlabel(KEY, fontsize=7, loc="left")
    save_figure(figure, path)


def _reason(row: Row | None) -> str:
    return NOT_ASKED if row is None else row["status"].partition(":")[0]


def _interval(row: Row) -> tuple[str, bool]:
    if not row["ci_low"] or not row["ci_high"]:
        return "no interval", False
    low, high = float(row["ci_low"]), float(row["ci_high"])
    return f"[{low:.2f}, {high:.2f}]".replace("-", MINUS), low > 0 or high < 0


def _broken(label: str) -> str:
    drug, _, rest = label.partition(" (")
    return f"{drug}\n" + rest.rstrip(")").replace(", ", "\n")


def _lines(labels: tuple[str, ...]) -> int:
    return max(_broken(label).count("\n") for label in labels)
