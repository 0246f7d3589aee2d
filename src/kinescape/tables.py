"""CSV and TSV as people send them, read into rows that know where they stand.

Every reader of a small table (sample sheet, panel, knowledge base, layout) goes through here, so that a fault is named
by file, line and column in the same words everywhere.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from kinescape.errors import InputError

MAX_CELL = 1_000_000
"""Longest cell accepted, in characters: a table is not a place for genomes."""


@dataclass(frozen=True)
class Row:
    """One line of a table. ``line`` is 1-based and counts the header."""

    file: Path
    line: int
    cells: dict[str, str]

    def error(self, what: str, *, column: str | None = None, expected: object = None) -> InputError:
        """An :class:`InputError` that points at this row."""
        found = self.cells.get(column) if column else None
        return InputError(what, file=self.file, line=self.line, column=column, found=found, expected=expected)

    def text(self, column: str, default: str | None = None) -> str:
        """The cell, without surrounding blanks. Empty or absent: ``default``, or an error when there is none."""
        value = self.cells.get(column, "").strip()
        if value:
            return value
        if default is None:
            raise self.error("empty cell", column=column, expected="a value")
        return default

    def choice(self, column: str, allowed: Sequence[str], default: str | None = None) -> str:
        """The cell, which must be one of ``allowed``."""
        value = self.text(column, default)
        if value not in allowed and value != default:
            raise self.error("unknown value", column=column, expected="one of " + ", ".join(allowed))
        return value

    def integer(self, column: str) -> int:
        """The cell as a whole number."""
        value = self.text(column)
        try:
            return int(value)
        except ValueError:
            raise self.error("not a whole number", column=column, expected="a whole number") from None

    def number(self, column: str) -> float:
        """The cell as a finite number."""
        value = self.text(column)
        try:
            number = float(value)
        except ValueError:
            raise self.error("not a number", column=column, expected=_wanted_number(value)) from None
        if not math.isfinite(number):
            raise self.error("not a finite number", column=column, expected="a finite number")
        return number

    def optional_number(self, column: str) -> float | None:
        """The cell as a finite number, None where it is empty or absent."""
        return self.number(column) if self.cells.get(column, "").strip() else None


def read_table(
    path: Path, *, required: Sequence[str], optional: Sequence[str] | None = None, delimiter: str | None = None
) -> list[Row]:
    """Read a whole CSV or TSV with a header line.

    Parameters
    ----------
    path
        The file. Unless a delimiter is given it is taken from the header: the one of comma, tab and semicolon that
        gives the required columns; their names may differ in case.
    required
        Columns that must be there.
    optional
        Columns that may be there; any other column is then an error. None: every other column is kept.

    Raises
    ------
    InputError
        File missing or not text, no header, column missing, doubled or unknown, line with the wrong number of cells.
        Blank lines and lines that start with ``#`` are skipped.
    """
    return list(iterate_table(path, required=required, optional=optional, delimiter=delimiter))


def iterate_table(
    path: Path, *, required: Sequence[str], optional: Sequence[str] | None = None, delimiter: str | None = None
) -> Iterator[Row]:
    """Like :func:`read_table`, one row at a time."""
    csv.field_size_limit(MAX_CELL)
    try:
        handle = path.open(encoding="utf-8-sig", newline="")
    except FileNotFoundError:
        raise InputError("no such file", file=path) from None
    except IsADirectoryError:
        raise InputError("is a folder", file=path, expected="a table") from None
    except OSError as problem:
        raise InputError(f"cannot be read ({problem.strerror})", file=path) from None
    with handle:
        if delimiter is None:
            delimiter = _delimiter_of(handle, path, required)
        reader = csv.reader(handle, delimiter=delimiter, strict=True)
        header: list[str] | None = None
        try:
            for cells in reader:
                line = reader.line_num
                if not any(cell.strip() for cell in cells) or cells[0].startswith("#"):
                    continue
                if header is None:
                    header = _checked_header(path, line, cells, required, optional)
                    continue
                if len(cells) != len(header):
                    raise InputError(
                        "wrong number of cells", file=path, line=line, found=len(cells), expected=f"{len(header)} cells"
                    )
                yield Row(path, line, dict(zip(header, cells, strict=True)))
        except UnicodeDecodeError:
            raise _not_utf8(path) from None
        except csv.Error as problem:
            raise InputError(f"malformed table ({problem})", file=path, line=reader.line_num) from None
    if header is None:
        raise InputError("is empty", file=path, expected="a header line with " + ", ".join(required))


def _wanted_number(value: str) -> str:
    """What was expected where ``value`` stands, with a hint where it is a number written in another way."""
    match = re.fullmatch(r"[+-]?(\d+),(\d+)([eE][+-]?\d+)?", value)
    if match and len(match[2]) != 3:
        return f"a number with a decimal point ({value.replace(',', '.')}), not a decimal comma"
    return "a number, with a decimal point and without separators of thousands" if "," in value else "a number"


def _not_utf8(path: Path) -> InputError:
    """The error of a text in another encoding, with the line where that shows."""
    found, line = "", None
    with path.open("rb") as handle:
        for number, raw in enumerate(handle, start=1):
            if number == 1 and raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
                line, found = 1, "UTF-16"
                break
            try:
                raw.decode("utf-8")
            except UnicodeDecodeError:
                line, found = number, raw.decode("latin-1").strip()
                break
    expected = 'a CSV or TSV table in UTF-8 (in spreadsheets: save as "CSV UTF-8")'
    return InputError("is not UTF-8 text", file=path, line=line, found=found or None, expected=expected)


def _delimiter_of(handle: TextIO, path: Path, required: Sequence[str]) -> str:
    """The delimiter whose header has the required columns; where none has, the one that the file's name suggests."""
    usual = "\t" if path.suffix.lower() in {".tsv", ".bed", ".txt"} else ","
    try:
        header = next((line for line in handle if line.strip() and not line.startswith("#")), "")
    except UnicodeDecodeError:
        header = ""
    handle.seek(0)
    for delimiter in (usual, ",", "\t", ";"):
        names = {cell.strip().strip('"').lower() for cell in header.split(delimiter)}
        if names >= {name.lower() for name in required}:
            return delimiter
    return usual


def _checked_header(
    path: Path, line: int, cells: list[str], required: Sequence[str], optional: Sequence[str] | None
) -> list[str]:
    proper = {name.lower(): name for name in required}
    header = [proper.get(cell.strip().lower(), cell.strip()) for cell in cells]
    for name in required:
        if name not in header:
            raise InputError(
                f"column '{name}' is missing",
                file=path,
                line=line,
                found=", ".join(header),
                expected=", ".join(required),
            )
    for name in header:
        if header.count(name) > 1:
            raise InputError(f"column '{name}' stands twice", file=path, line=line)
        if optional is not None and name not in required and name not in optional:
            allowed = ", ".join([*required, *optional])
            raise InputError("unknown column", file=path, line=line, column=name, expected=f"one of {allowed}")
    return header
