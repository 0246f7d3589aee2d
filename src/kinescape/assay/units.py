"""Doses with units: everything inside is nanomolar."""

from __future__ import annotations

from kinescape.tables import Row

NANOMOLAR_PER_UNIT = {"pM": 1e-3, "nM": 1.0, "uM": 1e3, "mM": 1e6, "M": 1e9}
"""Molar units that a dose may stand in."""

_MICRO_SIGNS = ("µ", "μ")
"""U+00B5 and U+03BC: two characters that look the same; spreadsheets write either."""


def nanomolar_per(unit: str) -> float | None:
    """Nanomolar in one ``unit`` (``nM``, ``µM`` ...), None for a unit that is not molar."""
    for sign in _MICRO_SIGNS:
        unit = unit.replace(sign, "u")
    return NANOMOLAR_PER_UNIT.get(unit.strip())


def dose_in_nanomolar(row: Row, dose_column: str = "dose", unit_column: str = "dose_unit") -> float:
    """The dose of a row, in nM.

    Raises
    ------
    InputError
        Not a number, negative, not finite, or a unit that is not molar.
    """
    dose = row.number(dose_column)
    if dose < 0:
        raise row.error("a dose cannot be negative", column=dose_column, expected="0 (untreated) or a positive number")
    unit = row.text(unit_column, "" if dose == 0 else None)
    if dose == 0 and not unit:
        return 0.0
    factor = nanomolar_per(unit)
    if factor is None:
        allowed = ", ".join(NANOMOLAR_PER_UNIT)
        raise row.error(
            "unknown unit of dose", column=unit_column, expected=f"one of {allowed} (mass units need a molar mass)"
        )
    return dose * factor
