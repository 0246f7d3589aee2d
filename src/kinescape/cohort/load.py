"""From files to a :class:`Cohort`, every fault named by file, line and column."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from kinescape.cohort.agents import known_agents
from kinescape.cohort.cells import check_cells, check_columns
from kinescape.cohort.checks import check_cohort
from kinescape.cohort.columns import Columns, Texts, read_columns
from kinescape.cohort.days import CalendarFinder
from kinescape.cohort.model import Cohort, Lines, Patients, Responses, Samples, Variants
from kinescape.cohort.response import progression_days
from kinescape.cohort.stats.records import Floats, Integers
from kinescape.cohort.tables_format import OPTIONAL_TABLES, TABLES
from kinescape.errors import InputError

SUFFIXES = (".csv", ".tsv")


def load_cohort(source: Path) -> Cohort:
    """Read and check a cohort: a folder of CSV or TSV tables, or an Excel workbook with one sheet per table.

    Raises
    ------
    InputError
        The first fault found; ``kinescape cohort check`` lists all of them.
    """
    cohort, problems = read_cohort(source)
    if problems:
        raise problems[0]
    assert cohort is not None  # noqa: S101 - without problems there is a cohort
    return cohort


def read_cohort(source: Path) -> tuple[Cohort | None, list[InputError]]:
    """The cohort (None where the tables cannot be joined) and every fault found."""
    problems: list[InputError] = []
    tables = {name: table for name in TABLES if (table := _find_table(source, name)) is not None}
    for name, table in tables.items():
        check_columns(name, table)
        check_cells(name, table, problems)
    if not len(tables["patients"]):
        raise InputError("holds no patients", file=tables["patients"].place, expected="one line per patient")
    finder = CalendarFinder()
    patients = _patients(tables["patients"], finder, problems)
    known = {str(name): row for row, name in enumerate(patients.name)}
    lines = _lines(tables["lines"], known, finder, problems)
    responses = _responses(tables.get("responses") or _empty(source, "responses"), known, lines, finder, problems)
    samples = _samples(tables["samples"], known, lines, finder, problems)
    variants = _variants(tables.get("variants") or _empty(source, "variants"), samples, problems)
    mutated = np.zeros(len(samples), dtype=np.bool_)
    mutated[variants.sample[variants.sample >= 0]] = True
    samples = replace(samples, mutated=mutated)
    cohort = Cohort(source, finder.calendar, patients, lines, responses, samples, variants)
    if problems:
        return None, problems
    check_cohort(cohort, problems)
    derived = progression_days(responses, lines)
    filled = np.where(np.isnan(lines.progression), derived, lines.progression)
    return replace(cohort, lines=replace(lines, progression=filled)), problems


def _find_table(source: Path, name: str) -> Columns | None:
    if source.suffix.lower() in {".xlsx", ".xlsm"}:
        try:
            return read_columns(source, sheet=name)
        except InputError as problem:
            if name in OPTIONAL_TABLES and "is missing" in problem.what:
                return None
            raise
    if not source.is_dir():
        raise InputError(
            "no such folder or workbook", file=source, expected="a folder with patients.csv, lines.csv ..."
        )
    for suffix in SUFFIXES:
        path = source / f"{name}{suffix}"
        if path.exists():
            return read_columns(path)
    if name in OPTIONAL_TABLES:
        return None
    raise InputError(f"table '{name}' is missing", file=source, expected=f"{name}.csv or {name}.tsv")


def _empty(source: Path, name: str) -> Columns:
    nothing = np.array([], dtype=np.str_)
    cells = {field.name: nothing for field in TABLES[name]}
    return Columns(source / f"{name}.csv", "", cells, np.array([], dtype=np.int64))


def _text(table: Columns, name: str, default: str = "") -> Texts:
    if name not in table:
        return np.full(len(table), default, dtype=np.str_)
    return np.where(table.present(name), table.cells[name], default).astype(np.str_)


def _number(table: Columns, name: str) -> Floats:
    if name not in table:
        return np.full(len(table), np.nan)
    try:
        return table.numbers(name)
    except InputError:  # reported by _check_cells
        return np.full(len(table), np.nan)


def _patients(table: Columns, finder: CalendarFinder, problems: list[InputError]) -> Patients:
    return Patients(
        table,
        _text(table, "patient"),
        _text(table, "gene"),
        _text(table, "fusion"),
        _text(table, "sex"),
        _number(table, "age"),
        finder.read(table, "diagnosis", problems),
        finder.read(table, "last_contact", problems),
        _text(table, "died") == "1",
        _text(table, "simulated") == "1",
    )


def _join(table: Columns, column: str, known: dict[str, int], what: str, problems: list[InputError]) -> Integers:
    """Row of the other table for every row of this one, -1 where there is none."""
    rows = np.array([known.get(name, -1) for name in table.column(column).tolist()], dtype=np.int64)
    lost = np.flatnonzero((rows < 0) & table.present(column))[:5]
    problems += [table.error(int(row), column, f"unknown {column}", f"a {column} of the table {what}") for row in lost]
    return rows


def _lines(table: Columns, known: dict[str, int], finder: CalendarFinder, problems: list[InputError]) -> Lines:
    patient = _join(table, "patient", known, "patients", problems)
    agents, kinds, generations = _agents(table, problems)
    start = finder.read(table, "start", problems)
    number, tki_number, next_start = line_numbers(patient, start, kinds == "tki")
    return Lines(
        table,
        patient,
        agents,
        kinds,
        generations,
        start,
        finder.read(table, "stop", problems),
        _text(table, "reason"),
        finder.read(table, "progression", problems),
        number,
        tki_number,
        next_start,
    )


def _agents(table: Columns, problems: list[InputError]) -> tuple[Texts, Texts, Texts]:
    """Name, class and generation of every line's agent."""
    listed = known_agents()
    names, place = np.unique(table.column("agent"), return_inverse=True)
    stated = _text(table, "class")
    shown = [listed[name.lower()].name if name.lower() in listed else name for name in names.tolist()]
    kind = [listed[name.lower()].kind if name.lower() in listed else "" for name in names.tolist()]
    generation = [listed[name.lower()].generation if name.lower() in listed else "" for name in names.tolist()]
    kinds = np.where(stated != "", stated, np.array(kind, dtype=np.str_)[place])
    lost = np.flatnonzero((kinds == "") & table.present("agent"))[:5]
    problems += [
        table.error(int(row), "agent", "unknown agent", "an agent of the list, or its class in the column 'class'")
        for row in lost
    ]
    return np.array(shown, dtype=np.str_)[place], kinds.astype(np.str_), np.array(generation, dtype=np.str_)[place]


def line_numbers(patient: Integers, start: Floats, is_tki: np.ndarray) -> tuple[Integers, Integers, Floats]:
    """Number of each line and of each kinase-inhibitor line of its patient, and the start of the next line."""
    order = np.lexsort((start, patient))
    owner = patient[order]
    first = np.concatenate(([True], owner[1:] != owner[:-1])) if owner.size else np.zeros(0, dtype=np.bool_)
    begin = np.flatnonzero(first)[np.cumsum(first) - 1] if owner.size else np.zeros(0, dtype=np.int64)
    number, tki_number = np.zeros(owner.size, dtype=np.int64), np.zeros(owner.size, dtype=np.int64)
    number[order] = np.arange(owner.size) - begin + 1
    taken = np.cumsum(is_tki[order])
    before = taken[begin] - is_tki[order][begin]
    tki_number[order] = np.where(is_tki[order], taken - before, 0)
    following = np.full(owner.size, np.nan)
    if owner.size > 1:
        same = owner[1:] == owner[:-1]
        following[order[:-1][same]] = start[order[1:][same]]
    return number, tki_number, following


def _responses(
    table: Columns, known: dict[str, int], lines: Lines, finder: CalendarFinder, problems: list[InputError]
) -> Responses:
    patient = _join(table, "patient", known, "patients", problems)
    day = finder.read(table, "date", problems)
    criteria = _text(table, "criteria", "RECIST 1.1")
    return Responses(table, patient, day, _text(table, "response"), criteria, _line_at(patient, day, lines))


def _line_at(patient: Integers, day: Floats, lines: Lines) -> Integers:
    """The line that was the last to start before (or on) each day; -1: none."""
    order = np.lexsort((lines.start, lines.patient))
    if not order.size or not day.size:
        return np.full(day.size, -1, dtype=np.int64)
    span = float(np.nanmax(np.concatenate((lines.start, day))) - np.nanmin(np.concatenate((lines.start, day)))) + 1
    base = float(np.nanmin(np.concatenate((lines.start, day))))
    keys = lines.patient[order] * span + (lines.start[order] - base)
    place = np.searchsorted(keys, patient * span + (np.nan_to_num(day, nan=base) - base), side="right") - 1
    found = order[np.maximum(place, 0)]
    return np.where((place >= 0) & (lines.patient[found] == patient) & (patient >= 0), found, -1)


def _samples(
    table: Columns, known: dict[str, int], lines: Lines, finder: CalendarFinder, problems: list[InputError]
) -> Samples:
    patient = _join(table, "patient", known, "patients", problems)
    number = _number(table, "line")
    by_number = (
        {
            (owner, count): row
            for row, (owner, count) in enumerate(zip(lines.patient.tolist(), lines.number.tolist(), strict=True))
        }
        if len(table)
        else {}
    )
    line = np.array(
        [
            -1 if np.isnan(count) else by_number.get((owner, int(count)), -2)
            for owner, count in zip(patient.tolist(), number.tolist(), strict=True)
        ],
        dtype=np.int64,
    )
    what = "the patient has no therapy line of that number"
    problems += [table.error(int(row), "line", what, "1, 2 ... by start") for row in np.flatnonzero(line == -2)[:5]]
    return Samples(
        table,
        _text(table, "sample"),
        patient,
        finder.read(table, "date", problems),
        _text(table, "timepoint"),
        np.maximum(line, -1),
        _text(table, "tested", "yes"),
        _number(table, "lod"),
        np.zeros(len(table), dtype=np.bool_),
    )


def _variants(table: Columns, samples: Samples, problems: list[InputError]) -> Variants:
    known = {str(name): row for row, name in enumerate(samples.name)}
    rows = _join(table, "sample", known, "samples", problems)
    return Variants(table, rows, _text(table, "gene"), _text(table, "protein"), _number(table, "vaf"))
