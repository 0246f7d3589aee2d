"""Faults that show only when tables are read together. Each is named by file, line and column."""

from __future__ import annotations

import numpy as np

from kinescape.cohort.columns import Columns, is_one_of
from kinescape.cohort.model import Cohort, Lines, Patients
from kinescape.cohort.stats.records import Booleans, Floats, Integers
from kinescape.errors import InputError

MOST_OF_A_KIND = 20
"""Faults of one kind that are listed."""


def check_cohort(cohort: Cohort, problems: list[InputError]) -> None:
    """Add every fault of a cohort whose cells are all readable."""
    _check_patients(cohort.patients, problems)
    _check_lines(cohort.lines, cohort.patients, problems)
    _check_open_lines(cohort.lines, problems)
    responses = cohort.responses
    _outside(responses.table, "date", responses.day, responses.patient, cohort.patients, "response", problems)
    _check_criteria(cohort, problems)
    _check_samples(cohort, problems)
    _check_variants(cohort, problems)


def _report(
    table: Columns, column: str, wrong: Booleans, what: str, expected: object, problems: list[InputError]
) -> None:
    rows = np.flatnonzero(wrong)[:MOST_OF_A_KIND]
    problems += [table.error(int(row), column, what, expected) for row in rows]


def _report_doubled(table: Columns, column: str, problems: list[InputError]) -> None:
    cells = table.column(column)
    order = np.argsort(cells, kind="stable")
    again = np.zeros(cells.size, dtype=np.bool_)
    if cells.size > 1:
        again[order[1:]] = cells[order[1:]] == cells[order[:-1]]
    _report(table, column, again, f"{column} stands twice", f"every {column} once", problems)


def _check_patients(patients: Patients, problems: list[InputError]) -> None:
    _report_doubled(patients.table, "patient", problems)
    early = patients.last_contact < patients.diagnosis
    _report(patients.table, "last_contact", early, "last contact before diagnosis", "a later day", problems)


def _check_lines(lines: Lines, patients: Patients, problems: list[InputError]) -> None:
    table, end = lines.table, patients.last_contact[lines.patient]
    _report(table, "stop", lines.stop < lines.start, "stop before start", "a day on or after start", problems)
    _report(table, "stop", lines.stop > end, "stop after the patient's last contact", "an earlier day", problems)
    _outside(table, "start", lines.start, lines.patient, patients, "line start", problems)
    wrong = lines.progression <= lines.start
    _report(table, "progression", wrong, "progression not after start", "a day after start", problems)
    wrong = lines.progression > end
    _report(table, "progression", wrong, "progression after the patient's last contact", "an earlier day", problems)
    running = (lines.reason == "ongoing") & ~np.isnan(lines.stop)
    _report(table, "reason", running, "the line is ongoing but has a stop", "no stop, or another reason", problems)
    dead = (lines.reason == "death") & ~patients.died[lines.patient]
    _report(table, "reason", dead, "stopped by death, but the patient has not died", "died = 1 in patients", problems)


def _check_open_lines(lines: Lines, problems: list[InputError]) -> None:
    """Only a patient's last line may lack a stop, and kinase inhibitors do not overlap."""
    still_open = np.isnan(lines.stop) & ~np.isnan(lines.next_start)
    what = "no stop, but the patient has a later line (two open lines, or a stop is missing)"
    _report(lines.table, "stop", still_open, what, "a stop on or before the next start", problems)
    tki = np.flatnonzero(lines.is_tki)
    order = tki[np.lexsort((lines.start[tki], lines.patient[tki]))]
    if order.size < 2:
        return
    before, after = order[:-1], order[1:]
    clash = (lines.patient[before] == lines.patient[after]) & (lines.stop[before] > lines.start[after])
    wrong = np.zeros(len(lines), dtype=np.bool_)
    wrong[before[clash]] = True
    what = "the kinase inhibitor overlaps the next one"
    _report(lines.table, "stop", wrong, what, "a stop on or before the next start", problems)


def _outside(
    table: Columns,
    column: str,
    day: Floats,
    patient: Integers,
    patients: Patients,
    what: str,
    problems: list[InputError],
) -> None:
    early = day < patients.diagnosis[patient]
    _report(table, column, early, f"{what} outside follow-up: before diagnosis", "a day of follow-up", problems)
    late = day > patients.last_contact[patient]
    _report(table, column, late, f"{what} outside follow-up: after last contact", "a day of follow-up", problems)


def _check_criteria(cohort: Cohort, problems: list[InputError]) -> None:
    responses = cohort.responses
    immune = np.char.startswith(responses.response, "i") if responses.response.size else np.zeros(0, dtype=np.bool_)
    wrong = (immune & (responses.criteria != "iRECIST")) | (
        ~immune & (responses.response != "NE") & (responses.criteria == "iRECIST")
    )
    expected = "CR, PR, SD, PD with RECIST 1.1; iCR, iPR, iSD, iUPD, iCPD with iRECIST"
    _report(responses.table, "response", wrong, "response and criteria do not belong together", expected, problems)


def _check_samples(cohort: Cohort, problems: list[InputError]) -> None:
    samples, lines = cohort.samples, cohort.lines
    table = samples.table
    _report_doubled(table, "sample", problems)
    _outside(table, "date", samples.day, samples.patient, cohort.patients, "sample", problems)
    at_failure = is_one_of(samples.timepoint, ("relapse", "tbp"))
    lacking = at_failure & (samples.line < 0)
    column = "line" if "line" in table else "timepoint"
    _report(table, column, lacking, "no line: at whose failure was it drawn?", "the number of a line", problems)
    linked = samples.line >= 0
    early = np.zeros(len(samples), dtype=np.bool_)
    early[linked] = samples.day[linked] < lines.start[samples.line[linked]]
    _report(table, "date", early, "sample before the start of its line", "a day on or after its start", problems)


def _check_variants(cohort: Cohort, problems: list[InputError]) -> None:
    variants = cohort.variants
    untested = ~cohort.samples.has_result[variants.sample]
    what = "a variant of a sample that was not tested"
    _report(variants.table, "sample", untested, what, "tested = yes in samples", problems)
