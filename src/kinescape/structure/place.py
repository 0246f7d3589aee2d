"""Where a new side chain goes: every rotamer is tried, relaxed with its neighbours, and weighed by its energy.

1. Each rotamer, and each turned by a few degrees, is scored against its surroundings as they stand, with the repulsion
   capped, so that what a small shift would mend is not thrown away.
2. The best ones are relaxed in turn with the residues around them free (backbones and a ligand whose parameters are
   known held to where they were seen) and the rest standing still, in ff14SB with OBC2 water. They are compared by
   what was minimised: the energy with that of the restraints, so that a rotamer pays for what it pushes away.
3. Neighbours that the best ones still press upon are tried in their own other rotamers.

Nothing is drawn at random.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from kinescape.errors import InputError
from kinescape.structure.model import Residue
from kinescape.structure.parameters import Parameters
from kinescape.structure.region import Region, region_of
from kinescape.structure.rotamers import Rotamer, nearest_rotamer, rotamers_of
from kinescape.structure.sidechain import chis_of, with_chis

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

BACKBONE_NAMES = ("N", "H", "CA", "HA", "HA2", "HA3", "C", "O", "OXT", "H1", "H2", "H3")
TURNS = (-15.0, 0.0, 15.0)
"""Degrees by which the first two dihedral angles of a rotamer are turned when it is scored."""
CAP = 20.0
"""kJ/mol: the most that one pair of atoms repels when rotamers are scored."""
RELAXED = 8
"""Rotamers that are relaxed, of those scored."""
INSIDE, FREE = 0.8, 0.4
"""Nanometres around a side chain within which atoms are felt, and within which residues move."""
FELT = 0.4
"""Nanometres around everything that moves within which atoms are felt too: a long residue reaches beyond ``INSIDE``."""
STEPS = 100
PRESSED = 0.4
"""Å: overlap of heavy atoms (:mod:`.clashes`) from which a neighbour's other rotamers are tried."""
WORTH = 4.0
"""kJ/mol that a neighbour's other rotamer must gain to be taken: what was seen stands unless it cannot."""


@dataclass(frozen=True)
class Candidate:
    """A rotamer after relaxation: ``energy`` in kJ/mol above the best one.

    ``rotamer`` is the one whose angles are nearest after relaxation, ``start`` the one that it was relaxed from (the
    name by which it can be asked for). Of several that relax to the same rotamer the lowest stands.
    """

    rotamer: str
    energy: float
    chosen: bool
    start: str


@dataclass(frozen=True)
class Placement:
    """Where a side chain went.

    ``positions`` of all particles in nanometres; ``candidates`` are what the rotamers relaxed to, the best first;
    ``moved`` the labels of neighbours that changed their rotamer; ``relaxed`` all positions (nanometres) by the name of
    the rotamer that was relaxed (:attr:`Candidate.start`), its neighbours in the rotamers that were seen.
    """

    positions: Floats
    candidates: tuple[Candidate, ...]
    moved: tuple[str, ...]
    relaxed: dict[str, Floats]


def side_chain(p: Parameters, place: int, beyond_cb: bool = False) -> Mask:
    """Particles of a residue's side chain (``place`` in ``p.order``)."""
    names = (*BACKBONE_NAMES, "CB") if beyond_cb else BACKBONE_NAMES
    return np.asarray((p.residue_of == place) & ~np.isin(p.names, names), dtype=bool)


def place_side_chain(p: Parameters, x: Floats, place: int, *, without: Mask | None = None, only: str = "") -> Placement:
    """Find the side chain of residue ``place`` its best conformation.

    Parameters
    ----------
    x
        Positions of all particles in nanometres. Ligands give way while rotamers are compared, and stand there again
        in what is returned.
    without
        Particles that are not there yet: side chains still to be placed.
    only
        Name of the one rotamer to start from; empty: all are tried.

    Raises
    ------
    InputError
        The amino acid has no such rotamer.
    """
    absent = np.zeros(len(x), dtype=bool) if without is None else without & (p.residue_of != place)
    turned = scored_rotamers(p, x, place, absent)
    if only:
        names = ", ".join(sorted(rotamer.name for rotamer, _, _ in turned))
        turned = [each for each in turned if each[0].name == only]
        if not turned:
            raise InputError(f"{p.order[place].label} has no such rotamer", found=only, expected=f"one of {names}")
    reach = np.concatenate([positions for _, positions, _ in turned[:RELAXED]])
    region, free = _region(p, x, place, reach, absent)
    relaxed: list[tuple[float, str, Floats]] = []
    for rotamer, positions, _ in turned[:RELAXED]:
        start = x.copy()
        start[p.residue_of == place] = positions
        moved, energy = region.minimise(start, STEPS)
        relaxed.append((energy, rotamer.name, moved))
    relaxed.sort(key=lambda each: each[0])
    # What is compared are the best of them with their neighbours given a chance, so a good but crowded one can win.
    repacked = [_repack(p, region, free, place, each) for each in relaxed[:2]]
    best = min(range(len(repacked)), key=lambda number: repacked[number][0][0])
    (lowest, chosen, positions), moved_labels = repacked[best]
    others = [
        Candidate(rotamer_at(p, moved, place), round(energy - lowest, 1), False, name)
        for energy, name, moved in relaxed
        if name != chosen
    ]
    first = Candidate(rotamer_at(p, positions, place), 0.0, True, chosen)
    candidates = merged((first, *sorted(others, key=lambda each: each.energy)))
    return Placement(
        positions=np.where(p.ligand[:, None], x, positions),
        candidates=candidates,
        moved=moved_labels,
        relaxed={name: np.where(p.ligand[:, None], x, moved) for _, name, moved in relaxed},
    )


def merged(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Of the candidates (the best first) the first of each rotamer."""
    found: dict[str, Candidate] = {}
    for each in candidates:
        found.setdefault(each.rotamer, each)
    return tuple(found.values())


def rotamer_at(p: Parameters, x: Floats, place: int) -> str:
    """Name of the rotamer that the side chain of residue ``place`` has at positions ``x`` (nanometres)."""
    residue = residue_at(p, x, place)
    return nearest_rotamer(residue.name, chis_of(residue))


def scored_rotamers(p: Parameters, x: Floats, place: int, absent: Mask) -> list[tuple[Rotamer, Floats, float]]:
    """Rotamers of a residue, each turned to fit best as things stand: rotamer, positions of its particles, score."""
    own = np.flatnonzero(p.residue_of == place)
    residue = residue_at(p, x, place)
    tips = np.flatnonzero(side_chain(p, place, beyond_cb=True))
    around = (np.linalg.norm(x - x[own].mean(axis=0), axis=1) < 1.6) & (p.residue_of != place) & ~absent
    # The atoms bonded to the residue's own backbone are where the force field puts them.
    bonded = p.bonds[0][np.isin(p.bonds[0], own).any(axis=1)]
    around[np.unique(bonded)] = False
    others = np.flatnonzero(around)
    found = []
    for rotamer in rotamers_of(residue.name):
        best: tuple[float, Floats] | None = None
        turns = product(TURNS, repeat=min(2, len(rotamer.chis))) if residue.name != "PRO" else [()]
        for turn in turns:
            chis = tuple(chi + (turn[number] if number < len(turn) else 0.0) for number, chi in enumerate(rotamer.chis))
            positions = with_chis(residue, chis).positions / 10.0
            score = _score(p, positions[tips - own[0]], tips, x[others], others)
            if best is None or score < best[0]:
                best = (score, positions)
        if best is not None:
            found.append((rotamer, best[1], best[0]))
    found.sort(key=lambda each: each[2])
    return found[:1] if residue.name == "PRO" else found


def residue_at(p: Parameters, x: Floats, place: int) -> Residue:
    """A residue of ``p.order`` at positions ``x`` (nanometres in, ångström out)."""
    return replace(p.order[place], positions=10.0 * x[p.residue_of == place])


def _score(p: Parameters, tips: Floats, own: NDArray[np.int64], others: Floats, far: NDArray[np.int64]) -> float:
    """Capped Lennard-Jones energy and Coulomb energy with a dielectric of 4r (r in Å), in kJ/mol."""
    if not len(own):
        return 0.0
    r = np.linalg.norm(tips[:, None] - others[None], axis=2)
    sigma = (p.sigma[own][:, None] + p.sigma[far][None]) / 2
    epsilon = np.sqrt(p.epsilon[own][:, None] * p.epsilon[far][None])
    sixth = (sigma / np.maximum(r, 0.05)) ** 6
    lennard_jones = np.minimum(4 * epsilon * (sixth**2 - sixth), CAP)
    # 1389.35 kJ mol-1 Å e-2 is Coulomb's constant.
    angstrom = np.maximum(10 * r, 1.5)
    coulomb = 1389.35 * p.charge[own][:, None] * p.charge[far][None] / (4 * angstrom**2)
    return float(lennard_jones.sum() + coulomb.sum())


def _region(p: Parameters, x: Floats, place: int, reach: Floats, absent: Mask) -> tuple[Region, Mask]:
    free = moving(p, near(p, x, reach, FREE) | (p.residue_of == place)) & ~absent
    inside = felt(p, x, reach, INSIDE, free) & ~absent
    return region_of(p, inside, free, x, restrained=seen(p) & free), free


def felt(p: Parameters, x: Floats, points: Floats, distance: float, free: Mask) -> Mask:
    """Particles of residues within ``distance`` (nm) of ``points`` or within :data:`FELT` of what is ``free``."""
    return near(p, x, points, distance) | near(p, x, x[free], FELT) | free


def seen(p: Parameters) -> Mask:
    """Particles that are held to where the experiment saw them: the backbone, the heavy atoms of ligands."""
    backbone = np.isin(p.names, ("N", "CA", "C", "O")) & ~p.ligand
    return np.asarray(backbone | (p.ligand & ~p.hydrogen), dtype=bool)


def near(p: Parameters, x: Floats, points: Floats, distance: float) -> Mask:
    """Particles of all residues that have an atom within ``distance`` (nm) of any of ``points``."""
    from scipy.spatial import cKDTree

    distances, _ = cKDTree(points).query(x, distance_upper_bound=distance)
    close = np.isfinite(distances)
    residues = np.unique(p.residue_of[close])
    return np.asarray(np.isin(p.residue_of, residues), dtype=bool)


def moving(p: Parameters, residues: Mask) -> Mask:
    """Of these residues' particles those that may move: all but ions and ligands without bonded terms."""
    return residues & ~p.rigid


def _repack(
    p: Parameters, region: Region, free: Mask, place: int, candidate: tuple[float, str, Floats]
) -> tuple[tuple[float, str, Floats], tuple[str, ...]]:
    """Try the other rotamers of neighbours that the candidate presses upon; take what gains enough."""
    energy, name, x = candidate
    moved: list[str] = []
    for neighbour in _pressed(p, x, place, free):
        absent = np.zeros(len(x), dtype=bool)
        for _, positions, _ in scored_rotamers(p, x, neighbour, absent)[:3]:
            start = x.copy()
            start[p.residue_of == neighbour] = positions
            tried, tried_energy = region.minimise(start, STEPS)
            if tried_energy < energy - WORTH:
                energy, x = tried_energy, tried
                if p.order[neighbour].label not in moved:
                    moved.append(p.order[neighbour].label)
    return (energy, name, x), tuple(moved)


def _pressed(p: Parameters, x: Floats, place: int, free: Mask) -> list[int]:
    """Neighbours (places in ``p.order``) whose side chains overlap with this one's by more than :data:`PRESSED`."""
    from kinescape.structure.clashes import RADII

    own = np.flatnonzero(side_chain(p, place, beyond_cb=True) & ~p.hydrogen)
    found = []
    for other in np.unique(p.residue_of[free]).tolist():
        residue = p.order[other]
        if other == place or residue.kind != "protein" or residue.name in ("GLY", "ALA", "PRO"):
            continue
        theirs = np.flatnonzero(side_chain(p, other, beyond_cb=True) & ~p.hydrogen)
        if not len(own) or not len(theirs):
            continue
        r = 10 * np.linalg.norm(x[own][:, None] - x[theirs][None], axis=2)
        radii = [np.array([RADII.get(p.names[n][0], 1.7) for n in atoms]) for atoms in (own, theirs)]
        if float((radii[0][:, None] + radii[1][None] - r).max()) > PRESSED + 0.2:
            found.append(other)
    return found
