"""How much a side chain pays for its place: its own energy as modelled, above the best it could have."""

from __future__ import annotations

import numpy as np

from kinescape.structure.parameters import Floats, Parameters
from kinescape.structure.place import residue_at, side_chain
from kinescape.structure.region import region_of
from kinescape.structure.rotamers import rotamers_of
from kinescape.structure.sidechain import with_chis


def strain_of(p: Parameters, x: Floats, place: int) -> float:
    """Conformational strain of a side chain in kJ/mol, 0 or more.

    The residue is taken out with its backbone and the two peptide bonds, which stand still. Its energy (ff14SB, OBC2)
    as modelled, less that of the best of its rotamers relaxed there with nothing else around. Zero for glycine and
    alanine, whose side chains have nothing to choose.
    """
    own = p.residue_of == place
    free = side_chain(p, place)
    residue = residue_at(p, x, place)
    if not free.any() or not rotamers_of(residue.name)[0].chis or residue.name == "PRO":
        return 0.0
    bonds = p.bonds[0]
    partners = np.unique(bonds[own[bonds].any(axis=1)])
    inside = own.copy()
    inside[partners] = True
    region = region_of(p, inside, free, x)
    # Bond lengths and angles settle in both, so that what is left is the price of the conformation.
    modelled = region.energy(x)
    lowest = modelled
    for rotamer in rotamers_of(residue.name):
        start = x.copy()
        start[own] = with_chis(residue, rotamer.chis).positions / 10.0
        lowest = min(lowest, region.minimise(start, 200)[1])
    return round(modelled - lowest, 1)
