"""The dihedral angles by which the side chains of a mutation turn: what is recorded of them with every sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kinescape.structure.alchemy.hybrid import Hybrid
from kinescape.structure.geometry import dihedral
from kinescape.structure.residues import PROTONATION_NAMES
from kinescape.structure.rotamers import CHI_ATOMS, SYMMETRIC

Floats = NDArray[np.float64]

End = Literal["old", "new"]
DEEPEST = 2
"""The last chi that is recorded: those beyond turn faster, and in less of what surrounds the residue."""


@dataclass(frozen=True)
class Chi:
    """One chi of what goes (``old``) or comes (``new``). ``atoms`` are four places in the hybrid's system; ``period``
    is 180 degrees where half a turn changes nothing, else 360.
    """

    end: End
    residue: str
    number: int
    atoms: tuple[int, int, int, int]
    period: float

    @property
    def name(self) -> str:
        return f"{self.residue} chi{self.number}"


def chis_of(hybrid: Hybrid) -> tuple[Chi, ...]:
    """Chi 1 and chi 2 of both side chains, the old one's first; none of glycine and alanine."""
    atoms = list(hybrid.assembled.topology.atoms())
    placed = dict(zip(hybrid.assembled.solute.tolist(), atoms, strict=True))
    own = {place: placed[place] for place in sorted(hybrid.roles.old | hybrid.roles.new)}
    changed = next(own[place].residue for place in sorted(hybrid.roles.old))
    shared = {
        atom.name: place for place, atom in placed.items() if atom.residue is changed and place not in hybrid.roles.old
    }
    found = []
    ends: tuple[tuple[End, frozenset[int]], ...] = (("old", hybrid.roles.old), ("new", hybrid.roles.new))
    for end, places in ends:
        names = {**shared, **{own[place].name: place for place in places}}
        called = own[min(places)].residue.name
        residue = PROTONATION_NAMES.get(called, called)
        for number, four in enumerate(CHI_ATOMS.get(residue, ())[:DEEPEST], 1):
            first, second, third, fourth = (names[name] for name in four)
            period = 180.0 if SYMMETRIC.get(residue) == number else 360.0
            found.append(Chi(end, residue, number, (first, second, third, fourth), period))
    return tuple(found)


def angles_at(positions: Floats, chis: Sequence[Chi]) -> Floats:
    """Degrees, -180 to 180, one per chi, of ``positions`` (atoms, 3)."""
    return np.array([dihedral(*positions[list(chi.atoms)]) for chi in chis])
