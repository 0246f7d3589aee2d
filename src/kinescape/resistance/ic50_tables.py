"""Tables of IC50 values as laboratories write them: one line per variant with a column per drug, or one line per value.

Wide: ``variant,Crizotinib,Brigatinib,...``, as Table 2 of Villa et al. 2024. Long: ``variant,drug,ic50`` and, where
the assay gives them, ``ic50_low,ic50_high`` (an interval), ``unit``, ``source``. A value may be censored (``>3000``);
``na`` or an empty cell is a value that was not measured.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from kinescape.errors import InputError
from kinescape.resistance.drugs import Drugs
from kinescape.tables import Row, read_table

UNMUTATED = ("wt", "wild-type", "wild type", "wildtype", "unmutated", "parental fusion")
"""Names of the line that every other one is compared with, case ignored."""

NOT_MEASURED = ("", "na", "n/a", "nd", "n.d.", "-", "not tested")
NOT_DRUGS = ("variant", "source", "note", "unit", "system", "comment")
"""Columns of a wide table that hold no values."""

TO_NM = {"nM": 1.0, "uM": 1e3, "µM": 1e3, "M": 1e9}
_VALUE = re.compile(
    r"(?P<sign>[<>]?)\s*=?\s*(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.?\d*|\.\d+)(?:[eE](?P<exp>[-+]?\d+))?"
)
_COMPOUND = re.compile(r"[A-Z]\d+[A-Z](\s*[+/]\s*[A-Z]\d+[A-Z])+")


@dataclass(frozen=True)
class Ic50:
    """One value in nM. ``value`` is None where it was not measured; ``low`` and ``high`` are an interval, if given."""

    line: int
    variant: str
    drug: str
    value: float | None
    censoring: str
    low: float | None = None
    high: float | None = None
    source: str = ""


@dataclass(frozen=True)
class Ic50Table:
    """All values of one table, the unmutated line apart: drug -> value."""

    path: Path
    values: tuple[Ic50, ...]
    unmutated: dict[str, Ic50]
    unknown_drugs: tuple[str, ...]
    """Column or cell names that ``drugs.tsv`` does not know; used as they stand."""

    @property
    def variants(self) -> tuple[str, ...]:
        """Variants in the order of the table."""
        return tuple(dict.fromkeys(value.variant for value in self.values))

    @property
    def drugs(self) -> tuple[str, ...]:
        """Drugs in the order of the table."""
        return tuple(dict.fromkeys(value.drug for value in self.values))


def read_ic50_table(path: Path, drugs: Drugs) -> Ic50Table:
    """Read a wide or a long table; drug names and aliases are put into the form of ``drugs.tsv``.

    Raises
    ------
    InputError
        A cell is no IC50, a variant and drug stand twice, or the unmutated line is missing.
    """
    rows = read_table(path, required=("variant",))
    if not rows:
        raise InputError("has no values", file=path, expected="one line per variant")
    long = {"drug", "ic50"} <= set(rows[0].cells)
    values = [value for row in rows for value in (_long(row) if long else _wide(row))]
    named = [_with_known_name(value, drugs) for value in values]
    _check_once(path, named)
    unmutated = {value.drug: value for value in named if value.variant.casefold() in UNMUTATED}
    if not unmutated:
        raise InputError(
            "no line of the unmutated fusion", file=path, expected="a variant named WT, which every fold is formed with"
        )
    return Ic50Table(
        path=path,
        values=tuple(value for value in named if value.variant.casefold() not in UNMUTATED),
        unmutated=unmutated,
        unknown_drugs=tuple(dict.fromkeys(value.drug for value in named if drugs.find(value.drug) is None)),
    )


def _wide(row: Row) -> list[Ic50]:
    columns = [column for column in row.cells if column.casefold() not in NOT_DRUGS]
    if not columns:
        raise row.error("no column of values", expected="one column per drug, or the columns drug and ic50")
    return [_ic50(row, column, column) for column in columns]


def _long(row: Row) -> list[Ic50]:
    return [_ic50(row, row.text("drug"), "ic50")]


def _ic50(row: Row, drug: str, column: str) -> Ic50:
    unit = row.choice("unit", tuple(TO_NM), "nM")
    text = row.cells[column].strip()
    censoring, value = "=", None
    if text.casefold() not in NOT_MEASURED:
        match = _VALUE.fullmatch(text)
        if match is None:
            raise row.error("not an IC50", column=column, expected="a number of nM, >number, <number, or na")
        exponent = f"e{match['exp']}" if match["exp"] else ""
        value = float(match["number"].replace(",", "") + exponent) * TO_NM[unit]
        censoring = match["sign"] or "="
        if value <= 0:
            raise row.error("an IC50 is above zero", column=column)
    low, high = row.optional_number("ic50_low"), row.optional_number("ic50_high")
    if (low is not None and low <= 0) or (low is not None and high is not None and low > high):
        raise row.error("not an interval", column="ic50_low", expected="0 < ic50_low <= ic50_high")
    return Ic50(
        line=row.line,
        variant=row.text("variant"),
        drug=drug,
        value=value,
        censoring=censoring,
        low=None if low is None else low * TO_NM[unit],
        high=None if high is None else high * TO_NM[unit],
        source=row.text("source", ""),
    )


def _with_known_name(value: Ic50, drugs: Drugs) -> Ic50:
    drug = drugs.find(value.drug)
    return replace(value, variant=_variant_name(value.variant), drug=drug.name if drug else value.drug)


def _variant_name(name: str) -> str:
    """``L1196M / G1202R`` becomes ``L1196M+G1202R``; any other name stays."""
    return re.sub(r"\s*[+/]\s*", "+", name) if _COMPOUND.fullmatch(name) else name


def _check_once(path: Path, values: list[Ic50]) -> None:
    seen: dict[tuple[str, str], int] = {}
    for value in values:
        key = (value.variant.casefold(), value.drug)
        if key in seen:
            raise InputError(
                f"{value.variant} with {value.drug} stands twice (first in line {seen[key]})",
                file=path,
                line=value.line,
                expected="one value over all experiments: the geometric mean",
            )
        seen[key] = value.line
