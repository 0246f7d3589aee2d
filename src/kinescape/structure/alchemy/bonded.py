"""Bonded terms of a hybrid residue.

Terms of shared atoms alone are those of the wild type at one end and of the mutant at the other. A side chain that is
not there keeps its own bonded terms, and of those that join it to the backbone the ones with N, CA and CB alone: one
bond, one angle and one dihedral fix it to that frame, and whatever the rest of the molecule does, its integral is the
same number. So it cancels between two legs, exactly and without another correction (Boresch & Karplus 1999,
doi:10.1021/jp981628n; Fleck, Wieder & Boresch 2021, doi:10.1021/acs.jctc.0c01328). The dihedrals that would bind it to
C and HA too go with it. Where an end is glycine, CB is not shared: the frame is N and CA, and :mod:`.held` adds the one
dihedral that is missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import unit

from kinescape.errors import KinescapeError
from kinescape.structure.alchemy.path import CHANGE

Ints = NDArray[np.int64]
Term = tuple[tuple[int, ...], tuple[float, ...]]

WEIGHT = f"(fades*(1-{CHANGE})+(1-fades)*{CHANGE})"


@dataclass(frozen=True)
class Roles:
    """Places of atoms in the hybrid system: those that go, those that come, and the frame that both hang on (N, CA and
    CB; N and CA where an end is glycine).
    """

    old: frozenset[int]
    new: frozenset[int]
    frame: frozenset[int]

    @property
    def unique(self) -> frozenset[int]:
        return self.old | self.new

    def stays(self, atoms: Sequence[int]) -> bool:
        """Whether a term with an atom of one end alone is kept where that end is not."""
        return all(atom in self.frame for atom in atoms if atom not in self.unique)


@dataclass(frozen=True)
class _Kind:
    """One kind of term: how OpenMM's force has it, and the weighted form of it."""

    force: type
    names: tuple[str, ...]
    energy: str
    custom: Callable[[str], Any]
    count: str
    get: str
    set: str
    add: str


KINDS = (
    _Kind(
        openmm.HarmonicBondForce,
        ("r0", "k"),
        "0.5*k*(r-r0)^2",
        openmm.CustomBondForce,
        "getNumBonds",
        "getBondParameters",
        "setBondParameters",
        "addBond",
    ),
    _Kind(
        openmm.HarmonicAngleForce,
        ("theta0", "k"),
        "0.5*k*(theta-theta0)^2",
        openmm.CustomAngleForce,
        "getNumAngles",
        "getAngleParameters",
        "setAngleParameters",
        "addAngle",
    ),
    _Kind(
        openmm.PeriodicTorsionForce,
        ("n", "phase", "k"),
        "k*(1+cos(n*theta-phase))",
        openmm.CustomTorsionForce,
        "getNumTorsions",
        "getTorsionParameters",
        "setTorsionParameters",
        "addTorsion",
    ),
)


def join_bonded(system: Any, mutant: Any, places: Ints, roles: Roles) -> None:
    """Put the mutant's bonded terms into a system that has the wild type's.

    Parameters
    ----------
    system
        The wild type's, with the particles that come already added; changed in place.
    mutant
        The mutant's solute.
    places
        Per particle of ``mutant``, its place in ``system``.

    Raises
    ------
    KinescapeError
        A rigid bond between shared atoms has another length in the mutant.
    """
    for kind in KINDS:
        _join(system, mutant, places, roles, kind)
    _join_constraints(system, mutant, places, roles)


def _join(system: Any, mutant: Any, places: Ints, roles: Roles, kind: _Kind) -> None:
    force: Any = next(each for each in system.getForces() if type(each) is kind.force)
    weighted = kind.custom(f"{WEIGHT}*({kind.energy})")
    weighted.addGlobalParameter(CHANGE, 0.0)
    getattr(weighted, f"addPer{kind.add.removeprefix('add')}Parameter")("fades")
    for name in kind.names:
        getattr(weighted, f"addPer{kind.add.removeprefix('add')}Parameter")(name)
    theirs = [
        (tuple(int(places[atom]) for atom in atoms), values)
        for each in mutant.getForces()
        if type(each) is kind.force
        for _, (atoms, values) in _terms(each, kind)
    ]
    shared = _by_atoms(theirs, roles)
    own = _by_atoms([term for _, term in _terms(force, kind)], roles)
    changed = {atoms for atoms in shared if not _same(shared[atoms], own.get(atoms, []))}
    # A term that the wild type alone has between shared atoms: only where the mutant's solute has these atoms.
    known = set(places.tolist())
    changed |= {atoms for atoms in own if atoms not in shared and known.issuperset(atoms)}
    for number, (atoms, values) in list(_terms(force, kind)):
        fades = _key(atoms) in changed if roles.unique.isdisjoint(atoms) else not roles.stays(atoms)
        if fades:
            _add(weighted, kind, atoms, (1.0, *values))
            getattr(force, kind.set)(number, *atoms, *_typed(kind, (*values[:-1], 0.0)))
    for atoms, values in theirs:
        if roles.unique.isdisjoint(atoms):
            if _key(atoms) in changed:
                _add(weighted, kind, atoms, (0.0, *values))
        elif roles.stays(atoms):
            getattr(force, kind.add)(*atoms, *_typed(kind, values))
        else:
            _add(weighted, kind, atoms, (0.0, *values))
    if getattr(weighted, kind.count)():
        weighted.setUsesPeriodicBoundaryConditions(force.usesPeriodicBoundaryConditions())
        system.addForce(weighted)


def _terms(force: Any, kind: _Kind) -> Iterator[tuple[int, Term]]:
    """All terms: number, atoms, values in OpenMM's units with the strength last."""
    width = {"Bond": 2, "Angle": 3, "Torsion": 4}[kind.add.removeprefix("add")]
    for number in range(getattr(force, kind.count)()):
        found = getattr(force, kind.get)(number)
        values = tuple(_number(each) for each in found[width:])
        yield number, (tuple(int(each) for each in found[:width]), values)


def _number(value: Any) -> float:
    return float(value.value_in_unit_system(unit.md_unit_system)) if unit.is_quantity(value) else float(value)


def _typed(kind: _Kind, values: tuple[float, ...]) -> tuple[float | int, ...]:
    return (round(values[0]), *values[1:]) if kind.force is openmm.PeriodicTorsionForce else values


def _add(force: Any, kind: _Kind, atoms: tuple[int, ...], values: tuple[float, ...]) -> None:
    getattr(force, kind.add)(*atoms, list(values))


def _key(atoms: tuple[int, ...]) -> tuple[int, ...]:
    return min(atoms, atoms[::-1])


def _by_atoms(terms: Sequence[Term], roles: Roles) -> dict[tuple[int, ...], list[tuple[float, ...]]]:
    found: dict[tuple[int, ...], list[tuple[float, ...]]] = defaultdict(list)
    for atoms, values in terms:
        # A torsion without strength is no torsion.
        if roles.unique.isdisjoint(atoms) and values[-1] != 0.0:
            found[_key(atoms)].append(values)
    return found


def _same(first: list[tuple[float, ...]], second: list[tuple[float, ...]]) -> bool:
    return len(first) == len(second) and np.allclose(sorted(first), sorted(second), rtol=1e-9, atol=1e-12)


def _join_constraints(system: Any, mutant: Any, places: Ints, roles: Roles) -> None:
    own = {}
    for number in range(system.getNumConstraints()):
        first, second, length = system.getConstraintParameters(number)
        own[frozenset((first, second))] = _number(length)
    for number in range(mutant.getNumConstraints()):
        first, second, length = mutant.getConstraintParameters(number)
        pair = frozenset((int(places[first]), int(places[second])))
        if not roles.new.isdisjoint(pair):
            system.addConstraint(int(places[first]), int(places[second]), length)
        elif abs(own.get(pair, 0.0) - _number(length)) > 1e-6:
            raise KinescapeError("a rigid bond of the backbone has another length in the mutant: no hybrid is made")
