"""Survival records as arrays: what every method of this folder takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Integers = NDArray[np.integer[Any]]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class Survival:
    """``n`` records ``(entry, time]`` in counting-process form (Andersen and Gill 1982).

    Parameters
    ----------
    time
        End of each record, any unit; shape (n,).
    event
        Whether the event happened at ``time``; shape (n,).
    entry
        When the record came under observation, in the same clock; None: everybody from the start.
    """

    time: Floats
    event: Booleans
    entry: Floats | None = None

    def __post_init__(self) -> None:
        if self.time.shape != self.event.shape or (self.entry is not None and self.entry.shape != self.time.shape):
            raise ValueError("time, event and entry must have the same length")
        if self.entry is not None and bool(np.any(self.entry >= self.time)):
            raise ValueError("entry must lie before time")

    def __len__(self) -> int:
        return int(self.time.size)

    def where(self, chosen: Booleans | Integers) -> Survival:
        """The records under a mask or at positions."""
        entry = None if self.entry is None else self.entry[chosen]
        return Survival(self.time[chosen], self.event[chosen], entry)

    def at_risk(self, moments: Floats) -> Floats:
        """Number of records at risk just before each moment: entered before it and not yet ended."""
        ordered = np.sort(self.time)
        count = self.time.size - np.searchsorted(ordered, moments, side="left")
        if self.entry is not None:
            entered = np.sort(self.entry)
            count = count - (self.entry.size - np.searchsorted(entered, moments, side="left"))
        return count.astype(np.float64)

    def events_at(self, moments: Floats) -> Floats:
        """Number of events at exactly each moment (``moments`` ascending and distinct)."""
        return _count_at(self.time[self.event], moments)

    def event_times(self) -> Floats:
        """Distinct event times, ascending."""
        return np.unique(self.time[self.event])


def _count_at(values: Floats, moments: Floats) -> Floats:
    ordered = np.sort(values)
    right = np.searchsorted(ordered, moments, side="right")
    return (right - np.searchsorted(ordered, moments, side="left")).astype(np.float64)


def codes_of(labels: list[str] | NDArray[np.str_]) -> tuple[Integers, list[str]]:
    """Whole-number codes and their distinct labels; labels that are all numbers are ordered as numbers."""
    array = np.asarray(labels, dtype=np.str_)
    distinct, codes = np.unique(array, return_inverse=True)
    names = [str(name) for name in distinct]
    try:
        order = sorted(range(len(names)), key=lambda place: float(names[place]))
    except ValueError:
        order = list(range(len(names)))
    rank = np.empty(len(names), dtype=np.int64)
    rank[order] = np.arange(len(names))
    return rank[codes.reshape(-1)], [names[place] for place in order]
