"""Heat maps of plates: the signal where it stood, so that edges, gradients and dispensing faults are seen."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from kinescape.assay.figures.style import SETTINGS
from kinescape.assay.plates import ROW_LETTERS, SHAPES, well_place
from kinescape.assay.wells import Well
from kinescape.palette import PLATE_GROUND, WELLS


def plate_figure(wells: Sequence[Well], title: str) -> Figure | None:
    """One plate; None where the wells have no positions. Controls are outlined: black untreated, orange blank, pink
    killed."""
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
        figure = Figure(figsize=(0.34 * columns + 1.2, 0.34 * rows + 0.7), layout="constrained")
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
        figure.colorbar(image, ax=axis, shrink=0.8, label="Signal")
    return figure
