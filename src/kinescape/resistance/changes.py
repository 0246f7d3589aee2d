"""How the knowledge base names what changed in a protein: one change, several on one molecule, or a whole residue.

A cell of the column ``variants`` is one of

=====================  =============================================================================================
``G1202R``             one change, one-letter, of the reporting transcript
``T1151dup``           an insertion, deletion or duplication, as ``hgvs_p`` without ``p.`` in one-letter form
``L1196M+G1202R``      a compound: all of them on one molecule, written in the order of their residues
``I1171(any)``         a source that names a residue and no substitution
``any``                a statement about any resistance mutation of the gene
``compound``           a statement about compounds in general
``amplification``      extra copies of the gene, which amplicons of plasma DNA do not show
=====================  =============================================================================================
"""

from __future__ import annotations

import re

CLASS_LEVEL = ("any", "compound", "amplification")
"""Cells that speak of no position; their rows are shown and never decide the state of a drug."""

_RESIDUE = r"[ACDEFGHIKLMNPQRSTVWY]"
_CHANGE = re.compile(
    rf"{_RESIDUE}(?P<first>[1-9]\d*)"
    rf"(?:{_RESIDUE}|\*|\(any\)|"
    rf"(?:_{_RESIDUE}[1-9]\d*)?(?:dup|del|ins{_RESIDUE}+|delins{_RESIDUE}+)|"
    rf"{_RESIDUE}?fs(?:\*\d+)?)"
)
_NAMED_RESIDUE = re.compile(rf"(?<![A-Za-z0-9])({_RESIDUE})([1-9]\d{{2,3}})(?![0-9])")


def is_change(text: str) -> bool:
    """Whether ``text`` is one protein change in the form used here (``G1202R``, ``T1151dup``, ``I1171(any)``)."""
    return _CHANGE.fullmatch(text) is not None


def residue_number(change: str) -> int:
    """Number of the first residue that a change names; ``G1202R`` gives 1202."""
    match = _CHANGE.fullmatch(change)
    if match is None:
        raise ValueError(f"not a protein change: {change}")
    return int(match["first"])


def is_whole_residue(change: str) -> bool:
    """Whether the change stands for every substitution of its residue."""
    return change.endswith("(any)")


def in_order(changes: tuple[str, ...]) -> tuple[str, ...]:
    """Changes in the order of their residues, then by name."""
    return tuple(sorted(changes, key=lambda change: (residue_number(change), change)))


def parse_variants(cell: str) -> tuple[str, ...]:
    """The changes of one cell; a class-level word comes back as it is.

    >>> parse_variants("L1196M+G1202R")
    ('L1196M', 'G1202R')

    Raises
    ------
    ValueError
        A part is not a protein change, or a compound is not in the order of its residues.
    """
    if cell in CLASS_LEVEL:
        return (cell,)
    parts = tuple(cell.split("+"))
    for part in parts:
        if not is_change(part):
            raise ValueError(f"not a protein change: '{part}'")
    if len(set(parts)) != len(parts):
        raise ValueError("names one change twice")
    if in_order(parts) != parts:
        raise ValueError("not in the order of residues, expected " + "+".join(in_order(parts)))
    return parts


def residues_named(text: str) -> tuple[tuple[str, int], ...]:
    """Every (reference residue, number) that a free text seems to name, for checks of texts that do not parse."""
    return tuple((letter, int(number)) for letter, number in _NAMED_RESIDUE.findall(text))
