"""Rotamers of the amino acids: the penultimate rotamer library, and which dihedral angles they speak of.

Values are the common-atom values of Table I of Lovell SC, Word JM, Richardson JS, Richardson DC, "The penultimate
rotamer library", Proteins 2000;40:389-408. They do not depend on the backbone; how good a rotamer is in its place is
decided by the energy (:mod:`.place`), not by a frequency.
"""

from __future__ import annotations

from dataclasses import dataclass

CHI_ATOMS: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "ARG": (("N", "CA", "CB", "CG"), ("CA", "CB", "CG", "CD"), ("CB", "CG", "CD", "NE"), ("CG", "CD", "NE", "CZ")),
    "ASN": (("N", "CA", "CB", "CG"), ("CA", "CB", "CG", "OD1")),
    "ASP": (("N", "CA", "CB", "CG"), ("CA", "CB", "CG", "OD1")),
    "CYS": (("N", "CA", "CB", "SG"),),
    "GLN": (("N", "CA", "CB", "CG"), ("CA", "CB", "CG", "CD"), ("CB", "CG", "CD", "OE1")),
    "GLU": (("N", "CA", "CB", "CG"), ("CA", "CB", "CG", "CD"), ("CB", "CG", "CD", "OE1")),
    "HIS": (("N", "CA", "CB", "CG"), ("CA", "CB", "CG", "ND1")),
    "ILE": (("N", "CA", "CB", "CG1"), ("CA", "CB", "CG1", "CD1")),
    "LEU": (("N", "CA", "CB", "CG"), ("CA", "CB", "CG", "CD1")),
    "LYS": (("N", "CA", "CB", "CG"), ("CA", "CB", "CG", "CD"), ("CB", "CG", "CD", "CE"), ("CG", "CD", "CE", "NZ")),
    "MET": (("N", "CA", "CB", "CG"), ("CA", "CB", "CG", "SD"), ("CB", "CG", "SD", "CE")),
    "PHE": (("N", "CA", "CB", "CG"), ("CA", "CB", "CG", "CD1")),
    "PRO": (("N", "CA", "CB", "CG"), ("CA", "CB", "CG", "CD")),
    "SER": (("N", "CA", "CB", "OG"),),
    "THR": (("N", "CA", "CB", "OG1"),),
    "TRP": (("N", "CA", "CB", "CG"), ("CA", "CB", "CG", "CD1")),
    "TYR": (("N", "CA", "CB", "CG"), ("CA", "CB", "CG", "CD1")),
    "VAL": (("N", "CA", "CB", "CG1"),),
}
"""Atoms of chi 1, chi 2, ... (IUPAC-IUB 1970). Glycine and alanine have none."""


@dataclass(frozen=True)
class Rotamer:
    """``chis`` in degrees, one per dihedral angle of :data:`CHI_ATOMS`."""

    name: str
    chis: tuple[float, ...]


def _of(text: str) -> tuple[Rotamer, ...]:
    found = []
    for entry in text.split(";"):
        name, *chis = entry.split()
        found.append(Rotamer(name, tuple(float(chi) for chi in chis)))
    return tuple(found)


_AROMATIC = "p90 62 90; t80 -177 80; m-85 -65 -85; m-30 -65 -30"

ROTAMERS: dict[str, tuple[Rotamer, ...]] = {
    "ARG": _of(
        "ptp85 62 180 65 85; ptp180 62 180 65 -175; ptt85 62 180 180 85; ptt180 62 180 180 180; ptt-85 62 180 180 -85;"
        "ptm180 62 180 -65 175; ptm-85 62 180 -65 -85; tpp85 -177 65 65 85; tpp180 -177 65 65 -175;"
        "tpt85 -177 65 180 85; tpt180 -177 65 180 180; ttp85 -177 180 65 85; ttp180 -177 180 65 -175;"
        "ttp-105 -177 180 65 -105; ttt85 -177 180 180 85; ttt180 -177 180 180 180; ttt-85 -177 180 180 -85;"
        "ttm105 -177 180 -65 105; ttm180 -177 180 -65 175; ttm-85 -177 180 -65 -85; mtp85 -67 180 65 85;"
        "mtp180 -67 180 65 -175; mtp-105 -67 180 65 -105; mtt85 -67 180 180 85; mtt180 -67 180 180 180;"
        "mtt-85 -67 180 180 -85; mtm105 -67 180 -65 105; mtm180 -67 180 -65 175; mtm-85 -67 -167 -65 -85;"
        "mmt85 -62 -68 180 85; mmt180 -62 -68 180 180; mmt-85 -62 -68 180 -85; mmm180 -62 -68 -65 175;"
        "mmm-85 -62 -68 -65 -85"
    ),
    "ASN": _of(
        "p-10 62 -10; p30 62 30; t-20 -174 -20; t30 -177 30; m-20 -65 -20; m-80 -65 -75; m120 -65 120",
    ),
    "ASP": _of("p-10 62 -10; p30 62 30; t0 -177 0; t70 -177 65; m-20 -70 -15"),
    "CYS": _of("p 62; t -177; m -65"),
    "GLN": _of(
        "pt20 62 180 20; pm0 70 -75 0; tp-100 -177 65 -100; tp60 -177 65 60; tt0 -177 180 0; mp0 -65 85 0;"
        "mt-30 -67 180 -25; mm-40 -65 -65 -40; mm100 -65 -65 100"
    ),
    "GLU": _of(
        "pt-20 62 180 -20; pm0 70 -80 0; tp10 -177 65 10; tt0 -177 180 0; tm-20 -177 -80 -25; mp0 -65 85 0;"
        "mt-10 -67 180 -10; mm-40 -65 -65 -40"
    ),
    "HIS": _of(
        "p-80 62 -75; p80 62 80; t-160 -177 -165; t-80 -177 -80; t60 -177 60; m-70 -65 -70; m80 -65 80; m170 -65 165"
    ),
    "ILE": _of("pp 62 100; pt 62 170; tp -177 66; tt -177 165; mp -65 100; mt -65 170; mm -57 -60"),
    "LEU": _of("pp 62 80; tp -177 65; tt -172 145; mp -85 65; mt -65 175"),
    "LYS": _of(
        "ptpt 62 180 68 180; pttp 62 180 180 65; pttt 62 180 180 180; pttm 62 180 180 -65; ptmt 62 180 -68 180;"
        "tptp -177 68 180 65; tptt -177 68 180 180; tptm -177 68 180 -65; ttpp -177 180 68 65; ttpt -177 180 68 180;"
        "tttp -177 180 180 65; tttt -177 180 180 180; tttm -177 180 180 -65; ttmt -177 180 -68 180;"
        "ttmm -177 180 -68 -65; mptt -90 68 180 180; mtpp -67 180 68 65; mtpt -67 180 68 180; mttp -67 180 180 65;"
        "mttt -67 180 180 180; mttm -67 180 180 -65; mtmt -67 180 -68 180; mtmm -67 180 -68 -65;"
        "mmtp -62 -68 180 65; mmtt -62 -68 180 180; mmtm -62 -68 180 -65; mmmt -62 -68 -68 180"
    ),
    "MET": _of(
        "ptp 62 180 75; ptm 62 180 -75; tpp -177 65 75; tpt -177 65 180; ttp -177 180 75; ttt -177 180 180;"
        "ttm -177 180 -75; mtp -67 180 75; mtt -67 180 180; mtm -67 180 -75; mmp -65 -65 103; mmt -65 -65 180;"
        "mmm -65 -65 -70"
    ),
    "PHE": _of(_AROMATIC),
    "PRO": _of("endo 30 -36; exo -30 36"),
    "SER": _of("p 62; t -177; m -65"),
    "THR": _of("p 62; t -175; m -65"),
    "TRP": _of("p-90 62 -90; p90 62 90; t-105 -177 -105; t90 -177 90; m-90 -65 -90; m0 -65 -5; m95 -65 95"),
    "TYR": _of(_AROMATIC),
    "VAL": _of("p 63; t 175; m -60"),
}
"""Rotamers by amino acid. Proline's chi 2 follows from its ring (about -1.2 times chi 1)."""

SYMMETRIC = {"PHE": 2, "TYR": 2, "ASP": 2, "GLU": 3}
"""The dihedral angle (1-based) whose atoms look the same after half a turn."""


def rotamers_of(name: str) -> tuple[Rotamer, ...]:
    """Rotamers of an amino acid; one without angles for glycine and alanine."""
    return ROTAMERS.get(name, (Rotamer("", ()),))


def choosable_rotamers(name: str) -> tuple[str, ...]:
    """Names by which a rotamer can be asked for; none where there is no choice (glycine, alanine, proline's ring)."""
    return () if name == "PRO" else tuple(sorted(each.name for each in ROTAMERS.get(name, ())))


def nearest_rotamer(name: str, chis: tuple[float, ...]) -> str:
    """Name of the rotamer whose angles are nearest to ``chis`` (largest difference of any angle, degrees)."""
    best = min(rotamers_of(name), key=lambda each: max(angle_differences(name, each.chis, chis), default=0.0))
    return best.name


def angle_differences(name: str, first: tuple[float, ...], second: tuple[float, ...]) -> list[float]:
    """Absolute differences of dihedral angles in degrees, 0 to 180 (0 to 90 where half a turn changes nothing)."""
    found = []
    for number, (one, other) in enumerate(zip(first, second, strict=True), 1):
        period = 180.0 if SYMMETRIC.get(name) == number else 360.0
        difference = (one - other) % period
        found.append(min(difference, period - difference))
    return found
