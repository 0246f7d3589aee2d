"""The blot that was measured, with the boxes that were measured."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from kinescape.assay.blot_image import BandVolume, Image
from kinescape.assay.figures.style import SETTINGS
from kinescape.palette import MEASURED, PROMISED


def lanes_figure(image: Image, volumes: Sequence[BandVolume]) -> Figure:
    """The picture (bands dark) with each band's box and, above it, its volume over the first lane's."""
    height, width = image.shape
    first = {v.band: v.volume for v in volumes if v.lane == 1}
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(6.0, max(1.4, 6.0 * height / width)), layout="constrained")
        axis = figure.subplots()
        axis.imshow(image, cmap="gray_r", aspect="equal")
        for v in volumes:
            colour = MEASURED if v.saturated else PROMISED
            box = Rectangle((v.left, v.top), v.right - v.left, v.bottom - v.top, fill=False, edgecolor=colour, lw=1)
            axis.add_patch(box)
            share = f"{v.volume / first[v.band]:.2f}" if first.get(v.band) else "na"
            text = share + (" saturated" if v.saturated else "")
            axis.text((v.left + v.right) / 2, v.top - 2, text, ha="center", va="bottom", fontsize=6.5, color=colour)
        axis.axis("off")
    return figure
