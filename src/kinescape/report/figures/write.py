"""Writing matplotlib figures so that the same figure gives the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kinescape.files import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_METADATA: dict[str, dict[str, str | None]] = {
    ".svg": {"Date": None},
    ".png": {},
    ".pdf": {"CreationDate": None},
}
DOTS_PER_INCH = 150


def write_figure(figure: Figure, paths: Sequence[Path]) -> None:
    """Write a figure to every path; the suffix chooses the format. No date in it, names of SVG parts fixed."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    with mpl.rc_context({"svg.hashsalt": "kinescape", "svg.fonttype": "none", "pdf.fonttype": 42}):
        for path in paths:
            with whole_file(path) as temporary:
                figure.savefig(temporary, format=path.suffix[1:], dpi=DOTS_PER_INCH, metadata=_METADATA[path.suffix])
