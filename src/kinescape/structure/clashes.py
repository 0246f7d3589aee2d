"""Atoms that come too near: overlaps of van der Waals spheres."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from kinescape.structure.model import Model, Residue

RADII = {"C": 1.70, "N": 1.55, "O": 1.52, "S": 1.80, "F": 1.47, "P": 1.80, "Cl": 1.75, "Br": 1.85, "I": 1.98}
"""Van der Waals radii in ångström (Bondi 1964, doi:10.1021/j100785a001)."""
BAD_OVERLAP = 0.4
"""Overlap in ångström from which contacts count as bad (Word 1999, doi:10.1006/jmbi.1998.2400; MolProbity)."""
HYDROGEN_BOND = 0.6
"""Overlap that two polar atoms may have beyond that: N...O at 2.9 Å, O...O at 2.6 Å are hydrogen bonds."""


@dataclass(frozen=True)
class Clash:
    """Two heavy atoms whose spheres overlap by ``overlap`` ångström or more than :data:`BAD_OVERLAP`."""

    residue: str
    atom: str
    other: str
    other_atom: str
    overlap: float


def clashes_of(model: Model, sites: Collection[tuple[int, str]]) -> tuple[Clash, ...]:
    """Clashes of the side chains of these residues with everything but waters, the worst first.

    Pairs within a residue and across its own peptide bonds (neighbours in sequence: their backbones) are left out.
    """
    others = [each for each in model.residues if each.kind != "water"]
    heavy = [each.only(each.heavy()) for each in others]
    owner = np.repeat(np.arange(len(heavy)), [len(each.atoms) for each in heavy])
    within = np.concatenate([np.arange(len(each.atoms)) for each in heavy])
    tree = cKDTree(np.concatenate([each.positions for each in heavy]))
    found: list[Clash] = []
    for residue in heavy:
        if residue.kind != "protein" or residue.key not in sites:
            continue
        for number, name in enumerate(residue.atoms):
            if name in ("N", "CA", "C", "O", "OXT"):
                continue
            for near in tree.query_ball_point(residue.positions[number], 4.0):
                other, place = heavy[owner[near]], int(within[near])
                if _related(residue, other, other.atoms[place]):
                    continue
                if other.kind == "protein" and other.key in sites and other.key < residue.key:
                    continue
                found += _clash(residue, number, other, place)
    return tuple(sorted(found, key=lambda each: -each.overlap))


def _related(residue: Residue, other: Residue, atom: str) -> bool:
    if other.kind in ("protein", "cap"):
        apart = abs(other.number - residue.number)
        return (apart == 0 and other.key == residue.key) or (apart <= 1 and atom in ("N", "CA", "C", "O"))
    return False


def _clash(residue: Residue, number: int, other: Residue, place: int) -> list[Clash]:
    distance = float(np.linalg.norm(residue.positions[number] - other.positions[place]))
    first, second = residue.elements[number], other.elements[place]
    overlap = RADII.get(first, 1.7) + RADII.get(second, 1.7) - distance
    if first in ("N", "O", "S") and second in ("N", "O", "S"):
        overlap -= HYDROGEN_BOND
    if first == second == "S" and distance < 2.3:
        return []
    if overlap < BAD_OVERLAP:
        return []
    return [Clash(residue.label, residue.atoms[number], other.label, other.atoms[place], round(overlap, 2))]
