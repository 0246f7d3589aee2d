"""A structure file -> the deposit as it is -> the model of one chain."""

from __future__ import annotations

from pathlib import Path

from kinescape.errors import InputError
from kinescape.structure.model import Deposit, Model, Residue
from kinescape.structure.read_mmcif import read_mmcif
from kinescape.structure.read_pdb import read_pdb

PDB_RECORDS = ("HEADER", "ATOM", "HETATM", "MODEL", "REMARK", "CRYST1", "TITLE", "SEQRES", "COMPND", "OBSLTE", "SPLIT")
LARGEST = 400_000_000
"""Largest file in bytes: the largest entries of the PDB are below it."""


def read_deposit(path: Path) -> Deposit:
    """Read a PDB or mmCIF file; which of both it is, is told by its content. ``.gz`` is read as well.

    Raises
    ------
    InputError
        No such file, empty, neither PDB nor mmCIF, truncated, or without atoms.
    """
    text = _text(path)
    lines = text.splitlines()
    first = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    if not first:
        raise InputError("is empty", file=path, expected="a PDB or mmCIF file")
    if first.startswith("data_"):
        return read_mmcif(path, text)
    if any(line[:6].strip() in PDB_RECORDS for line in lines[:1000]):
        return read_pdb(path, lines)
    raise InputError("is neither a PDB nor an mmCIF file", file=path, found=first, expected="PDB or mmCIF")


def read_model(path: Path, chain: str | None = None) -> Model:
    """Read one chain of a structure file, with its ligands, ions and waters.

    Without ``chain`` the first chain with amino acids is taken, and a note says so where there are several. Same
    errors as :func:`read_deposit` and :func:`model_of`.
    """
    return model_of(read_deposit(path), chain)


def model_of(deposit: Deposit, chain: str | None = None) -> Model:
    """The model of one chain. Notes tell what was chosen: model, chain, alternate locations.

    Raises
    ------
    InputError
        No protein, or no such chain.
    """
    chains = deposit.protein_chains()
    if not chains:
        raise InputError("has no protein", file=deposit.path, found="chains " + ", ".join(deposit.chains))
    if chain is not None and chain not in chains:
        raise InputError(f"has no protein in chain {chain}", file=deposit.path, expected="--chain " + ", ".join(chains))
    chosen = chain or chains[0]
    notes: list[str] = []
    if deposit.models > 1:
        notes.append(f"The first of {deposit.models} models was read.")
    if chain is None and len(chains) > 1:
        notes.append(f"Chain {chosen}, the first of {', '.join(chains)}, was taken (--chain takes another).")
    altlocs = deposit.altlocs.get(chosen, ())
    if altlocs:
        shown = ", ".join(f"{each.label} {each.taken}" for each in altlocs)
        notes.append(f"Of alternate locations the best occupied was taken: {shown}.")
    return Model(
        name=deposit.entry or deposit.path.name.split(".")[0],
        chain=chosen,
        residues=_in_order(deposit.chains[chosen]),
        notes=tuple(notes),
    )


def _in_order(residues: tuple[Residue, ...]) -> tuple[Residue, ...]:
    """Protein and caps as they stand, then ligands, ions, waters."""
    rank = {"protein": 0, "cap": 0, "ligand": 1, "ion": 2, "water": 3}
    return tuple(sorted(residues, key=lambda residue: rank[residue.kind]))


def _text(path: Path) -> str:
    import gzip
    import zlib

    try:
        if path.stat().st_size > LARGEST:
            raise InputError("is too large for a structure file", file=path, found=f"{path.stat().st_size:,} bytes")
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
    except FileNotFoundError:
        raise InputError("no such file", file=path) from None
    except IsADirectoryError:
        raise InputError("is a folder", file=path, expected="a PDB or mmCIF file") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputError("is a damaged or truncated gzip file", file=path) from None
    except OSError as problem:
        raise InputError(f"cannot be read ({problem.strerror})", file=path) from None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError("is not text", file=path, expected="a PDB or mmCIF file") from None
