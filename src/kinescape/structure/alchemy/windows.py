"""Sampling of alchemical windows: every sample's energy in every window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import unit

from kinescape.errors import InputError, KinescapeError
from kinescape.structure.dynamics.checkpoint import Moment, seed_of
from kinescape.structure.dynamics.platforms import open_at
from kinescape.structure.dynamics.watch import GAS

Floats = NDArray[np.float64]
State = Mapping[str, float]


def sample_windows(
    system: Any,
    positions: Floats,
    states: Sequence[State],
    *,
    samples: int,
    steps: int = 100,
    equilibration: int = 1000,
    temperature: float = 300.0,
    friction: float = 1.0,
    timestep_fs: float = 2.0,
    seed: int = 1,
    platform: str = "CPU",
    threads: int = 1,
) -> list[Floats]:
    """Reduced potentials (energy / kT), one array (windows, samples) per window sampled.

    Parameters
    ----------
    positions
        (atoms, 3) in nm.
    states
        Per window the values of the context's parameters, in the order of the path.
    samples, steps, equilibration
        Samples per window, time steps between two, and before the first.

    Raises
    ------
    InputError
        Fewer than two windows, or a parameter that the system does not have.
    KinescapeError
        An energy that is not finite.
    """
    if len(states) < 2:
        raise InputError("a free energy needs windows", found=len(states), expected="2 or more")
    integrator = openmm.LangevinMiddleIntegrator(temperature, friction, timestep_fs / 1000.0)
    integrator.setRandomNumberSeed(seed_of(seed, 0, "windows"))
    start = Moment(np.asarray(positions, dtype=np.float64), np.zeros_like(positions), _box(system))
    context = open_at(system, integrator, start, platform, threads)
    known = set(dict(context.getParameters()))
    for state in states:
        if unknown := set(state) - known:
            raise InputError("the system has no such parameter", found=sorted(unknown)[0], expected=", ".join(known))
    context.setVelocitiesToTemperature(temperature, seed_of(seed, 0, "velocities"))
    found = []
    for number, state in enumerate(states):
        _set(context, state)
        energies = np.empty((len(states), samples))
        try:
            openmm.LocalEnergyMinimizer.minimize(context, maxIterations=100)
            context.setVelocitiesToTemperature(temperature, seed_of(seed, number, "velocities"))
            integrator.step(equilibration)
            for place in range(samples):
                _set(context, state)
                integrator.step(steps)
                for other, theirs in enumerate(states):
                    _set(context, theirs)
                    energies[other, place] = _energy(context) / (GAS * temperature)
        except openmm.OpenMMException as problem:
            reason = str(problem).splitlines()[0].rstrip(".")
            raise KinescapeError(f"window {number + 1} of {len(states)} blew up: {reason}") from None
        if not np.isfinite(energies[number]).all():
            raise KinescapeError(f"window {number + 1} of {len(states)} blew up: its energy is not a number")
        found.append(energies)
    return found


def _set(context: Any, state: State) -> None:
    for name, value in state.items():
        context.setParameter(name, value)


def _energy(context: Any) -> float:
    state = context.getState(getEnergy=True)
    return float(state.getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole))


def _box(system: Any) -> Floats | None:
    if not system.usesPeriodicBoundaryConditions():
        return None
    vectors = system.getDefaultPeriodicBoxVectors()
    return np.array([[float(each.value_in_unit(unit.nanometer)) for each in row] for row in vectors])
