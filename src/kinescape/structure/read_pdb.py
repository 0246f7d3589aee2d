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
SHORTEST = 66
"""Columns that a line of an atom needs: coordinates, occupancy and B factor, which ends there (wwPDB 3.3, section 9).
Older files end there too: element and charge came later."""
ELEMENT = 78
"""Column in which the element ends."""
NAMES_AT_END = (
    "ATOM  ",
    "HETATM",
    "ANISOU",
    "SIGATM",
    "SIGUIJ",
    "TER   ",
    "MODEL ",
    "ENDMDL",
    "CONECT",
    "MASTER",
    "END   ",
)
"""Records that follow the first atom of a file."""
ANISOU = 70
"""Column in which the last number of an ANISOU record ends."""


def read_pdb(path: Path, lines: Sequence[str]) -> Deposit:
    """The deposit that the lines of a PDB file describe.

    Raises
    ------
    InputError
        A line of an atom that is cut, has no numbers where numbers belong, or leaves its element open; a file that ends
        before its end; no atoms at all.
    """
    atoms: list[AtomLine] = []
    models = 0
    _check_end(path, lines)
    for number, line in enumerate(lines, 1):
        record = line[:6].ljust(6)
        if record == "MODEL ":
            models += 1
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


def _check_end(path: Path, lines: Sequence[str]) -> None:
    """InputError where a file breaks off: its last line says so, or a deposited entry has no END."""
    if any(line[:6].rstrip() == "END" for line in lines):
        return
    number = max((place for place, line in enumerate(lines, 1) if line.strip()), default=0)
    last = lines[number - 1].rstrip() if number else ""
    half_a_name = last not in ("", "TER") and any(each != last and each.startswith(last) for each in NAMES_AT_END)
    if half_a_name or (last.startswith("ANISOU") and len(last) < ANISOU):
        raise InputError(
            "ends in the middle of a line", file=path, line=number, found=last, expected="a whole line, or END"
        )
    before = next((line for line in reversed(lines[: number - 1]) if line[:6] in RECORDS), "")
    if last[:6] in RECORDS and len(last) < ELEMENT and before[ELEMENT - 2 : ELEMENT].strip():
        raise InputError(
            "ends in the middle of a line",
            file=path,
            line=number,
            found=len(last),
            expected=f"{ELEMENT} columns, the element among them as in the lines above; or END, if nothing is missing",
        )
    if _entry(lines):
        raise InputError(
            "is an entry of the Protein Data Bank without its last line; is the file truncated?",
            file=path,
            line=number,
            found=last,
            expected="END",
        )


def _atom(path: Path, number: int, line: str) -> AtomLine:
    columns = len(line.rstrip())
    if columns < SHORTEST:
        raise InputError(
            "line of an atom is cut short; is the file truncated?",
            file=path,
            line=number,
            found=columns,
            expected=f"at least {SHORTEST} columns: coordinates, occupancy and B factor",
        )
    raw = line[12:16]
    name, residue = raw.strip(), line[17:20].strip()
    element = element_of(line[76:78], name, raw, residue)
    # A symbol of two letters that lost its second one is another element.
    if not element or (columns == ELEMENT - 1 and element != element_of("", name, raw, residue)):
        raise InputError(
            f"atom {name or '(without a name)'} of {residue or 'a residue'} has no element that is known",
            file=path,
            line=number,
            column="77-78",
            found=line[76:78],
            expected="the symbol of an element; without one, an atom's name that leaves no choice",
        )
    return AtomLine(
        line=number,
        name=name,
        altloc=line[16].strip(),
        residue=residue,
        chain=line[21].strip() or "A",
        number=_integer(path, number, line[22:26], "residue number", "23-26"),
        insertion=line[26].strip(),
        x=_number(path, number, line[30:38], "coordinate", "31-38"),
        y=_number(path, number, line[38:46], "coordinate", "39-46"),
        z=_number(path, number, line[46:54], "coordinate", "47-54"),
        occupancy=_number(path, number, line[54:60], "occupancy", "55-60", 1.0),
        b_factor=_number(path, number, line[60:66], "B factor", "61-66", 0.0),
        element=element,
    )


def _integer(path: Path, line: int, text: str, what: str, columns: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InputError(f"{what} is no whole number", file=path, line=line, column=columns, found=text) from None


def _number(path: Path, line: int, text: str, what: str, columns: str, blank: float | None = None) -> float:
    if blank is not None and not text.strip():
        return blank
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{what} is no number", file=path, line=line, column=columns, found=text)
    return value


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
