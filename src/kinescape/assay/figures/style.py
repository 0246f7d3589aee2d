"""One look for all pictures of the bench: colours that colour-blind readers can tell apart, files without dates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from kinescape.files import whole_file

# Okabe and Ito 2008, without the yellow that vanishes on white.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
REFERENCE_COLOUR = "#000000"
GRID = "#DDDDDD"
FAINT = "#666666"

CLASS_COLOURS = {
    "sensitised": "#92C5DE",
    "sensitive": "#F7F7F7",
    "moderate": "#FDDBA0",
    "resistant": "#E08214",
    "highly_resistant": "#B35806",
    "uncertain": "#D9D9D9",
    "reference": "#FFFFFF",
    "na": "#FFFFFF",
}
"""Blue to brown: told apart by any colour vision, and in grey print by lightness."""

SETTINGS: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "svg.hashsalt": "kinescape",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
}


def variant_colours(variants: Sequence[str], reference: str) -> dict[str, str]:
    """A colour per variant, constant over all pictures of a screen; the reference is black."""
    others = [variant for variant in variants if variant != reference]
    colours = {variant: PALETTE[i % len(PALETTE)] for i, variant in enumerate(others)}
    colours[reference] = REFERENCE_COLOUR
    return colours


def save(figure: Figure, path: Path) -> None:
    """Write SVG, PDF or PNG by the file's suffix, the same bytes every time."""
    metadata: Any = {
        ".svg": {"Date": None, "Creator": None},
        ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    }.get(path.suffix.lower(), {"Software": None})
    with mpl.rc_context(SETTINGS), whole_file(path) as temporary:
        figure.savefig(temporary, format=path.suffix[1:].lower(), dpi=150, metadata=metadata, bbox_inches="tight")


def safe_name(text: str) -> str:
    """A drug's or variant's name as part of a file name."""
    return "".join(c if c.isalnum() or c in "-_+" else "_" for c in text) or "unnamed"
