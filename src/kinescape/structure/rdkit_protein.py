"""A protein with hydrogens as an RDKit molecule: bond orders and charges from what each amino acid is."""

from __future__ import annotations

from typing import Any

from kinescape.structure.model import Model, Residue
from kinescape.structure.openmm_bridge import topology_of

DOUBLE: dict[str, tuple[tuple[str, str], ...]] = {
    "ASP": (("CG", "OD1"),),
    "GLU": (("CD", "OE1"),),
    "ASN": (("CG", "OD1"),),
    "GLN": (("CD", "OE1"),),
    "ARG": (("CZ", "NH2"),),
    "PHE": (("CG", "CD1"), ("CD2", "CE2"), ("CE1", "CZ")),
    "TYR": (("CG", "CD1"), ("CD2", "CE2"), ("CE1", "CZ")),
    "TRP": (("CG", "CD1"), ("CD2", "CE2"), ("CE3", "CZ3"), ("CZ2", "CH2")),
    "HIS": (("CG", "CD2"),),
}
"""Double bonds of side chains in a Kekulé structure; the backbone's and histidine's second one are added."""


def protein_molecule(model: Model) -> tuple[Any, list[Residue]]:
    """RDKit molecule of the chain and its caps, with residue numbers in the atoms' PDB information.

    The model must have its hydrogens. Also returned: the residues in the order of their atoms.
    """
    from rdkit import Chem
    from rdkit.Geometry import Point3D

    topology, nanometres = topology_of(model)
    order = [model.residues[place] for places in model.segments() for place in places]
    molecule = Chem.RWMol()
    conformer = Chem.Conformer(len(nanometres))
    bonds: dict[tuple[int, int], Any] = {}
    for one, other in topology.bonds():
        bonds[min(one.index, other.index), max(one.index, other.index)] = Chem.BondType.SINGLE
    for theirs, residue in zip(topology.residues(), order, strict=True):
        numbers = {atom.name: atom.index for atom in theirs.atoms()}
        charges = _charges(residue)
        for atom in theirs.atoms():
            new = Chem.Atom(atom.element.symbol)
            new.SetNoImplicit(True)
            new.SetFormalCharge(charges.get(atom.name, 0))
            name = f"{atom.name:<4}" if len(atom.name) == 4 else f" {atom.name:<3}"
            info = Chem.AtomPDBResidueInfo(name, 0, "", residue.name, residue.number, model.chain)
            new.SetMonomerInfo(info)
            molecule.AddAtom(new)
            x, y, z = (10.0 * nanometres[atom.index]).tolist()
            conformer.SetAtomPosition(atom.index, Point3D(x, y, z))
        for one, other in _double_bonds(residue):
            if one in numbers and other in numbers:
                pair = (min(numbers[one], numbers[other]), max(numbers[one], numbers[other]))
                bonds[pair] = Chem.BondType.DOUBLE
    for (first, second), order_of_bond in bonds.items():
        molecule.AddBond(first, second, order_of_bond)
    molecule.AddConformer(conformer)
    built = molecule.GetMol()
    Chem.SanitizeMol(built)
    return built, order


def _double_bonds(residue: Residue) -> list[tuple[str, str]]:
    found = [*DOUBLE.get(residue.name, ())]
    if residue.has("O") and residue.has("C"):
        found.append(("C", "O"))
    if residue.name == "HIS":
        found.append(("ND1", "CE1") if residue.has("HE2") else ("NE2", "CE1"))
    return found


def _charges(residue: Residue) -> dict[str, int]:
    charges: dict[str, int] = {}
    if residue.has("OXT"):
        charges["OXT"] = -1
    if residue.has("H2", "H3") and residue.kind == "protein":
        charges["N"] = 1
    if residue.name == "ARG":
        charges["NH2"] = 1
    if residue.name == "LYS" and residue.has("HZ3"):
        charges["NZ"] = 1
    if residue.name == "ASP" and not residue.has("HD2"):
        charges["OD2"] = -1
    if residue.name == "GLU" and not residue.has("HE2"):
        charges["OE2"] = -1
    if residue.name == "HIS" and residue.has("HD1", "HE2"):
        charges["ND1"] = 1
    return charges
