"""Side chains on a backbone: built from template residues, turned to dihedral angles.

Bond lengths and angles come from the template residues that PDBFixer carries; the directions of N, CA and C from the
residue itself, so that a new side chain sits on the backbone that the experiment saw.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from functools import cache
from importlib import resources

import numpy as np

from kinescape.structure.geometry import Points, dihedral, rotate, superposition
from kinescape.structure.model import Residue
from kinescape.structure.residues import BACKBONE, standard_name
from kinescape.structure.rotamers import CHI_ATOMS


@cache
def template(name: str) -> tuple[tuple[str, ...], tuple[str, ...], Points]:
    """Heavy atoms of a template residue: names, elements, positions in ångström."""
    text = resources.files("pdbfixer").joinpath("templates", f"{name}.pdb").read_text(encoding="ascii")
    names, positions = [], []
    for line in text.splitlines():
        atom = line[12:16].strip()
        if line.startswith("ATOM") and not atom.startswith(("H", "1H", "2H", "3H")) and atom != "OXT":
            names.append(atom)
            positions.append([float(line[start : start + 8]) for start in (30, 38, 46)])
    return tuple(names), tuple(name[0] for name in names), np.array(positions)


def side_chain_atoms(name: str) -> tuple[str, ...]:
    """Heavy atoms of an amino acid beyond its backbone."""
    return tuple(atom for atom in template(name)[0] if atom not in BACKBONE)


def with_side_chain(residue: Residue, name: str) -> Residue:
    """The residue as amino acid ``name``: its backbone, and the side chain of the template without regard to others.

    N, CA and C must be there. The template is laid on N, CA, C and, where the residue has one, CB.
    """
    atoms, elements, positions = template(name)
    own = residue.only(np.array([atom in (*BACKBONE, "OXT") for atom in residue.atoms], dtype=bool))
    shared = [atom for atom in ("N", "CA", "C") if residue.has(atom)]
    fixed = np.array([residue.at(atom) for atom in shared])
    moving = np.array([positions[atoms.index(atom)] for atom in shared])
    rotation, shift = superposition(moving, fixed)
    laid = positions @ rotation + shift
    new = [place for place, atom in enumerate(atoms) if atom not in BACKBONE]
    if new and residue.has("CB"):
        # The CB that was seen is kept; what hangs on it moves along.
        offset = residue.at("CB") - laid[atoms.index("CB")]
        laid[new] = laid[new] + offset
    b_factor = residue.b_factors[residue.atoms.index("CA")] if residue.b_factors else 0.0
    return replace(
        own,
        name=name,
        atoms=(*own.atoms, *(atoms[place] for place in new)),
        elements=(*own.elements, *(elements[place] for place in new)),
        positions=np.concatenate([own.positions, laid[new]]),
        b_factors=(*own.b_factors, *(b_factor for _ in new)) if own.b_factors else (),
    )


def chis_of(residue: Residue) -> tuple[float, ...]:
    """Dihedral angles of a side chain in degrees; empty where it has none or lacks atoms of one."""
    found = []
    for four in CHI_ATOMS.get(_standard(residue), ()):
        if not residue.has(*four):
            return ()
        found.append(dihedral(*(residue.at(atom) for atom in four)))
    return tuple(found)


def with_chis(residue: Residue, chis: tuple[float, ...]) -> Residue:
    """The residue with its side chain turned to ``chis`` (degrees), hydrogens that hang on it included.

    Proline stays as it is: its angles are bound by the ring.
    """
    name = _standard(residue)
    if name == "PRO" or not chis:
        return residue
    positions = residue.positions.copy()
    bonds = bonds_within(residue)
    for (a, b, c, d), wanted in zip(CHI_ATOMS[name], chis, strict=True):
        at = {atom: positions[residue.atoms.index(atom)] for atom in (a, b, c, d)}
        moving = _beyond(bonds, residue.atoms.index(b), residue.atoms.index(c))
        turn = wanted - dihedral(at[a], at[b], at[c], at[d])
        positions[moving] = rotate(positions[moving], at[b], at[c] - at[b], turn)
    return replace(residue, positions=positions)


def bonds_within(residue: Residue) -> list[list[int]]:
    """Neighbours of each atom by distance: 1.3 Å with a hydrogen, 2.0 Å among others (S-C is 1.82 Å)."""
    positions = residue.positions
    distances = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    hydrogen = ~residue.heavy()
    limit = np.where(hydrogen[:, None] | hydrogen[None], 1.3, 2.0)
    limit[hydrogen[:, None] & hydrogen[None]] = 0.0
    np.fill_diagonal(distances, np.inf)
    return [np.flatnonzero(row).tolist() for row in distances < limit]


def _beyond(bonds: list[list[int]], start: int, first: int) -> list[int]:
    """Atoms on the far side of the bond ``start``-``first``, without ``first`` itself (it lies on the axis)."""
    seen, queue = {start, first}, deque([first])
    while queue:
        for other in bonds[queue.popleft()]:
            if other not in seen:
                seen.add(other)
                queue.append(other)
    return sorted(seen - {start, first})


def _standard(residue: Residue) -> str:
    return standard_name(residue.name) or residue.name
