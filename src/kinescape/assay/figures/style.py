"""What the pictures of the bench share: the style at their letter size, and a colour for every variant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from kinescape.drawing import STYLE, save_figure
from kinescape.palette import BLACK, SERIES

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
