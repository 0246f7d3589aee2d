"""The heavy atoms that a crystal shows -> the whole ligand: which atom is which, and its hydrogens."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kinescape.errors import InputError
from kinescape.structure.ligands.parameters import LigandParameters, packaged_ligands
from kinescape.structure.model import Residue

BOND_SLACK = 0.45
"""Two atoms are bonded when they are nearer than the sum of their covalent radii and this, in ångström (the tolerance
of the wwPDB's and most other perception programs)."""


@dataclass(frozen=True)
class WholeLigand:
    """A ligand with all its atoms, in the order of its SMILES, hydrogens last.

    ``positions`` is (atoms, 3) in ångström; ``bonds`` are pairs of places in ``names``. Heavy atoms keep the names
    that they have in the file.
    """

    parameters: LigandParameters
    residue_name: str
    number: int
    names: tuple[str, ...]
    elements: tuple[str, ...]
    bonds: tuple[tuple[int, int], ...]
    positions: NDArray[np.float64]

    @property
    def heavy(self) -> NDArray[np.int64]:
        """Places of the heavy atoms."""
        return np.flatnonzero([element != "H" for element in self.elements])


def whole_ligand(residue: Residue, parameters: LigandParameters | None = None) -> WholeLigand:
    """The ligand of a structure with its hydrogens.

    Parameters
    ----------
    residue
        The ligand as read. Its hydrogens, if it has any, are replaced: protonation is the parameters'.
    parameters
        What it is. None: the packaged ligand with the same atoms and bonds.

    Raises
    ------
    InputError
        Not a packaged ligand; atoms missing or more than the molecule has; or the mirror image of it.
    """
    heavy = residue.only(residue.heavy())
    candidates = (parameters,) if parameters is not None else packaged_ligands()
    for candidate in candidates:
        match = _match(heavy, candidate)
        if match is not None:
            return _completed(heavy, candidate, match)
    raise _no_match(heavy, parameters)


def _match(residue: Residue, parameters: LigandParameters) -> list[int] | None:
    """For each heavy atom of the SMILES its place in ``residue``; None when the two are not the same graph."""
    from rdkit import Chem

    template = Chem.MolFromSmiles(parameters.smiles)
    wanted = Counter(atom.GetSymbol() for atom in template.GetAtoms())
    if wanted != Counter(residue.elements):
        return None
    observed = _skeleton(list(residue.elements), bonded_pairs(residue.elements, residue.positions))
    if observed.GetNumBonds() != template.GetNumBonds():
        return None
    pattern = _skeleton([atom.GetSymbol() for atom in template.GetAtoms()], _pairs(template))
    match = observed.GetSubstructMatch(pattern)
    return list(match) or None


def bonded_pairs(elements: tuple[str, ...], positions: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs of bonded atoms, by distance against covalent radii."""
    from rdkit import Chem

    table = Chem.GetPeriodicTable()
    radii = np.array([table.GetRcovalent(element) for element in elements])
    distances = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    near = distances < radii[:, None] + radii[None] + BOND_SLACK
    first, second = np.nonzero(np.triu(near, k=1))
    return list(zip(first.tolist(), second.tolist(), strict=True))


def _pairs(molecule: Any) -> list[tuple[int, int]]:
    return [(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in molecule.GetBonds()]


def _skeleton(elements: list[str], pairs: list[tuple[int, int]]) -> Any:
    """Atoms and bonds alone: no orders, charges, hydrogens or stereochemistry."""
    from rdkit import Chem

    molecule = Chem.RWMol()
    for element in elements:
        atom = Chem.Atom(element)
        atom.SetNoImplicit(True)
        molecule.AddAtom(atom)
    for first, second in pairs:
        molecule.AddBond(first, second, Chem.BondType.SINGLE)
    return molecule.GetMol()


def _completed(residue: Residue, parameters: LigandParameters, match: list[int]) -> WholeLigand:
    from rdkit import Chem
    from rdkit.Geometry import Point3D

    molecule = Chem.MolFromSmiles(parameters.smiles)
    conformer = Chem.Conformer(molecule.GetNumAtoms())
    for place, seen in enumerate(match):
        conformer.SetAtomPosition(place, Point3D(*residue.positions[seen].tolist()))
    molecule.AddConformer(conformer, assignId=True)
    _check_chirality(molecule, residue, parameters)
    whole = Chem.AddHs(molecule, addCoords=True)
    hydrogens = whole.GetNumAtoms() - molecule.GetNumAtoms()
    return WholeLigand(
        parameters=parameters,
        residue_name=residue.name,
        number=residue.number,
        names=(*(residue.atoms[seen] for seen in match), *(f"H{number}" for number in range(1, hydrogens + 1))),
        elements=tuple(atom.GetSymbol() for atom in whole.GetAtoms()),
        bonds=tuple(_pairs(whole)),
        positions=np.array(whole.GetConformer().GetPositions()),
    )


def _check_chirality(molecule: Any, residue: Residue, parameters: LigandParameters) -> None:
    from rdkit import Chem

    def centres(of: Any) -> list[tuple[int, str]]:
        return [
            (place, label)
            for place, label in Chem.FindMolChiralCenters(of, useLegacyImplementation=False)  # type: ignore[no-untyped-call]
            if of.GetAtomWithIdx(place).GetSymbol() == "C"
        ]

    wanted = centres(molecule)
    seen = Chem.Mol(molecule)
    Chem.AssignStereochemistryFrom3D(seen, replaceExistingTags=True)
    # Only centres that the SMILES states are compared: what it leaves open is open.
    stated = dict(wanted)
    for place, label in centres(seen):
        if place in stated and stated[place] != label:
            atom = residue.name
            raise InputError(
                f"the ligand {atom} {residue.number} is not {parameters.name}: a centre has the other hand",
                found=label,
                expected=f"{stated[place]}, as in {parameters.smiles}",
            )


def _no_match(residue: Residue, parameters: LigandParameters | None) -> InputError:
    formula = " ".join(f"{element}{count}" for element, count in sorted(Counter(residue.elements).items()))
    what = f"{residue.name} {residue.number} ({formula}, without hydrogens)"
    if parameters is not None:
        return InputError(
            f"the ligand is not {parameters.name}: other atoms or bonds, or some were not seen",
            found=what,
            expected=parameters.smiles,
        )
    names = ", ".join(each.name for each in packaged_ligands())
    return InputError(
        "no parameters for this ligand",
        found=what,
        expected=f"{names}, whole; any other with --parameters FILE.xml --smiles SMILES",
    )
