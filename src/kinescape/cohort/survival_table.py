"""A survival table as a user hands it in: one row per record, checked cell by cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kinescape.cohort.columns import Columns, read_columns
from kinescape.cohort.known_time import from_landmark, with_known_time
from kinescape.cohort.stats.records import Booleans, Floats, Integers, Survival, codes_of
from kinescape.cohort.survival_records import Request, SurvivalTable
from kinescape.errors import InputError

CENSORING_FLAGS = ("CNSR", "CENSOR", "CENSORED")
"""Columns that are 1 where nothing happened (CDISC ADTTE's CNSR): the opposite of an event."""


def read_survival_table(path: Path, request: Request) -> SurvivalTable:
    """Read and check a table.

    Rows whose time, event, group or another asked cell (strata apart) is empty are left out and listed.

    Raises
    ------
    InputError
        A cell that is no number, a negative time, an event that is not 0/1, entry at or after time, a group that is
        known only after the clock started (immortal time) without a method that allows for it.
    """
    table = read_columns(path)
    _refuse_censoring_flag(table, request.event)
    needed = [request.time, request.event, request.group, request.entry, request.cluster, request.competing]
    asked = [name for name in [*needed, *request.covariates] if name is not None]
    kept = np.ones(len(table), dtype=np.bool_)
    omitted: list[dict[str, object]] = []
    for name in asked:
        table.column(name)
        empty = np.flatnonzero(kept & ~table.present(name)).tolist()
        omitted += [{"line": int(table.lines[row]), "column": name, "reason": "empty cell"} for row in empty]
        kept &= table.present(name)
    table = table.where(kept)
    if not len(table):
        raise InputError("no complete row", file=table.place, expected="rows with " + ", ".join(asked))
    time, event = _times(table, request.time), _flags(table, request.event)
    other = _flags(table, request.competing) if request.competing else None
    if other is not None and request.competing and bool(np.any(other & event)):
        row = int(np.flatnonzero(other & event)[0])
        raise table.error(row, request.competing, f"1 where '{request.event}' is 1 too", "one of both")
    entry = _entries(table, request.entry, time) if request.entry else None
    strata, strata_names = _strata(table, request.strata)
    cluster = codes_of(table.column(request.cluster))[0] if request.cluster else None
    covariates, names = _covariates(table, request.covariates)
    group, groups = codes_of(table.column(request.group))
    made = SurvivalTable(
        table.place,
        Survival(time, event, entry),
        group,
        groups,
        strata,
        strata_names,
        cluster,
        other,
        covariates,
        names,
        omitted,
    )
    if request.known_at is None:
        if request.time_varying:
            raise InputError("--time-varying needs --known-at: the time at which the group became known")
        return from_landmark(made, request.landmark)
    return with_known_time(made, table, request)


def _refuse_censoring_flag(table: Columns, event: str) -> None:
    if event.upper() in CENSORING_FLAGS:
        raise InputError(
            "is a censoring flag (1 where nothing happened), the opposite of an event",
            file=table.place,
            column=event,
            expected="a column that is 1 where the event happened; make one as 1 - CNSR",
        )


def _times(table: Columns, name: str) -> Floats:
    values = table.numbers(name)
    early = np.flatnonzero(values < 0)
    if early.size:
        raise table.error(int(early[0]), name, "negative time", "0 or more")
    return values


def _flags(table: Columns, name: str) -> Booleans:
    cells = table.column(name)
    yes, no = np.isin(cells, ("1", "1.0")), np.isin(cells, ("0", "0.0"))
    odd = np.flatnonzero(~(yes | no))
    if odd.size:
        raise table.error(int(odd[0]), name, "event is not 0 or 1", "0 (nothing seen) or 1 (event); recode 1/2 as 0/1")
    return yes


def _entries(table: Columns, name: str, time: Floats) -> Floats:
    values = table.numbers(name)
    late = np.flatnonzero(values >= time)
    if late.size:
        row = int(late[0])
        raise table.error(row, name, "entry is not before the record's time", f"less than {time[row]:g}")
    return values


def _strata(table: Columns, name: str | None) -> tuple[Integers | None, list[str]]:
    if name is None:
        return None, []
    table.column(name)
    there = table.present(name)
    codes = np.full(len(table), -1, dtype=np.int64)
    names: list[str] = []
    if there.any():
        codes[there], names = codes_of(table.column(name)[there])
    return codes, names


def _covariates(table: Columns, asked: tuple[str, ...]) -> tuple[Floats, list[str]]:
    columns: list[Floats] = []
    names: list[str] = []
    for name in asked:
        try:
            columns.append(table.numbers(name))
            names.append(name)
        except InputError:
            codes, levels = codes_of(table.column(name))
            columns += [(codes == level).astype(np.float64) for level in range(1, len(levels))]
            names += [f"{name}={level}" for level in levels[1:]]
    return (np.column_stack(columns) if columns else np.zeros((len(table), 0))), names
