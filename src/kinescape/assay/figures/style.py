"""What the pictures of the bench share: the style at their letter size, and a colour for every variant."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from kinescape.drawing import STYLE, save_figure
from kinescape.palette import BLACK, PALE, SERIES

SETTINGS: Any = {**STYLE, "font.size": 8}


def variant_colours(variants: Sequence[str], reference: str) -> dict[str, str]:
    """A colour per variant, constant over all pictures of a screen; the reference is black."""
    others = [variant for variant in variants if variant != reference]
    colours = {variant: SERIES[:-1][i % (len(SERIES) - 1)] for i, variant in enumerate(others)}
    colours[reference] = BLACK
    return colours


def save(figure: Figure, path: Path) -> None:
    """Write SVG, PDF or PNG by the file's suffix, cut to what is drawn."""
    save_figure(figure, path, tight=True)


def safe_name(text: str) -> str:
    """A drug's or variant's name as part of a file name."""
    return "".join(c if c.isalnum() or c in "-_+" else "_" for c in text) or "unnamed"


def file_names(names: Sequence[str]) -> dict[str, str]:
    """A file name for each of the names: :func:`safe_name`, numbered where names differ only in what it loses, or in
    case, which some file systems lose."""
    taken: set[str] = set()
    found: dict[str, str] = {}
    for name in dict.fromkeys(names):
        safe = safe_name(name)
        chosen = next(
            each for n in itertools.count(1) if (each := safe if n == 1 else f"{safe}_{n}").casefold() not in taken
        )
        taken.add(chosen.casefold())
        found[name] = chosen
    return found


def mark_simulated(figure: Figure) -> None:
    """The label under a picture of simulated data."""
    figure.text(0.0, -0.01, "SIMULATED DATA", ha="left", va="top", fontsize=7, fontweight="bold", color=PALE)
