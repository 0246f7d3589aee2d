"""A model as a PDB file (wwPDB format 3.3). Nothing of the clock stands in it: the same model gives the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kinescape.files import write_text
from kinescape.structure.model import Model, Residue

WIDTH = 68
"""Characters of a REMARK line beyond its number."""


def pdb_text(model: Model, remarks: Sequence[str] = (), kinds: Sequence[str] | None = None) -> str:
    """The PDB file of a model.

    ``remarks`` and the model's notes become ``REMARK   3`` lines; TER stands where the chain is broken; ``kinds``
    chooses residues by their kind (all by default). Chain names longer than a letter become ``A``.
    """
    chain = model.chain if len(model.chain) == 1 else "A"
    lines = [f"REMARK   3 {part}".rstrip() for text in (*remarks, *model.notes) for part in _wrapped(text)]
    serial = 0
    ends = {places[-1] for places in model.segments()}
    for place, residue in enumerate(model.residues):
        if kinds is not None and residue.kind not in kinds:
            continue
        for number in range(len(residue.atoms)):
            serial += 1
            lines.append(_atom(residue, number, serial, chain))
        if place in ends:
            serial += 1
            head = f"TER   {serial % 100000:5d}      {residue.name:>3} {chain}{residue.number % 10000:4d}"
            lines.append(head + (residue.insertion or ""))
    lines.append("END")
    return "\n".join(lines) + "\n"


def write_pdb(path: Path, model: Model, remarks: Sequence[str] = ()) -> None:
    """Write a whole PDB file."""
    write_text(path, pdb_text(model, remarks))


def _atom(residue: Residue, number: int, serial: int, chain: str) -> str:
    record = "ATOM  " if residue.kind in ("protein", "cap") else "HETATM"
    name, symbol = residue.atoms[number], residue.elements[number]
    # One-letter elements begin in column 14, unless the name needs all four columns.
    shown = f" {name:<3}" if len(symbol) == 1 and len(name) < 4 else f"{name:<4}"
    x, y, z = residue.positions[number]
    b_factor = residue.b_factors[number] if number < len(residue.b_factors) else 0.0
    return (
        f"{record}{serial % 100000:5d} {shown[:4]} {residue.name:>3.3} {chain}{residue.number % 10000:4d}"
        f"{residue.insertion or ' '}   {x:8.3f}{y:8.3f}{z:8.3f}{1.0:6.2f}{min(b_factor, 999.99):6.2f}          "
        f"{symbol.upper():>2}"
    )


def _wrapped(text: str) -> list[str]:
    import textwrap

    ascii_text = text.replace("≥", ">=").replace("Å", "A").encode("ascii", "replace").decode("ascii")
    return textwrap.wrap(ascii_text, WIDTH) or [""]
