"""Dates or days, never mixed: every time cell of a cohort becomes a number of days in one calendar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from kinescape.cohort.columns import Columns
from kinescape.cohort.stats.records import Booleans, Floats
from kinescape.errors import InputError

Calendar = Literal["dates", "days"]

DAYS_PER_MONTH = 30.4375
"""Mean length of a month (365.25 / 12): how months are shown; nothing is computed in months."""


@dataclass
class CalendarFinder:
    """Remembers which calendar the first time cell used, and where it stands."""

    calendar: Calendar | None = None
    place: str = ""

    def read(self, table: Columns, name: str, problems: list[InputError]) -> Floats:
        """A time column as days (since 1970-01-01 for dates), NaN where empty or wrong; faults are added."""
        values = np.full(len(table), np.nan)
        if name not in table:
            return values
        cells, there = table.column(name), table.present(name)
        if self.calendar == "days":
            try:
                values[there] = cells[there].astype(np.float64)
            except ValueError:
                values[:] = np.nan
            else:
                if bool(np.isfinite(values[there]).all()):
                    return values
                values[:] = np.nan
        dated = there & (np.char.count(cells, "-") == 2) & (np.char.str_len(cells) == 10)
        numeric = there & ~dated
        for rows, calendar in ((dated, "dates"), (numeric, "days")):
            for row in np.flatnonzero(rows)[:1].tolist():
                if self.calendar is None and (calendar == "dates" or _is_number(str(cells[row]))):
                    self.calendar = "dates" if calendar == "dates" else "days"
                    self.place = f"{table.place}, line {table.lines[row]}, column {name}"
        wrong = numeric if self.calendar == "dates" else dated
        problems += [self._mixed(table, name, int(row)) for row in np.flatnonzero(wrong)[:5]]
        right = dated if self.calendar == "dates" else numeric
        if self.calendar == "dates":
            _fill_dates(table, name, right, values, problems)
        else:
            _fill_days(table, name, right, values, problems)
        return values

    def _mixed(self, table: Columns, name: str, row: int) -> InputError:
        if self.calendar == "days":
            return table.error(row, name, f"a date among days (days since {self.place})", "a number of days")
        if _is_number(str(table.cells[name][row])):
            return table.error(row, name, f"a number among dates (dates since {self.place})", "a date, YYYY-MM-DD")
        return table.error(row, name, "not a date", "a date, YYYY-MM-DD")


def _fill_dates(table: Columns, name: str, rows: Booleans, values: Floats, problems: list[InputError]) -> None:
    cells = table.cells[name]
    try:
        values[rows] = cells[rows].astype("datetime64[D]").astype(np.int64)
    except ValueError:
        for row in np.flatnonzero(rows).tolist():
            try:
                values[row] = np.datetime64(str(cells[row]), "D").astype(np.int64)
            except ValueError:
                problems.append(table.error(row, name, "not a date of the calendar", "a date, YYYY-MM-DD"))


def _fill_days(table: Columns, name: str, rows: Booleans, values: Floats, problems: list[InputError]) -> None:
    cells = table.cells[name]
    try:
        numbers = cells[rows].astype(np.float64)
    except ValueError:
        for row in np.flatnonzero(rows).tolist():
            if _is_number(str(cells[row])):
                values[row] = float(cells[row])
            else:
                problems.append(table.error(row, name, "neither a date nor a number of days", "YYYY-MM-DD or days"))
        return
    odd = ~np.isfinite(numbers)
    places = np.flatnonzero(rows)
    problems += [table.error(int(row), name, "not a finite number", "a number of days") for row in places[odd][:5]]
    numbers[odd] = np.nan
    values[rows] = numbers


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def day_texts(days: Floats, calendar: Calendar | None) -> list[str]:
    """As :func:`day_text`, for many days."""
    if calendar != "dates":
        return ["" if day != day else f"{day:g}" for day in days.tolist()]
    known = ~np.isnan(days)
    texts = np.full(days.size, "", dtype="<U10")
    texts[known] = days[known].astype(np.int64).astype("datetime64[D]").astype("<U10")
    return [str(text) for text in texts.tolist()]


def day_text(day: float, calendar: Calendar | None) -> str:
    """A day as it stands in the tables: an ISO date, or a number of days."""
    if np.isnan(day):
        return ""
    if calendar == "dates":
        return str(np.datetime64(int(day), "D"))
    return f"{day:g}"
