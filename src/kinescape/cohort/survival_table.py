"""A survival table as a user hands it in: one row per record, checked cell by cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kinescape.cohort.columns import Columns, read_columns
from kinescape.cohort.stats.records import Booleans, Floats, Integers, Survival, codes_of
from kinescape.errors import InputError

CENSORING_FLAGS = ("CNSR", "CENSOR", "CENSORED")
"""Columns that are 1 where nothing happened (CDISC ADTTE's CNSR): the opposite of an event."""


@dataclass(frozen=True)
class Request:
    """Which columns of a table mean what, and what is asked of them."""

    time: str
    event: str
    group: str
    strata: str | None = None
    entry: str | None = None
    cluster: str | None = None
    competing: str | None = None
    known_at: str | None = None
    """Time at which the group became known; empty cells: it never changed from the first state."""
    covariates: tuple[str, ...] = ()
    tau: float | None = None
    landmark: float | None = None
    time_varying: bool = False
    rho: float = 0.0
    gamma: float = 0.0
    interval: str = "log-log"
    asymptotic: bool = False
    """Show asymptotic p and unpenalised hazard ratios even where events are few."""
    unit: str = ""


@dataclass(frozen=True)
class SurvivalTable:
    """Checked records with group, strata and cluster as whole-number codes."""

    file: str
    data: Survival
    group: Integers
    groups: list[str]
    strata: Integers | None
    """-1 where the cell is empty."""
    strata_names: list[str]
    cluster: Integers | None
    other_event: Booleans | None
    covariates: Floats
    """Shape (n, p): columns that are not numbers are spread over indicator columns."""
    covariate_names: list[str]
    omitted: list[dict[str, object]] = field(default_factory=list)
    """Rows left out, with line, column and reason."""
    notes: list[str] = field(default_factory=list)


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
        return _from_landmark(made, request.landmark)
    return _with_known_time(made, table, request)


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


def _subset(made: SurvivalTable, rows: Integers, data: Survival, note: str) -> SurvivalTable:
    def pick(values: Integers | None) -> Integers | None:
        return None if values is None else values[rows]

    other = None if made.other_event is None else made.other_event[rows]
    return SurvivalTable(
        made.file,
        data,
        made.group[rows],
        made.groups,
        pick(made.strata),
        made.strata_names,
        pick(made.cluster),
        other,
        made.covariates[rows],
        made.covariate_names,
        made.omitted,
        [*made.notes, note],
    )


def _from_landmark(made: SurvivalTable, landmark: float | None) -> SurvivalTable:
    """Only those still under observation at the landmark, their clock starting there (Anderson et al. 1983)."""
    if landmark is None:
        return made
    rows = np.flatnonzero(made.data.time > landmark)
    if not rows.size:
        raise InputError("nobody is under observation at the landmark", file=made.file, found=landmark)
    entry = None if made.data.entry is None else np.maximum(made.data.entry[rows] - landmark, 0.0)
    data = Survival(made.data.time[rows] - landmark, made.data.event[rows], entry)
    left = len(made.data) - rows.size
    return _subset(made, rows, data, f"landmark at {landmark:g}: {left} records that ended by then are left out")


def _with_known_time(made: SurvivalTable, table: Columns, request: Request) -> SurvivalTable:
    """Groups that became known after time 0: a landmark, entry at that time, or a status that changes then."""
    name = str(request.known_at)
    known = table.numbers(name)
    before = _state_before(made, known, table, name)
    late = np.flatnonzero(known > made.data.time)
    if late.size:
        raise table.error(int(late[0]), name, "lies after the record's time", f"up to {made.data.time[late[0]]:g}")
    if request.landmark is not None:
        group = np.where(known > request.landmark, before, made.group).astype(np.int64)
        changed = SurvivalTable(**{**vars(made), "group": group})
        return _from_landmark(changed, request.landmark)
    if request.time_varying:
        return _split(made, known, before)
    start = np.zeros(len(made.data)) if made.data.entry is None else made.data.entry
    immortal = np.flatnonzero(known > start)
    if immortal.size:
        row = int(immortal[0])
        raise table.error(
            row,
            name,
            f"refused: the group of {immortal.size} records became known only after their clock had started, so that "
            "they could not have had the event before (immortal-time bias; in simulation up to 96% false positives)",
            "--time-varying, --landmark T, --entry with the time at which the group was known, or a clock that starts "
            "there",
        )
    return made


def _state_before(made: SurvivalTable, known: Floats, table: Columns, name: str) -> int:
    """The group in which everybody starts: that of the records without a change."""
    never = np.unique(made.group[np.isnan(known)])
    if never.size == 1:
        return int(never[0])
    if never.size == 0:
        return 0
    first = int(np.flatnonzero(np.isnan(known))[0])
    raise table.error(first, name, "records without a change are in more than one group", "one group before the change")


def _split(made: SurvivalTable, known: Floats, before: int) -> SurvivalTable:
    """Cut every record at the change of its group: before it counts to the first state (Andersen and Gill)."""
    data = made.data
    start = np.zeros(len(data)) if data.entry is None else data.entry
    cut = np.where(np.isnan(known), data.time, known)
    first, second = np.flatnonzero(cut > start), np.flatnonzero(cut < data.time)
    rows = np.concatenate((first, second))
    entry = np.concatenate((start[first], np.maximum(cut, start)[second]))
    time = np.concatenate((np.minimum(cut, data.time)[first], data.time[second]))
    event = np.concatenate((data.event[first] & (cut >= data.time)[first], data.event[second]))
    pieces = _subset(made, rows, Survival(time, event, entry), f"group changes over time: {rows.size} pieces")
    whole = np.isnan(known)[first]
    group = np.concatenate((np.where(whole, made.group[first], before), made.group[second])).astype(np.int64)
    return SurvivalTable(**{**vars(pieces), "group": group})
