"""Energies of one posed complex: minimised with its ligand and without, and what lies between the two.

Interaction energy: complex minus receptor minus ligand, all at the geometry of the minimised complex, in OBC2 water.
It has three parts: Lennard-Jones, electrostatics (Coulomb and the polar part of the solvent together; either alone is
large and cancels against the other) and the solvent's surface term. The MM/GBSA-like term lets the receptor relax
without the ligand: minimised complex minus minimised receptor minus ligand alone (Kollman PA et al., Acc Chem Res
2000;33:889, here on single minima and without entropies).
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm.app import ForceField, Topology

from kinescape.structure.forcefield import (
    PROTEIN_FILE,
    WATER_FILE,
    add_ligand,
    create_system,
    energy_kcal,
    open_context,
    positions_of,
)
from kinescape.structure.ligands.whole import WholeLigand
from kinescape.structure.openmm_bridge import topology_of
from kinescape.structure.pocket import Pocket

QUICK_STEPS, STEPS = 60, 25
"""Iterations of a minimisation (L-BFGS): first without solvent and with halved charges (a dielectric constant of 4),
which costs a tenth, then in OBC2 water."""
TOLERANCE = 2.0
"""Root mean square force at which a minimisation ends, kJ/mol/nm."""
LENNARD_JONES, COULOMB, SOLVENT = 11, 12, 13
"""Force groups."""


@dataclass(frozen=True)
class Energies:
    """In kcal/mol: see this module's text."""

    lennard_jones: float
    electrostatic: float
    interaction: float
    complex_minimum: float
    receptor_minimum: float
    ligand_alone: float

    @property
    def binding(self) -> float:
        """The MM/GBSA-like binding energy."""
        return self.complex_minimum - self.receptor_minimum - self.ligand_alone


class PosedComplex:
    """A pocket with its ligand as OpenMM systems: the complex, the receptor and the ligand, each on its own.

    ``positions`` (atoms, 3) in ångström are those of the model; the receptor's atoms come first, the ligand's last.
    """

    def __init__(self, pocket: Pocket, ligand: WholeLigand) -> None:
        self.pocket = pocket
        self.ligand = ligand
        residues = [each for each in pocket.model.residues if each.kind in ("protein", "cap", "ion")]
        part = pocket.model.with_residues(residues)
        self.receptor, nanometres = topology_of(part, ("protein", "cap", "ion"))
        self.whole, _ = topology_of(part, ("protein", "cap", "ion"))
        add_ligand(self.whole, ligand, part.chain)
        self.alone = Topology()
        add_ligand(self.alone, ligand, part.chain)
        self.positions: NDArray[np.float64] = np.vstack([10.0 * nanometres, ligand.positions])
        self.atoms = len(nanometres)
        self.field = ForceField(PROTEIN_FILE, WATER_FILE)
        self.field.loadFile(io.StringIO(ligand.parameters.xml))

    @cached_property
    def mobile(self) -> NDArray[np.bool_]:
        """Which atoms of the complex move."""
        moving = [
            residue.name not in ("ACE", "NME")
            and (int(residue.id), residue.insertionCode.strip()) in self.pocket.mobile
            for residue in self.receptor.residues()
            for _ in residue.atoms()
        ]
        return np.array([*moving, *([True] * len(self.ligand.names))], dtype=bool)

    @cached_property
    def labels(self) -> list[tuple[str, str]]:
        """Residue number and atom name of each atom: what it is called in wild type and mutant alike."""
        return [(residue.id, atom.name) for residue in self.whole.residues() for atom in residue.atoms()]

    @cached_property
    def near_in_bonds(self) -> NDArray[np.bool_]:
        """Which pairs of atoms are the same or at most three bonds apart, (atoms, atoms)."""
        count = self.whole.getNumAtoms()
        step = np.eye(count, dtype=np.float32)
        for first, second in self.whole.bonds():
            step[first.index, second.index] = step[second.index, first.index] = 1.0
        return np.asarray((step @ step @ step) > 0)

    @cached_property
    def contexts(self) -> dict[str, openmm.Context]:
        """Contexts of ``complex``, ``receptor``, ``ligand``, and ``quick`` without solvent; what stands has no mass."""
        parts = {
            "complex": (self.whole, slice(None)),
            "receptor": (self.receptor, slice(0, self.atoms)),
            "ligand": (self.alone, slice(self.atoms, None)),
        }
        found = {name: self._context(topology, where) for name, (topology, where) in parts.items()}
        system = create_system(self.field, self.whole, "vacuum")
        for force in system.getForces():
            if isinstance(force, openmm.NonbondedForce):
                _scale_charges(force, 0.5)
        _hold(system, self.mobile)
        found["quick"] = open_context(system, self.positions)
        return found

    def nonbonded(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Charges (e), sigma (Å) and epsilon (kcal/mol) of the complex's atoms."""
        force = next(
            each for each in self.contexts["complex"].getSystem().getForces() if isinstance(each, openmm.NonbondedForce)
        )
        rows = np.array(
            [
                [float(value._value) for value in force.getParticleParameters(number)]
                for number in range(force.getNumParticles())
            ]
        )
        return rows[:, 0], 10.0 * rows[:, 1], rows[:, 2] / 4.184

    def minimise(self, start: NDArray[np.float64], *, apart: bool = True) -> tuple[Energies, NDArray[np.float64]]:
        """Minimise from ``start`` (atoms, 3; ångström); returns the energies and the complex's positions.

        Without ``apart`` the receptor is not minimised on its own: its energy at the complex's geometry stands for it.
        """
        relaxed = _minimised(self.contexts["complex"], _minimised(self.contexts["quick"], start, QUICK_STEPS), STEPS)
        here, there = relaxed[: self.atoms], relaxed[self.atoms :]
        parts = {"complex": relaxed, "receptor": here, "ligand": there}
        energy = {name: self._terms(name, positions) for name, positions in parts.items()}
        ligand_alone = energy["ligand"]["total"]
        receptor = energy["receptor"]["total"]
        if apart:
            free = _minimised(self.contexts["receptor"], here, STEPS)
            receptor = self._terms("receptor", free)["total"]
        difference = {
            term: energy["complex"][term] - energy["receptor"][term] - energy["ligand"][term]
            for term in energy["complex"]
        }
        return (
            Energies(
                lennard_jones=difference["lennard_jones"],
                electrostatic=difference["electrostatic"],
                interaction=difference["total"],
                complex_minimum=energy["complex"]["total"],
                receptor_minimum=receptor,
                ligand_alone=ligand_alone,
            ),
            relaxed,
        )

    def _terms(self, name: str, positions: NDArray[np.float64]) -> dict[str, float]:
        context = self.contexts[name]
        context.setPositions(positions / 10.0)
        nonbonded = energy_kcal(context, {COULOMB})
        solvent = energy_kcal(context, {SOLVENT})
        uncharged = energy_kcal(context, {LENNARD_JONES})
        return {
            "total": energy_kcal(context, set(range(11)) | {COULOMB, SOLVENT}),
            "lennard_jones": uncharged,
            "electrostatic": nonbonded - uncharged + solvent,
        }

    def _context(self, topology: Topology, where: slice) -> openmm.Context:
        system = create_system(self.field, topology, "implicit")
        for force in system.getForces():
            if isinstance(force, openmm.NonbondedForce):
                force.setForceGroup(COULOMB)
                system.addForce(_uncharged(force))
            elif isinstance(force, openmm.GBSAOBCForce):
                force.setForceGroup(SOLVENT)
        _hold(system, self.mobile[where])
        integrator = openmm.VerletIntegrator(0.001)
        # The copy without charges is for reading energies; it does not act.
        integrator.setIntegrationForceGroups(set(range(11)) | {COULOMB, SOLVENT})
        return open_context(system, self.positions[where], integrator=integrator)


def _minimised(context: openmm.Context, start: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    context.setPositions(start / 10.0)
    openmm.LocalEnergyMinimizer.minimize(context, TOLERANCE, steps)
    return positions_of(context)


def _hold(system: openmm.System, mobile: NDArray[np.bool_]) -> None:
    """Take the mass of all atoms that stand still: OpenMM's minimiser leaves them where they are."""
    for index, moves in enumerate(mobile.tolist()):
        if not moves:
            system.setParticleMass(index, 0.0)


def _uncharged(force: openmm.NonbondedForce) -> openmm.NonbondedForce:
    """A copy of a force without its charges, in a group of its own: the Lennard-Jones part can be read from it."""
    copy = openmm.XmlSerializer.clone(force)
    _scale_charges(copy, 0.0)
    copy.setForceGroup(LENNARD_JONES)
    return copy


def _scale_charges(force: openmm.NonbondedForce, factor: float) -> None:
    for index in range(force.getNumParticles()):
        charge, sigma, epsilon = force.getParticleParameters(index)
        force.setParticleParameters(index, factor * charge, sigma, epsilon)
    for index in range(force.getNumExceptions()):
        first, second, product, sigma, epsilon = force.getExceptionParameters(index)
        force.setExceptionParameters(index, first, second, factor**2 * product, sigma, epsilon)
