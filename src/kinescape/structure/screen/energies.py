"""Energies of one posed complex: relaxed with its ligand and without, and what lies between the two.

Interaction energy: complex minus receptor minus ligand, all at the geometry of the relaxed complex, in OBC2 water with
salt. It has two parts: Lennard-Jones, and electrostatics (Coulomb and the solvent together; either alone is large and
cancels against the other). The MM/GBSA-like term lets the receptor relax without the ligand: relaxed complex minus
relaxed receptor minus ligand (Kollman PA et al., Acc Chem Res 2000;33:889, here on single minima, the ligand as it is
bound, and without entropies): the interaction energy and the receptor's strain, which is what it gains by relaxing from
the complex's geometry. Complex and receptor are relaxed by one criterion, one after the other. To it comes
what the drug takes from the rotamers of the changed side chains (:mod:`.freedom`).

Geometries are minimised in OBC2 water without salt (OpenMM's fast force has none). Interaction energies are read at
these geometries in OBC2 water with salt, in double precision. Neither has a cutoff. The strain is a difference of two
energies of the kind that was minimised.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm.app import ForceField, Topology
from openmm.app.internal.customgbforces import GBSAOBC2Force

from kinescape.structure.forcefield import (
    IONIC_STRENGTH,
    PROTEIN_FILE,
    SOLVENT_DIELECTRIC,
    WATER_FILE,
    add_ligand,
    create_system,
    energy_kcal,
    generalised_born,
    open_context,
    positions_of,
)
from kinescape.structure.ligands.whole import WholeLigand
from kinescape.structure.openmm_bridge import topology_of
from kinescape.structure.pocket import Pocket

STEPS, ROUNDS = 100, 10
"""A relaxation is at most ``ROUNDS`` minimisations (L-BFGS) of at most ``STEPS`` iterations each."""
SETTLED = 0.1
"""kcal/mol: a relaxation ends where one more minimisation lowers the energy by less than this."""
TOLERANCE = 2.0
"""Root mean square force at which OpenMM ends one minimisation, kJ/mol/nm."""
SIDE_STEPS = 100
"""Most iterations when side chains alone are minimised: new ones without solvent and with halved charges."""
SIDE_TOLERANCE = 10.0
"""Root mean square force at which side chains alone are minimised in water, kJ/mol/nm."""
KAPPA = 10.0 * 0.73 * 50.33355 * math.sqrt(IONIC_STRENGTH / (SOLVENT_DIELECTRIC * 298.15))
"""Inverse screening length of the salt, 1/nm (Debye and Hückel at 0.15 mol/l and 25 °C, with the factor 0.73 for the
ions that the solute keeps out: Srinivasan J et al., Theor Chem Acc 1999;101:426)."""
LENNARD_JONES, COULOMB, SOLVENT = 11, 12, 13
"""Force groups of the systems that energies are read from; the first is a copy without charges, no part of the sum."""


@dataclass(frozen=True)
class Energies:
    """In kcal/mol: see this module's text."""

    lennard_jones: float
    electrostatic: float
    strain: float
    """Of the receptor in the complex, against the receptor relaxed on its own."""
    confinement: float = 0.0
    """What the drug takes from the rotamers of the changed side chains (:mod:`.freedom`)."""
    coulomb: float = 0.0
    """Of the electrostatic part, what the charges do to one another without water."""

    @property
    def interaction(self) -> float:
        """Interaction energy at the geometry of the complex."""
        return self.lennard_jones + self.electrostatic

    @property
    def binding(self) -> float:
        """The MM/GBSA-like binding energy."""
        return self.interaction + self.strain + self.confinement


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
        self.parts = {
            "complex": (self.whole, slice(None)),
            "receptor": (self.receptor, slice(0, self.atoms)),
            "ligand": (self.alone, slice(self.atoms, None)),
        }
        self._vacuum: dict[str, openmm.System] = {}
        self._relaxing: dict[str, openmm.Context] = {}
        self._turning: dict[tuple[str, str, bytes], openmm.Context] = {}
        self._reading: dict[str, openmm.Context] = {}

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
        """Residue number and atom name of each atom."""
        return [(residue.id, atom.name) for residue in self.whole.residues() for atom in residue.atoms()]

    @cached_property
    def near_in_bonds(self) -> NDArray[np.bool_]:
        """Which pairs of atoms are the same or at most three bonds apart, (atoms, atoms)."""
        count = self.whole.getNumAtoms()
        step = np.eye(count, dtype=np.float32)
        for first, second in self.whole.bonds():
            step[first.index, second.index] = step[second.index, first.index] = 1.0
        return np.asarray((step @ step @ step) > 0)

    def site_atoms(self, number: int) -> NDArray[np.int64]:
        """Indices of the atoms of the amino acid with this number."""
        return np.array(
            [
                atom.index
                for residue in self.receptor.residues()
                if residue.id == str(number) and residue.name not in ("ACE", "NME")
                for atom in residue.atoms()
            ],
            dtype=np.int64,
        )

    @cached_property
    def nonbonded(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Charges (e), sigma (Å) and epsilon (kcal/mol) of the complex's atoms."""
        force = _charges_of(self._system("complex"))
        rows = np.array(
            [
                [float(value._value) for value in force.getParticleParameters(number)]
                for number in range(force.getNumParticles())
            ]
        )
        return rows[:, 0], 10.0 * rows[:, 1], rows[:, 2] / 4.184

    def relaxed(
        self, start: NDArray[np.float64], part: str = "complex", *, rounds: int = ROUNDS, steps: int = STEPS
    ) -> NDArray[np.float64]:
        """Positions of the nearest minimum, (atoms of the part, 3) in ångström.

        ``part`` is ``complex`` or ``receptor``. Minimisations of at most ``steps`` iterations follow one another until
        one lowers the energy by less than :data:`SETTLED`, ``rounds`` of them at most.
        """
        context = self._relaxing_context(part)
        context.setPositions(start / 10.0)
        before = energy_kcal(context)
        for _ in range(rounds):
            openmm.LocalEnergyMinimizer.minimize(context, TOLERANCE, steps)
            after = energy_kcal(context)
            if before - after < SETTLED:
                break
            before = after
        return positions_of(context)

    def settled(
        self, start: NDArray[np.float64], moving: NDArray[np.int64], part: str = "complex", steps: int = SIDE_STEPS
    ) -> NDArray[np.float64]:
        """Positions with some atoms alone minimised: side chains that were just put in."""
        key = (part, "vacuum", moving.tobytes())
        if key not in self._turning:
            system = self._system(part)
            _scale_charges(_charges_of(system), 0.5)
            _hold(system, _mask(len(start), moving))
            self._turning[key] = open_context(system, start)
        context = self._turning[key]
        context.setPositions(start / 10.0)
        openmm.LocalEnergyMinimizer.minimize(context, TOLERANCE, steps)
        return positions_of(context)

    def side_energy(self, positions: NDArray[np.float64], moving: NDArray[np.int64], part: str) -> float:
        """Energy in water, kcal/mol, of positions that differ in some atoms alone; see :meth:`side_minimum`."""
        return energy_kcal(self._turning_context(positions, moving, part))

    def side_minimum(
        self, start: NDArray[np.float64], moving: NDArray[np.int64], part: str
    ) -> tuple[float, NDArray[np.float64]]:
        """Energy (kcal/mol) and positions when some atoms alone are minimised in water, the rest standing still."""
        context = self._turning_context(start, moving, part)
        openmm.LocalEnergyMinimizer.minimize(context, SIDE_TOLERANCE, SIDE_STEPS)
        return energy_kcal(context), positions_of(context)

    def energies(self, relaxed: NDArray[np.float64], free: NDArray[np.float64] | None = None) -> Energies:
        """Energies at the positions of a complex, and of its receptor relaxed on its own (None: no strain)."""
        terms = {name: self._terms(name, relaxed[where]) for name, (_, where) in self.parts.items()}
        lennard_jones, electrostatic, coulomb = (
            terms["complex"][name] - terms["receptor"][name] - terms["ligand"][name]
            for name in ("lennard_jones", "electrostatic", "coulomb")
        )
        strain = 0.0
        if free is not None:
            strain = self.energy(relaxed[: self.atoms], "receptor") - self.energy(free, "receptor")
        return Energies(lennard_jones=lennard_jones, electrostatic=electrostatic, strain=strain, coulomb=coulomb)

    def energy(self, positions: NDArray[np.float64], part: str = "complex") -> float:
        """Energy of the complex or the receptor, kcal/mol: what :meth:`relaxed` lowers."""
        context = self._relaxing_context(part)
        context.setPositions(positions / 10.0)
        return energy_kcal(context)

    def _terms(self, name: str, positions: NDArray[np.float64]) -> dict[str, float]:
        context = self._reading_context(name)
        context.setPositions(positions / 10.0)
        uncharged = energy_kcal(context, {LENNARD_JONES})
        coulomb = energy_kcal(context, {COULOMB}) - uncharged
        return {
            "lennard_jones": uncharged,
            "electrostatic": coulomb + energy_kcal(context, {SOLVENT}),
            "coulomb": coulomb,
        }

    def _relaxing_context(self, name: str) -> openmm.Context:
        if name not in self._relaxing:
            self._relaxing[name] = self._watery_context(name, self.mobile[self.parts[name][1]])
        return self._relaxing[name]

    def _turning_context(self, positions: NDArray[np.float64], moving: NDArray[np.int64], part: str) -> openmm.Context:
        key = (part, "water", moving.tobytes())
        if key not in self._turning:
            self._turning[key] = self._watery_context(part, _mask(len(positions), moving))
        self._turning[key].setPositions(positions / 10.0)
        return self._turning[key]

    def _watery_context(self, name: str, mobile: NDArray[np.bool_]) -> openmm.Context:
        topology, where = self.parts[name]
        system = self._system(name)
        system.addForce(generalised_born(system, topology))
        _hold(system, mobile)
        return open_context(system, self.positions[where])

    def _reading_context(self, name: str) -> openmm.Context:
        if name not in self._reading:
            topology, where = self.parts[name]
            system = self._system(name)
            charges = _charges_of(system)
            charges.setForceGroup(COULOMB)
            system.addForce(_uncharged(charges))
            system.addForce(salt_water(charges, topology))
            self._reading[name] = open_context(system, self.positions[where], platform="Reference")
        return self._reading[name]

    def _system(self, name: str) -> openmm.System:
        """A new copy of a part in vacuum."""
        if name not in self._vacuum:
            self._vacuum[name] = create_system(self.field, self.parts[name][0], "vacuum")
        return openmm.XmlSerializer.clone(self._vacuum[name])


def salt_water(charges: openmm.NonbondedForce, topology: Topology, kappa: float = KAPPA) -> openmm.CustomGBForce:
    """OBC2 water with a surface term and dissolved salt (``kappa`` in 1/nm): a slow force, for reading energies."""
    force = GBSAOBC2Force(solventDielectric=SOLVENT_DIELECTRIC, soluteDielectric=1.0, SA="ACE", kappa=kappa)
    for index, (radius, scale) in enumerate(GBSAOBC2Force.getStandardParameters(topology)):
        force.addParticle([charges.getParticleParameters(index)[0], radius, scale])
    force.finalize()
    force.setNonbondedMethod(openmm.CustomGBForce.NoCutoff)
    force.setForceGroup(SOLVENT)
    return force


def _charges_of(system: openmm.System) -> openmm.NonbondedForce:
    return next(each for each in system.getForces() if isinstance(each, openmm.NonbondedForce))


def _mask(count: int, moving: NDArray[np.int64]) -> NDArray[np.bool_]:
    mask = np.zeros(count, dtype=bool)
    mask[moving] = True
    return mask


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
