"""One system for both ends of a mutation: at one end the wild type, at the other the mutant."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import unit
from openmm.app import Topology

from kinescape.errors import InputError
from kinescape.files import write_text
from kinescape.structure.alchemy.bonded import Roles, join_bonded
from kinescape.structure.alchemy.born import BornAtom, beyond, born_force, join_born, set_born
from kinescape.structure.alchemy.held import hold_absent
from kinescape.structure.alchemy.pairs import join_pairs, nonbonded
from kinescape.structure.alchemy.path import State, state_at
from kinescape.structure.alchemy.residue import MutantTopology, charge_changes, check_alchemical, mutant_topology
from kinescape.structure.dynamics.assemble import SYSTEM, Assembled, load_assembled, save_assembled
from kinescape.structure.dynamics.checkpoint import Moment
from kinescape.structure.forcefield import create_system, force_field
from kinescape.structure.ligands.parameters import LigandParameters
from kinescape.structure.model import Residue
from kinescape.structure.mutations import Substitution

Floats = NDArray[np.float64]
HYBRID = "hybrid.json"
BEYOND_CHARGE = 1e-3
"""e: totals of residues are whole numbers in ff14SB to the fifth digit."""


@dataclass(frozen=True)
class Hybrid:
    """``assembled`` is the hybrid's system, at the wild type's end unless :meth:`apply` says otherwise; its atoms are
    those of the wild type in their order, then those that come. ``born`` is empty without implicit water.
    """

    assembled: Assembled
    roles: Roles
    born: tuple[BornAtom, ...]

    @cached_property
    def far(self) -> float:
        """nm: the radius of atoms that are not there, in implicit water."""
        return beyond(self.assembled.start.positions)

    def apply(self, context: Any, state: State) -> float:
        """Bring a context of this system to a window; returns the constant (kJ/mol) to be taken off its energies."""
        for name, value in state.items():
            context.setParameter(name, value)
        force = born_force(context.getSystem())
        if force is None:
            return 0.0
        constant = set_born(force, self.born, state, self.far)
        force.updateParametersInContext(context)
        return constant

    def energy(self, context: Any, state: State) -> float:
        """Potential energy of a context's positions in a window, in kJ/mol."""
        constant = self.apply(context, state)
        found = context.getState(getEnergy=True).getPotentialEnergy()
        return float(found.value_in_unit(unit.kilojoule_per_mole)) - constant


def hybrid_of(
    wild: Assembled, change: Substitution, model: Residue, parameters: Sequence[LigandParameters] = ()
) -> Hybrid:
    """The hybrid of a wild type's system and one of its residues changed.

    Parameters
    ----------
    wild
        With rigid bonds to hydrogen, as :func:`.assemble.assemble` makes it, in any solvent.
    model
        The mutant residue as modelled, with hydrogens.
    parameters
        Of the ligand, where the solute has one.

    Raises
    ------
    InputError
        A mutation that is not done here (:func:`.residue.check_alchemical`), or another charge in these systems.
    """
    check_alchemical(change)
    own = wild.start.positions[wild.solute]
    made = mutant_topology(wild.topology, own, change, model)
    mutant = create_system(force_field(parameters), made.topology, "vacuum", constraints=True)
    count = wild.system.getNumParticles()
    places = np.where(made.places >= 0, wild.solute[made.places], -1)
    places[made.places < 0] = count + np.arange(int((made.places < 0).sum()))
    roles = Roles(
        frozenset(wild.solute[made.gone].tolist()),
        frozenset(range(count, count + len(made.positions))),
        frozenset(wild.solute[made.frame].tolist()),
    )
    _check_charge(change, wild, mutant)
    system = copy.deepcopy(wild.system)
    for number in np.flatnonzero(made.places < 0).tolist():
        system.addParticle(mutant.getParticleMass(number))
    join_bonded(system, mutant, places, roles)
    join_pairs(system, mutant, places, roles)
    born = join_born(system, mutant, made.topology, places, roles)
    positions = np.vstack([wild.start.positions, made.positions])
    solute = np.concatenate([wild.solute, np.arange(count, count + len(made.positions))])
    hold_absent(system, [solute[list(four)].tolist() for four in made.held], positions, roles)
    if (force := born_force(system)) is not None:
        set_born(force, born, state_at(0.0), beyond(positions))
    start = Moment(positions, np.zeros_like(positions), wild.start.box)
    assembled = replace(
        wild, system=system, start=start, solute=solute, topology=_with_new(wild.topology, made, change)
    )
    return Hybrid(assembled, roles, born)


def _check_charge(change: Substitution, wild: Assembled, mutant: Any) -> None:
    totals = []
    for system, atoms in ((wild.system, wild.solute.tolist()), (mutant, range(mutant.getNumParticles()))):
        force = nonbonded(system)
        charges = (force.getParticleParameters(atom)[0] for atom in atoms)
        totals.append(math.fsum(each.value_in_unit(unit.elementary_charge) for each in charges))
    if abs(totals[0] - totals[1]) > BEYOND_CHARGE:
        raise charge_changes(change.name, *totals)


def _with_new(wild: Topology, made: MutantTopology, change: Substitution) -> Topology:
    """The wild type's solute, and the atoms that come as a residue at its end."""
    topology, atoms = Topology(), {}
    for chain in wild.chains():
        copied = topology.addChain(chain.id)
        for residue in chain.residues():
            added = topology.addResidue(residue.name, copied, residue.id, residue.insertionCode)
            for atom in residue.atoms():
                atoms[atom.index] = topology.addAtom(atom.name, atom.element, added)
    for first, second in wild.bonds():
        topology.addBond(atoms[first.index], atoms[second.index])
    coming = topology.addResidue(change.alternative, topology.addChain(), str(change.number))
    for place, atom in zip(made.places.tolist(), made.topology.atoms(), strict=True):
        if place < 0:
            topology.addAtom(atom.name, atom.element, coming)
    return topology


def save_hybrid(folder: Path, hybrid: Hybrid) -> None:
    """Keep it, so that a run goes on with exactly the system that it began with."""
    roles = {name: sorted(getattr(hybrid.roles, name)) for name in ("old", "new", "frame")}
    record = {"roles": roles, "born": [asdict(each) for each in hybrid.born], "notes": list(hybrid.assembled.notes)}
    write_text(folder / HYBRID, json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    save_assembled(folder, hybrid.assembled)


def load_hybrid(folder: Path) -> Hybrid | None:
    """Read it back; None where there is none yet, InputError where a file is damaged."""
    if not (folder / SYSTEM).exists():
        return None
    try:
        record = json.loads((folder / HYBRID).read_text(encoding="utf-8"))
        roles = Roles(**{name: frozenset(places) for name, places in record["roles"].items()})
        born = tuple(BornAtom(**each) for each in record["born"])
        notes = tuple(record["notes"])
    except (OSError, ValueError, TypeError, KeyError):
        raise InputError("the hybrid's record is damaged", file=folder / HYBRID) from None
    return Hybrid(load_assembled(folder, notes), roles, born)


def context_of(hybrid: Hybrid, positions: Floats, platform: str = "Reference") -> Any:
    """A context for energies alone."""
    context = openmm.Context(
        hybrid.assembled.system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName(platform)
    )
    context.setPositions(positions)
    return context
