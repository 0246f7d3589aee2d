"""The surroundings of a site, cut out of a model: energy and minimisation with everything far away standing still."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import unit

from kinescape.structure.openmm_bridge import platform
from kinescape.structure.parameters import Parameters

RESTRAINT = 4184.0
"""kJ/mol/nm² (10 kcal/mol/Å²) that holds the backbone of moving residues where the experiment saw it."""
TOLERANCE = 10.0
"""kJ/mol/nm: OpenMM's own default for the largest root-mean-square force component at the minimum."""


@dataclass(frozen=True)
class Region:
    """Some of a model's particles: ``atoms`` are their numbers in ``parameters``; ``free`` says which of them move."""

    parameters: Parameters
    atoms: NDArray[np.int64]
    context: openmm.Context

    def energy(self, positions: NDArray[np.float64]) -> float:
        """Energy in kJ/mol, that of restraints included, at positions of **all** particles in nanometres."""
        self._set(positions)
        return self._energy()

    def minimise(self, positions: NDArray[np.float64], steps: int) -> tuple[NDArray[np.float64], float]:
        """Positions of all particles after minimisation of the free ones, and the energy that was minimised."""
        self._set(positions)
        openmm.LocalEnergyMinimizer.minimize(self.context, TOLERANCE, steps)
        state = self.context.getState(getPositions=True)
        moved = positions.copy()
        moved[self.atoms] = np.array(state.getPositions(asNumpy=True).value_in_unit(unit.nanometer))
        return moved, self._energy()

    def _set(self, positions: NDArray[np.float64]) -> None:
        self.context.setPositions(positions[self.atoms])

    def _energy(self) -> float:
        energy = self.context.getState(getEnergy=True).getPotentialEnergy()
        return float(energy.value_in_unit(unit.kilojoule_per_mole))


def region_of(
    parameters: Parameters,
    inside: NDArray[np.bool_],
    free: NDArray[np.bool_],
    positions: NDArray[np.float64],
    *,
    solvent: bool = True,
    cutoff: float | None = None,
    restrained: NDArray[np.bool_] | None = None,
) -> Region:
    """Cut out the particles ``inside``; of them those that are ``free`` (and not rigid) will move.

    ``solvent`` adds OBC2's generalised Born term for what is inside (the far protein is then missing from the Born
    radii at the rim, equally for every candidate compared). ``cutoff`` (nm) is for large regions without solvent.
    ``restrained`` particles are held at ``positions``.
    """
    p = parameters
    atoms = np.flatnonzero(inside)
    number = np.full(len(inside), -1)
    number[atoms] = np.arange(len(atoms))
    moving = free & ~p.rigid
    system = openmm.System()
    for atom in atoms.tolist():
        system.addParticle(float(p.mass[atom]) if moving[atom] else 0.0)
    system.addForce(_bonds(p, number, moving))
    system.addForce(_angles(p, number, moving))
    system.addForce(_torsions(p, number, moving))
    nonbonded = _nonbonded(p, number, atoms)
    if cutoff is not None:
        nonbonded.setNonbondedMethod(openmm.NonbondedForce.CutoffNonPeriodic)
        nonbonded.setCutoffDistance(cutoff)
    system.addForce(nonbonded)
    if solvent:
        born = openmm.GBSAOBCForce()
        for atom in atoms.tolist():
            born.addParticle(float(p.charge[atom]), float(p.born_radius[atom]), float(p.born_scale[atom]))
        system.addForce(born)
    if restrained is not None:
        system.addForce(_restraint(number, restrained & moving & inside, positions))
    chosen, properties = platform()
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), chosen, properties)
    return Region(p, atoms, context)


def _chosen(terms: NDArray[np.int64], number: NDArray[np.int64], moving: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Terms that lie inside and have a moving particle: the others are constant."""
    return np.flatnonzero((number[terms] >= 0).all(axis=1) & moving[terms].any(axis=1))


def _bonds(p: Parameters, number: NDArray[np.int64], moving: NDArray[np.bool_]) -> openmm.HarmonicBondForce:
    force = openmm.HarmonicBondForce()
    particles, values = p.bonds
    for term in _chosen(particles, number, moving):
        force.addBond(*number[particles[term]].tolist(), *values[term].tolist())
    return force


def _angles(p: Parameters, number: NDArray[np.int64], moving: NDArray[np.bool_]) -> openmm.HarmonicAngleForce:
    force = openmm.HarmonicAngleForce()
    particles, values = p.angles
    for term in _chosen(particles, number, moving):
        force.addAngle(*number[particles[term]].tolist(), *values[term].tolist())
    return force


def _torsions(p: Parameters, number: NDArray[np.int64], moving: NDArray[np.bool_]) -> openmm.PeriodicTorsionForce:
    force = openmm.PeriodicTorsionForce()
    particles, values = p.torsions
    for term in _chosen(particles, number, moving):
        periodicity, phase, strength = values[term].tolist()
        force.addTorsion(*number[particles[term]].tolist(), int(periodicity), phase, strength)
    return force


def _nonbonded(p: Parameters, number: NDArray[np.int64], atoms: NDArray[np.int64]) -> openmm.NonbondedForce:
    force = openmm.NonbondedForce()
    for atom in atoms.tolist():
        force.addParticle(float(p.charge[atom]), float(p.sigma[atom]), float(p.epsilon[atom]))
    particles, values = p.exceptions
    for term in np.flatnonzero((number[particles] >= 0).all(axis=1)):
        force.addException(*number[particles[term]].tolist(), *values[term].tolist())
    rigid = atoms[p.rigid[atoms]]
    for place, one in enumerate(rigid.tolist()):
        for other in rigid[place + 1 :].tolist():
            # Particles of what stands still: their mutual energy is a constant, and may be a huge one.
            force.addException(int(number[one]), int(number[other]), 0.0, 0.1, 0.0)
    return force


def _restraint(
    number: NDArray[np.int64], restrained: NDArray[np.bool_], positions: NDArray[np.float64]
) -> openmm.CustomExternalForce:
    force = openmm.CustomExternalForce(f"{RESTRAINT / 2}*((x-x0)^2+(y-y0)^2+(z-z0)^2)")
    for name in ("x0", "y0", "z0"):
        force.addPerParticleParameter(name)
    for atom in np.flatnonzero(restrained):
        force.addParticle(int(number[atom]), positions[atom].tolist())
    return force
