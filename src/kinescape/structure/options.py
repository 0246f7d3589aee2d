"""What users give by name: the SMILES of ligands, the rotamers of mutants."""

from __future__ import annotations

from collections.abc import Sequence

from kinescape.errors import InputError
from kinescape.structure.model import Model


def smiles_options(given: Sequence[str]) -> dict[str, str]:
    """``VGH=C[C@H]...`` -> ``{"VGH": "C[C@H]..."}``; InputError where it is not NAME=SMILES."""
    found: dict[str, str] = {}
    for text in given:
        name, sign, smiles = text.partition("=")
        # "=" is a bond in SMILES, so a name must stand before the first one.
        if not sign or not name.strip().isalnum() or len(name.strip()) > 5 or not smiles.strip():
            raise InputError("--smiles", found=text, expected="NAME=SMILES, such as VGH=C[C@H](...)...")
        found[name.strip().upper()] = smiles.strip()
    return found


def check_smiles(model: Model, smiles: dict[str, str] | None) -> None:
    """InputError where bond orders are given for a ligand that the model does not have."""
    there = sorted({residue.name for residue in model.ligands})
    for name in smiles or {}:
        if name not in there:
            raise InputError(
                f"--smiles is given for a ligand that is not in {model.name}, chain {model.chain}",
                found=name,
                expected=f"one of its ligands: {', '.join(there) or 'it has none'}",
            )


def rotamer_options(given: Sequence[str]) -> dict[str, str]:
    """``L1196M=mtm`` -> ``{"L1196M": "mtm"}``; InputError where it is not NAME=ROTAMER."""
    found: dict[str, str] = {}
    for text in given:
        name, sign, rotamer = text.partition("=")
        if not sign or not rotamer.strip():
            raise InputError("--rotamer", found=text, expected="NAME=ROTAMER, such as L1196M=mtm")
        found[name.strip()] = rotamer.strip()
    return found
