"""A whole molecule decoupled from its surroundings by two parameters of the context.

Lennard-Jones with the soft core of Beutler et al. 1994 (doi:10.1016/0009-2614(94)00397-1; alpha 0.5, powers 1 and 6),
charges by scaling. What the molecule's own atoms do to one another stays whole at every value, so that the other end of
a cycle is the molecule alone in vacuum.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import openmm
from openmm import unit

from kinescape.errors import InputError

STERICS, ELECTROSTATICS = "lambda_sterics", "lambda_electrostatics"
"""1: coupled, 0: decoupled."""
ALPHA = 0.5
ENERGY = (
    f"{STERICS}*4*epsilon*x*(x-1);"
    f"x = sigma^6/({ALPHA}*(1-{STERICS})*sigma^6 + r^6);"
    "sigma = 0.5*(sigma1+sigma2); epsilon = sqrt(epsilon1*epsilon2)"
)


def decoupled(system: Any, atoms: Sequence[int]) -> Any:
    """A copy of an OpenMM system in which ``atoms`` (a whole molecule) can be decoupled from all others.

    At :data:`STERICS` = :data:`ELECTROSTATICS` = 1 energies and forces are those of ``system``, but for the long-range
    correction of the dispersion between the molecule and the rest.

    Raises
    ------
    InputError
        The atoms are bonded to others, are none or all, or the system has implicit water, whose radii are not scaled.
    """
    chosen = sorted(set(atoms))
    count = system.getNumParticles()
    if not chosen or chosen[0] < 0 or chosen[-1] >= count or len(chosen) == count:
        raise InputError("atoms to decouple", found=f"{len(chosen)} of {count}", expected="some of the system's atoms")
    made = copy.deepcopy(system)
    forces = list(made.getForces())
    if any(isinstance(force, (openmm.GBSAOBCForce, openmm.CustomGBForce)) for force in forces):
        raise InputError("implicit water is not decoupled", expected="vacuum or explicit water")
    pairs = next((force for force in forces if isinstance(force, openmm.NonbondedForce)), None)
    if pairs is None:
        raise InputError("the system has no nonbonded force")
    _check_whole(pairs, set(chosen))
    soft = _soft_force(pairs, chosen, count)
    _keep_inside(pairs, chosen, soft)
    pairs.addGlobalParameter(ELECTROSTATICS, 1.0)
    for atom in chosen:
        charge, sigma, _ = pairs.getParticleParameters(atom)
        pairs.setParticleParameters(atom, 0.0, sigma, 0.0)
        pairs.addParticleParameterOffset(ELECTROSTATICS, atom, charge, 0.0, 0.0)
    made.addForce(soft)
    return made


def same_cutoff(pairs: Any, soft: Any) -> None:
    """Give a custom nonbonded force the cutoff and switch of the plain one."""
    method = pairs.getNonbondedMethod()
    if method == openmm.NonbondedForce.NoCutoff:
        soft.setNonbondedMethod(openmm.CustomNonbondedForce.NoCutoff)
    elif method == openmm.NonbondedForce.CutoffNonPeriodic:
        soft.setNonbondedMethod(openmm.CustomNonbondedForce.CutoffNonPeriodic)
    else:
        soft.setNonbondedMethod(openmm.CustomNonbondedForce.CutoffPeriodic)
    if method != openmm.NonbondedForce.NoCutoff:
        soft.setCutoffDistance(pairs.getCutoffDistance())
        soft.setUseSwitchingFunction(pairs.getUseSwitchingFunction())
        soft.setSwitchingDistance(pairs.getSwitchingDistance())


def _check_whole(pairs: Any, chosen: set[int]) -> None:
    for number in range(pairs.getNumExceptions()):
        first, second, *_ = pairs.getExceptionParameters(number)
        if (first in chosen) != (second in chosen):
            raise InputError(
                f"atoms {first + 1} and {second + 1} are bonded to one another, and only one is to be decoupled",
                expected="all atoms of a molecule",
            )


def _soft_force(pairs: Any, chosen: list[int], count: int) -> Any:
    soft = openmm.CustomNonbondedForce(ENERGY)
    soft.addGlobalParameter(STERICS, 1.0)
    soft.addPerParticleParameter("sigma")
    soft.addPerParticleParameter("epsilon")
    for atom in range(count):
        _, sigma, epsilon = pairs.getParticleParameters(atom)
        # Atoms without Lennard-Jones have any sigma, 0 among them, and 0/0 is no number.
        length = max(float(sigma.value_in_unit(unit.nanometer)), 1e-3)
        soft.addParticle([length, epsilon])
    soft.addInteractionGroup(chosen, sorted(set(range(count)) - set(chosen)))
    for number in range(pairs.getNumExceptions()):
        first, second, *_ = pairs.getExceptionParameters(number)
        soft.addExclusion(first, second)
    same_cutoff(pairs, soft)
    return soft


def _keep_inside(pairs: Any, chosen: list[int], soft: Any) -> None:
    """All pairs within the molecule as exceptions of fixed strength."""
    known = set()
    for number in range(pairs.getNumExceptions()):
        first, second, *_ = pairs.getExceptionParameters(number)
        known.add((min(first, second), max(first, second)))
    for first, second in combinations(chosen, 2):
        if (first, second) in known:
            continue
        charge, sigma, epsilon = pairs.getParticleParameters(first)
        other_charge, other_sigma, other_epsilon = pairs.getParticleParameters(second)
        pairs.addException(
            first, second, charge * other_charge, 0.5 * (sigma + other_sigma), unit.sqrt(epsilon * other_epsilon)
        )
        soft.addExclusion(first, second)
