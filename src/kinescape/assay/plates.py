"""Plates as readers write them: grids of 96 or 384 wells found in text or Excel files.

Read are: a plain grid (a line of column numbers, then lines that start with a row letter); Tecan i-control and Magellan
sheets (the same grid below a ``<>`` cell, among any number of other lines); BMG MARS exports (a grid, or one line per
well with ``Well`` and a value); and Molecular Devices SoftMax Pro text exports (``##BLOCKS=``, rows without letters).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kinescape.assay.decimals import MARKS, Mark, decimal_mark, number_of
from kinescape.assay.excel import is_excel, sheet_cells
from kinescape.assay.shifted import refuse_shifted
from kinescape.assay.wells import RAW_SIGNAL
from kinescape.errors import InputError

ROW_LETTERS = "ABCDEFGHIJKLMNOP"
SHAPES = {96: (8, 12), 384: (16, 24)}
"""Wells: (rows, columns)."""
OVERFLOWS = frozenset({"OVER", "OVRFLW", "OVERFLOW", "#SAT", "*****", ">MAX", "INVALID"})
"""What readers write instead of a number when the detector is saturated."""

_WELL = re.compile(r"^([A-P])0?([1-9]|1[0-9]|2[0-4])$", re.IGNORECASE)


@dataclass(frozen=True)
class Plate:
    """One reading of one plate. ``readings`` by well name (``A1`` .. ``P24``), as text: not every well need be a
    number."""

    name: str
    wells: int
    readings: dict[str, str]
    lines: dict[str, int]
    file: Path
    decimal: Mark = "point"
    """What the numbers of its file are written with."""
    stored: bool = False
    """Read from a workbook: a number with a point alone is one that the workbook holds as a number."""

    def signal(self, well: str) -> float:
        """The reading of a well.

        Raises
        ------
        InputError
            The well was not read, was saturated, or does not hold a finite number of 0 or more.
        """
        text = self.readings.get(well, "")
        line = self.lines.get(well)
        if not text:
            raise InputError(f"well {well} was not read", file=self.file, line=line, expected="a number")
        if text.upper() in OVERFLOWS:
            raise InputError(f"well {well} is saturated", file=self.file, line=line, found=text, expected="a number")
        try:
            value = float(text) if self.stored and "," not in text else number_of(text, self.decimal)
        except ValueError:
            expected = f"a number with a decimal {self.decimal}" if "." in text or "," in text else "a number"
            raise InputError(
                f"well {well} is not a number", file=self.file, line=line, found=text, expected=expected
            ) from None
        if value != value or value in {float("inf"), float("-inf")}:
            raise InputError(f"well {well} is not a finite number", file=self.file, line=line, found=text)
        if value < 0:
            raise InputError(f"well {well} is negative", file=self.file, line=line, found=text, expected=RAW_SIGNAL)
        return value


def well_name(text: str) -> str | None:
    """``a01`` -> ``A1``; None if the text names no well."""
    match = _WELL.match(text.strip())
    return f"{match[1].upper()}{int(match[2])}" if match else None


def well_place(name: str) -> tuple[int, int]:
    """0-based (row, column) of a well name."""
    return ROW_LETTERS.index(name[0]), int(name[1:]) - 1


def read_plates(path: Path, *, sheet: str | None = None, decimal: Mark | None = None) -> list[Plate]:
    """All plates of a reader's file, in order.

    Parameters
    ----------
    decimal
        The decimal mark of its numbers. None: what the numbers themselves show (:func:`.decimals.decimal_mark`).

    Raises
    ------
    InputError
        No such file, no plate in it, or numbers that can be read in two ways.
    """
    stored = is_excel(path)
    plates: list[Plate] = []
    for delimiter, cells in [("", sheet_cells(path, sheet))] if stored else _text_cells(path):
        commas = delimiter == ","
        if any(row and row[0].startswith("##BLOCKS") for row in cells):
            plates = _softmax_plates(path, cells, commas)
        else:
            plates = _grid_plates(path, cells, commas) or _well_list(path, cells, commas)
        if plates:
            break
    if not plates:
        expected = (
            "a grid with columns 1-12 or 1-24 and rows from A, a list with a Well column, or a SoftMax Pro export"
        )
        raise InputError("no plate found", file=path, expected=expected)
    mark = decimal or _decimal_mark(plates, stored)
    return [replace(plate, decimal=mark, stored=stored) for plate in plates]


def _decimal_mark(plates: Sequence[Plate], stored: bool) -> Mark:
    numbers = [
        (plate, well)
        for plate in plates
        for well, text in plate.readings.items()
        if not stored or "," in text  # The other numbers of a workbook are no text that somebody formatted.
    ]
    verdict = decimal_mark(plate.readings[well] for plate, well in numbers)
    if verdict.mark is not None:
        return verdict.mark

    def error(place: int, what: str, expected: str) -> InputError:
        plate, well = numbers[place]
        return InputError(
            f"well {well} {what}",
            file=plate.file,
            line=plate.lines.get(well),
            found=plate.readings[well],
            expected=expected,
        )

    if verdict.unclear is None:
        plate, well = numbers[verdict.shown_by["point"]]
        raise error(
            verdict.shown_by["comma"],
            f"has a decimal comma, and well {well} (line {plate.lines.get(well)}) a decimal point",
            "one decimal mark in a file",
        )
    plate, well = numbers[verdict.unclear]
    read = " or ".join(f"{number_of(plate.readings[well], mark):.10g}" for mark in MARKS)
    raise error(
        verdict.unclear,
        f"is {read}, and no other number of the file says which",
        "--decimal point or --decimal comma with such a file",
    )


def _text_cells(path: Path) -> Iterator[tuple[str, list[list[str]]]]:
    """Tab, semicolon and comma, each with the lines split at it, the commonest first: commas inside of numbers may be
    more than tabs between them. UTF-16 (SoftMax Pro), UTF-8 and Latin-1 are read."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise InputError("no such file", file=path) from None
    except OSError as problem:
        raise InputError(f"cannot be read ({problem.strerror})", file=path) from None
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        text = raw.decode("utf-16", errors="replace")
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
    if "\0" in text:
        raise InputError("is not text", file=path, expected="a reader's export as text, CSV or .xlsx")
    for delimiter in sorted("\t;,", key=text.count, reverse=True):
        yield (
            delimiter,
            [[cell.strip() for cell in row] for row in csv.reader(text.splitlines(), delimiter=delimiter)],
        )


def _grid_plates(path: Path, cells: Sequence[Sequence[str]], commas: bool) -> list[Plate]:
    plates: list[Plate] = []
    line = 0
    while line < len(cells):
        start = _header_column(cells[line])
        if start is None:
            line += 1
            continue
        columns = _columns_from(cells[line], start)
        readings: dict[str, str] = {}
        lines: dict[str, int] = {}
        row = line + 1
        while row < len(cells) and row - line - 1 < len(ROW_LETTERS):
            letter = cells[row][start - 1].upper() if len(cells[row]) >= start else ""
            if letter != ROW_LETTERS[row - line - 1]:
                break
            for column in range(columns):
                value = cells[row][start + column] if len(cells[row]) > start + column else ""
                readings[f"{letter}{column + 1}"] = value
                lines[f"{letter}{column + 1}"] = row + 1
            row += 1
        if readings:
            if commas:
                below = [(place + 1, cells[place]) for place in range(line + 1, row)]
                refuse_shifted(path, cells[line], below, slice(start, start + columns), OVERFLOWS)
            plates.append(_checked_plate(path, str(len(plates) + 1), columns, readings, lines))
        line = max(row, line + 1)
    return plates


def _header_column(row: Sequence[str]) -> int | None:
    """Index of the cell with column number 1, if the row counts 1 to 12 or 1 to 24 after a corner cell."""
    for start in range(1, len(row)):
        if row[start] in {"1", "01", "1.0"} and _columns_from(row, start) in {12, 24}:
            return start
    return None


def _columns_from(row: Sequence[str], start: int) -> int:
    count = 0
    while start + count < len(row) and row[start + count].removesuffix(".0").lstrip("0") == str(count + 1):
        count += 1
    return count


def _checked_plate(path: Path, name: str, columns: int, readings: dict[str, str], lines: dict[str, int]) -> Plate:
    wells = 96 if columns == 12 else 384
    if len(readings) != wells:
        raise InputError(
            f"plate {name} has {len(readings) // columns} rows of {columns} columns",
            file=path,
            line=min(lines.values()),
            expected="8 x 12 or 16 x 24 wells",
        )
    return Plate(name, wells, readings, lines, path)


def _softmax_plates(path: Path, cells: Sequence[Sequence[str]], commas: bool) -> list[Plate]:
    """SoftMax Pro: a ``Plate:`` line, a line with Temperature and column numbers, then rows (two leading cells)."""
    plates: list[Plate] = []
    name, line = "", 0
    while line < len(cells):
        row = cells[line]
        if row and row[0] == "Plate:":
            name = row[1] if len(row) > 1 and row[1] else str(len(plates) + 1)
        if len(row) > 2 and row[1].startswith("Temperature"):
            columns = _columns_from(row, 2)
            rows = {12: 8, 24: 16}.get(columns)
            if rows is None or line + rows >= len(cells):
                raise InputError(
                    "plate block is cut short", file=path, line=line + 1, expected="8 x 12 or 16 x 24 wells"
                )
            if commas:
                # From the temperature on: a decimal comma there moves the wells of its line.
                below = [(place + 1, cells[place]) for place in range(line + 1, line + 1 + rows)]
                refuse_shifted(path, row, below, slice(1, 2 + columns), OVERFLOWS)
            readings: dict[str, str] = {}
            lines: dict[str, int] = {}
            for index in range(rows):
                for column in range(columns):
                    values = cells[line + 1 + index]
                    well = f"{ROW_LETTERS[index]}{column + 1}"
                    readings[well] = values[column + 2] if len(values) > column + 2 else ""
                    lines[well] = line + 2 + index
            plates.append(_checked_plate(path, name or str(len(plates) + 1), columns, readings, lines))
            line += rows
        line += 1
    return plates


def _well_list(path: Path, cells: Sequence[Sequence[str]], commas: bool) -> list[Plate]:
    """One line per well: a header with ``Well`` (or ``Well Row`` and ``Well Col``); the last column holds the value."""
    for number, row in enumerate(cells):
        lowered = [cell.lower() for cell in row]
        split = "well row" in lowered and "well col" in lowered
        if not split and "well" not in lowered:
            continue
        readings: dict[str, str] = {}
        lines: dict[str, int] = {}
        for offset, values in enumerate(cells[number + 1 :], start=number + 2):
            if len(values) < len(row):
                continue
            text = (
                values[lowered.index("well row")] + values[lowered.index("well col")]
                if split
                else values[lowered.index("well")]
            )
            well = well_name(text)
            if well is None:
                continue
            if commas:
                named = max(lowered.index(name) for name in (("well row", "well col") if split else ("well",)))
                refuse_shifted(path, row, [(offset, values)], slice(min(named + 1, len(row) - 1), len(row)), OVERFLOWS)
            if well in readings:
                raise InputError(f"well {well} is listed twice", file=path, line=offset)
            readings[well], lines[well] = values[len(row) - 1], offset
        if readings:
            large = any(well_place(w)[0] > 7 or well_place(w)[1] > 11 for w in readings)
            return [Plate("1", 384 if large else 96, readings, lines, path)]
    return []
