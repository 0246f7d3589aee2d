"""Tables of any size as columns of text that know the line of every row.

Small tables are read by :mod:`kinescape.tables`; large ones by DuckDB, which is columnar and parallel but does not say
on which line a row stands. Its rows are in file order, so the line is the row's number as long as every record is one
line; a file in which the counts differ (comments, blank lines, line ends inside quotes) is read the slow way. So is any
file that DuckDB refuses, because the slow way names line and column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kinescape.cohort.stats.records import Booleans, Floats, Integers
from kinescape.errors import InputError
from kinescape.tables import iterate_table
from kinescape.workbooks import opened_workbook, sheet_rows

LARGE_FILE = 1_000_000
"""Bytes from which DuckDB is faster than Python's csv module, its import included."""

MISSING = ("", "NA", "NaN", "nan")
"""Cells that hold nothing (R and pandas write the last three)."""

Texts = NDArray[np.str_]


@dataclass(frozen=True)
class Columns:
    """A table: for every column an array of its cells, without surrounding blanks, shape (n,)."""

    file: Path
    sheet: str
    """Name of the sheet of an Excel file, empty else."""
    cells: dict[str, Texts]
    lines: Integers
    """1-based line of each row; the header is counted."""
    _present: dict[str, Booleans] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return int(self.lines.size)

    def __contains__(self, column: str) -> bool:
        return column in self.cells

    @property
    def place(self) -> str:
        """File, and sheet if there is one, as messages show it."""
        return f"{self.file} (sheet {self.sheet})" if self.sheet else str(self.file)

    def column(self, name: str) -> Texts:
        """The cells of a column; an error that lists the columns where there is none."""
        if name not in self.cells:
            there = ", ".join(self.cells)
            raise InputError(f"column '{name}' is missing", file=self.place, line=1, found=there, expected=name)
        return self.cells[name]

    def present(self, name: str) -> Booleans:
        """Where a column holds something; nowhere if there is no such column."""
        if name not in self.cells:
            return np.zeros(len(self), dtype=np.bool_)
        if name not in self._present:
            self._present[name] = ~is_one_of(self.cells[name], MISSING)
        return self._present[name]

    def error(self, row: int, column: str, what: str, expected: object = None) -> InputError:
        """An error that points at a cell."""
        found = str(self.cells[column][row]) if column in self.cells else None
        line = int(self.lines[row])
        return InputError(what, file=self.place, line=line, column=column, found=found, expected=expected)

    def numbers(self, name: str) -> Floats:
        """A column as finite numbers, NaN where the cell is empty."""
        cells, there = self.column(name), self.present(name)
        values = np.full(len(self), np.nan)
        try:
            values[there] = cells[there].astype(np.float64)
        except ValueError:
            for row in np.flatnonzero(there):
                try:
                    float(cells[row])
                except ValueError:
                    raise self.error(int(row), name, "not a number", "a number") from None
        odd = np.flatnonzero(there & ~np.isfinite(values))
        if odd.size:
            raise self.error(int(odd[0]), name, "not a finite number", "a finite number")
        return values

    def where(self, chosen: Booleans) -> Columns:
        """The rows under a mask."""
        cells = {name: values[chosen] for name, values in self.cells.items()}
        return Columns(self.file, self.sheet, cells, self.lines[chosen])


def read_columns(path: Path, *, sheet: str | None = None) -> Columns:
    """Read a whole CSV, TSV or Excel table (``sheet``: its sheet; None: the first).

    Raises
    ------
    InputError
        As :func:`kinescape.tables.read_table`.
    """
    if path.suffix.lower() in {".xlsx", ".xlsm"}:
        return _from_excel(path, sheet)
    if path.is_file() and path.stat().st_size >= LARGE_FILE:
        fast = _from_duckdb(path)
        if fast is not None:
            return fast
    rows = list(iterate_table(path, required=()))
    if not rows:
        return Columns(path, "", {name: np.array([], dtype=np.str_) for name in _header(path)}, np.array([], np.int64))
    names = list(rows[0].cells)
    cells = {name: np.array([row.cells[name].strip() for row in rows], dtype=np.str_) for name in names}
    return Columns(path, "", cells, np.array([row.line for row in rows], dtype=np.int64))


def is_one_of(cells: Texts, values: Sequence[str]) -> Booleans:
    """Where a cell is one of a few values (``numpy.isin`` sorts the texts, which takes ten times as long)."""
    found = np.zeros(cells.size, dtype=np.bool_)
    for value in values:
        found |= cells == value
    return found


def _delimiter(path: Path) -> str:
    return "\t" if path.suffix.lower() in {".tsv", ".txt"} else ","


def _header(path: Path) -> list[str]:
    for text in path.read_text(encoding="utf-8-sig").splitlines():
        if text.strip() and not text.startswith("#"):
            return [name.strip().strip('"') for name in text.split(_delimiter(path))]
    return []


def _from_duckdb(path: Path) -> Columns | None:
    """The table by DuckDB; None where it should be read the slow way."""
    import duckdb

    with duckdb.connect() as connection:
        try:
            table = connection.read_csv(
                str(path), header=True, sep=_delimiter(path), quotechar='"', escapechar='"', all_varchar=True
            )
            found = table.fetchnumpy()
        except duckdb.Error:
            return None
    cells = {}
    for name, values in found.items():
        filled = np.ma.filled(values, "") if isinstance(values, np.ma.MaskedArray) else values
        cells[name.strip()] = np.char.strip(filled.astype(np.str_))
    rows = next(iter(cells.values())).size if cells else 0
    if len(cells) != len(found) or rows != _line_count(path) - 1:
        return None
    return Columns(path, "", cells, np.arange(2, rows + 2, dtype=np.int64))


def _line_count(path: Path) -> int:
    count, last = 0, b"\n"
    with path.open("rb") as handle:
        while block := handle.read(1 << 22):
            count += block.count(b"\n")
            last = block[-1:]
    return count + (last != b"\n")


def _from_excel(path: Path, sheet: str | None) -> Columns:
    with opened_workbook(path) as book:
        if sheet is not None and sheet not in book.sheetnames:
            raise InputError(f"sheet '{sheet}' is missing", file=path, found=", ".join(book.sheetnames), expected=sheet)
        name = sheet or book.sheetnames[0]
        grid = [[_cell_text(value) for value in row] for row in sheet_rows(path, book[name])]
    filled = [(number, row) for number, row in enumerate(grid, 1) if any(row)]
    if not filled:
        raise InputError("is empty", file=f"{path} (sheet {name})", expected="a header line")
    header = [text for text in filled[0][1] if text]
    if len(set(header)) != len(header):
        doubled = next(text for text in header if header.count(text) > 1)
        raise InputError(f"column '{doubled}' stands twice", file=f"{path} (sheet {name})", line=filled[0][0])
    places = [filled[0][1].index(text) for text in header]
    cells = {
        text: np.array([row[place] if place < len(row) else "" for _, row in filled[1:]], dtype=np.str_)
        for text, place in zip(header, places, strict=True)
    }
    return Columns(path, name, cells, np.array([number for number, _ in filled[1:]], dtype=np.int64))


def _cell_text(value: object) -> str:
    """A cell as it would stand in a CSV: whole numbers without a point, dates as ISO dates."""
    import datetime

    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
