"""Bond orders of ligands: a PDB file has none, so a SMILES gives them; charges and hydrogens follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from kinescape.errors import InputError
from kinescape.structure.model import Residue
from kinescape.tables import read_table


@dataclass(frozen=True)
class KnownLigand:
    """A ligand whose bond orders come with the program; ``smiles`` is the form at pH 7.4."""

    name: str
    drug: str
    entry: str
    smiles: str


@cache
def known_ligands() -> dict[str, KnownLigand]:
    """Packaged ligands by residue name (``VGH`` is crizotinib)."""
    with resources.as_file(resources.files("kinescape") / "data" / "structure" / "ligands.tsv") as path:
        rows = read_table(Path(path), required=("name", "drug", "entry", "smiles"), delimiter="\t")
    found = [KnownLigand(row.text("name"), row.text("drug"), row.text("entry"), row.text("smiles")) for row in rows]
    return {each.name: each for each in found}


def smiles_of(name: str, given: dict[str, str] | None = None) -> str:
    """The SMILES of a ligand: the one that was given for it, else the packaged one.

    Raises
    ------
    InputError
        Neither is there; the message says how to give one.
    """
    if given and name in given:
        return given[name]
    known = known_ligands().get(name)
    if known is None:
        raise InputError(
            f"the bond orders of ligand {name} are not known",
            expected=f"--smiles '{name}=SMILES' (known without: {', '.join(sorted(known_ligands()))})",
        )
    return known.smiles


def molecule_of(residue: Residue, smiles: str) -> Any:
    """RDKit molecule of a ligand: atoms and positions of the residue, bond orders and charges of the SMILES, hydrogens.

    Heavy atoms come first, in the order of the residue. Hydrogens of the residue, if it has any, are built anew.

    Raises
    ------
    InputError
        Not a SMILES, or one that does not fit the atoms that the structure has (missing atoms included).
    """
    from rdkit import Chem, rdBase
    from rdkit.Chem import AllChem
    from rdkit.Geometry import Point3D

    with rdBase.BlockLogs():  # what matters is told as an error below
        template = Chem.MolFromSmiles(smiles)
    if template is None:
        raise InputError(f"SMILES of ligand {residue.name} is not valid", found=smiles)
    heavy = residue.only(residue.heavy())
    if template.GetNumAtoms() != len(heavy.atoms):
        raise InputError(
            f"SMILES of ligand {residue.name} has another number of heavy atoms than the structure",
            found=f"{len(heavy.atoms)} in {residue.label}",
            expected=f"{template.GetNumAtoms()} (are atoms of the ligand missing in the file?)",
        )
    bare = Chem.RWMol()
    for symbol in heavy.elements:
        bare.AddAtom(Chem.Atom(symbol))
    conformer = Chem.Conformer(len(heavy.atoms))
    for number, (x, y, z) in enumerate(heavy.positions.tolist()):
        conformer.SetAtomPosition(number, Point3D(x, y, z))
    bare.AddConformer(conformer)
    bonds = ligand_bonds(heavy)
    if len(bonds) != template.GetNumBonds():
        raise InputError(
            f"SMILES of ligand {residue.name} does not fit the distances of {residue.label}",
            found=f"{len(bonds)} bonds in the structure",
            expected=f"{template.GetNumBonds()}",
        )
    for first, second in bonds:
        bare.AddBond(first, second, Chem.BondType.SINGLE)
    for atom in bare.GetAtoms():
        atom.SetNoImplicit(False)
    try:
        assign: Any = AllChem.AssignBondOrdersFromTemplate
        with rdBase.BlockLogs():
            molecule = assign(template, bare.GetMol())
    except ValueError:
        raise InputError(
            f"SMILES of ligand {residue.name} does not fit the atoms and distances of {residue.label}", found=smiles
        ) from None
    Chem.AssignStereochemistryFrom3D(molecule)
    return Chem.AddHs(molecule, addCoords=True)


def ligand_bonds(residue: Residue) -> list[tuple[int, int]]:
    """Bonded pairs of heavy atoms by distance: sum of covalent radii (Cordero 2008) plus 0.4 Å."""
    from rdkit.Chem import GetPeriodicTable

    table = GetPeriodicTable()
    radii = np.array([table.GetRcovalent(symbol) for symbol in residue.elements])
    distances = np.linalg.norm(residue.positions[:, None] - residue.positions[None], axis=2)
    near = np.triu(distances < radii[:, None] + radii[None] + 0.4, 1)
    return [(int(one), int(other)) for one, other in np.argwhere(near)]
