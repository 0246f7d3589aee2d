"""Whether a run is still sound after some steps; where it is not, which atom and when."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kinescape.errors import KinescapeError

HOTTEST = 5.0
"""Times the temperature that is asked for, and 100 K: far beyond what a thermostat of even twenty atoms lets happen."""
ASTRAY = 10.0
"""Kelvin by which production may begin beside the temperature that is asked for without a word."""
BEGAN = "production began at"
GAS = 0.00831446261815324
"""Gas constant in kJ/mol/K."""


def temperature_of(kinetic: float, freedom: int) -> float:
    """Kelvin, of a kinetic energy in kJ/mol."""
    return 2.0 * kinetic / (max(freedom, 1) * GAS)


def degrees_of_freedom(system: Any) -> int:
    """Of the particles with mass, less the rigid bonds (Langevin dynamics keeps the centre of mass free)."""
    from openmm import unit

    heavy = sum(
        system.getParticleMass(number).value_in_unit(unit.dalton) > 0 for number in range(system.getNumParticles())
    )
    return int(3 * heavy - system.getNumConstraints())


def check_sound(
    positions: NDArray[np.float64],
    velocities: NDArray[np.float64],
    energy: float,
    temperature: float,
    wanted: float,
    when: str,
    atoms: list[str],
) -> None:
    """Stop where coordinates or the energy are no numbers, or the system boils.

    Raises
    ------
    KinescapeError
        Says between which steps, and which atom is not anywhere any more or moves fastest.
    """
    lost = np.flatnonzero(~np.isfinite(positions).all(axis=1))
    if lost.size:
        raise exploded(f"the position of atom {atoms[int(lost[0])]} is not a number ({lost.size} atoms)", when)
    with np.errstate(invalid="ignore", over="ignore"):
        speed = np.linalg.norm(velocities, axis=1)
    fastest = f"atom {atoms[int(np.nanargmax(speed))]} moves fastest" if np.isfinite(speed).any() else "no velocities"
    if not np.isfinite(energy):
        raise exploded(f"the energy is not a number; {fastest}", when)
    if not temperature < HOTTEST * wanted + 100.0:
        raise exploded(f"the temperature is {temperature:.0f} K instead of {wanted:.0f} K; {fastest}", when)


def exploded(what: str, when: str) -> KinescapeError:
    """The error that a run stops with."""
    return KinescapeError(
        f"the simulation blew up {when}: {what}. The checkpoint before is kept. A shorter --timestep-fs, more "
        "equilibration or another start (clashes?) may help"
    )


def away_from(found: float, wanted: float, freedom: int) -> str:
    """That production begins at another temperature than it should, in words; empty where it does not.

    The temperature of few atoms fluctuates, with a standard deviation of T sqrt(2 / degrees of freedom) (Frenkel &
    Smit, Understanding Molecular Simulation, 2nd ed., section 4.1): what three of these explain is not told.
    """
    if not abs(found - wanted) > max(ASTRAY, 3 * wanted * math.sqrt(2 / max(freedom, 1))):
        return ""
    return f"{BEGAN} {found:.0f} K, not at {wanted:g} K: the equilibration was too short"
