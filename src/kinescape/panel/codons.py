"""The standard genetic code (NCBI translation table 1) and the names of residues."""

from __future__ import annotations

from itertools import product

STOP = "*"

_ORDER = "TCAG"
_RESIDUES = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
CODE: dict[str, str] = {
    "".join(codon): residue for codon, residue in zip(product(_ORDER, repeat=3), _RESIDUES, strict=True)
}
"""Codon -> one-letter residue, ``*`` for a stop; in the order of NCBI's table 1 (bases T, C, A, G)."""

THREE_LETTERS: dict[str, str] = {
    "A": "Ala", "R": "Arg", "N": "Asn", "D": "Asp", "C": "Cys", "Q": "Gln", "E": "Glu", "G": "Gly", "H": "His",
    "I": "Ile", "L": "Leu", "K": "Lys", "M": "Met", "F": "Phe", "P": "Pro", "S": "Ser", "T": "Thr", "W": "Trp",
    "Y": "Tyr", "V": "Val", STOP: "Ter",
}  # fmt: skip
ONE_LETTER: dict[str, str] = {three: one for one, three in THREE_LETTERS.items()}


def translate(sequence: str) -> str:
    """Residues of the whole codons of a sequence, stops included as ``*``; one or two bases left over are ignored."""
    return "".join(CODE[sequence[index : index + 3]] for index in range(0, len(sequence) - 2, 3))


def codons_for(residue: str) -> tuple[str, ...]:
    """All codons of a one-letter residue (or ``*``), in the order of the code."""
    return tuple(codon for codon, made in CODE.items() if made == residue)
