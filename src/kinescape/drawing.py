"""One look for all pictures made with matplotlib, and files whose bytes are the same every time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinescape.files import whole_file
from kinescape.palette import INK, PAPER

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("svg", "pdf", "png")
DOTS_PER_INCH = 160

STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.fonttype": "none",
    "svg.hashsalt": "kinescape",
    "pdf.fonttype": 42,
}
"""matplotlib's settings for every picture. Text stays text: it can be searched, and edited in a drawing program."""

_METADATA: dict[str, dict[str, str | None]] = {
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "ModDate": None, "Creator": None, "Producer": None},
    "png": {"Software": None},
}


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of that size in inches."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height))
        FigureCanvasAgg(figure)
    return figure


def save_figure(figure: Figure, path: Path, *, tight: bool = False) -> None:
    """Write SVG, PDF or PNG by the suffix of ``path``: whole or not at all, without dates and program names.

    ``tight`` cuts the page to what is drawn.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    kind = path.suffix[1:].lower()
    FigureCanvasAgg(figure)
    box: Any = {"bbox_inches": "tight"} if tight else {}
    with mpl.rc_context(STYLE), whole_file(path) as temporary:
        figure.savefig(temporary, format=kind, dpi=DOTS_PER_INCH, metadata=_METADATA.get(kind), facecolor=PAPER, **box)


def save_formats(figure: Figure, stem: Path, formats: tuple[str, ...] = FORMATS) -> list[Path]:
    """Write ``stem`` with the suffix of every format."""
    paths = [stem.with_name(f"{stem.name}.{suffix}") for suffix in formats]
    for path in paths:
        save_figure(figure, path)
    return paths


def svg_of(figure: Figure, *, tight: bool = False) -> str:
    """The figure as SVG text, with a viewBox in points."""
    import io

    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    buffer = io.StringIO()
    box: Any = {"bbox_inches": "tight"} if tight else {}
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, format="svg", metadata=_METADATA["svg"], facecolor=PAPER, **box)
    return buffer.getvalue()
