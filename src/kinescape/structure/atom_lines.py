"""One atom as a line of a structure file gives it, and how atoms become residues: the part PDB and mmCIF share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from kinescape.structure.model import AltLoc, Kind, Residue
from kinescape.structure.residues import BACKBONE, CAPS, IONS, WATERS, letter_of

_SYMBOLS = """
H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo Tc
Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi
Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm
"""
ELEMENTS = frozenset(_SYMBOLS.split())
UNKNOWN = "X"
"""What deposits state for an atom that nobody could tell (residues UNX and UNL)."""
OF_PROTEINS, OF_LIGANDS = frozenset("HCNOSP"), frozenset("HBCNOFPSI")
"""Elements of one letter that a name without a stated element can stand for."""
ALONE_IN_LIGANDS = frozenset(("Cl", "Br", "Mg", "Na", "Zn", "Fe", "Mn", "Ca"))
"""Elements of two letters that columns 13 and 14 of a ligand's atom can stand for."""


@dataclass(frozen=True)
class AtomLine:
    """``x``, ``y``, ``z`` in ångström; ``line`` is 1-based; ``altloc`` and ``insertion`` empty where there is none."""

    line: int
    name: str
    altloc: str
    residue: str
    chain: str
    number: int
    insertion: str
    x: float
    y: float
    z: float
    occupancy: float
    b_factor: float
    element: str


def residues_of(lines: Iterable[AtomLine]) -> tuple[dict[str, tuple[Residue, ...]], dict[str, tuple[AltLoc, ...]]]:
    """Residues and alternate locations by chain.

    Of alternate locations the one with the highest occupancy, summed over the residue, is taken as a whole, the first
    by name where they tie: mixing atoms of two of them would make a residue that nobody saw.
    """
    groups: dict[tuple[str, int, str, str], list[AtomLine]] = {}
    for line in lines:
        groups.setdefault((line.chain, line.number, line.insertion, line.residue), []).append(line)
    # Two residue names under one number (a microheterogeneity) are alternate locations of that residue.
    chains: dict[str, list[Residue]] = {}
    altlocs: dict[str, list[AltLoc]] = {}
    taken_names = _microheterogeneity(groups)
    for (chain, number, insertion, name), atoms in groups.items():
        if taken_names.get((chain, number, insertion), name) != name:
            continue
        chosen, occupancies = _one_location(atoms)
        residue = _residue(name, number, insertion, chosen)
        chains.setdefault(chain, []).append(residue)
        if occupancies:
            taken = next((atom.altloc for atom in chosen if atom.altloc), "")
            altlocs.setdefault(chain, []).append(AltLoc(residue.label, occupancies, taken))
    return (
        {chain: tuple(residues) for chain, residues in chains.items()},
        {chain: tuple(found) for chain, found in altlocs.items()},
    )


def _microheterogeneity(groups: dict[tuple[str, int, str, str], list[AtomLine]]) -> dict[tuple[str, int, str], str]:
    names: dict[tuple[str, int, str], list[tuple[float, str]]] = {}
    for (chain, number, insertion, name), atoms in groups.items():
        if letter_of(name) is not None and any(atom.altloc for atom in atoms):
            names.setdefault((chain, number, insertion), []).append((atoms[0].occupancy, name))
    return {
        key: sorted(found, key=lambda each: (-each[0], each[1]))[0][1] for key, found in names.items() if len(found) > 1
    }


def _one_location(atoms: list[AtomLine]) -> tuple[list[AtomLine], tuple[tuple[str, float], ...]]:
    occupancy: dict[str, list[float]] = {}
    for atom in atoms:
        if atom.altloc:
            occupancy.setdefault(atom.altloc, []).append(atom.occupancy)
    if not occupancy:
        return _first_of_each_name(atoms), ()
    shown = tuple((name, round(sum(values) / len(values), 2)) for name, values in sorted(occupancy.items()))
    best = max(shown, key=lambda each: (each[1], -ord(each[0][0])))[0]
    own = [atom for atom in atoms if atom.altloc in ("", best)]
    have = {atom.name for atom in own}
    # An atom that stands only under another letter is better than none.
    own += [atom for atom in atoms if atom.name not in have]
    return _first_of_each_name(own), shown


def _first_of_each_name(atoms: list[AtomLine]) -> list[AtomLine]:
    first: dict[str, AtomLine] = {}
    for atom in atoms:
        first.setdefault(atom.name, atom)
    return list(first.values())


def _residue(name: str, number: int, insertion: str, atoms: list[AtomLine]) -> Residue:
    return Residue(
        kind=_kind(name, atoms),
        name=name,
        number=number,
        insertion=insertion,
        atoms=tuple(atom.name for atom in atoms),
        elements=tuple(atom.element for atom in atoms),
        positions=np.array([(atom.x, atom.y, atom.z) for atom in atoms], dtype=np.float64),
        b_factors=tuple(atom.b_factor for atom in atoms),
    )


def _kind(name: str, atoms: list[AtomLine]) -> Kind:
    if name in CAPS:
        return "cap"
    if letter_of(name) is not None:
        return "protein"
    if name in WATERS:
        return "water"
    if name in IONS and len(atoms) == 1:
        return "ion"
    have = {atom.name for atom in atoms}
    # An amino acid that no table here knows is still a residue of the chain, not a ligand.
    return "protein" if have.issuperset(BACKBONE) and "CB" in have else "ligand"


def element_of(stated: str, atom_name: str, raw_name: str, residue: str) -> str:
    """Symbol of an element: as stated, else from the atom's name; empty where neither settles it.

    ``raw_name`` is the name in its four columns: PDB puts one-letter symbols into column 14 and two-letter symbols into
    columns 13 and 14, and names of four characters begin in column 13 whatever the element is.
    """
    symbol = stated.strip().capitalize()
    # Files from before 1996 number their lines in these columns.
    if symbol.isalpha():
        return "H" if symbol == "D" else symbol if symbol in ELEMENTS or symbol == UNKNOWN else ""
    if residue in IONS and atom_name == residue:
        return "I" if residue == "IOD" else atom_name.capitalize()
    letters = "".join(letter for letter in atom_name if letter.isalpha())
    first = "H" if letters[:1].upper() == "D" else letters[:1].upper()
    if letter_of(residue) is not None or residue in (*CAPS, *WATERS):
        return "Se" if residue == "MSE" and atom_name == "SE" else first if first in OF_PROTEINS else ""
    two = raw_name[:2].capitalize()
    if not two.isalpha() or two not in ELEMENTS or (raw_name[0] in "Hh" and len(atom_name) == 4):
        return first if first in OF_LIGANDS else ""
    # Two letters that are a symbol: sure where they stand as the format wants them, or can be nothing else.
    return two if (len(atom_name) < 4 and two in ALONE_IN_LIGANDS) or two in ("Cl", "Br") else ""
