"""Amino acids: their letters, what counts as water or ion, modified residues and their parents."""

from __future__ import annotations

LETTERS: dict[str, str] = {
    "ALA": "A",
    "ARG": "R",
    "ASN": "N",
    "ASP": "D",
    "CYS": "C",
    "GLN": "Q",
    "GLU": "E",
    "GLY": "G",
    "HIS": "H",
    "ILE": "I",
    "LEU": "L",
    "LYS": "K",
    "MET": "M",
    "PHE": "F",
    "PRO": "P",
    "SER": "S",
    "THR": "T",
    "TRP": "W",
    "TYR": "Y",
    "VAL": "V",
}
"""One-letter codes of the standard amino acids by their three-letter codes."""

NAMES: dict[str, str] = {letter: name for name, letter in LETTERS.items()}

PROTONATION_NAMES: dict[str, str] = {
    "ASH": "ASP",
    "GLH": "GLU",
    "HID": "HIS",
    "HIE": "HIS",
    "HIP": "HIS",
    "HSD": "HIS",
    "HSE": "HIS",
    "HSP": "HIS",
    "LYN": "LYS",
    "CYX": "CYS",
    "CYM": "CYS",
}
"""Names that force fields give protonation states, and the amino acid they stand for."""

MODIFIED: dict[str, str] = {
    "MSE": "MET",
    "SEP": "SER",
    "TPO": "THR",
    "PTR": "TYR",
    "CSO": "CYS",
    "CME": "CYS",
    "OCS": "CYS",
    "CAS": "CYS",
    "KCX": "LYS",
    "MLY": "LYS",
    "M3L": "LYS",
    "HYP": "PRO",
}
"""Modified amino acids and their parents (wwPDB Chemical Component Dictionary, mon_nstd_parent_comp_id)."""

CAPS = ("ACE", "NME", "NH2")
WATERS = ("HOH", "WAT", "DOD", "TIP3", "H2O")
IONS = ("NA", "CL", "MG", "CA", "ZN", "MN", "K", "NI", "CD", "CO", "FE", "CU", "IOD", "BR")
"""Ions of one atom, by residue name."""
CRYSTALLISATION = (
    "GOL",
    "EDO",
    "SO4",
    "PO4",
    "PEG",
    "PGE",
    "PG4",
    "DMS",
    "ACT",
    "FMT",
    "MPD",
    "MES",
    "EPE",
    "TRS",
    "CIT",
)
"""Molecules that come from the crystallisation liquor: never taken for the drug."""

BACKBONE = ("N", "CA", "C", "O")

TAG_WORDS = ("TAG", "CLONING", "LEADER")
"""Words by which SEQADV records name residues that are no part of the protein."""


def standard_name(name: str) -> str | None:
    """The standard three-letter code that a residue name stands for; None where it is no amino acid."""
    if name in LETTERS:
        return name
    return PROTONATION_NAMES.get(name) or MODIFIED.get(name)


def letter_of(name: str) -> str | None:
    """One-letter code of a residue name, modified ones by their parent; None where it is no amino acid."""
    standard = standard_name(name)
    return LETTERS[standard] if standard else None
