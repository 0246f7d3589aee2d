"""Charges and Lennard-Jones of a hybrid residue.

Shared atoms' parameters go from the wild type's to the mutant's in proportion. The two side chains never feel each
other. What each feels of all else is scaled (charges, and the 1-4 pairs across the junction) or behind the soft core of
:mod:`.softcore`; what its own atoms do to one another stays whole, so that it is the same in every leg (Mugnai & Elber
2012, doi:10.1021/ct3003817).
"""

from __future__ import annotations

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import unit

from kinescape.structure.alchemy.bonded import Roles
from kinescape.structure.alchemy.path import CHANGE, NEW_CHARGES, NEW_STERICS, OLD_CHARGES, OLD_STERICS
from kinescape.structure.alchemy.softcore import ALPHA, same_cutoff

Ints = NDArray[np.int64]
Pair = tuple[int, int]

SOFT = (
    "lambda*4*epsilon*x*(x-1);"
    f"x = sigma^6/({ALPHA}*(1-lambda)*sigma^6 + r^6);"
    f"lambda = old*{OLD_STERICS} + new*{NEW_STERICS};"
    # One of the two atoms belongs to a side chain, the other to all else.
    "old = old1+old2; new = new1+new2;"
    "sigma = 0.5*(sigma1+sigma2); epsilon = sqrt(epsilon1*epsilon2)"
)


class Strength(NamedTuple):
    """Of an atom (charge in e) or of a pair (product of charges in e²); nm, kJ/mol."""

    charge: float
    sigma: float
    epsilon: float


def join_pairs(system: Any, mutant: Any, places: Ints, roles: Roles) -> None:
    """Put the mutant's nonbonded parameters into a system that has the wild type's; arguments as in
    :func:`.bonded.join_bonded`.
    """
    force = nonbonded(system)
    theirs = nonbonded(mutant)
    mutant_atoms = {int(places[n]): _atom(theirs, n) for n in range(mutant.getNumParticles())}
    new_atoms = {atom: mutant_atoms[atom] for atom in sorted(roles.new)}
    for atom, strength in new_atoms.items():
        if force.addParticle(*strength) != atom:
            raise AssertionError("atoms that come are the last ones, in their order")
    wild_atoms = {atom: _atom(force, atom) for atom in range(force.getNumParticles()) if atom not in roles.new}
    soft = _soft_core(force, {**wild_atoms, **new_atoms}, roles)
    for name, value in ((OLD_CHARGES, 1.0), (NEW_CHARGES, 0.0), (CHANGE, 0.0), (OLD_STERICS, 1.0), (NEW_STERICS, 0.0)):
        force.addGlobalParameter(name, value)
    for atoms, name in ((roles.old, OLD_CHARGES), (roles.new, NEW_CHARGES)):
        for atom in sorted(atoms):
            charge, sigma, _ = _atom(force, atom)
            force.setParticleParameters(atom, 0.0, sigma, 0.0)
            force.addParticleParameterOffset(name, atom, charge, 0.0, 0.0)
    for atom, strength in mutant_atoms.items():
        if atom not in roles.new and not np.allclose(strength, wild_atoms[atom], rtol=0, atol=1e-10):
            difference = [after - before for before, after in zip(wild_atoms[atom], strength, strict=True)]
            force.addParticleParameterOffset(CHANGE, atom, *difference)
    _join_exceptions(force, theirs, places, roles, wild_atoms, mutant_atoms)
    for number in range(force.getNumExceptions()):
        first, second, *_ = force.getExceptionParameters(number)
        soft.addExclusion(first, second)
    system.addForce(soft)


def nonbonded(system: Any) -> Any:
    """The force with charges and Lennard-Jones of a system."""
    return next(force for force in system.getForces() if isinstance(force, openmm.NonbondedForce))


def _join_exceptions(
    force: Any,
    theirs: Any,
    places: Ints,
    roles: Roles,
    wild_atoms: dict[int, Strength],
    mutant_atoms: dict[int, Strength],
) -> None:
    wild = {pair: (number, strength) for number, pair, strength in _exceptions(force, None)}
    mutant = {pair: strength for _, pair, strength in _exceptions(theirs, places)}
    for pair, (number, strength) in wild.items():
        across = roles.old.intersection(pair)
        if len(across) == 1 and (strength.charge or strength.epsilon):
            force.setExceptionParameters(number, *pair, 0.0, strength.sigma, 0.0)
            _scaled(force, number, strength, OLD_CHARGES, OLD_STERICS)
        elif not across and pair in mutant and not np.allclose(strength, mutant[pair], rtol=0, atol=1e-10):
            difference = [after - before for before, after in zip(strength, mutant[pair], strict=True)]
            force.addExceptionParameterOffset(CHANGE, number, *difference)
    for pair, strength in mutant.items():
        across = roles.new.intersection(pair)
        if len(across) == 1 and (strength.charge or strength.epsilon):
            number = force.addException(*pair, 0.0, strength.sigma, 0.0)
            _scaled(force, number, strength, NEW_CHARGES, NEW_STERICS)
        elif across:
            force.addException(*pair, *strength)
    for atoms, table, known in ((roles.old, wild_atoms, set(wild)), (roles.new, mutant_atoms, set(mutant))):
        for pair in combinations(sorted(atoms), 2):
            if pair not in known:
                one, other = table[pair[0]], table[pair[1]]
                force.addException(
                    *pair,
                    one.charge * other.charge,
                    0.5 * (one.sigma + other.sigma),
                    float(np.sqrt(one.epsilon * other.epsilon)),
                )
    for old in sorted(roles.old):
        for new in sorted(roles.new):
            force.addException(old, new, 0.0, 0.1, 0.0)


def _scaled(force: Any, number: int, strength: Strength, charges: str, sterics: str) -> None:
    force.addExceptionParameterOffset(charges, number, strength.charge, 0.0, 0.0)
    force.addExceptionParameterOffset(sterics, number, 0.0, 0.0, strength.epsilon)


def _soft_core(force: Any, atoms: dict[int, Strength], roles: Roles) -> Any:
    soft = openmm.CustomNonbondedForce(SOFT)
    soft.addGlobalParameter(OLD_STERICS, 1.0)
    soft.addGlobalParameter(NEW_STERICS, 0.0)
    for name in ("sigma", "epsilon", "old", "new"):
        soft.addPerParticleParameter(name)
    for atom in range(force.getNumParticles()):
        # Atoms without Lennard-Jones have any sigma, 0 among them, and 0/0 is no number.
        values = [max(atoms[atom].sigma, 1e-3), atoms[atom].epsilon]
        soft.addParticle([*values, float(atom in roles.old), float(atom in roles.new)])
    rest = sorted(set(range(force.getNumParticles())) - roles.unique)
    soft.addInteractionGroup(sorted(roles.old), rest)
    soft.addInteractionGroup(sorted(roles.new), rest)
    same_cutoff(force, soft)
    return soft


def _atom(force: Any, number: int) -> Strength:
    charge, sigma, epsilon = force.getParticleParameters(number)
    return _strength(charge, sigma, epsilon)


def _exceptions(force: Any, places: Ints | None) -> list[tuple[int, Pair, Strength]]:
    found = []
    for number in range(force.getNumExceptions()):
        first, second, *values = force.getExceptionParameters(number)
        if places is not None:
            first, second = int(places[first]), int(places[second])
        found.append((number, (min(first, second), max(first, second)), _strength(*values)))
    return found


def _strength(charge: Any, sigma: Any, epsilon: Any) -> Strength:
    plain = [float(each.value_in_unit_system(unit.md_unit_system)) for each in (charge, sigma, epsilon)]
    return Strength(*plain)
