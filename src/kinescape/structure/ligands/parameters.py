"""Force-field parameters of a ligand: those that are packaged, or a file of the user's.

Packaged ones are GAFF2 (Wang J et al., J Comput Chem 2004;25:1157; version 2 of AmberTools) with AM1-BCC charges
(Jakalian A et al., J Comput Chem 2002;23:1623), made by ``benchmarks/structure_ligands.py``; each XML file has a
record beside it (``NAME.json``) that says how.
"""

from __future__ import annotations

import functools
import json
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from kinescape.errors import InputError


@dataclass(frozen=True)
class LigandParameters:
    """A ligand as the force field knows it.

    ``smiles`` states the molecule as it is modelled (protonation and stereochemistry); ``xml`` is the text of an
    OpenMM force-field file with one residue template for it, hydrogens included; ``record`` says how it was made.
    """

    name: str
    smiles: str
    xml: str
    record: dict[str, Any]

    @property
    def formal_charge(self) -> int:
        """Charge of the molecule as modelled, in elementary charges."""
        from rdkit import Chem

        return int(Chem.GetFormalCharge(Chem.MolFromSmiles(self.smiles)))

    @property
    def made(self) -> str:
        """How the parameters were made, in one line."""
        return f"{self.record.get('force_field', 'as given')}, charges {self.record.get('charges', 'as given')}"


@functools.cache
def packaged_ligands() -> tuple[LigandParameters, ...]:
    """All ligands whose parameters come with kinescape, by name."""
    folder = resources.files("kinescape") / "data" / "structure" / "ligands"
    found = []
    for entry in sorted(folder.iterdir(), key=lambda each: each.name.lower()):
        if entry.name.endswith(".json"):
            record = json.loads(entry.read_text(encoding="utf-8"))
            xml = (folder / entry.name.replace(".json", ".xml")).read_text(encoding="utf-8")
            found.append(LigandParameters(record["name"], record["smiles"], xml, record))
    return tuple(found)


def packaged_ligand(name: str) -> LigandParameters:
    """A packaged ligand by the drug's name or its wwPDB residue code.

    Raises
    ------
    InputError
        There is none of that name.
    """
    for ligand in packaged_ligands():
        if name.lower() == ligand.name.lower() or name.upper() in ligand.record["wwpdb_codes"]:
            return ligand
    raise InputError("no parameters of this ligand are packaged", found=name, expected=_packaged_names())


def read_parameters(path: Path, smiles: str) -> LigandParameters:
    """Parameters from a user's OpenMM force-field file.

    Parameters
    ----------
    path
        XML with exactly one residue template, hydrogens included.
    smiles
        The molecule as it is to be modelled, with its charge and stereochemistry: hydrogens are placed by it.

    Raises
    ------
    InputError
        No such file, no OpenMM force field, not one residue, or not the molecule that the SMILES states.
    """
    from rdkit import Chem
    from rdkit.rdBase import BlockLogs

    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError("no such file", file=path) from None
    except (OSError, UnicodeDecodeError):
        raise InputError("cannot be read as text", file=path, expected="an OpenMM force-field file (XML)") from None
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - the user's own file; OpenMM parses it the same way
    except ElementTree.ParseError as problem:
        raise InputError(f"is no XML ({problem})", file=path, expected="an OpenMM force-field file") from None
    residues = root.findall("./Residues/Residue")
    if root.tag != "ForceField" or len(residues) != 1:
        raise InputError(
            "is no force field of one ligand",
            file=path,
            found=f"<{root.tag}> with {len(residues)} residue templates",
            expected="<ForceField> with one <Residue>",
        )
    with BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
    if molecule is None:
        raise InputError("is no SMILES", found=smiles, expected="the ligand's SMILES, charge included")
    atoms = len(residues[0].findall("Atom"))
    whole = Chem.AddHs(molecule).GetNumAtoms()
    if atoms != whole:
        raise InputError(
            "the residue template and the SMILES are not the same molecule",
            file=path,
            found=f"{atoms} atoms",
            expected=f"{whole} atoms, hydrogens included",
        )
    return LigandParameters(path.stem, smiles, text, {"source": path.name, "wwpdb_codes": []})


def _packaged_names() -> str:
    return "one of " + ", ".join(each.name for each in packaged_ligands()) + "; others with --parameters FILE.xml"
