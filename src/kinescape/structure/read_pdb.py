"""PDB files (wwPDB format 3.3): atoms, and what the header says of the experiment and the sequence."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

from kinescape.errors import InputError
from kinescape.structure.atom_lines import AtomLine, element_of, residues_of
from kinescape.structure.model import Deposit, Difference

RECORDS = ("ATOM  ", "HETATM")
SHORTEST = 54
"""Columns that a line of an atom needs: its last coordinate ends there (wwPDB 3.3, section 9)."""


def read_pdb(path: Path, lines: Sequence[str]) -> Deposit:
    """The deposit that the lines of a PDB file describe.

    Raises
    ------
    InputError
        A line of an atom that is cut or has no numbers where numbers belong, or no atoms at all.
    """
    atoms: list[AtomLine] = []
    models = 0
    chain_of_ter = 0
    for number, line in enumerate(lines, 1):
        record = line[:6].ljust(6)
        if record == "MODEL ":
            models += 1
        elif record == "TER   ":
            chain_of_ter += 1
        elif record in RECORDS and models <= 1:
            atoms.append(_atom(path, number, line))
    if not atoms:
        raise InputError("has no atoms", file=path, expected="ATOM and HETATM lines of a PDB file")
    chains, altlocs = residues_of(atoms)
    return Deposit(
        path=path,
        entry=_entry(lines),
        title=_joined(lines, "TITLE ", 10),
        method=_joined(lines, "EXPDTA", 10),
        resolution=_resolution(lines),
        models=max(models, 1),
        chains=chains,
        altlocs=altlocs,
        differences=_differences(lines),
        unresolved=_unresolved(lines),
        ligand_names=_ligand_names(lines),
    )


def _atom(path: Path, number: int, line: str) -> AtomLine:
    if len(line.rstrip("\n")) < SHORTEST:
        raise InputError(
            "line of an atom is cut short; is the file truncated?",
            file=path,
            line=number,
            found=line.strip(),
            expected=f"at least {SHORTEST} columns",
        )
    raw = line[12:16]
    name, residue = raw.strip(), line[17:20].strip()
    return AtomLine(
        line=number,
        name=name,
        altloc=line[16].strip(),
        residue=residue,
        chain=line[21].strip() or "A",
        number=_integer(path, number, line[22:26], "residue number", "23-26"),
        insertion=line[26].strip(),
        x=_number(path, number, line[30:38], "31-38"),
        y=_number(path, number, line[38:46], "39-46"),
        z=_number(path, number, line[46:54], "47-54"),
        occupancy=_optional(line[54:60], 1.0),
        b_factor=_optional(line[60:66], 0.0),
        element=element_of(line[76:78], name, raw, residue),
    )


def _integer(path: Path, line: int, text: str, what: str, columns: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InputError(f"{what} is no whole number", file=path, line=line, column=columns, found=text) from None


def _number(path: Path, line: int, text: str, columns: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError("coordinate is no number", file=path, line=line, column=columns, found=text)
    return value


def _optional(text: str, default: float) -> float:
    try:
        return float(text)
    except ValueError:
        return default


def _entry(lines: Sequence[str]) -> str:
    for line in lines:
        if line.startswith("HEADER"):
            found = line[62:66].strip()
            return found.upper() if re.fullmatch(r"[0-9][A-Za-z0-9]{3}", found) else ""
    return ""


def _joined(lines: Sequence[str], record: str, start: int) -> str:
    parts = [line[start:].strip() for line in lines if line.startswith(record)]
    return " ".join(" ".join(parts).split())


def _resolution(lines: Sequence[str]) -> float | None:
    for line in lines:
        found = re.match(r"REMARK   2 RESOLUTION\.\s+([0-9.]+) ANGSTROMS", line)
        if found:
            return float(found.group(1))
    return None


def _differences(lines: Sequence[str]) -> dict[str, tuple[Difference, ...]]:
    found: dict[str, list[Difference]] = {}
    for line in lines:
        if not line.startswith("SEQADV"):
            continue
        number = line[18:22].strip()
        # A deletion has no residue and no number.
        if not number.lstrip("-").isdigit():
            continue
        each = Difference(line[12:15].strip(), int(number), line[39:42].strip(), line[49:70].strip())
        found.setdefault(line[16].strip() or "A", []).append(each)
    return {chain: tuple(each) for chain, each in found.items()}


def _unresolved(lines: Sequence[str]) -> dict[str, tuple[tuple[str, int], ...]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for line in lines:
        match = re.match(r"REMARK 465\s+(?:\d+\s+)?([A-Z0-9]{3}) (\S)\s+(-?\d+)[A-Z]?\s*$", line)
        if match:
            found.setdefault(match.group(2), []).append((match.group(1), int(match.group(3))))
    return {chain: tuple(each) for chain, each in found.items()}


def _ligand_names(lines: Sequence[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for line in lines:
        if line.startswith("HETNAM"):
            name = line[11:14].strip()
            names[name] = names.get(name, "") + line[15:70].strip()
    return names
