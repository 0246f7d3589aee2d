"""Progression-free survival of lines and overall survival of patients, as survival tables.

Progression-free survival: first day of the kinase inhibitor to progression or death from any cause (Villa et al. 2024,
Methods); a line without either is censored at the start of the next line or at last contact. The line is the unit; the
lines of one patient form a cluster.
"""

from __future__ import annotations

import numpy as np

from kinescape.cohort.counts import relapse_samples
from kinescape.cohort.model import Cohort
from kinescape.cohort.stats.records import Booleans, Floats, Integers, Survival, codes_of
from kinescape.cohort.survival_records import SurvivalTable

LAST_STRATUM = 3
"""Overall survival is compared inside the number of failed inhibitors, from this one on taken together: few patients
get further, and strata of one or two patients compare nothing."""

MUTATED, WITHOUT = "mutated", "none above the limit"


def progression_free(cohort: Cohort) -> tuple[Floats, Booleans]:
    """Time in days and event of every line (shape of the table ``lines``)."""
    lines, patients = cohort.lines, cohort.patients
    contact, died = patients.last_contact[lines.patient], patients.died[lines.patient]
    limit = np.where(np.isnan(lines.next_start), contact, np.minimum(lines.next_start, contact))
    progressed = ~np.isnan(lines.progression)
    dead = ~progressed & died & np.isnan(lines.next_start)
    end = np.where(progressed, lines.progression, limit)
    return end - lines.start, progressed | dead


def line_states(cohort: Cohort) -> Integers:
    """1: a relapse sample of the line is mutated; 0: tested, none above the limit; -1: no tested relapse sample."""
    states = np.full(len(cohort.lines), -1, dtype=np.int64)
    rows = relapse_samples(cohort)
    rows = rows[cohort.samples.has_result[rows]]
    np.maximum.at(states, cohort.samples.line[rows], cohort.samples.mutated[rows].astype(np.int64))
    return states


def pfs_by_mutation(cohort: Cohort, gene: str | None = None) -> SurvivalTable | None:
    """Lines with a tested relapse sample, by its result, stratified by the number of the inhibitor line."""
    lines = cohort.lines
    states = line_states(cohort)
    chosen = lines.is_tki & (states >= 0)
    if gene is not None:
        chosen &= cohort.patients.gene[lines.patient] == gene
    rows = np.flatnonzero(chosen)
    if not rows.size:
        return None
    time, event = progression_free(cohort)
    strata, names = codes_of([f"{number}" for number in lines.tki_number[rows].tolist()])
    return _table(cohort, time[rows], event[rows], states[rows], [WITHOUT, MUTATED], strata, names, lines.patient[rows])


def pfs_by_line(cohort: Cohort) -> SurvivalTable | None:
    """All kinase-inhibitor lines, sampled or not, by their number (1, 2, 3 or later)."""
    rows = np.flatnonzero(cohort.lines.is_tki)
    if not rows.size:
        return None
    time, event = progression_free(cohort)
    number = np.minimum(cohort.lines.tki_number[rows], 3)
    present = np.unique(number)
    labels = {1: "first TKI", 2: "second TKI", 3: "third or later TKI"}
    return _table(
        cohort,
        time[rows],
        event[rows],
        np.searchsorted(present, number),
        [labels[int(count)] for count in present.tolist()],
        None,
        [],
        cohort.lines.patient[rows],
    )


def os_from_diagnosis(cohort: Cohort) -> SurvivalTable:
    """Everybody from diagnosis, in one group."""
    patients = cohort.patients
    n = len(patients)
    time, one = patients.last_contact - patients.diagnosis, np.zeros(n, dtype=np.int64)
    return _table(cohort, time, patients.died, one, ["all"], None, [], np.arange(n))


def tested_relapses(cohort: Cohort) -> Integers:
    """Tested relapse samples, by patient and day."""
    rows = relapse_samples(cohort)
    rows = rows[cohort.samples.has_result[rows]]
    return rows[np.lexsort((cohort.samples.day[rows], cohort.samples.patient[rows]))]


def os_from_sample(cohort: Cohort) -> SurvivalTable | None:
    """Clock from the first tested relapse sample, by that sample's result."""
    rows = _first_of_patient(cohort)
    time, event = _contact(cohort, rows)
    return _by_state(cohort, rows, time - cohort.samples.day[rows], event, None)


def os_delayed_entry(cohort: Cohort) -> SurvivalTable | None:
    """Clock from diagnosis, under observation from the first tested relapse sample on, by that sample's result."""
    rows = _first_of_patient(cohort)
    origin = cohort.patients.diagnosis[cohort.samples.patient[rows]]
    time, event = _contact(cohort, rows)
    return _by_state(cohort, rows, time - origin, event, cohort.samples.day[rows] - origin)


def os_time_varying(cohort: Cohort) -> SurvivalTable | None:
    """As :func:`os_delayed_entry`, but the status turns to mutated at the first mutated sample and stays so."""
    rows = tested_relapses(cohort)
    samples = cohort.samples
    owner = samples.patient[rows]
    contact, event = _contact(cohort, rows)
    last = np.concatenate((owner[1:] != owner[:-1], [True])) if rows.size else np.zeros(0, dtype=np.bool_)
    end = np.where(last, contact, np.concatenate((samples.day[rows][1:], [np.nan])) if rows.size else contact)
    seen: dict[int, bool] = {}
    states = []
    for patient, mutated in zip(owner.tolist(), samples.mutated[rows].tolist(), strict=True):
        seen[patient] = seen.get(patient, False) or mutated
        states.append(seen[patient])
    origin = cohort.patients.diagnosis[owner]
    state = np.array(states, dtype=np.bool_)
    return _by_state(cohort, rows, end - origin, event & last, samples.day[rows] - origin, state)


def _first_of_patient(cohort: Cohort) -> Integers:
    rows = tested_relapses(cohort)
    owner = cohort.samples.patient[rows]
    return rows[np.concatenate(([True], owner[1:] != owner[:-1]))] if rows.size else rows


def _contact(cohort: Cohort, rows: Integers) -> tuple[Floats, Booleans]:
    owner = cohort.samples.patient[rows]
    return cohort.patients.last_contact[owner], cohort.patients.died[owner]


def _by_state(
    cohort: Cohort, rows: Integers, time: Floats, event: Booleans, entry: Floats | None, state: Booleans | None = None
) -> SurvivalTable | None:
    """By the result of each sample, stratified by the number of inhibitors that had failed.

    By the first sample: 1, 2, 3 or more. A status that changes over time (``state``): every number by itself, because
    who has failed more often has also had more samples in which to become mutated.
    """
    mutated = cohort.samples.mutated[rows] if state is None else state
    kept = time > (0 if entry is None else entry)
    if not kept.any():
        return None
    rows, begin = rows[kept], None if entry is None else entry[kept]
    number = cohort.lines.tki_number[cohort.samples.line[rows]]
    if state is None:
        number = np.minimum(number, LAST_STRATUM)
    strata, names = codes_of([f"{count}" for count in number.tolist()])
    group, owner = mutated[kept].astype(np.int64), cohort.samples.patient[rows]
    made = _table(cohort, time[kept], event[kept], group, [WITHOUT, MUTATED], strata, names, owner, begin)
    lost = int((~kept).sum())
    if lost:
        made.notes.append(f"{lost} samples drawn on the last day of observation add no time and are left out")
    return made


def _table(
    cohort: Cohort,
    time: Floats,
    event: Booleans,
    group: Integers,
    groups: list[str],
    strata: Integers | None,
    strata_names: list[str],
    cluster: Integers,
    entry: Floats | None = None,
) -> SurvivalTable:
    members = np.unique(cluster, return_inverse=True)[1]
    clustered = members if members.size and int(members.max()) + 1 < members.size else None
    present = np.unique(group)
    return SurvivalTable(
        str(cohort.source),
        Survival(time, event, entry),
        np.searchsorted(present, group),
        [groups[int(code)] for code in present.tolist()],
        strata,
        strata_names,
        clustered,
        None,
        np.zeros((time.size, 0)),
        [],
    )
