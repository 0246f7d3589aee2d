"""What a structure file has, lacks and numbers: to be read before anything is modelled on it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from kinescape.structure.geometry import Points
from kinescape.structure.model import Deposit, Model, Residue
from kinescape.structure.read import model_of
from kinescape.structure.residues import CRYSTALLISATION, LETTERS, MODIFIED, TAG_WORDS, standard_name
from kinescape.structure.sidechain import side_chain_atoms

BACKBONE = ("N", "CA", "C", "O")
LOW_RESOLUTION = 3.0
"""Ångström from which side chains and waters are placed by expectation more than by density."""


@dataclass(frozen=True)
class Gap:
    """Residues ``first`` to ``last`` are not in the chain (fragments without CA count as not there)."""

    first: int
    last: int


@dataclass(frozen=True)
class Mismatch:
    """A residue of the chain that is not the reporting protein's at its number. ``why`` is empty where nothing says."""

    number: int
    found: str
    expected: str
    why: str


@dataclass(frozen=True)
class Near:
    """A ligand, and the residues with an atom within 4.5 Å of it."""

    label: str
    name: str
    chemical_name: str
    atoms: int
    residues: tuple[str, ...]
    crystallisation: bool


@dataclass(frozen=True)
class Check:
    """Findings about one chain. ``compared`` is how many residues were compared with the protein; 0: not asked for."""

    model: Model
    entry: str
    title: str
    method: str
    resolution: float | None
    models: int
    chains: tuple[str, ...]
    first: int
    last: int
    residues: int
    gaps: tuple[Gap, ...]
    fragments: tuple[str, ...]
    missing_atoms: tuple[tuple[str, tuple[str, ...]], ...]
    altlocs: tuple[str, ...]
    modified: tuple[str, ...]
    tags: tuple[str, ...]
    engineered: tuple[str, ...]
    ligands: tuple[Near, ...]
    waters: int
    compared: int
    mismatches: tuple[Mismatch, ...]

    @property
    def numbering_holds(self) -> bool | None:
        """Whether every residue is the protein's at its number, or stated to differ; None where it was not compared."""
        if not self.compared:
            return None
        return not any(not mismatch.why for mismatch in self.mismatches)


def check_deposit(deposit: Deposit, chain: str | None = None, protein: str | None = None) -> Check:
    """Look at one chain of a deposit.

    Parameters
    ----------
    protein
        The reporting transcript's protein, one-letter code, residue 1 first; None: numbers are not compared.
    """
    model = model_of(deposit, chain)
    whole = [each for each in model.protein if each.has("N", "CA", "C")]
    differences = deposit.differences.get(model.chain, ())
    tags = [each for each in differences if any(word in each.comment for word in TAG_WORDS)]
    others = [each for each in differences if each not in tags]
    why = {each.number: each.comment.lower() or "difference stated in the file" for each in differences}
    return Check(
        model=model,
        entry=deposit.entry,
        title=deposit.title,
        method=deposit.method,
        resolution=deposit.resolution,
        models=deposit.models,
        chains=tuple(deposit.protein_chains()),
        first=whole[0].number if whole else 0,
        last=whole[-1].number if whole else 0,
        residues=len(whole),
        gaps=_gaps(whole),
        fragments=tuple(f"{each.label} ({' '.join(each.atoms)})" for each in model.protein if each not in whole),
        missing_atoms=_missing_atoms(whole),
        altlocs=tuple(
            f"{each.label}: "
            + ", ".join(f"{name} {share:g}" for name, share in each.occupancies)
            + f"; {each.taken} taken"
            for each in deposit.altlocs.get(model.chain, ())
        ),
        modified=tuple(f"{each.name} {each.number}" for each in whole if each.name in MODIFIED),
        tags=tuple(f"{each.name} {each.number}" for each in tags),
        engineered=tuple(
            f"{LETTERS.get(each.database_name, '?')}{each.number}{LETTERS.get(each.name, '?')} ({each.comment.lower()})"
            for each in others
        ),
        ligands=_ligands(model, deposit),
        waters=len(model.waters),
        compared=len(whole) if protein is not None else 0,
        mismatches=_mismatches(whole, protein, why) if protein is not None else (),
    )


def caveats_of(check: Check) -> list[str]:
    """What speaks for caution, in plain sentences."""
    found = list(check.model.notes)
    if check.resolution is None:
        found.append("No resolution is stated: an NMR structure, a prediction or a file without its header.")
    elif check.resolution > LOW_RESOLUTION:
        found.append(f"At {check.resolution:g} A side chains are placed by expectation more than by density.")
    if check.numbering_holds is False:
        found.append(
            "Residue numbers are not those of the reporting protein: names of mutations would meet the wrong residues."
        )
    return found


def _gaps(residues: list[Residue]) -> tuple[Gap, ...]:
    return tuple(
        Gap(one.number + 1, other.number - 1) for one, other in pairwise(residues) if other.number - one.number > 1
    )


def _missing_atoms(residues: list[Residue]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = []
    for residue in residues:
        name = standard_name(residue.name)
        if name is None or residue.name in MODIFIED:
            continue
        missing = tuple(atom for atom in (*BACKBONE, *side_chain_atoms(name)) if atom not in residue.atoms)
        if missing:
            found.append((residue.label, missing))
    return tuple(found)


def _ligands(model: Model, deposit: Deposit) -> tuple[Near, ...]:
    found = []
    for ligand in (each for each in model.residues if each.kind in ("ligand", "ion")):
        near = tuple(each.label for each in model.protein if _distance(each.positions, ligand.positions) < 4.5)
        found.append(
            Near(
                ligand.label,
                ligand.name,
                deposit.ligand_names.get(ligand.name, ""),
                int(ligand.heavy().sum()),
                near,
                ligand.name in CRYSTALLISATION,
            )
        )
    return tuple(found)


def _distance(one: Points, other: Points) -> float:
    return float(np.linalg.norm(one[:, None] - other[None], axis=2).min())


def _mismatches(residues: list[Residue], protein: str, why: dict[int, str]) -> tuple[Mismatch, ...]:
    found = []
    for residue in residues:
        expected = protein[residue.number - 1] if 1 <= residue.number <= len(protein) else "-"
        if residue.letter != expected:
            found.append(Mismatch(residue.number, residue.letter, expected, why.get(residue.number, "")))
    return tuple(found)
