"""Hydrogen bonds between named residues, and contacts of the ligand, frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kinescape.errors import InputError
from kinescape.structure.analysis.load import Arm, Replica
from kinescape.structure.analysis.quiet import quiet
from kinescape.structure.network import LONGEST, SMALLEST_ANGLE
from kinescape.structure.residues import letter_of

Floats = NDArray[np.float64]
CONTACT = 4.5
"""Å between heavy atoms of the ligand and of a residue that count as a contact."""
BONDED_HYDROGEN = 1.3
"""Å to the atom that carries a hydrogen (C-H 1.09, S-H 1.34 is not asked for: thiols give poor bonds)."""
ALK_HINGE, ALK_NETWORK = {1197: "GLU", 1199: "MET"}, {1237: "", 1247: "HIS", 1270: "ASP"}
"""ALK: the hinge (Cui 2011), and the residues whose hydrogen bonds Villa et al. 2024 describe in C1237Y (Fig. 3d)."""

Pair = tuple[str, str]


def default_pairs(arm: Arm) -> list[tuple[int | None, int]]:
    """Pairs to follow where the residues are ALK's: ligand (None) to the hinge, and the network about Y1237."""
    names = _names(arm.replicas[0])
    pairs: list[tuple[int | None, int]] = []
    if arm.ligand and all(names.get(number) == name for number, name in ALK_HINGE.items()):
        pairs += [(None, number) for number in ALK_HINGE]
    if all(names.get(number) == name or (not name and number in names) for number, name in ALK_NETWORK.items()):
        pairs += list(combinations(ALK_NETWORK, 2))
    return pairs


def hydrogen_bond_series(
    replica: Replica, ligand: str | None, pairs: Sequence[tuple[int | None, int]]
) -> dict[Pair, Floats]:
    """Whether any hydrogen bond joins two residues, 1 or 0 by frame.

    Cuts: 3.5 Å donor to acceptor, 130 degrees donor-hydrogen-acceptor, either direction, backbones included; by
    MDAnalysis. None in a pair is the ligand.

    Raises
    ------
    InputError
        A residue that the trajectory does not have.
    """
    universe = replica.universe
    groups = {number: _group(universe, number, ligand) for pair in pairs for number in pair}
    found: dict[Pair, Floats] = {}
    frames = len(universe.trajectory)
    if not pairs:
        return found
    everything = sum(groups.values(), universe.atoms[[]]).unique
    carriers = _carriers(replica.start, everything.indices)
    acceptors = [int(atom.index) for atom in everything if _accepts(replica.start, atom, carriers, ligand)]
    joined: dict[tuple[int, int], list[int]] = {}
    if carriers and acceptors:
        for frame, donor, acceptor in _bonds(universe, carriers, acceptors):
            joined.setdefault((donor, acceptor), []).append(frame)
    for one, other in pairs:
        series = np.zeros(frames)
        first, second = set(groups[one].indices.tolist()), set(groups[other].indices.tolist())
        for (donor, acceptor), when in joined.items():
            if (donor in first and acceptor in second) or (donor in second and acceptor in first):
                series[when] = 1.0
        found[_label(universe, one, ligand), _label(universe, other, ligand)] = series
    return found


def contact_series(replica: Replica, ligand: str) -> dict[str, Floats]:
    """Residues that the ligand touches in any frame (heavy atoms within 4.5 Å), 1 or 0 by frame."""
    with quiet():
        from MDAnalysis.lib.distances import capped_distance

        drug = replica.universe.select_atoms(f"resname {ligand} and not element H")
        protein = replica.universe.select_atoms("protein and not element H and not resname ACE NME")
        found: dict[str, Floats] = {}
        labels = [_residue_label(residue.resname, int(residue.resid)) for residue in protein.residues]
        owner = np.searchsorted(protein.residues.resindices, protein.resindices)
        for frame in replica.universe.trajectory:
            near = capped_distance(drug.positions, protein.positions, CONTACT, return_distances=False)
            for place in np.unique(owner[near[:, 1]]).tolist():
                series = found.setdefault(labels[place], np.zeros(len(replica.universe.trajectory)))
                series[frame.frame] = 1.0
    return found


def _bonds(universe: Any, carriers: dict[int, list[int]], acceptors: list[int]) -> list[tuple[int, int, int]]:
    with quiet():
        from MDAnalysis.analysis.hydrogenbonds.hbond_analysis import HydrogenBondAnalysis

        hydrogens = sorted(each for group in carriers.values() for each in group)
        run = HydrogenBondAnalysis(
            universe,
            donors_sel="index " + " ".join(map(str, sorted(carriers))),
            hydrogens_sel="index " + " ".join(map(str, hydrogens)),
            acceptors_sel="index " + " ".join(map(str, acceptors)),
            d_h_cutoff=BONDED_HYDROGEN,
            d_a_cutoff=LONGEST,
            d_h_a_angle_cutoff=SMALLEST_ANGLE,
            update_selections=False,
        ).run()
    return [(int(row[0]), int(row[1]), int(row[3])) for row in run.results.hbonds]


def _carriers(start: Any, indices: NDArray[np.int64]) -> dict[int, list[int]]:
    """N and O atoms with their hydrogens, by distance in the start's geometry."""
    atoms = start.atoms[indices]
    hydrogens = [atom for atom in atoms if atom.element == "H"]
    found: dict[int, list[int]] = {}
    for atom in atoms:
        if atom.element not in ("N", "O"):
            continue
        own = [int(each.index) for each in hydrogens if np.linalg.norm(each.position - atom.position) < BONDED_HYDROGEN]
        if own:
            found[int(atom.index)] = own
    return found


def _accepts(start: Any, atom: Any, carriers: dict[int, list[int]], ligand: str | None) -> bool:
    """Oxygens; nitrogens with a free electron pair: histidine's bare one, and a ligand's with two neighbours or one."""
    if atom.element == "O":
        return True
    if atom.element != "N" or int(atom.index) in carriers:
        return False
    if ligand and atom.resname == ligand:
        own = start.atoms[atom.residue.atoms.indices]
        near = np.linalg.norm(own.positions - start.atoms[int(atom.index)].position, axis=1) < 1.7
        return int(near.sum()) - 1 <= 2
    return bool(atom.resname == "HIS" and atom.name in ("ND1", "NE2"))


def _group(universe: Any, number: int | None, ligand: str | None) -> Any:
    if number is None:
        if ligand is None:
            raise InputError("the simulation has no ligand", expected="pairs of residues")
        return universe.select_atoms(f"resname {ligand}")
    group = universe.select_atoms(f"protein and resid {number} and not resname ACE NME")
    if not len(group):
        raise InputError(f"residue {number} is not in the trajectory", expected="residues that were simulated")
    return group


def _label(universe: Any, number: int | None, ligand: str | None) -> str:
    if number is None:
        return str(ligand)
    return _residue_label(_group(universe, number, ligand).residues[0].resname, number)


def _residue_label(name: str, number: int) -> str:
    return f"{letter_of(name) or name}{number}"


def _names(replica: Replica) -> dict[int, str]:
    residues = replica.start.select_atoms("protein and not resname ACE NME").residues
    return {int(residue.resid): str(residue.resname) for residue in residues}
