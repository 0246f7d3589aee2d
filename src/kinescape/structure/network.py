"""Hydrogen bonds within the protein: between the residues of a named set, such as Y1237, H1247 and D1270."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from kinescape.errors import InputError
from kinescape.structure.model import Model, Residue

LONGEST = 3.5
"""Å between donor and acceptor (Baker & Hubbard 1984, doi:10.1016/0079-6107(84)90007-5, and ProLIF's own cut)."""
SMALLEST_ANGLE = 130.0
"""Degrees donor-hydrogen-acceptor, ProLIF's own cut."""


@dataclass(frozen=True)
class PolarPair:
    """Nearest donor and acceptor of two residues. ``distance`` in Å between heavy atoms, ``angle`` D-H-A in degrees.

    ``angle`` is None where neither atom carries a hydrogen; ``bond`` says whether both cuts are kept.
    """

    first: str
    second: str
    first_atom: str
    second_atom: str
    distance: float
    angle: float | None
    bond: bool


def parse_network(text: str) -> tuple[tuple[str, int], ...]:
    """``Y1237,H1247,D1270`` or ``1237,1247,1270`` -> letters (empty where not given) and numbers."""
    found: list[tuple[str, int]] = []
    for part in text.replace("-", ",").split(","):
        name = part.strip()
        letter = name[:1].upper() if name[:1].isalpha() else ""
        digits = name[len(letter) :]
        if not digits.isdigit():
            raise InputError("is no residue", found=name, expected="a list such as Y1237,H1247,D1270")
        found.append((letter, int(digits)))
    if len({number for _, number in found}) < 2:
        raise InputError("a network needs two residues or more", found=text)
    return tuple(found)


def network_of(model: Model, numbers: Sequence[int]) -> tuple[PolarPair, ...]:
    """The nearest polar pair of every two residues of the set, hydrogen bond or not.

    The model must have its hydrogens. InputError where a residue is not in the structure.
    """
    residues = [model.residue(number) for number in numbers]
    found = []
    for one, other in combinations(residues, 2):
        pairs = [*_pairs(one, other, False), *_pairs(other, one, True)]
        if not pairs:
            continue
        # A bond goes before a shorter distance that is none.
        found.append(min(pairs, key=lambda each: (not each.bond, each.distance)))
    return tuple(found)


def _pairs(donor: Residue, acceptor: Residue, swapped: bool) -> list[PolarPair]:
    found = []
    for d in (n for n, symbol in enumerate(donor.elements) if symbol in ("N", "O", "S")):
        hydrogens = [
            n
            for n, symbol in enumerate(donor.elements)
            if symbol == "H" and np.linalg.norm(donor.positions[n] - donor.positions[d]) < 1.45
        ]
        for a in (n for n, symbol in enumerate(acceptor.elements) if symbol in ("N", "O", "S")):
            distance = float(np.linalg.norm(donor.positions[d] - acceptor.positions[a]))
            angles = [_angle(donor.positions[d], donor.positions[h], acceptor.positions[a]) for h in hydrogens]
            angle = round(max(angles), 0) if angles else None
            takes = not _is_full(acceptor, a)
            bond = takes and angle is not None and angle >= SMALLEST_ANGLE and distance <= LONGEST
            names = (donor.label, acceptor.label, donor.atoms[d], acceptor.atoms[a])
            if swapped:
                names = (names[1], names[0], names[3], names[2])
            found.append(PolarPair(*names, round(distance, 2), angle, bond))
    return found


def _is_full(residue: Residue, atom: int) -> bool:
    """Whether an atom has no free electron pair to take a hydrogen with: nitrogens, but histidine's bare one."""
    if residue.elements[atom] != "N":
        return False
    name = residue.atoms[atom]
    if residue.name == "HIS" and name in ("ND1", "NE2"):
        return residue.has("HD1" if name == "ND1" else "HE2")
    return True


def _angle(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> float:
    u, v = a - b, c - b
    cosine = float(u @ v / (np.linalg.norm(u) * np.linalg.norm(v)))
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
