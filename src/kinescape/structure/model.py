"""The nouns of a molecular model: residue, model, and the deposit that it was read from.

Positions are in ångström everywhere in this folder; OpenMM's nanometres begin and end in :mod:`.openmm_bridge`.
Residue numbers are the deposit's own ("auth" numbers of mmCIF), which for the ALK and ROS1 entries are the protein's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kinescape.errors import InputError
from kinescape.structure.residues import BACKBONE, LETTERS, letter_of

Kind = Literal["protein", "cap", "ligand", "water", "ion"]
Positions = NDArray[np.float64]

PEPTIDE_BOND = 2.0
"""Longest distance C to N, in ångström, that still counts as a peptide bond (1.33 in an ideal one)."""


@dataclass(frozen=True)
class Residue:
    """One residue, ligand, ion or water.

    ``positions`` is (atoms, 3) in ångström, in the order of ``atoms`` (names) and ``elements`` (symbols, ``"C"``,
    ``"Cl"``). ``number`` is the residue number of the file, ``insertion`` its insertion code or empty.
    """

    kind: Kind
    name: str
    number: int
    insertion: str
    atoms: tuple[str, ...]
    elements: tuple[str, ...]
    positions: Positions
    b_factors: tuple[float, ...] = ()

    @property
    def letter(self) -> str:
        """One-letter code, ``X`` where there is none."""
        return letter_of(self.name) or "X"

    @property
    def label(self) -> str:
        """``L1196`` for an amino acid, ``VGH 9000`` for anything else."""
        number = f"{self.number}{self.insertion}"
        return f"{self.letter}{number}" if self.kind == "protein" else f"{self.name} {number}"

    @property
    def key(self) -> tuple[int, str]:
        """Number and insertion code: what names a residue within its chain."""
        return self.number, self.insertion

    def has(self, *names: str) -> bool:
        """Whether all these atoms are there."""
        return all(name in self.atoms for name in names)

    def at(self, name: str) -> Positions:
        """Position of one atom, in ångström; KeyError where it is missing."""
        try:
            return np.asarray(self.positions[self.atoms.index(name)], dtype=np.float64)
        except ValueError:
            raise KeyError(f"{self.label} has no atom {name}") from None

    def heavy(self) -> NDArray[np.bool_]:
        """Which atoms are no hydrogens."""
        return np.array([element not in ("H", "D") for element in self.elements], dtype=bool)

    def only(self, keep: NDArray[np.bool_]) -> Residue:
        """The same residue with some of its atoms."""
        chosen = np.flatnonzero(keep).tolist()
        return replace(
            self,
            atoms=tuple(self.atoms[number] for number in chosen),
            elements=tuple(self.elements[number] for number in chosen),
            positions=self.positions[chosen],
            b_factors=tuple(self.b_factors[number] for number in chosen) if self.b_factors else (),
        )

    def backbone_only(self) -> Residue:
        """N, CA, C, O (and OXT) alone."""
        return self.only(np.array([name in (*BACKBONE, "OXT") for name in self.atoms], dtype=bool))


@dataclass(frozen=True)
class Model:
    """One chain of a structure with its ligands, ions and waters: what every later step takes and returns."""

    name: str
    chain: str
    residues: tuple[Residue, ...]
    notes: tuple[str, ...] = ()
    """What was left out, chosen or built, in plain sentences, in the order in which it happened."""

    @cached_property
    def _by_key(self) -> dict[tuple[int, str], int]:
        return {residue.key: number for number, residue in enumerate(self.residues) if residue.kind == "protein"}

    @property
    def protein(self) -> tuple[Residue, ...]:
        """Amino acids, in the order of the chain."""
        return tuple(residue for residue in self.residues if residue.kind == "protein")

    @property
    def ligands(self) -> tuple[Residue, ...]:
        return tuple(residue for residue in self.residues if residue.kind == "ligand")

    @property
    def waters(self) -> tuple[Residue, ...]:
        return tuple(residue for residue in self.residues if residue.kind == "water")

    @property
    def positions(self) -> Positions:
        """All atoms' positions, (atoms, 3) in ångström, in the order of the residues."""
        return np.concatenate([residue.positions for residue in self.residues])

    def __iter__(self) -> Iterator[Residue]:
        return iter(self.residues)

    def index_of(self, number: int, insertion: str = "") -> int | None:
        """Place of an amino acid in ``residues``; None where the structure does not have it."""
        return self._by_key.get((number, insertion))

    def residue(self, number: int, insertion: str = "") -> Residue:
        """An amino acid by its number.

        Raises
        ------
        InputError
            It is not in the structure: the numbers around the gap are told.
        """
        place = self.index_of(number, insertion)
        if place is not None:
            return self.residues[place]
        numbers = sorted(residue.number for residue in self.protein)
        if not numbers:
            raise InputError(f"{self.name} has no protein in chain {self.chain}")
        raise InputError(
            f"residue {number} is not in {self.name}, chain {self.chain}", expected=_around(numbers, number)
        )

    def ligand(self, name: str) -> Residue:
        """A ligand by its residue name (the first where it stands several times); InputError where there is none."""
        for residue in self.ligands:
            if residue.name == name.upper():
                return residue
        there = ", ".join(sorted({residue.name for residue in self.ligands})) or "none"
        raise InputError(
            f"ligand {name.upper()} is not in {self.name}, chain {self.chain}", expected=f"one of its ligands: {there}"
        )

    def with_residues(self, residues: Sequence[Residue], *notes: str) -> Model:
        """The same model with other residues and further notes."""
        return replace(self, residues=tuple(residues), notes=(*self.notes, *notes))

    def segments(self) -> list[list[int]]:
        """Places of the protein and its caps in ``residues``, cut wherever the backbone is not bonded."""
        found: list[list[int]] = []
        for place, residue in enumerate(self.residues):
            if residue.kind not in ("protein", "cap"):
                continue
            if found and found[-1][-1] == place - 1 and bonded(self.residues[place - 1], residue):
                found[-1].append(place)
            else:
                found.append([place])
        return found

    def sequence(self) -> str:
        """One-letter codes of the residues that are there (gaps are not shown)."""
        return "".join(residue.letter for residue in self.protein)


@dataclass(frozen=True)
class Difference:
    """A residue of the deposit's sequence that is not the database protein's, as its SEQADV or mmCIF record says."""

    name: str
    number: int
    database_name: str
    comment: str


@dataclass(frozen=True)
class AltLoc:
    """A residue with alternate locations: which there are with their occupancies, and which one was taken."""

    label: str
    occupancies: tuple[tuple[str, float], ...]
    taken: str


@dataclass(frozen=True)
class Deposit:
    """A structure file as it is: every chain, and what the header says."""

    path: Path
    entry: str
    """PDB ID, empty where the file does not state one."""
    title: str
    method: str
    resolution: float | None
    """In ångström; None for NMR, models and files without a header."""
    models: int
    """How many models the file has; the first is read."""
    chains: dict[str, tuple[Residue, ...]]
    altlocs: dict[str, tuple[AltLoc, ...]]
    differences: dict[str, tuple[Difference, ...]]
    unresolved: dict[str, tuple[tuple[str, int], ...]]
    """Per chain: name and number of the residues that the experiment did not see (REMARK 465)."""
    ligand_names: dict[str, str]
    """Chemical names by residue name, as the header gives them."""

    def protein_chains(self) -> list[str]:
        """Chains with amino acids, in the order of the file."""
        return [name for name, residues in self.chains.items() if any(each.kind == "protein" for each in residues)]


def bonded(first: Residue, second: Residue) -> bool:
    """Whether a peptide bond joins two residues (or a cap and a residue)."""
    if not (first.has("C") and second.has("N")):
        return False
    return bool(np.linalg.norm(first.at("C") - second.at("N")) < PEPTIDE_BOND)


def is_standard(residue: Residue) -> bool:
    """Whether a residue is one of the twenty amino acids by its own name."""
    return residue.name in LETTERS


def _around(numbers: list[int], number: int) -> str:
    below = [each for each in numbers if each < number]
    above = [each for each in numbers if each > number]
    if below and above:
        return f"a residue that was resolved; the gap lies between {below[-1]} and {above[0]}"
    return f"{numbers[0]} to {numbers[-1]}"
