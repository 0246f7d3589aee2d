"""Reduced potentials of windows as a table, and an estimate as one: any engine's windows can be judged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kinescape.errors import InputError
from kinescape.files import write_text
from kinescape.structure.alchemy.binding import LegResult
from kinescape.structure.alchemy.estimate import FreeEnergy
from kinescape.structure.alchemy.rotamers import STATES, Rotamers
from kinescape.tables import read_table

Floats = NDArray[np.float64]

ROTAMER_COLUMNS = (
    "leg",
    "replica",
    "side_chain",
    "chi",
    "window",
    "p",
    "t",
    "m",
    "errors",
    "first_half",
    "second_half",
    "turns",
    "turns_by_walker",
    "independent",
    "kT",
    "thirds_of",
    "samples",
    "unrecorded",
    "refused",
)
"""Of :func:`rotamer_rows`."""
NOT_RECORDED = "not recorded"


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


def rotamer_rows(results: Sequence[LegResult]) -> list[tuple[str, ...]]:
    """One row per leg, replica and chi, by :data:`ROTAMER_COLUMNS`.

    ``p``, ``t`` and ``m`` are shares of the thirds of the circle (``thirds_of``: 360, or 180 where half a turn changes
    nothing). A rotamer that was not seen is ``<`` what it may have by 95%, one that was seen alone ``>`` the rest;
    :data:`NOT_RECORDED` where no sample has angles (``unrecorded`` counts those that have none).
    ``turns`` are all walkers' in all windows, ``turns_by_walker`` the fewest and the most of one; ``kT`` is how far the
    free energy would move with one error of the most populated (:attr:`.rotamers.Rotamers.weight`).
    """
    rows = []
    for each in results:
        for found in each.rotamers:
            turned = found.transitions
            rows.append(
                (
                    each.leg,
                    str(each.replica),
                    f"{found.chi.residue} {'goes' if found.chi.end == 'old' else 'comes'}",
                    str(found.chi.number),
                    str(found.window),
                    *(_share(found, state) for state in range(STATES)),
                    "/".join(_number(error) for error in found.errors),
                    *("/".join(_number(share) for share in half) for half in found.halves),
                    str(sum(turned)) if turned else "",
                    f"{min(turned)}-{max(turned)}" if turned else "",
                    f"{found.independent:.1f}" if found.samples else "",
                    _number(found.weight),
                    f"{found.chi.period:g}",
                    str(found.samples),
                    str(found.unrecorded),
                    "; ".join(found.refused),
                )
            )
    return rows


def _share(found: Rotamers, state: int) -> str:
    if not found.samples:
        return NOT_RECORDED
    share = found.shares[state]
    if share == 0.0:
        return f"<{found.unseen:.2f}"
    return f">{1.0 - found.unseen:.2f}" if share == 1.0 else _number(share)


def _number(value: float) -> str:
    return f"{value:.2f}" if np.isfinite(value) else ""
