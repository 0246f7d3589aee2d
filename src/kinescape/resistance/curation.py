"""Corrections of single cells, written down with their reasons: ``curation.tsv``.

A packaged base is a conversion of facts and nothing but these corrections, so that every difference from the sources
can be read in one place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from kinescape.resistance.claims import COLUMNS
from kinescape.resistance.facts import Evidence
from kinescape.tables import Row, read_table

CURATION_COLUMNS = ("rows", "column", "value", "reason")


def read_curation(path: Path) -> list[Row]:
    """Read ``curation.tsv``: which cells of which rows a person corrected, and why."""
    return read_table(path, required=CURATION_COLUMNS)


def curated(rows: Sequence[Evidence], curation: Iterable[Row]) -> list[Evidence]:
    """Apply corrections in their order. ``rows`` of a correction is a list of ids and ranges (``E0064-E0068,E0140``).

    The reason of a correction is added to the row's note, unless the correction only sets the status of many rows.

    Raises
    ------
    InputError
        A correction names no row, or a column that the table does not have.
    """
    table = {row.cells["row"]: row for row in rows}
    for correction in curation:
        column = correction.text("column")
        if column not in COLUMNS or column == "row":
            raise correction.error("unknown column", column="column", expected="one of " + ", ".join(COLUMNS[1:]))
        selected = _selected(correction.text("rows"), list(table))
        if not selected:
            raise correction.error("names no row", column="rows", expected="ids of rows, such as E0064-E0068,E0140")
        reason = correction.text("reason", "")
        for identifier in selected:
            row = table[identifier]
            cells = row.cells | {column: correction.text("value", "")}
            if reason and reason not in cells["note"]:
                cells["note"] = "; ".join(part for part in (cells["note"], reason) if part)
            table[identifier] = Evidence(row.line, cells)
    return list(table.values())


def _selected(selector: str, identifiers: list[str]) -> list[str]:
    chosen: list[str] = []
    for part in (part.strip() for part in selector.split(",")):
        first, dash, last = part.partition("-")
        if dash:
            chosen += [name for name in identifiers if first <= name and (name <= last or name.startswith(last))]
        else:
            chosen += [name for name in identifiers if name == part]
    return chosen
