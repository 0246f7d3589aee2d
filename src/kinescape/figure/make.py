"""From a name and its source to a file."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path

from kinescape.errors import InputError
from kinescape.figure.catalogue import Choice, Draw, entry
from kinescape.figure.standalone import FORMATS, write_svg_as


def make_figure(
    name: str, sources: Sequence[Path], path: Path, choice: Choice, *, width_mm: float | None = None, dpi: int = 300
) -> None:
    """Draw the picture ``name`` from ``sources`` and write it to ``path`` (SVG, PDF or PNG by its suffix).

    Raises
    ------
    InputError
        No such picture, a source of another kind, or nothing to draw in it.
    """
    wanted = entry(name)
    if path.suffix.lower() not in FORMATS:
        raise InputError("unknown format of a picture", file=path, expected=", ".join(FORMATS))
    module, _, function = wanted.module.partition(":")
    draw: Draw = getattr(importlib.import_module(module), function)
    write_svg_as(draw(tuple(sources), choice), path, width_mm, dpi)
