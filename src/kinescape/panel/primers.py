"""Melting temperature of a primer by the nearest-neighbour model, to design primers and to show what was designed.

Method: unified parameters of SantaLucia, Proc Natl Acad Sci USA 1998;95:1460-1465, Table 2, with his entropy correction
for sodium (0.368 x (N - 1) x ln[Na+], equation 8). Two-state model, primer in great excess of its template, so that the
concentration which counts is the primer's own.
"""

from __future__ import annotations

import math

from kinescape.coordinates import reverse_complement
from kinescape.errors import InputError

GAS_CONSTANT = 1.987
"""cal / (mol K)."""
SODIUM_MOLAR = 0.05
PRIMER_MOLAR = 250e-9
"""50 mM monovalent cations and 250 nM primer: a usual PCR."""
ZERO_CELSIUS = 273.15

_STACKS = {  # 5'->3' pair: (enthalpy kcal/mol, entropy cal/(mol K))
    "AA": (-7.9, -22.2), "AT": (-7.2, -20.4), "TA": (-7.2, -21.3), "CA": (-8.5, -22.7), "GT": (-8.4, -22.4),
    "CT": (-7.8, -21.0), "GA": (-8.2, -22.2), "CG": (-10.6, -27.2), "GC": (-9.8, -24.4), "GG": (-8.0, -19.9),
}  # fmt: skip
_SYMMETRY = -1.4
"""cal/(mol K), for a primer that is its own reverse complement."""
_END = {"G": (0.1, -2.8), "C": (0.1, -2.8), "A": (2.3, 4.1), "T": (2.3, 4.1)}


def melting_temperature(
    primer: str, *, sodium_molar: float = SODIUM_MOLAR, primer_molar: float = PRIMER_MOLAR
) -> float:
    """Degrees Celsius at which half of the primer is bound.

    Parameters
    ----------
    primer
        5' to 3', A, C, G and T, at least 8 bases (the two-state model is for oligonucleotides).
    sodium_molar, primer_molar
        Concentrations in mol/l.

    Raises
    ------
    InputError
        Another letter, or too short.
    """
    if len(primer) < 8 or set(primer) - set("ACGT"):
        raise InputError("not a primer", found=primer, expected="at least 8 bases of A, C, G and T")
    enthalpy = entropy = 0.0
    for end in (primer[0], primer[-1]):
        enthalpy += _END[end][0]
        entropy += _END[end][1]
    for index in range(len(primer) - 1):
        pair = primer[index : index + 2]
        stack = _STACKS.get(pair) or _STACKS[reverse_complement(pair)]
        enthalpy += stack[0]
        entropy += stack[1]
    entropy += 0.368 * (len(primer) - 1) * math.log(sodium_molar)
    if primer == reverse_complement(primer):
        entropy += _SYMMETRY
    return 1000.0 * enthalpy / (entropy + GAS_CONSTANT * math.log(primer_molar)) - ZERO_CELSIUS
