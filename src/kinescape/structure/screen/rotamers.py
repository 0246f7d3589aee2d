"""Which rotamers a new side chain can take in its place: ranked by a soft energy, the best ones minimised."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from kinescape.structure.model import Residue
from kinescape.structure.residues import BACKBONE
from kinescape.structure.rotamers import rotamers_of
from kinescape.structure.screen.energies import PosedComplex
from kinescape.structure.sidechain import with_chis

SHRUNK = 0.9
"""Factor on the contact distances: small overlaps vanish on minimisation and must not decide the ranking."""
WORST = 10.0
"""Most that one pair of atoms may count against a rotamer, in kcal/mol."""
DIELECTRIC = 4.0
"""Dielectric constant per ångström of distance: charges far apart are screened more."""
COULOMB = 332.06
"""e^2 / (4 pi epsilon0) in kcal/mol and ångström."""
KEPT = (*BACKBONE, "H", "HA")
"""Atoms of a changed residue that stay where the other form has them."""


def ranked_rotamers(
    complex_: PosedComplex,
    positions: NDArray[np.float64],
    numbers: tuple[int, ...],
    best: int,
) -> list[NDArray[np.float64]]:
    """Starting positions with the best rotamers of the new side chains, best first.

    Parameters
    ----------
    complex_
        The mutant.
    positions
        Of all its atoms, or of its receptor's alone, (atoms, 3) in ångström; the new side chains anywhere.
    numbers
        The mutated residues.
    best
        How many are wanted; there are fewer where the side chains have fewer rotamers.

    Returns
    -------
    list
        Positions of these atoms, (atoms, 3) in ångström. With several residues the best of each are combined.
    """
    per_site = [_site_rotamers(complex_, positions, number, best) for number in numbers]
    combined = sorted(itertools.product(*per_site), key=lambda choice: sum(score for score, _, _ in choice))[: best * 4]
    scored = []
    for choice in combined:
        tried = positions.copy()
        for _, atoms, placed in choice:
            tried[atoms] = placed
        moving = np.concatenate([atoms for _, atoms, _ in choice]) if choice else np.empty(0, dtype=np.int64)
        # Alone each was scored beside the other's arbitrary place: together they are scored again.
        scored.append((soft_energy(complex_, tried, moving) if len(choice) > 1 else 0.0, tried))
    if len(numbers) > 1:
        scored.sort(key=lambda each: each[0])
    return [tried for _, tried in scored[:best]]


def soft_energy(complex_: PosedComplex, positions: NDArray[np.float64], moving: NDArray[np.int64]) -> float:
    """Energy of some atoms with all that are not bonded near them, in kcal/mol, with softened contacts."""
    charge, sigma, epsilon = complex_.nonbonded
    # The receptor's atoms come first: where the ligand is not there, it is not felt.
    fixed = np.setdiff1d(np.arange(len(positions)), moving)
    # Bonded neighbours of the moving atoms do not count.
    distances = np.linalg.norm(positions[moving][:, None] - positions[fixed][None], axis=2)
    skip = complex_.near_in_bonds[np.ix_(moving, fixed)]
    radius = SHRUNK * (sigma[moving][:, None] + sigma[fixed][None]) / 2.0
    depth = np.sqrt(epsilon[moving][:, None] * epsilon[fixed][None])
    ratio = (radius / np.maximum(distances, 0.5)) ** 6
    pairs = 4.0 * depth * (ratio**2 - ratio)
    pairs += COULOMB * charge[moving][:, None] * charge[fixed][None] / (DIELECTRIC * np.maximum(distances, 1.0) ** 2)
    return float(np.where(skip, 0.0, np.minimum(pairs, WORST)).sum())


def side_atoms(complex_: PosedComplex, numbers: Sequence[int]) -> NDArray[np.int64]:
    """Atoms of the changed residues that are not of the backbone."""
    return np.array(
        [index for number in numbers for index in complex_.site_atoms(number) if complex_.labels[index][1] not in KEPT],
        dtype=np.int64,
    )


def _site_rotamers(
    complex_: PosedComplex, positions: NDArray[np.float64], number: int, best: int
) -> list[tuple[float, NDArray[np.int64], NDArray[np.float64]]]:
    """The best rotamers of one residue: energy, its side chain's atoms, their positions."""
    atoms = complex_.site_atoms(number)
    residue = complex_.pocket.model.residue(number)
    side = np.array([name not in (*BACKBONE, "H", "HA", "HA2", "HA3", "OXT") for name in residue.atoms], dtype=bool)
    found = []
    for rotamer in rotamers_of(residue.name):
        turned: Residue = with_chis(replace(residue, positions=positions[atoms]), rotamer.chis)
        tried = positions.copy()
        tried[atoms] = turned.positions
        energy = soft_energy(complex_, tried, atoms[side]) if side.any() else 0.0
        found.append((energy, atoms[side], turned.positions[side]))
    found.sort(key=lambda each: each[0])
    return found[:best]
