"""Faults that show in one cell of a cohort's tables alone."""

from __future__ import annotations

import numpy as np

from kinescape.cohort.columns import Columns, is_one_of
from kinescape.cohort.tables_format import TABLES, Field
from kinescape.errors import InputError


def check_columns(name: str, table: Columns) -> None:
    """An error where a needed column is missing."""
    for field in TABLES[name]:
        if field.required:
            table.column(field.name)


def check_cells(name: str, table: Columns, problems: list[InputError]) -> None:
    """Faults that show in one cell alone (times are read elsewhere, because the calendar is one for all tables)."""
    for field in TABLES[name]:
        if field.name not in table:
            continue
        there = table.present(field.name)
        if field.required:
            empty = np.flatnonzero(~there)[:5]
            problems += [table.error(int(row), field.name, "empty cell", field.meaning) for row in empty]
        cells = table.cells[field.name]
        if field.kind == "flag":
            odd = np.flatnonzero(there & ~is_one_of(cells, ("0", "1")))[:5]
            problems += [table.error(int(row), field.name, "event is not 0 or 1", "0 or 1") for row in odd]
        if field.kind == "choice":
            odd = np.flatnonzero(there & ~is_one_of(cells, field.choices))[:5]
            expected = "one of " + ", ".join(field.choices)
            problems += [table.error(int(row), field.name, "unknown value", expected) for row in odd]
        if field.kind in {"number", "share", "count"}:
            _check_numbers(table, field, problems)


def _check_numbers(table: Columns, field: Field, problems: list[InputError]) -> None:
    try:
        values = table.numbers(field.name)
    except InputError as problem:
        problems.append(problem)
        return
    wrong, expected = np.isnan(values) & False, ""
    if field.kind == "share":
        wrong, expected = (values <= 0) | (values > 1), "more than 0, up to 1"
    elif field.kind == "count":
        wrong, expected = (values < 1) | (values != np.floor(values)), "a whole number from 1"
        wrong &= ~np.isnan(values)
    rows = np.flatnonzero(wrong)[:5]
    problems += [table.error(int(row), field.name, "out of range", expected) for row in rows]
