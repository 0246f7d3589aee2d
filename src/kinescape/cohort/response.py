"""Best response and day of progression, derived from single assessments; nobody types them in.

RECIST 1.1 (Eisenhauer et al. 2009, section 4.4), with confirmation:

- CR and PR count when a later assessment at least 28 days on says the same or better (PR after CR does not confirm a
  CR); otherwise the line has SD if the assessment lies at least 42 days after its start, else NE;
- SD counts when an assessment at least 42 days after the start shows no progression;
- only assessments up to the first PD count; a first PD with none of the above is PD.

iRECIST (Seymour et al. 2017): the same with the prefixed names, except that a first iUPD is not the end: it is
confirmed by iCPD, and undone by a later iSD, iPR or iCR. Progression is the day of the iUPD that was confirmed, or of
an iUPD after which nothing more was assessed.
"""

from __future__ import annotations

import numpy as np

from kinescape.cohort.model import Lines, Responses
from kinescape.cohort.stats.records import Floats

CONFIRMATION_DAYS = 28
"""Shortest time to a confirming assessment (4 weeks: RECIST 1.1, section 4.6; iRECIST, table 2)."""

STABLE_DAYS = 42
"""Shortest time from the start for stable disease (6 weeks, the minimum that RECIST 1.1, section 4.4, suggests)."""

Assessment = tuple[float, str]
"""Day and response."""

RULE = (
    "CR and PR need a second assessment at least 28 days later (RECIST 1.1, iRECIST); stable disease needs at least 42 "
    "days from the start; iUPD counts as progression when iCPD follows or nothing more was assessed"
)


def assessments_by_line(responses: Responses) -> dict[int, list[Assessment]]:
    """Assessments of every line, by day."""
    order = np.lexsort((responses.day, responses.line))
    found: dict[int, list[Assessment]] = {}
    lines, days, names = (
        responses.line[order].tolist(),
        responses.day[order].tolist(),
        responses.response[order].tolist(),
    )
    for line, day, name in zip(lines, days, names, strict=True):
        if line >= 0:
            found.setdefault(line, []).append((day, name))
    return found


def progression_day(assessments: list[Assessment]) -> float:
    """Day of progression by the assessments of one line; NaN: none."""
    unconfirmed = np.nan
    for day, name in assessments:
        if name == "PD":
            return day
        if name == "iCPD":
            return day if np.isnan(unconfirmed) else float(unconfirmed)
        if name == "iUPD" and np.isnan(unconfirmed):
            unconfirmed = day
        elif name in {"iSD", "iPR", "iCR"}:
            unconfirmed = np.nan
    return float(unconfirmed)


def progression_days(responses: Responses, lines: Lines) -> Floats:
    """Day of progression of every line by its assessments, NaN where there is none."""
    days = np.full(len(lines), np.nan)
    progressed = np.isin(responses.response, ("PD", "iUPD", "iCPD"))
    wanted = set(responses.line[progressed].tolist())
    for line, assessments in assessments_by_line(responses).items():
        if line in wanted:
            days[line] = progression_day(assessments)
    return days


def best_response(assessments: list[Assessment], start: float, progression: float) -> str:
    """Best overall response of one line, as ``PR`` (never with the prefix of iRECIST); empty: nothing assessed.

    ``progression``: the line's day of progression, NaN where there is none.
    """
    if not assessments:
        return ""
    plain = [(day, name.removeprefix("i")) for day, name in assessments if np.isnan(progression) or day < progression]
    if _confirmed(plain, ("CR",), ("CR",)):
        return "CR"
    if _confirmed(plain, ("CR", "PR"), ("CR", "PR")):
        return "PR"
    if any(name in {"CR", "PR", "SD"} and day - start >= STABLE_DAYS for day, name in plain):
        return "SD"
    return "NE" if np.isnan(progression) else "PD"


def _confirmed(assessments: list[Assessment], first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    days = [day for day, name in assessments if name in first]
    later = [day for day, name in assessments if name in second]
    return bool(days) and bool(later) and later[-1] - days[0] >= CONFIRMATION_DAYS


def best_responses(responses: Responses, lines: Lines) -> dict[int, str]:
    """Best response of every line that was assessed."""
    return {
        line: best_response(assessments, float(lines.start[line]), float(lines.progression[line]))
        for line, assessments in assessments_by_line(responses).items()
    }
