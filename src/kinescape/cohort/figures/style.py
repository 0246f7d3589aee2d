"""Colours, lettering and files that all pictures share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from kinescape.files import whole_file

FORMATS = ("svg", "pdf", "png")

INK = "#222222"
PALE = "#8a8a8a"
GRID = "#e3e3e3"
UNKNOWN = "#c9c9c9"
NOT_TESTED = "#ffffff"

SERIES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7a7a7a", "#000000")
"""Okabe and Ito's palette, told apart by colour-blind readers; ordered for lines on white."""

WITHOUT, MUTATED = "#A6CEE3", "#D55E00"
"""No mutation above the limit, mutated."""

AGENT_COLOURS = {
    "crizotinib": "#56B4E9",
    "ceritinib": "#009E73",
    "alectinib": "#F0E442",
    "brigatinib": "#E69F00",
    "ensartinib": "#B8860B",
    "lorlatinib": "#CC79A7",
    "entrectinib": "#0072B2",
    "repotrectinib": "#7B4FA3",
    "zotizalkib": "#8C564B",
    "taletrectinib": "#117A65",
    "chemotherapy": "#BBBBBB",
}
"""One colour per agent, the same in every picture."""

RC: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.linewidth": 0.8,
    "svg.fonttype": "none",
    "svg.hashsalt": "kinescape",
    "pdf.fonttype": 42,
}


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of that size in inches."""
    with mpl.rc_context(RC):
        figure = Figure(figsize=(width, height))
        FigureCanvasAgg(figure)
    return figure


def colour_of_agent(agent: str, others: dict[str, str]) -> str:
    """The agent's colour; agents that are not listed get one of the palette each, remembered in ``others``."""
    key = agent.lower()
    if key in AGENT_COLOURS:
        return AGENT_COLOURS[key]
    if key not in others:
        others[key] = SERIES[len(others) % len(SERIES)]
    return others[key]


def save(figure: Figure, stem: Path, formats: tuple[str, ...] = FORMATS) -> list[Path]:
    """Write ``stem`` with each format's suffix, without dates, so that the bytes are the same every time."""
    written = []
    metadata: dict[str, dict[str, str | None]] = {
        "svg": {"Date": None},
        "pdf": {"CreationDate": None, "ModDate": None},
        "png": {"Software": None},
    }
    with mpl.rc_context(RC):
        for suffix in formats:
            path = stem.with_name(f"{stem.name}.{suffix}")
            with whole_file(path) as temporary:
                figure.savefig(temporary, format=suffix, dpi=160, metadata=metadata.get(suffix), facecolor="white")
            written.append(path)
    return written
