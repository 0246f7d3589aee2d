"""The table of IC50s as a picture: variants by drugs, coloured by class, censored cells marked."""

from __future__ import annotations

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from kinescape.assay.figures.curves import readable
from kinescape.assay.figures.style import SETTINGS
from kinescape.assay.screen import Screen, VariantResult
from kinescape.palette import CLASSES, INK, NOT_TESTED, PALE, UNKNOWN, UNKNOWN_CLASS, ink_on

CELL = (1.0, 0.42)
"""Width and height of a cell, inches."""


def ic50_heatmap(screen: Screen) -> Figure:
    """One cell per variant and drug: IC50 in nM with its qualifier, fold below, class as colour, hatching if
    censored."""
    drugs, variants = screen.drugs, screen.variants
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(CELL[0] * len(drugs) + 2.2, CELL[1] * len(variants) + 1.4))
        axis = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axis.set_xlim(-1.6, len(drugs) + 0.1)
        axis.set_ylim(len(variants) + 1.4, -0.9)
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
        _legend(axis, screen, len(variants))
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


def _legend(axis: Axes, screen: Screen, rows: int) -> None:
    present = {result.fold_class for result in screen.results}
    handles = [
        Patch(facecolor=colour, edgecolor=UNKNOWN, label=name.replace("_", " "))
        for name, colour in CLASSES.items()
        if name in present and name not in {"reference", "na"}
    ]
    handles.append(Patch(facecolor=NOT_TESTED, edgecolor=INK, linestyle="--", label="beyond the tested doses"))
    axis.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.0, rows + 0.15),
        bbox_transform=axis.transData,
        ncols=len(handles),
        frameon=False,
        fontsize=7,
        handlelength=1.2,
        columnspacing=1.2,
    )
    text = (
        f"IC50 (nM), fold over {screen.settings.reference} below. Classes: rule set {screen.rule_set.id}, by interval."
    )
    axis.text(0.0, rows + 1.2, text, fontsize=6.5, color=PALE, va="center")
