"""All quantities of an arm, replica by replica, and two arms beside one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.structure.analysis.bonds import contact_series, default_pairs, hydrogen_bond_series
from kinescape.structure.analysis.errors import Average, Contrast, average, contrast, holm
from kinescape.structure.analysis.load import Arm
from kinescape.structure.analysis.motion import rmsd_series, rmsf_by_residue

Floats = NDArray[np.float64]
RMSD_KIND, BOND_KIND, CONTACT_KIND = "RMSD (Å)", "hydrogen bond (occupancy)", "contact (occupancy)"


@dataclass(frozen=True)
class Measured:
    """``series``: (kind, key) -> name, and one array by frame per replica. ``key`` is the name without the residues'
    letters, so that a mutated residue meets its wild type. ``rmsf``: residue number -> ångström per replica.
    """

    arm: Arm
    series: dict[tuple[str, str], tuple[str, list[Floats]]]
    rmsf: dict[int, list[float]]

    def averages(self) -> dict[tuple[str, str], tuple[str, Average]]:
        """(kind, key) -> name and average."""
        return {key: (name, average(runs)) for key, (name, runs) in self.series.items()}

    def times(self) -> Floats:
        """Of the frames, in ns."""
        replica = self.arm.replicas[0]
        frames = len(replica.universe.trajectory)
        return np.asarray(np.arange(1, frames + 1) * (replica.frame_ps / 1000.0), dtype=np.float64)


@dataclass(frozen=True)
class Row:
    """A quantity of both arms. None where an arm does not have it: its occupancy is then 0 in every frame."""

    kind: str
    name: str
    wild_type: Average
    mutant: Average
    contrast: Contrast


def measure(arm: Arm, pairs: Sequence[tuple[int | None, int]] | None = None) -> Measured:
    """Everything for one arm. ``pairs`` as in :func:`.bonds.hydrogen_bond_series`; None: ALK's own, where it is ALK."""
    followed = default_pairs(arm) if pairs is None else list(pairs)
    series: dict[tuple[str, str], tuple[str, list[Floats]]] = {}
    rmsf: dict[int, list[float]] = {}
    count = len(arm.replicas)
    for place, replica in enumerate(arm.replicas):
        found: list[tuple[str, str, Floats]] = []
        found += [(RMSD_KIND, name, values) for name, values in rmsd_series(replica, arm.ligand).items()]
        for (one, other), values in hydrogen_bond_series(replica, arm.ligand, followed).items():
            found.append((BOND_KIND, f"{one}-{other}", values))
        if arm.ligand:
            found += [(CONTACT_KIND, name, values) for name, values in contact_series(replica, arm.ligand).items()]
        for kind, name, values in found:
            key = (kind, _key(kind, name))
            if key not in series:
                series[key] = (name, [np.zeros(len(replica.universe.trajectory)) for _ in range(count)])
            series[key][1][place] = values
        for number, value in rmsf_by_residue(replica).items():
            rmsf.setdefault(number, []).append(value)
    return Measured(arm, series, rmsf)


def compare(wild_type: Measured, mutant: Measured) -> list[Row]:
    """Every quantity side by side; p values adjusted (Holm) over all of them together."""
    one, other = wild_type.averages(), mutant.averages()
    keys = sorted({*one, *other}, key=lambda key: (key[0] != RMSD_KIND, key[0] != BOND_KIND, key[1]))
    sides = [
        (one.get(key) or _never(wild_type, other[key]), other.get(key) or _never(mutant, one[key])) for key in keys
    ]
    contrasts = holm([contrast(left[1], right[1]) for left, right in sides])
    rows = []
    for key, (left, right), found in zip(keys, sides, contrasts, strict=True):
        name = left[0] if left[0] == right[0] else f"{left[0]} / {right[0]}"
        rows.append(Row(key[0], name, left[1], right[1], found))
    return rows


def _never(measured: Measured, there: tuple[str, Average]) -> tuple[str, Average]:
    frames = len(measured.times())
    return there[0], average([np.zeros(frames) for _ in measured.arm.replicas])


def _key(kind: str, name: str) -> str:
    """Residues by number alone: ``C1237`` and ``Y1237`` are one place."""
    if kind == RMSD_KIND:
        return name
    return "-".join(
        part[1:].zfill(5) if part[:1].isalpha() and part[1:].isdigit() else part for part in name.split("-")
    )
