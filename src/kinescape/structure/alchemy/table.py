"""Reduced potentials of windows as a table, and an estimate as one: any engine's windows can be judged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kinescape.errors import InputError
from kinescape.files import write_text
from kinescape.structure.alchemy.estimate import FreeEnergy
from kinescape.tables import read_table

Floats = NDArray[np.float64]


def read_windows(path: Path) -> list[Floats]:
    """A table with the columns ``window`` (1-based: where it was drawn), ``u_1`` ... ``u_K`` (energy / kT in each).

    Rows of a window are in the order of time. Returns one array (K, samples) per window.

    Raises
    ------
    InputError
        A column is missing, a cell is no number, a window has no row or a number beyond K.
    """
    rows = read_table(path, required=("window", "u_1", "u_2"))
    names: list[str] = []
    while rows and f"u_{len(names) + 1}" in rows[0].cells:
        names.append(f"u_{len(names) + 1}")
    found: list[list[list[float]]] = [[] for _ in names]
    for row in rows:
        window = row.integer("window")
        if not 1 <= window <= len(names):
            raise row.error("no such window", column="window", expected=f"1 to {len(names)}, as there are columns u_")
        found[window - 1].append([row.number(name) for name in names])
    empty = [number for number, each in enumerate(found, 1) if not each]
    if empty or not found:
        raise InputError(f"window {empty[0] if empty else 1} has no samples", file=path)
    return [np.array(each).T for each in found]


def write_windows(path: Path, reduced: Sequence[Floats]) -> None:
    """The table that :func:`read_windows` reads."""
    lines = ["\t".join(("window", *(f"u_{number}" for number in range(1, len(reduced) + 1))))]
    for number, each in enumerate(reduced, 1):
        lines += ["\t".join((str(number), *(repr(float(value)) for value in sample))) for sample in each.T]
    write_text(path, "\n".join(lines) + "\n")


def table_of(found: FreeEnergy) -> list[tuple[str, ...]]:
    """Rows by pair of neighbours: windows, overlap, forward, backward (kT), independent samples of the first."""
    return [
        (
            f"{number + 1}-{number + 2}",
            f"{min(found.overlap[number, number + 1], found.overlap[number + 1, number]):.3f}",
            f"{forward:.3f}",
            f"{backward:.3f}",
            str(found.samples[number]),
        )
        for number, (forward, backward) in enumerate(zip(found.forward, found.backward, strict=True))
    ]
