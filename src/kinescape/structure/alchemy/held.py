"""What hangs on CA, where it is not there: held in its place by one dihedral.

Where an end of a mutation is glycine, what one end alone has hangs on CA: CB with all beyond, or glycine's other HA.
The force field's bond CA-X and angle N-CA-X stay where X is not there (:mod:`.bonded`), but none of its dihedrals can:
those that turn X would bind it to what it must not feel. So X is held by a harmonic dihedral C-N-CA-X about the value
that it was modelled with, on where X is not there and off where it is. Bond, angle and dihedral are X's spherical
coordinates in the frame of CA, N and C: the integral over them is the same number whatever the rest of the molecule
does, even for another modelled value, and cancels between two legs as that of any other side chain (Boresch & Karplus
1999, doi:10.1021/jp981628n; Fleck, Wieder & Boresch 2021, doi:10.1021/acs.jctc.0c01328).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import openmm
from numpy.typing import NDArray

from kinescape.structure.alchemy.bonded import WEIGHT, Roles
from kinescape.structure.alchemy.path import CHANGE
from kinescape.structure.geometry import dihedral

Floats = NDArray[np.float64]

STRENGTH = 600.0
"""kJ/mol/rad²: about as stiff as what it stands for. The angles C-CA-CB and HA-CA-CB, which go with CB, have 527 and
418 in ff14SB (63 and 50 kcal/mol/rad² of Cornell et al. 1995, doi:10.1021/ja00124a002, without the factor of a half),
and at a tetrahedral centre each follows this dihedral by sin(109.5°) sin(120°) = 0.82: 0.82² (527 + 418) = 630.
"""
ENERGY = f"{WEIGHT}*0.5*k*turn^2; turn=min(away, {2 * math.pi}-away); away=abs(theta-rest)"


def hold_absent(system: Any, held: Sequence[Sequence[int]], positions: Floats, roles: Roles) -> None:
    """Add the dihedrals of what hangs on CA to a hybrid's system.

    Parameters
    ----------
    held
        C, N, CA and X by place in ``system``, per X that goes or comes; nothing is added where there is none.
    positions
        (atoms, 3) in nm, as modelled.
    """
    if not held:
        return
    force = openmm.CustomTorsionForce(ENERGY)
    force.addGlobalParameter(CHANGE, 0.0)
    for name in ("fades", "rest", "k"):
        force.addPerTorsionParameter(name)
    for four in held:
        rest = math.radians(dihedral(*positions[list(four)]))
        # What comes is not there in the wild type: its dihedral is on there, and fades.
        force.addTorsion(*four, [float(four[-1] in roles.new), rest, STRENGTH])
    torsions = next(each for each in system.getForces() if isinstance(each, openmm.PeriodicTorsionForce))
    force.setUsesPeriodicBoundaryConditions(torsions.usesPeriodicBoundaryConditions())
    system.addForce(force)
