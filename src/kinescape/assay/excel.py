"""Sheets of an Excel workbook as rows that know their place, like :mod:`kinescape.tables` does for CSV."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

from kinescape.errors import InputError
from kinescape.tables import Row
from kinescape.workbooks import opened_workbook, sheet_rows

EXCEL_SUFFIXES = (".xlsx", ".xlsm")


def is_excel(path: Path) -> bool:
    """By its name; the old binary ``.xls`` is not read."""
    if path.suffix.lower() == ".xls":
        raise InputError("the old binary .xls format is not read", file=path, expected=".xlsx, or CSV")
    return path.suffix.lower() in EXCEL_SUFFIXES


def sheet_cells(path: Path, sheet: str | None = None) -> list[list[str]]:
    """All cells of one sheet as text, row by row; formulas by their stored values.

    Raises
    ------
    InputError
        No such file or sheet, not a workbook, or a cell holds a spreadsheet error such as ``#DIV/0!``.
    """
    with opened_workbook(path) as book:
        if sheet is not None and sheet not in book.sheetnames:
            raise InputError("no such sheet", file=path, found=sheet, expected="one of " + ", ".join(book.sheetnames))
        page = book[sheet] if sheet is not None else book[book.sheetnames[0]]
        rows = [[_text(value) for value in row] for row in sheet_rows(path, page)]
    for line, row in enumerate(rows, start=1):
        for cell in row:
            if cell.startswith("#") and cell.endswith(("!", "?", "/A")):
                raise InputError("a cell holds a spreadsheet error", file=path, line=line, found=cell)
    return rows


def read_sheet(path: Path, *, required: Sequence[str], sheet: str | None = None) -> list[Row]:
    """A long table in a sheet: the first row that is not empty is the header."""
    header: list[str] | None = None
    rows: list[Row] = []
    for line, cells in enumerate(sheet_cells(path, sheet), start=1):
        if not any(cells):
            continue
        if header is None:
            header = cells
            for name in required:
                if name not in header:
                    raise InputError(
                        f"column '{name}' is missing", file=path, line=line, found=", ".join(header), expected=name
                    )
            continue
        padded = [*cells, *[""] * (len(header) - len(cells))]
        rows.append(Row(path, line, dict(zip(header, padded, strict=False))))
    if header is None:
        raise InputError("the sheet is empty", file=path, expected="a header row with " + ", ".join(required))
    return rows


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return str(value).strip()
