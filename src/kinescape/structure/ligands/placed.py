"""A drug laid into the place of another one with which it shares atoms: a placed pose, not a crystal's.

Defensible only where the shared atoms bind alike, as lorlatinib's and crizotinib's do (the same aminopyridine on the
hinge, the same ether and fluorophenyl: Johnson TW et al., J Med Chem 2014;57:4720). Every number that comes of it has
to be labelled as placed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kinescape.errors import InputError
from kinescape.structure.geometry import superposition
from kinescape.structure.ligands.parameters import LigandParameters
from kinescape.structure.ligands.whole import WholeLigand
from kinescape.structure.model import Model, Residue

CONFORMERS = 40
LEAST_SHARED = 8
"""Heavy atoms that both molecules must share before one is laid on the other."""
CLOSE = 3.2
"""Distance (Å) below which a heavy atom of the protein is in the way of a placed one."""
CROWDING = 0.3
"""Weight of the crowding, summed squares of overlaps (Å^2), beside the RMSD of the shared atoms (Å)."""


@dataclass(frozen=True)
class Placement:
    """Where a drug was put: the residue (heavy atoms), how many atoms it shares and how well they coincide (Å)."""

    residue: Residue
    shared: int
    rmsd: float
    crowding: float


def placed(model: Model, reference: WholeLigand, drug: LigandParameters, *, seed: int = 1) -> Placement:
    """Lay ``drug`` into the place of ``reference`` by the atoms that both share.

    The largest common substructure (elements and connectivity) is laid on the reference in each of 40 conformers
    (ETKDG version 3); the one that coincides best and is least in the protein's way is taken.

    Raises
    ------
    InputError
        The molecules share too little, or no conformer could be made.
    """
    from rdkit import Chem
    from rdkit.Chem import rdDistGeom, rdForceFieldHelpers

    molecule = Chem.AddHs(Chem.MolFromSmiles(drug.smiles))
    pairs = enough_shared_atoms(drug, reference.parameters)
    options: Any = rdDistGeom.ETKDGv3()
    options.randomSeed = seed
    conformers = list(rdDistGeom.EmbedMultipleConfs(molecule, CONFORMERS, options))
    if not conformers:
        raise InputError(f"no conformer of {drug.name} could be made")
    rdForceFieldHelpers.MMFFOptimizeMoleculeConfs(molecule, maxIters=200)
    protein = np.concatenate(
        [each.positions[each.heavy()] for each in model.residues if each.kind in ("protein", "cap", "ion")]
    )
    heavy = [atom.GetIdx() for atom in molecule.GetAtoms() if atom.GetSymbol() != "H"]
    best = min(
        (_laid(molecule, number, pairs, reference, protein, heavy) for number in conformers), key=lambda each: each[0]
    )
    _, rmsd, crowding, positions = best
    counts: dict[str, int] = {}
    names = []
    for index in heavy:
        symbol = molecule.GetAtomWithIdx(index).GetSymbol()
        counts[symbol] = counts.get(symbol, 0) + 1
        names.append(f"{symbol.upper()}{counts[symbol]}")
    residue = Residue(
        kind="ligand",
        name=str(drug.record.get("residue", "LIG")),
        number=reference.number,
        insertion="",
        atoms=tuple(names),
        elements=tuple(molecule.GetAtomWithIdx(index).GetSymbol() for index in heavy),
        positions=positions[heavy],
        b_factors=(0.0,) * len(heavy),
    )
    return Placement(residue, len(pairs), rmsd, crowding)


def enough_shared_atoms(drug: LigandParameters, reference: LigandParameters) -> list[tuple[int, int]]:
    """Atoms by which ``drug`` can be laid on ``reference``, as pairs of places in their SMILES.

    Raises
    ------
    InputError
        The molecules share too little.
    """
    from rdkit import Chem

    pairs = shared_atoms(Chem.MolFromSmiles(drug.smiles), Chem.MolFromSmiles(reference.smiles))
    if len(pairs) < LEAST_SHARED:
        raise InputError(
            f"{drug.name} shares only {len(pairs)} atoms with {reference.name}: a pose cannot be laid on it",
            expected=f"at least {LEAST_SHARED} shared heavy atoms, or a complex of {drug.name} itself",
        )
    return pairs


def shared_atoms(first: Any, second: Any) -> list[tuple[int, int]]:
    """Atoms of the largest common substructure of two molecules, as pairs of places."""
    from rdkit import Chem
    from rdkit.Chem import rdFMCS

    found = rdFMCS.FindMCS(
        [first, second],
        bondCompare=rdFMCS.BondCompare.CompareOrder,
        ringMatchesRingOnly=False,
        completeRingsOnly=False,
        timeout=30,
    )
    pattern = Chem.MolFromSmarts(found.smartsString)
    one, other = first.GetSubstructMatch(pattern), second.GetSubstructMatch(pattern)
    return list(zip(one, other, strict=True))


def _laid(
    molecule: Any,
    number: int,
    pairs: list[tuple[int, int]],
    reference: WholeLigand,
    protein: NDArray[np.float64],
    heavy: list[int],
) -> tuple[float, float, float, NDArray[np.float64]]:
    positions = np.array(molecule.GetConformer(number).GetPositions())
    own = [one for one, _ in pairs]
    there = reference.positions[[other for _, other in pairs]]
    rotation, shift = superposition(positions[own], there)
    laid = positions @ rotation + shift
    rmsd = float(np.sqrt(np.mean(np.sum((laid[own] - there) ** 2, axis=1))))
    distances = np.linalg.norm(laid[heavy][:, None] - protein[None], axis=2)
    crowding = float(np.sum(np.clip(CLOSE - distances, 0.0, None) ** 2))
    return rmsd + CROWDING * crowding, rmsd, crowding, laid
