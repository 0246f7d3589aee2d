"""Cells of a row that may be malformed, read for a lint that goes on."""

from __future__ import annotations

from kinescape.errors import InputError
from kinescape.tables import Row


def cell(row: Row, column: str) -> str:
    """The text of a cell, empty where the column is absent."""
    return row.cells.get(column, "").strip()


def number(row: Row, column: str) -> float | None:
    """The number of a cell; None where it is empty or no number (which another check names)."""
    try:
        return row.optional_number(column)
    except InputError:
        return None


def said(problem: InputError, *, with_column: bool = True) -> str:
    """An input error as one clause without its place."""
    text = problem.what
    if with_column and problem.column:
        text += f" in column {problem.column}"
    if problem.found is not None and str(problem.found) not in problem.what:
        text += f"; found '{problem.found}'"
    return text if problem.expected is None else f"{text}; expected {problem.expected}"
