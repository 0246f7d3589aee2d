"""A dilution series as a picture: detection promised and measured, by allele fraction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kinescape.drawing import STYLE, new_figure, save_figure
from kinescape.palette import INK, MEASURED, PROMISED, UNKNOWN

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TICKS = (0.0005, 0.001, 0.002, 0.003, 0.004, 0.006, 0.008, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5)
POWER = 0.95


@dataclass(frozen=True)
class DilutionPicture:
    """What is drawn. ``measured``: per fraction (low, share detected, high). ``curve``: float64[points, 2]."""

    title: str
    fractions: tuple[float, ...]
    measured: tuple[tuple[float, float, float], ...]
    curve: NDArray[np.float64]
    promised: float | None
    limit: tuple[float, float | None, float | None] | None


def write_dilution_figure(paths: Sequence[Path], picture: DilutionPicture) -> None:
    """Write the picture to every path."""
    import matplotlib as mpl

    with mpl.rc_context(STYLE):
        figure = new_figure(8.6, 5)
        figure.set_layout_engine("constrained")
        _draw(figure, picture)
    for path in paths:
        save_figure(figure, path)


def _draw(figure: Figure, picture: DilutionPicture) -> None:
    axes = figure.subplots()
    axes.axhline(POWER, color=UNKNOWN, linewidth=1)
    axes.plot(picture.curve[:, 0], picture.curve[:, 1], color=PROMISED, linewidth=1.8, label="promised")
    low, middle, high = np.array(picture.measured).T
    axes.errorbar(
        picture.fractions,
        middle,
        yerr=(middle - low, high - middle),
        color=MEASURED,
        marker="o",
        markersize=5,
        linestyle="none",
        capsize=3,
        linewidth=1.2,
        label="measured, 95% interval",
    )
    if picture.promised is not None:
        axes.plot([picture.promised] * 2, [0, POWER], color=PROMISED, linewidth=1, linestyle="--")
    if picture.limit is not None:
        value, left, right = picture.limit
        axes.plot([value] * 2, [0, POWER], color=MEASURED, linewidth=1, linestyle=":")
        if left is not None and right is not None:
            axes.plot([left, right], [0.015, 0.015], color=MEASURED, linewidth=3, solid_capstyle="butt")
    promised = "no limit" if picture.promised is None else f"{picture.promised:.2%}"
    measured = "no limit" if picture.limit is None else f"{picture.limit[0]:.2%}"
    axes.text(
        0.98, 0.12, f"LoD95 promised {promised} (dashed)\nmeasured {measured} (dotted, bar: 95% interval)",
        transform=axes.transAxes, ha="right", fontsize=9, color=INK,
    )  # fmt: skip
    axes.set_xscale("log")
    left, right = float(picture.curve[0, 0]), float(picture.curve[-1, 0])
    ticks = [tick for tick in TICKS if left <= tick <= right]
    axes.set_xticks(ticks, [f"{tick * 100:g}%" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlim(left, right)
    axes.set_ylim(0, 1.03)
    axes.set_yticks([0, 0.25, 0.5, 0.75, POWER], ["0", "25%", "50%", "75%", "95%"])
    axes.set_xlabel("Allele fraction put in")
    axes.set_ylabel("Detected with strong evidence")
    axes.set_title(picture.title, fontsize=9.5, loc="left", color=INK)
    axes.legend(loc="center right", frameon=False, fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
