"""mmCIF files: the same as from a PDB file, by OpenMM's parser. Author ("auth") names and numbers are taken."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kinescape.errors import InputError
from kinescape.structure.atom_lines import AtomLine, element_of, residues_of
from kinescape.structure.model import Deposit, Difference

NOTHING = ("?", ".", None, "")


def read_mmcif(path: Path, text: str) -> Deposit:
    """The deposit that an mmCIF file describes; InputError where it is none or is cut."""
    block = _block(path, text)
    atoms, models = _atoms(path, block)
    if not atoms:
        raise InputError("has no atoms", file=path, expected="the loop _atom_site of an mmCIF file")
    chains, altlocs = residues_of(atoms)
    methods = [row["method"] for row in _rows(block, "exptl")]
    names = {row["id"]: row.get("name", "") for row in _rows(block, "chem_comp")}
    return Deposit(
        path=path,
        entry=next((row["id"].upper() for row in _rows(block, "entry")), ""),
        title=next((row.get("title", "") for row in _rows(block, "struct")), ""),
        method="; ".join(methods),
        resolution=_resolution(block),
        models=models,
        chains=chains,
        altlocs=altlocs,
        differences=_differences(block),
        unresolved=_unresolved(block),
        ligand_names={name: text for name, text in names.items() if text not in NOTHING},
    )


def _block(path: Path, text: str) -> Any:
    import io

    from openmm.app.internal.pdbx.reader.PdbxReader import PdbxReader

    blocks: list[Any] = []
    try:
        PdbxReader(io.StringIO(text)).read(blocks)
    except Exception as problem:  # the parser raises whatever the damage leads it to
        raise InputError(f"is no sound mmCIF file ({problem})", file=path) from None
    if not blocks:
        raise InputError("is no mmCIF file", file=path, expected="a data block (data_...)")
    return blocks[0]


def _rows(block: Any, category: str) -> Iterator[dict[str, str]]:
    table = block.getObj(category)
    if table is None:
        return
    names = table.getAttributeList()
    for row in table.getRowList():
        yield dict(zip(names, row, strict=False))


def _atoms(path: Path, block: Any) -> tuple[list[AtomLine], int]:
    atoms: list[AtomLine] = []
    models: dict[str, None] = {}
    table = block.getObj("atom_site")
    columns = len(table.getAttributeList()) if table is not None else 0
    for number, row in enumerate(_rows(block, "atom_site"), 1):
        model = row.get("pdbx_PDB_model_num", "1")
        models[model] = None
        if len(models) > 1:
            continue
        try:
            atoms.append(_atom(number, row, columns))
        except (KeyError, ValueError):
            raise InputError(
                f"row {number} of _atom_site is cut short or has no number where one belongs; is the file truncated?",
                file=path,
            ) from None
        if not atoms[-1].element:
            raise InputError(
                f"row {number} of _atom_site has no element that is known",
                file=path,
                found=row.get("type_symbol", atoms[-1].name),
                expected="type_symbol with the symbol of an element",
            )
    return atoms, max(len(models), 1)


def _atom(number: int, row: dict[str, str], columns: int) -> AtomLine:
    if len(row) < columns:
        raise ValueError("columns")
    x, y, z = (float(row[f"Cartn_{axis}"]) for axis in "xyz")
    if not all(math.isfinite(value) for value in (x, y, z)):
        raise ValueError("coordinate")
    name = row.get("auth_atom_id") or row["label_atom_id"]
    residue = row.get("auth_comp_id") or row["label_comp_id"]
    return AtomLine(
        line=number,
        name=name.strip('"'),
        altloc=_text(row.get("label_alt_id")),
        residue=residue,
        chain=row.get("auth_asym_id") or row["label_asym_id"],
        number=int(row.get("auth_seq_id") or row["label_seq_id"]),
        insertion=_text(row.get("pdbx_PDB_ins_code")),
        x=x,
        y=y,
        z=z,
        occupancy=float(row.get("occupancy", "1")),
        b_factor=float(row.get("B_iso_or_equiv", "0")),
        element=element_of(_text(row.get("type_symbol")), name, name, residue),
    )


def _text(value: str | None) -> str:
    return "" if value is None or value in NOTHING else value


def _resolution(block: Any) -> float | None:
    for category, name in (("refine", "ls_d_res_high"), ("em_3d_reconstruction", "resolution")):
        for row in _rows(block, category):
            value = row.get(name)
            if value not in NOTHING:
                try:
                    return float(str(value))
                except ValueError:
                    continue
    return None


def _differences(block: Any) -> dict[str, tuple[Difference, ...]]:
    found: dict[str, list[Difference]] = {}
    for row in _rows(block, "struct_ref_seq_dif"):
        number = _text(row.get("pdbx_auth_seq_num"))
        if not number.lstrip("-").isdigit():
            continue
        each = Difference(
            _text(row.get("mon_id")), int(number), _text(row.get("db_mon_id")), _text(row.get("details")).upper()
        )
        found.setdefault(_text(row.get("pdbx_pdb_strand_id")) or "A", []).append(each)
    return {chain: tuple(each) for chain, each in found.items()}


def _unresolved(block: Any) -> dict[str, tuple[tuple[str, int], ...]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for row in _rows(block, "pdbx_unobs_or_zero_occ_residues"):
        number = _text(row.get("auth_seq_id"))
        if number.lstrip("-").isdigit() and row.get("polymer_flag", "Y") == "Y":
            found.setdefault(_text(row.get("auth_asym_id")), []).append((_text(row.get("auth_comp_id")), int(number)))
    return {chain: tuple(each) for chain, each in found.items()}
