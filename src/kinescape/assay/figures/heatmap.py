"""The table of IC50s as a picture: variants by drugs, coloured by class, censored cells marked."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from kinescape.assay.figures.curves import readable
from kinescape.assay.figures.style import SETTINGS
from kinescape.assay.screen import Screen, VariantResult
from kinescape.palette import CLASSES, INK, NOT_TESTED, PALE, UNKNOWN, UNKNOWN_CLASS, ink_on

CELL = (1.0, 0.42)
"""Width and height of a cell, inches."""
LEAST_WIDTH = 3.2
NAME_LETTER, NOTE_LETTER, ENTRY_LETTER = 0.085, 0.052, 0.058
"""Width of a letter of a variant's name, of the note and of the legend, inches."""
ENTRY = 0.36
"""Width of a legend's patch and the gaps about it, inches."""
LEGEND_LINE, NOTE_LINE = 0.16, 0.12
"""Height of a line, inches."""


def ic50_heatmap(screen: Screen) -> Figure:
    """One cell per variant and drug: IC50 in nM with its qualifier, fold below, class as colour, hatching if
    censored."""
    drugs, variants = screen.drugs, screen.variants
    # One data unit is one cell: what the letters need is reckoned in inches and divided by the cell's size.
    names = NAME_LETTER * max(len(variant) for variant in variants) / CELL[0] + 0.2
    spare = max(0.0, LEAST_WIDTH / CELL[0] - names - len(drugs) - 0.1)
    left, right = -names - 0.5 * spare, len(drugs) + 0.1 + 0.5 * spare
    width = CELL[0] * (right - left)
    handles = _handles(screen)
    columns = _columns([str(handle.get_label()) for handle in handles], width)
    note = textwrap.wrap(_note(screen), int(width / NOTE_LETTER))
    legend_lines = math.ceil(len(handles) / columns)
    place = len(variants) + 0.2
    below = place + (LEGEND_LINE * legend_lines + 0.15) / CELL[1]
    bottom = below + NOTE_LINE * len(note) / CELL[1]
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(width, CELL[1] * (bottom + 0.9)))
        axis = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axis.set_xlim(left, right)
        axis.set_ylim(bottom, -0.9)
        axis.axis("off")
        for column, drug in enumerate(drugs):
            axis.text(column + 0.5, -0.25, drug, ha="center", va="bottom", fontsize=8, fontweight="bold")
        for row, variant in enumerate(variants):
            axis.text(-0.08, row + 0.5, variant, ha="right", va="center", fontsize=8)
            for column, drug in enumerate(drugs):
                result = screen.result(variant, drug)
                fill = CLASSES.get(result.fold_class, UNKNOWN_CLASS) if result else NOT_TESTED
                censored = result is not None and result.relative.qualifier in {">", "<"}
                axis.add_patch(
                    Rectangle(
                        (column + 0.02, row + 0.04),
                        0.96,
                        0.92,
                        facecolor=fill,
                        edgecolor=UNKNOWN if not censored else INK,
                        lw=0.5 if not censored else 1.3,
                        linestyle="-" if not censored else (0, (3, 1.5)),
                    )
                )
                _cell_text(axis, column, row, result, ink_on(fill))
        axis.legend(
            handles=handles,
            loc="upper left",
            bbox_to_anchor=(left, place),
            bbox_transform=axis.transData,
            ncols=columns,
            frameon=False,
            fontsize=7,
            handlelength=1.2,
            columnspacing=1.2,
            borderpad=0.0,
            borderaxespad=0.2,
        )
        axis.text(left + 0.03, below, "\n".join(note), fontsize=6.5, color=PALE, va="top")
    return figure


def _cell_text(axis: Axes, column: int, row: int, result: VariantResult | None, ink: str) -> None:
    if result is None:
        axis.text(column + 0.5, row + 0.5, "not tested", ha="center", va="center", fontsize=6, color=PALE)
        return
    if result.relative.qualifier == "na":
        axis.text(column + 0.5, row + 0.5, "no IC50", ha="center", va="center", fontsize=6.5, color=PALE)
        return
    sign = result.relative.qualifier.replace("=", "")
    text = f"{sign}{readable(result.relative.ic50)}"
    axis.text(column + 0.5, row + 0.36, text, ha="center", va="center", fontsize=8, color=ink)
    if result.fold_class == "reference":
        note = "reference"
    elif result.fold.qualifier != "na":
        sign = result.fold.qualifier.replace("=", "")
        note = f"{sign}{readable(result.fold.fold)}x"
    else:
        note = "no fold"
    axis.text(column + 0.5, row + 0.72, note, ha="center", va="center", fontsize=6, color=ink)


def _handles(screen: Screen) -> list[Patch]:
    """The classes that occur, and the frame of what lies beyond the doses."""
    present = {result.fold_class for result in screen.results}
    handles = [
        Patch(facecolor=colour, edgecolor=UNKNOWN, label=name.replace("_", " "))
        for name, colour in CLASSES.items()
        if name in present and name not in {"reference", "na"}
    ]
    return [*handles, Patch(facecolor=NOT_TESTED, edgecolor=INK, linestyle="--", label="beyond the tested doses")]


def _columns(labels: Sequence[str], width: float) -> int:
    """The most columns of a legend that fit a width in inches; matplotlib fills them one after the other, the first
    ones fuller."""
    for columns in range(len(labels), 1, -1):
        longest = [max(len(labels[i]) for i in part) for part in np.array_split(range(len(labels)), columns)]
        if sum(ENTRY + ENTRY_LETTER * letters for letters in longest) <= width:
            return columns
    return 1


def _note(screen: Screen) -> str:
    reference = screen.settings.reference
    return f"IC50 (nM), fold over {reference} below. Classes: rule set {screen.rule_set.id}, by interval."
