"""The samples of one patient side by side: what became of each finding, and what can be said where it is missing."""

from __future__ import annotations

from dataclasses import dataclass

from kinescape.records import SampleResult
from kinescape.report.wording import percent
from kinescape.timeline.build import Step, timeline_of
from kinescape.timeline.order import Series, in_order
from kinescape.timeline.points import Point


@dataclass(frozen=True)
class Visit:
    """One sample of the patient."""

    sample: str
    when: str
    therapy: str
    shown: bool
    """Whether it is the sample that the page is about."""


@dataclass(frozen=True)
class Moment:
    """A finding in one sample as the table shows it: what the sample says, and what happened since the one before."""

    point: Point
    change: str
    """Name of the change in words; empty where there is none to name."""
    why: str
    inspected: str
    """What people said of the call of that sample; empty where there is no call, or nobody said anything."""


@dataclass(frozen=True)
class Track:
    """A finding through all samples."""

    name: str
    moments: tuple[Moment, ...]

    @property
    def points(self) -> tuple[Point, ...]:
        return tuple(moment.point for moment in self.moments)


@dataclass(frozen=True)
class Course:
    """The samples of a patient in order, and the findings through them."""

    visits: tuple[Visit, ...]
    tracks: tuple[Track, ...]
    by_date: bool
    """Whether the order is that of the dates; else it is the order given."""

    @property
    def inspected(self) -> bool:
        """Whether anybody said anything of a call of these samples."""
        return any(moment.inspected for track in self.tracks for moment in track.moments)


CHANGES = {
    "baseline": "",
    "not_found": "",
    "not_assessable": "",
    "emerging": "emerging",
    "persisting": "persisting",
    "rising": "rising",
    "falling": "falling",
    "cleared": "cleared",
    "within_limit": "not excluded",
}
"""Words of the changes. The empty ones say no more than the state that stands beside them."""


def course_of(result: SampleResult, history: tuple[SampleResult, ...], given: tuple[str, ...] = ()) -> Course | None:
    """Every strong or weak finding of the patient's samples in order; None without a history.

    ``given`` holds the names of all samples in the order that counts where dates are missing; samples it does not name
    come last. Without it the history comes first, in its own order.
    """
    if not history:
        return None
    place = {name: number for number, name in enumerate(given)}
    listed = sorted((*history, result), key=lambda each: place.get(each.sample.sample, len(place)))
    samples, basis = in_order(listed)
    timeline = timeline_of(Series(result.sample.patient, samples, basis))
    return Course(
        visits=tuple(_visit(each, each is result) for each in samples),
        tracks=tuple(Track(each.name, tuple(_moment(step) for step in each.steps)) for each in timeline.courses),
        by_date=basis == "date",
    )


def _moment(step: Step) -> Moment:
    change = step.change
    words = CHANGES[change.name]
    why = step.point.note
    if change.difference is not None:
        difference = change.difference
        why = f"{_points(difference.value)} ({_points(difference.low)} to {_points(difference.high)})"
    elif change.name in ("emerging", "cleared", "within_limit"):
        why = change.note
    return Moment(step.point, words, why, step.point.call.inspected if step.point.call is not None else "")


def _points(value: float) -> str:
    """A difference of fractions in percentage points, with its sign."""
    return ("+" if value >= 0 else "\N{MINUS SIGN}") + percent(abs(value)).removesuffix("%") + " points"


def _visit(result: SampleResult, shown: bool) -> Visit:
    info = result.sample
    when = " · ".join(part for part in (info.timepoint, info.date) if part)
    therapy = info.therapy + (f" (line {info.line})" if info.therapy and info.line else "")
    return Visit(info.sample, when, therapy, shown)
