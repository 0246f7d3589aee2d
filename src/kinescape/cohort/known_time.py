"""Groups that become known after the clock has started: landmark, a status that changes, or a refusal.

Comparing such groups from time 0 counts the time before they were known to the group that had to survive it
(immortal-time bias).
"""

from __future__ import annotations

import numpy as np

from kinescape.cohort.columns import Columns
from kinescape.cohort.stats.records import Floats, Integers, Survival
from kinescape.cohort.survival_records import Request, SurvivalTable
from kinescape.errors import InputError


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


def from_landmark(made: SurvivalTable, landmark: float | None) -> SurvivalTable:
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


def with_known_time(made: SurvivalTable, table: Columns, request: Request) -> SurvivalTable:
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
        return from_landmark(changed, request.landmark)
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
            "they could not have had the event before (immortal-time bias)",
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
