"""From one sample to the next: the rule that names a change, and the interval behind it.

A fraction has *risen* or *fallen* where the 95% interval of the difference of two binomial shares does not hold zero:
Newcombe's interval built of the two Wilson intervals (Newcombe 1998, Stat Med 17:873, method 10). The Wilson intervals
are those of the calls (``call/interval.py``), so fragments, not reads, are counted, and the number of input molecules
widens them where it is known.

A change is *cleared* where it was found before, is not found now, and would have been found with 95% probability at any
fraction the earlier interval allows: the limit of detection now lies below the lower end of that interval. Where the
limit lies higher the change may still be there, and the word is *within_limit*. A sample that could not look is
*not_assessable*, whatever came before, and the next one is compared with the last that could.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from kinescape.records import Call
from kinescape.timeline.points import Point

ChangeName = Literal[
    "baseline",
    "emerging",
    "persisting",
    "rising",
    "falling",
    "cleared",
    "within_limit",
    "not_found",
    "not_assessable",
]
"""baseline: found in the first sample that could be assessed. not_found: neither here nor in the sample before."""


@dataclass(frozen=True)
class Difference:
    """Allele fraction now minus before, with its 95% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Change:
    """What happened to a variant since the last sample that it is compared with."""

    name: ChangeName
    note: str = ""
    difference: Difference | None = None


def change_between(before: Point | None, now: Point) -> Change:
    """Name the change from ``before`` to ``now``.

    Parameters
    ----------
    before
        The last earlier sample that could be assessed; None where there is none.
    """
    if not now.assessable:
        return Change("not_assessable", _cannot(now))
    if not now.found:
        return _lost(before, now)
    if before is None:
        return Change("baseline", _weak(now))
    if not before.found:
        return Change("emerging", _joined(_weak(now), _against_limit(before, now)))
    return _moved(before, now)


def difference_of(before: Call, now: Call) -> Difference:
    """Newcombe's interval of the difference of two shares (1998, method 10)."""
    value = now.vaf - before.vaf
    down = math.hypot(now.vaf - now.vaf_low, before.vaf_high - before.vaf)
    up = math.hypot(now.vaf_high - now.vaf, before.vaf - before.vaf_low)
    return Difference(round(value, 6), round(max(-1.0, value - down), 6), round(min(1.0, value + up), 6))


def _moved(before: Point, now: Point) -> Change:
    if before.call is None or now.call is None:
        return Change("persisting", _weak(now))
    difference = difference_of(before.call, now.call)
    name: ChangeName = "rising" if difference.low > 0 else "falling" if difference.high < 0 else "persisting"
    return Change(name, _joined(_weak(now), "weak evidence before" if before.state == "weak" else ""), difference)


def _lost(before: Point | None, now: Point) -> Change:
    limit = f"limit of detection {100 * (now.lod95 or 0):.2f}%"
    if before is None or not before.found or before.call is None:
        return Change("not_found", _joined(limit, now.note))
    # A candidate that did not pass may be the change itself: then its own upper bound is what can be excluded.
    ceiling = max(now.lod95 or 0.0, now.call.vaf_high if now.call else 0.0)
    words = f"{limit}, {100 * before.call.vaf:.2f}% before ({_range(before.call)})"
    if ceiling < before.call.vaf_low:
        return Change("cleared", _joined(f"below the {words}", now.note))
    return Change("within_limit", _joined(f"not found, but the fraction before is not excluded: {words}", now.note))


def _against_limit(before: Point, now: Point) -> str:
    """Whether the earlier sample would have shown the fraction that is found now."""
    limit = f"limit of detection before {100 * (before.lod95 or 0):.2f}%"
    if now.call is not None and before.lod95 is not None and now.call.vaf_low <= before.lod95:
        return _joined(f"{limit}: may have been there before at this fraction", before.note)
    return _joined(limit, before.note)


def _cannot(now: Point) -> str:
    words = {
        "below_depth": "too few reads to say anything",
        "not_covered": "the amplicon gave no usable reads",
        "not_on_panel": "no amplicon of the design reaches it",
    }
    return _joined(words.get(now.state, now.state), now.note)


def _weak(now: Point) -> str:
    return "weak evidence" if now.state == "weak" else ""


def _range(call: Call) -> str:
    return f"{100 * call.vaf_low:.2f}-{100 * call.vaf_high:.2f}%"


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
