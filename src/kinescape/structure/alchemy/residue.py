"""Which atoms of a residue stay, go and come with a mutation, and the mutant's topology around them.

The backbone (N, H, CA, HA, C, O) and CB are one for both; everything beyond CB belongs to one end alone. What goes and
what comes both hang on CB. Where an end is glycine, the backbone alone is one for both, with that one of glycine's two
HA that lies where the other end's HA does; glycine's other HA belongs to one end, CB and all beyond to the other, and
both hang on CA.
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

BACKBONE = ("N", "H", "CA", "HA", "C", "O")
"""Atoms that every amino acid has but proline (no H, and a ring onto N); glycine has two HA."""
SHARED = (*BACKBONE, "CB")
"""Atoms that both ends have where neither is glycine (no CB)."""
FRAME = ("N", "CA", "CB")
"""Atoms by which a side chain that is not there hangs on the backbone (:mod:`.bonded`): those of them that both ends
have.
"""
GLYCINE_HA = ("HA2", "HA3")
CHARGES = {"ARG": 1, "LYS": 1, "ASP": -1, "GLU": -1}
"""Of side chains at pH 7; histidine's and unusual states are looked at in the system itself."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class MutantTopology:
    """The solute with the mutant residue. ``places`` has, per atom, its place in the wild type's topology, or -1 for an
    atom that comes; ``positions`` (atoms that come, 3) in nm, in their order. ``gone`` are the wild type's atoms that
    go; ``frame`` those of :data:`FRAME` that both ends have; both by place in the wild type's topology. ``held`` has,
    where an end is glycine, the atoms C, N, CA and X of the dihedral (:mod:`.held`) of what goes and of what comes, by
    place in the wild type's topology, atoms that come counted on after its atoms; empty elsewhere.
    """

    topology: Topology
    places: Ints
    positions: Floats
    gone: Ints
    frame: Ints
    held: tuple[tuple[int, int, int, int], ...]


def check_alchemical(change: Substitution) -> None:
    """Refuse what cannot be changed here.

    Raises
    ------
    InputError
        Proline at an end, or another charge: the message says why.
    """
    if "PRO" in (change.reference, change.alternative):
        raise InputError(
            f"{change.name}: no alchemical free energy of this mutation: proline's CB is part of a ring with the "
            "backbone, which a hybrid would have to open",
            expected="two amino acids whose side chains hang on CA alone, such as L1196M",
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
        The residue is not there, lacks an atom by which its ends are joined (a chain's end without a cap), or is
        bridged.
    """
    target = _target(wild, change)
    own = {atom.name: atom.index for atom in target.atoms()}
    theirs = {name: place for place, name in enumerate(model.atoms)}
    for names, end in ((own, change.reference), (theirs, change.alternative)):
        for name in _needed(end):
            if name not in names:
                raise InputError(
                    f"{change.name}: the residue has no atom {name}", expected="a whole residue in a chain"
                )
    shared = BACKBONE if _has_glycine(change) else SHARED
    laid = _laid(10.0 * positions, own, model, theirs, shared) / 10.0
    own, theirs = _named_alike(own, theirs, positions, laid)
    stays = {own[name]: name for name in shared}
    _check_open(wild, change, target.index, set(stays))
    called = {place: name for name, place in theirs.items()}
    coming = [place for place in range(len(model.atoms)) if called[place] not in shared]
    made, places, atoms = Topology(), [], {}
    for chain in wild.chains():
        copied = made.addChain(chain.id)
        for residue in chain.residues():
            changed = residue.index == target.index
            name = model.name if changed else residue.name
            added = made.addResidue(name, copied, residue.id, residue.insertionCode)
            for atom in residue.atoms():
                if not changed or atom.index in stays:
                    atoms[atom.index] = made.addAtom(stays.get(atom.index, atom.name), atom.element, added)
                    places.append(atom.index)
            if changed:
                for place in coming:
                    made.addAtom(called[place], Element.getBySymbol(model.elements[place]), added)
                    places.append(-1)
                by_name = {atom.name: atom for atom in added.atoms()}
                for first, second in _bonds(model):
                    if not {called[first], called[second]}.issubset(shared):
                        made.addBond(by_name[called[first]], by_name[called[second]])
    for bond in wild.bonds():
        if bond[0].index in atoms and bond[1].index in atoms:
            made.addBond(atoms[bond[0].index], atoms[bond[1].index])
    gone = [place for place in own.values() if place not in stays]
    held: list[tuple[int, int, int, int]] = []
    if _has_glycine(change):
        comes = coming.index(_on_alpha(theirs))
        held = [(own["C"], own["N"], own["CA"], place) for place in (_on_alpha(own), wild.getNumAtoms() + comes)]
    return MutantTopology(
        made,
        np.array(places, dtype=np.int64),
        laid[coming],
        np.array(gone, dtype=np.int64),
        np.array([own[name] for name in FRAME if name in shared], dtype=np.int64),
        tuple(held),
    )


def _has_glycine(change: Substitution) -> bool:
    return "GLY" in (change.reference, change.alternative)


def _needed(end: str) -> tuple[str, ...]:
    """Names of the atoms by which an end is joined to the other; CB too, which is not shared with glycine but hung."""
    return (*(name for name in BACKBONE if name != "HA"), *GLYCINE_HA) if end == "GLY" else SHARED


def _laid(
    positions: Floats, own: dict[str, int], model: Residue, theirs: dict[str, int], shared: tuple[str, ...]
) -> Floats:
    """The modelled residue's atoms, laid on the wild type's backbone."""
    frame = [name for name in ("N", "CA", "C", "CB") if name in shared]
    rotation, shift = superposition(
        model.positions[[theirs[name] for name in frame]], positions[[own[name] for name in frame]]
    )
    laid = model.positions @ rotation + shift
    # What comes hangs on the wild type's CB, or on its CA where an end has none.
    hook = "CB" if "CB" in shared else "CA"
    return np.asarray(laid + positions[own[hook]] - laid[theirs[hook]], dtype=np.float64)


def _named_alike(
    own: dict[str, int], theirs: dict[str, int], positions: Floats, laid: Floats
) -> tuple[dict[str, int], dict[str, int]]:
    """Both ends' places by name, that one of glycine's hydrogens named HA that lies where the other end's HA does: so
    what comes in the other's place makes an L amino acid of glycine, if the model is one.
    """
    pairs = [
        (float(np.linalg.norm(positions[own[one]] - laid[theirs[other]])), one, other)
        for one in ("HA", *GLYCINE_HA)
        for other in ("HA", *GLYCINE_HA)
        if one in own and other in theirs
    ]
    _, one, other = min(pairs)
    return (
        {"HA" if name == one else name: place for name, place in own.items()},
        {"HA" if name == other else name: place for name, place in theirs.items()},
    )


def _on_alpha(places: dict[str, int]) -> int:
    """The atom on CA beside N, C and HA."""
    return next(places[name] for name in ("CB", *GLYCINE_HA) if name in places)


def _check_open(wild: Topology, change: Substitution, target: int, stays: set[int]) -> None:
    for bond in wild.bonds():
        if any(end.residue.index == target and end.index not in stays for end in bond) and (
            bond[0].residue.index != bond[1].residue.index
        ):
            raise InputError(
                f"{change.name}: the side chain is bonded to another residue, which would be left with an open bond",
                expected="a side chain of its own, no disulfide bridge",
            )


def _target(topology: Topology, change: Substitution) -> Any:
    for residue in topology.residues():
        if residue.id == str(change.number) and any(atom.name == "CA" for atom in residue.atoms()):
            return residue
    raise InputError(f"{change.name}: residue {change.number} is not in the system")


def _bonds(residue: Residue) -> list[tuple[int, int]]:
    """Bonds within one residue, by place."""
    alone = Topology()
    added = alone.addResidue(residue.name, alone.addChain())
    for name, symbol in zip(residue.atoms, residue.elements, strict=True):
        alone.addAtom(name, Element.getBySymbol(symbol), added)
    alone.createStandardBonds()
    return [(bond[0].index, bond[1].index) for bond in alone.bonds()]
