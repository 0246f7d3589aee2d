"""Heat maps of plates: the signal where it stood, so that edges, gradients and dispensing faults are seen."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from kinescape.assay.figures.style import SETTINGS
from kinescape.assay.plates import ROW_LETTERS, SHAPES, well_place
from kinescape.assay.wells import Role, Well
from kinescape.palette import PLATE_GROUND, WELLS

ROLE_NAMES = {"positive": "positive (killed)", "day0": "day 0"}


def plate_figure(wells: Sequence[Well], title: str) -> Figure | None:
    """One plate; None where the wells have no positions. Controls are outlined by what they hold, with a legend."""
    placed = [well for well in wells if well.position]
    if not placed:
        return None
    places = [well_place(well.position) for well in placed]
    small = all(row < 8 and column < 12 for row, column in places)
    rows, columns = SHAPES[96] if small else SHAPES[384]
    grid = np.full((rows, columns), np.nan)
    for well, place in zip(placed, places, strict=True):
        grid[place] = well.signal
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(0.34 * columns + 1.2, 0.34 * rows + 0.95), layout="constrained")
        axis = figure.subplots()
        axis.set_facecolor(PLATE_GROUND)
        image = axis.imshow(grid, cmap="viridis", aspect="equal")
        for well, (row, column) in zip(placed, places, strict=True):
            if well.role in WELLS:
                corner = (column - 0.42, row - 0.42)
                axis.add_patch(Rectangle(corner, 0.84, 0.84, fill=False, edgecolor=WELLS[well.role], lw=1.4))
        axis.set_xticks(range(columns), [str(c + 1) for c in range(columns)], fontsize=6)
        axis.set_yticks(range(rows), list(ROW_LETTERS[:rows]), fontsize=6)
        axis.tick_params(length=0)
        axis.spines[:].set_visible(False)
        axis.set_title(title, fontsize=8)
        _legend(figure, [well.role for well in placed])
        figure.colorbar(image, ax=axis, shrink=0.8, label="Signal")
    return figure


def _legend(figure: Figure, roles: Sequence[Role]) -> None:
    """What the outlines stand for; roles of one colour share an entry."""
    names: dict[str, list[str]] = {}
    for role, colour in WELLS.items():
        if role in roles:
            names.setdefault(colour, []).append(ROLE_NAMES.get(role, role))
    if not names:
        return
    handles = [
        Patch(facecolor="none", edgecolor=colour, lw=1.4, label=", ".join(group)) for colour, group in names.items()
    ]
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=len(handles),
        frameon=False,
        fontsize=7,
        handlelength=1.0,
        handleheight=1.0,
        columnspacing=1.4,
    )
