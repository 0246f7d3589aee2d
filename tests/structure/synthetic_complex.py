"""A peptide with lorlatinib beside it: the smallest thing that the screen takes for a complex (not a real one)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

DATA = Path(__file__).parent / "data"
APART = 3.6
"""Shortest distance in ångström between heavy atoms of the peptide and of the ligand."""


@cache
def energies() -> dict[str, Any]:
    """Geometries and energies by term as Amber's own topologies give them."""
    found: dict[str, Any] = json.loads((DATA / "ligand_energies.json").read_text(encoding="utf-8"))
    return found


def peptide_lines() -> list[str]:
    """ACE-ALA-LEU-SER-ALA-NME, extended, as PDB lines; without hydrogens."""
    return (DATA / "peptide.pdb").read_text(encoding="ascii").splitlines()


def ligand_atoms(name: str = "lorlatinib") -> tuple[list[str], np.ndarray]:
    """Elements and positions (Å) of a packaged ligand's heavy atoms, in a relaxed conformer."""
    from rdkit import Chem

    from kinescape.structure.ligands.parameters import packaged_ligand

    molecule = Chem.MolFromSmiles(packaged_ligand(name).smiles)
    elements = [atom.GetSymbol() for atom in molecule.GetAtoms()]
    return elements, np.array(energies()[name][0]["angstrom"])[: len(elements)]


def complex_text(name: str = "lorlatinib", residue: str = "LOR") -> str:
    """The peptide and the ligand over its leucine as a PDB file."""
    lines = peptide_lines()
    peptide = np.array([[float(line[start : start + 8]) for start in (30, 38, 46)] for line in lines])
    leucine = peptide[[line[12:16].strip() == "CD2" for line in lines]][0]
    elements, positions = ligand_atoms(name)
    positions = positions - positions.mean(axis=0)
    height = 0.0
    # The chain runs along y and the leucine's side chain points along z: the ligand is lowered onto it from there.
    up = np.array([0.0, 0.0, 1.0])
    while np.linalg.norm(positions[:, None] + height * up + leucine - peptide[None], axis=2).min() < APART:
        height += 0.1
    placed = positions + leucine + height * up
    counts: dict[str, int] = {}
    for number, (element, (x, y, z)) in enumerate(zip(elements, placed.tolist(), strict=True), len(lines) + 1):
        counts[element] = counts.get(element, 0) + 1
        atom = f"{element.upper()}{counts[element]}"
        lines.append(
            f"HETATM{number:5d}  {atom:<3s} {residue} A   9    {x:8.3f}{y:8.3f}{z:8.3f}  1.00  0.00{element:>12s}"
        )
    return "\n".join([*lines, "END"]) + "\n"
