"""Peptides with ideal geometry, built from scratch: small systems whose every atom the tests know. Not real ones."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from kinescape.structure.geometry import place_atom
from kinescape.structure.model import Model, Residue
from kinescape.structure.residues import NAMES
from kinescape.structure.rotamers import rotamers_of
from kinescape.structure.sidechain import with_chis, with_side_chain
from kinescape.structure.write_pdb import pdb_text

HELIX, STRAND = (-62.0, -42.0), (-120.0, 130.0)
ALK_STRETCH, ALK_FIRST = "LPRFILLELMAGGDLKS", 1190
"""Residues 1190 to 1206 of ALK: the gatekeeper L1196 and the hinge."""


def backbone(sequence: str, first: int, phi: float, psi: float) -> list[Residue]:
    points: list[np.ndarray] = [np.zeros(3), np.array([1.458, 0.0, 0.0]), np.array([2.0, 1.42, 0.0])]
    for _ in sequence[1:]:
        n = place_atom(*points[-3:], 1.329, 116.2, psi)
        ca = place_atom(points[-2], points[-1], n, 1.458, 121.7, 180.0)
        c = place_atom(points[-1], n, ca, 1.525, 111.2, phi)
        points += [n, ca, c]
    residues = []
    for number, letter in enumerate(sequence):
        n, ca, c = points[3 * number : 3 * number + 3]
        o = place_atom(n, ca, c, 1.231, 120.8, psi + 180.0)
        residue = Residue(
            "protein", "ALA", first + number, "", ("N", "CA", "C", "O"), tuple("NCCO"), np.array([n, ca, c, o])
        )
        built = with_side_chain(residue, NAMES[letter])
        preferred = next((each for each in rotamers_of(built.name) if each.name.startswith("m")), None)
        residues.append(with_chis(built, preferred.chis) if preferred else built)
    return residues


def peptide(sequence: str = ALK_STRETCH, first: int = ALK_FIRST, shape: tuple[float, float] = HELIX) -> Model:
    """A peptide of heavy atoms, chain A."""
    return Model("peptide", "A", tuple(backbone(sequence, first, *shape)))


def benzene(centre: np.ndarray, number: int = 9000) -> Residue:
    """A ring of six carbons, 1.39 Å: a ligand that no table knows."""
    turns = [math.radians(60 * each) for each in range(6)]
    ring = np.array([[1.39 * math.cos(turn), 1.39 * math.sin(turn), 0.0] for turn in turns]) + centre
    return Residue("ligand", "BNZ", number, "", tuple(f"C{each + 1}" for each in range(6)), ("C",) * 6, ring)


def with_benzene(model: Model) -> Model:
    """A benzene 4 Å beyond the outermost side chain of the model's middle."""
    middle = model.protein[len(model.protein) // 2]
    outward = middle.positions[-1] - middle.at("CA")
    centre = middle.positions[-1] + 4.0 * outward / np.linalg.norm(outward)
    return replace(model, residues=(*model.residues, benzene(centre)))


def write_peptide(path: Path, model: Model | None = None) -> Path:
    path.write_text(pdb_text(model or peptide()), encoding="ascii")
    return path
