"""What a drug takes from a changed side chain: the rotamers that it could have without the drug.

A minimum knows one conformation. A long side chain at the edge of the pocket (G1202R) reaches for the drug in the
complex and has better places to be without it; with one conformation for both, the drug seems to gain a partner and
nobody pays. So both the complex and the receptor are given all rotamers of the changed side chains, everything else
standing still, and each is counted with its free energy over these minima,

    F = -kT ln sum over r of exp(-E(r) / kT),

at 310.15 K (sum over minima without their widths: the predominant-states approximation, Head MS, Given JA & Gilson MK,
J Phys Chem A 1997;101:1609). A side chain that cannot reach the drug in any rotamer is left out: what it may do is then
the same with the drug and without, and a number for it would be noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from kinescape.structure.rotamers import rotamers_of
from kinescape.structure.screen.energies import PosedComplex
from kinescape.structure.screen.rotamers import ranked_rotamers, side_atoms
from kinescape.structure.sidechain import with_chis

KT = 0.0019872 * 310.15
"""kcal/mol at body temperature, at which the assays are done."""
REACH = 5.0
"""A side chain is counted if a heavy atom of one of its rotamers comes this near (Å) to one of the drug's."""
TRIED = 40
"""Rotamers, or the best combinations of them, that are put in for each state; no amino acid has more rotamers."""
STAGES = ((20, 15), (80, 5))
"""How they are settled without water: iterations, and how many go on, those of the lowest energies in water. What is
left is relaxed there."""
SAME = 0.7
"""Two minima are one where no atom of the side chains is farther (Å) apart."""

Positions = NDArray[np.float64]


def freedom(complex_: PosedComplex, positions: Positions, part: str, numbers: Sequence[int]) -> float:
    """Free energy of all rotamers less the energy of the one that is there, kcal/mol: never above zero.

    Parameters
    ----------
    positions
        Of the part, (atoms of the part, 3) in ångström, at its minimum. ``part`` is ``complex`` or ``receptor``.
    numbers
        Residues whose side chains turn (:func:`reaching`); the rest stands still. Zero where there are none.
    """
    if not numbers:
        return 0.0
    side = side_atoms(complex_, numbers)
    energy, place = complex_.side_minimum(positions, side, part)
    energies, places = [energy], [place[side]]
    starts = ranked_rotamers(complex_, positions, tuple(numbers), TRIED)
    for steps, best in STAGES:
        settled = [complex_.settled(start, side, part, steps) for start in starts]
        starts = sorted(settled, key=lambda each: complex_.side_energy(each, side, part))[:best]
    for start in starts:
        energy, place = complex_.side_minimum(start, side, part)
        if all(np.linalg.norm(place[side] - other, axis=1).max() > SAME for other in places):
            energies.append(energy)
            places.append(place[side])
    above = np.array(energies) - energies[0]
    lowest = float(above.min())
    return lowest - KT * float(np.log(np.exp(-(above - lowest) / KT).sum()))


def reaching(complex_: PosedComplex, positions: Positions, numbers: Sequence[int]) -> tuple[int, ...]:
    """Those of the residues that come near the drug in one of their rotamers, others standing where they are.

    ``positions`` are those of the complex, (atoms, 3) in ångström.
    """
    drug = positions[complex_.atoms :][complex_.ligand.heavy]
    found = []
    for number in numbers:
        atoms = complex_.site_atoms(number)
        residue = complex_.pocket.model.residue(number)
        there = replace(residue, positions=positions[atoms])
        tried = [there, *(with_chis(there, rotamer.chis) for rotamer in rotamers_of(residue.name))]
        near = min(np.linalg.norm(each.positions[each.heavy()][:, None] - drug[None], axis=2).min() for each in tried)
        if near < REACH:
            found.append(number)
    return tuple(found)
