"""From models to OpenMM and back. Here ångström become nanometres, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from openmm import Platform, unit
from openmm.app import Element, ForceField, Topology
from openmm.vec3 import Vec3

from kinescape.errors import KinescapeError
from kinescape.structure.model import Model, Residue

POLYMER = ("protein", "cap")
FORCE_FIELD = ("amber14/protein.ff14SB.xml", "implicit/obc2.xml")
"""ff14SB (Maier 2015, doi:10.1021/acs.jctc.5b00255) with OBC2 water (Onufriev 2004, doi:10.1002/prot.20033)."""


def topology_of(model: Model, kinds: Sequence[str] = POLYMER) -> tuple[Topology, NDArray[np.float64]]:
    """OpenMM's topology of the chain, and its positions (atoms, 3) in **nanometres**.

    Every unbroken stretch is a chain of its own, so that no bond spans a gap; disulfide bridges are found by distance.
    Residues that are not of the polymer (asked for by ``kinds``) get no bonds.
    """
    topology = Topology()
    positions: list[NDArray[np.float64]] = []
    for places in model.segments():
        chain = topology.addChain(model.chain)
        for place in places:
            _add(topology, chain, model.residues[place])
            positions.append(model.residues[place].positions)
    others = [each for each in model.residues if each.kind not in POLYMER and each.kind in kinds]
    for residue in others:
        _add(topology, topology.addChain(model.chain), residue)
        positions.append(residue.positions)
    if not positions:
        raise KinescapeError(f"{model.name} has no atoms to model")
    nanometres = np.concatenate(positions) / 10.0
    topology.createStandardBonds()
    vectors = [Vec3(*row) for row in nanometres.tolist()]
    topology.createDisulfideBonds(unit.Quantity(vectors, unit.nanometer))
    return topology, nanometres


def quantity(nanometres: NDArray[np.float64]) -> Any:
    """Positions with their unit, as OpenMM's application layer wants them."""
    return unit.Quantity([Vec3(*row) for row in nanometres.tolist()], unit.nanometer)


def with_polymer(model: Model, topology: Topology, nanometres: NDArray[np.float64]) -> Model:
    """The model with atoms and positions of its chain taken from OpenMM (hydrogens added, for example).

    The residues of ``topology`` are those of :func:`topology_of`, in its order.
    """
    polymer = [model.residues[place] for places in model.segments() for place in places]
    own = list(topology.residues())
    updated: list[Residue] = []
    for residue, theirs in zip(polymer, own, strict=True):
        atoms = list(theirs.atoms())
        b_factors = dict(zip(residue.atoms, residue.b_factors, strict=False))
        updated.append(
            replace(
                residue,
                atoms=tuple(atom.name for atom in atoms),
                elements=tuple(atom.element.symbol for atom in atoms),
                positions=10.0 * nanometres[[atom.index for atom in atoms]],
                b_factors=tuple(b_factors.get(atom.name, 0.0) for atom in atoms),
            )
        )
    return replace(model, residues=(*updated, *(each for each in model.residues if each.kind not in POLYMER)))


def force_field() -> ForceField:
    """The force field of the protein, in implicit water."""
    return ForceField(*FORCE_FIELD)


def platform(threads: int = 1) -> tuple[Platform, dict[str, str]]:
    """OpenMM's CPU platform with a fixed order of summation, so that the same input gives the same model."""
    chosen = Platform.getPlatformByName("CPU")
    return chosen, {"Threads": str(threads), "DeterministicForces": "true"}


def _add(topology: Topology, chain: Any, residue: Residue) -> None:
    added = topology.addResidue(residue.name, chain, str(residue.number), residue.insertion)
    for name, symbol in zip(residue.atoms, residue.elements, strict=True):
        topology.addAtom(name, Element.getBySymbol(symbol), added)
