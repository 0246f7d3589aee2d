"""Excel workbooks as people send them: opened, bounded, and every fault of theirs an :class:`InputError`.

A workbook is a zip archive of XML, and both can be made to grow: a few kilobytes that unpack to gigabytes, a cell that
says it stands in row 999,999,999. What a workbook may hold is therefore bounded before and while it is read.
"""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kinescape.errors import InputError, KinescapeError

MAX_UNPACKED = 128 << 20
"""Bytes that all parts of a workbook may come to when unpacked: over a million rows of a cohort."""
MAX_ROWS = 1 << 20
"""Rows of a sheet: Excel's own limit."""
MAX_CELLS = 20_000_000
"""Cells of a sheet, the empty ones before a row's last value included."""


@contextlib.contextmanager
def opened_workbook(path: Path) -> Iterator[Any]:
    """The workbook (openpyxl, read-only, formulas by their stored values).

    Raises
    ------
    InputError
        No such file, not a workbook, larger than it may be, or damaged: also where that shows while it is read.
    """
    import openpyxl

    try:
        handle = path.open("rb")
    except FileNotFoundError:
        raise InputError("no such file", file=path) from None
    except OSError as problem:
        raise InputError(f"cannot be read ({problem.strerror})", file=path) from None
    with handle:
        _check_size(path, handle)
        try:
            book = openpyxl.load_workbook(handle, read_only=True, data_only=True)
            if not book.sheetnames:
                raise InputError("has no sheets", file=path, expected="a workbook with a table")  # noqa: TRY301
            yield book
        except (KinescapeError, GeneratorExit):
            raise
        except Exception as problem:
            # openpyxl and the XML parsers below it raise a dozen kinds of exceptions for damaged parts.
            text = " ".join(str(problem).split())[:200] or type(problem).__name__
            raise InputError(f"is not an Excel workbook ({text})", file=path, expected=".xlsx") from None


def sheet_rows(path: Path, page: Any) -> Iterator[tuple[Any, ...]]:
    """The rows of a sheet from its first, each up to its last cell.

    Raises
    ------
    InputError
        More rows or cells than a table has, or a sheet without cells (a chart).
    """
    if not hasattr(page, "reset_dimensions"):
        raise InputError("the sheet holds no cells", file=path, found=str(page.title), expected="a table")
    page.reset_dimensions()  # what the sheet says of its size may be wrong
    cells = 0
    for number, row in enumerate(page.iter_rows(values_only=True), start=1):
        cells += len(row)
        if number > MAX_ROWS or cells > MAX_CELLS:
            limit = f"{MAX_ROWS:,} rows and {MAX_CELLS:,} cells at most"
            raise InputError("the sheet is too large for a table", file=path, line=number, expected=limit)
        yield row


def _check_size(path: Path, handle: Any) -> None:
    try:
        with zipfile.ZipFile(handle) as archive:
            unpacked = sum(each.file_size for each in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise InputError("is not an Excel workbook", file=path, expected=".xlsx") from None
    handle.seek(0)
    if unpacked > MAX_UNPACKED:
        raise InputError(
            "unpacks to more than a workbook of tables does",
            file=path,
            found=f"{unpacked:,} bytes",
            expected=f"{MAX_UNPACKED:,} at most",
        )
