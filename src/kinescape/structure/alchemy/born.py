"""Implicit water of a hybrid residue: OBC2 whose charges and radii follow the window.

OpenMM's built-in force has no parameters of the context, but is eight times faster on a CPU than a custom one that has:
so its particles are set anew for every window. An atom that is not there has no charge and screens no other; for its
own surface term to be the same whatever surrounds it, it is given a radius beyond the reach of all others: its Born
radius is then that radius, and its term a constant, which is taken off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import unit
from openmm.app.internal.customgbforces import GBSAOBC2Force

from kinescape.structure.alchemy.bonded import Roles
from kinescape.structure.alchemy.pairs import nonbonded
from kinescape.structure.alchemy.path import CHANGE, NEW_CHARGES, NEW_STERICS, OLD_CHARGES, OLD_STERICS, State

Floats = NDArray[np.float64]

UNFELT = 1e-10
"""Of its radius, by which an atom that is not there screens others: OpenMM wants more than 0; this is felt as 0."""
OFFSET, PROBE = 0.009, 0.14
"""nm: of OBC's Born radii (Onufriev 2004) and of its surface term."""


def beyond(positions: Floats) -> float:
    """A radius in nm that is wider than a molecule of these positions ever gets in a simulation."""
    return 1.0 + 1.5 * float(np.linalg.norm(np.ptp(positions, axis=0)))


@dataclass(frozen=True)
class BornAtom:
    """One atom in both ends: charges in e (0 in the end where it is not), radius in nm, screening scale."""

    place: int
    wild_charge: float
    mutant_charge: float
    radius: float
    scale: float
    role: str
    """``old``, ``new`` or ``shared``."""


def born_force(system: Any) -> Any | None:
    """The implicit water of a system; None where it has none."""
    return next((force for force in system.getForces() if isinstance(force, openmm.GBSAOBCForce)), None)


def join_born(system: Any, mutant: Any, topology: Any, places: Any, roles: Roles) -> tuple[BornAtom, ...]:
    """Add the particles that come to the implicit water, and tell what changes with the window.

    ``topology`` is the mutant's (radii depend on elements and bonds); the others as in :func:`.bonded.join_bonded`.
    Empty where the system has no implicit water.
    """
    force = born_force(system)
    if force is None:
        return ()
    radii = GBSAOBC2Force.getStandardParameters(topology)
    charges = nonbonded(mutant)
    found = []
    for number in range(mutant.getNumParticles()):
        place = int(places[number])
        charge = _plain(charges.getParticleParameters(number)[0])
        if place in roles.new:
            radius, scale = (_plain(each) for each in radii[number])
            if force.addParticle(0.0, 1.0, UNFELT) != place:
                raise AssertionError("atoms that come are the last ones, in their order")
            found.append(BornAtom(place, 0.0, charge, radius, scale, "new"))
        else:
            own, radius, scale = (_plain(each) for each in force.getParticleParameters(place))
            if abs(own - charge) > 1e-10:
                found.append(BornAtom(place, own, charge, radius, scale, "shared"))
    for place in sorted(roles.old):
        own, radius, scale = (_plain(each) for each in force.getParticleParameters(place))
        found.append(BornAtom(place, own, 0.0, radius, scale, "old"))
    return tuple(found)


def set_born(force: Any, atoms: tuple[BornAtom, ...], state: State, far: float) -> float:
    """Set the particles for a window (``far`` by :func:`beyond`).

    Returns the energy (kJ/mol) that atoms which are not there add, a constant.
    """
    tension = float(force.getSurfaceAreaEnergy().value_in_unit(unit.kilojoule_per_mole / unit.nanometer**2))
    constant = 0.0
    for each in atoms:
        if each.role == "shared":
            charge = each.wild_charge + state[CHANGE] * (each.mutant_charge - each.wild_charge)
            force.setParticleParameters(each.place, charge, each.radius, each.scale)
            continue
        old = each.role == "old"
        there = state[OLD_STERICS if old else NEW_STERICS]
        charge = each.wild_charge * state[OLD_CHARGES] if old else each.mutant_charge * state[NEW_CHARGES]
        if there > 0.0:
            force.setParticleParameters(each.place, charge, each.radius, each.scale * there)
        else:
            force.setParticleParameters(each.place, 0.0, far, UNFELT)
            constant += 4.0 * np.pi * tension * (far + PROBE) ** 2 * (far / (far - OFFSET)) ** 6
    return constant


def _plain(value: Any) -> float:
    return float(value.value_in_unit_system(unit.md_unit_system)) if unit.is_quantity(value) else float(value)
