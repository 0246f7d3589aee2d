"""Which atoms of a residue stay, go and come with a mutation, and the mutant's topology around them.

The backbone (N, H, CA, HA, C, O) and CB are one for both; everything beyond CB belongs to one end alone. What goes and
what comes both hang on CB.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from openmm.app import Element, Topology

from kinescape.errors import InputError
from kinescape.structure.geometry import superposition
from kinescape.structure.model import Residue
from kinescape.structure.mutations import Substitution

SHARED = ("N", "H", "CA", "HA", "C", "O", "CB")
"""Atoms that every amino acid has but glycine (no CB) and proline (no H, and a ring onto N)."""
FRAME = ("N", "CA", "CB")
"""Atoms by which a side chain that is not there hangs on the backbone (:mod:`.bonded`)."""
CHARGES = {"ARG": 1, "LYS": 1, "ASP": -1, "GLU": -1}
"""Of side chains at pH 7; histidine's and unusual states are looked at in the system itself."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class MutantTopology:
    """The solute with the mutant residue. ``places`` has, per atom, its place in the wild type's topology, or -1 for an
    atom that comes; ``positions`` (atoms that come, 3) in nm, in their order. ``gone`` are the wild type's atoms that
    go; ``frame`` those of :data:`FRAME`; both by place in the wild type's topology.
    """

    topology: Topology
    places: Ints
    positions: Floats
    gone: Ints
    frame: Ints


def check_alchemical(change: Substitution) -> None:
    """Refuse what cannot be changed here.

    Raises
    ------
    InputError
        Glycine or proline at an end, or another charge: the message says why.
    """
    for end in (change.reference, change.alternative):
        if end in ("GLY", "PRO"):
            why = "glycine has no CB" if end == "GLY" else "proline's CB is part of a ring with the backbone"
            raise InputError(
                f"{change.name}: no alchemical free energy of this mutation: {why} (both side chains hang on CB)",
                expected="two amino acids with a CB and an open side chain, such as L1196M",
            )
    first, second = (CHARGES.get(end, 0) for end in (change.reference, change.alternative))
    if first != second:
        raise charge_changes(change.name, first, second)


def charge_changes(name: str, first: float, second: float) -> InputError:
    """The error that tells that a mutation changes the charge."""
    return InputError(
        f"{name}: no alchemical free energy of this mutation: it changes the charge, and the energy of a charge that "
        "appears in a periodic box or in implicit water depends on the box and the model more than on the residue",
        found=" to ".join(f"{round(each):+d}" if round(each) else "0" for each in (first, second)),
        expected="side chains of the same charge, such as L1196M",
    )


def mutant_topology(wild: Topology, positions: Floats, change: Substitution, model: Residue) -> MutantTopology:
    """The solute's topology with the residue changed.

    Parameters
    ----------
    wild
        Of the solute, the wild type.
    positions
        (atoms, 3) in nm, in its order.
    model
        The mutant residue as modelled, with hydrogens; its backbone is laid on the wild type's.

    Raises
    ------
    InputError
        The residue is not there, lacks an atom of :data:`SHARED` (a chain's end without a cap), or is bridged.
    """
    target = _target(wild, change)
    own = {atom.name: atom.index for atom in target.atoms()}
    for name in SHARED:
        if name not in own or not model.has(name):
            raise InputError(f"{change.name}: the residue has no atom {name}", expected="a whole residue in a chain")
    for bond in wild.bonds():
        if any(end.residue.index == target.index and end.name not in SHARED for end in bond) and (
            bond[0].residue.index != bond[1].residue.index
        ):
            raise InputError(
                f"{change.name}: the side chain is bonded to another residue, which would be left with an open bond",
                expected="a side chain of its own, no disulfide bridge",
            )
    coming = [place for place, name in enumerate(model.atoms) if name not in SHARED]
    made, places, atoms = Topology(), [], {}
    for chain in wild.chains():
        copied = made.addChain(chain.id)
        for residue in chain.residues():
            changed = residue.index == target.index
            kept = [atom for atom in residue.atoms() if not changed or atom.name in SHARED]
            name = model.name if changed else residue.name
            added = made.addResidue(name, copied, residue.id, residue.insertionCode)
            for atom in kept:
                atoms[atom.index] = made.addAtom(atom.name, atom.element, added)
                places.append(atom.index)
            if changed:
                for place in coming:
                    made.addAtom(model.atoms[place], Element.getBySymbol(model.elements[place]), added)
                    places.append(-1)
                for first, second in _bonds(model):
                    by_name = {atom.name: atom for atom in added.atoms()}
                    if first not in SHARED or second not in SHARED:
                        made.addBond(by_name[first], by_name[second])
    for bond in wild.bonds():
        if bond[0].index in atoms and bond[1].index in atoms:
            made.addBond(atoms[bond[0].index], atoms[bond[1].index])
    frame = ("N", "CA", "C", "CB")
    rotation, shift = superposition(
        np.array([model.at(name) for name in frame]), 10.0 * positions[[own[name] for name in frame]]
    )
    laid = (model.positions @ rotation + shift) / 10.0
    # What comes hangs on the wild type's CB.
    laid += positions[own["CB"]] - laid[model.atoms.index("CB")]
    return MutantTopology(
        made,
        np.array(places, dtype=np.int64),
        laid[coming],
        np.array([place for name, place in own.items() if name not in SHARED], dtype=np.int64),
        np.array([own[name] for name in FRAME], dtype=np.int64),
    )


def _target(topology: Topology, change: Substitution) -> Any:
    for residue in topology.residues():
        if residue.id == str(change.number) and any(atom.name == "CA" for atom in residue.atoms()):
            return residue
    raise InputError(f"{change.name}: residue {change.number} is not in the system")


def _bonds(residue: Residue) -> list[tuple[str, str]]:
    """Bonds within one residue, by name."""
    alone = Topology()
    added = alone.addResidue(residue.name, alone.addChain())
    for name, symbol in zip(residue.atoms, residue.elements, strict=True):
        alone.addAtom(name, Element.getBySymbol(symbol), added)
    alone.createStandardBonds()
    return [(bond[0].name, bond[1].name) for bond in alone.bonds()]
