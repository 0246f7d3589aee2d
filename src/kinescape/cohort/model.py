"""A cohort in memory: five tables as arrays, joined by row numbers, with what is derived from them.

Derived, never typed in: the number of a therapy line and of a kinase-inhibitor line (by start), the line of every
response, the day of progression where only responses give it, best responses (:mod:`kinescape.cohort.response`), and
the state of a sample. All times are days in the cohort's calendar.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from kinescape.cohort.columns import Columns, Texts
from kinescape.cohort.days import Calendar
from kinescape.cohort.stats.records import Booleans, Floats, Integers

SampleState = Literal["mutated", "none above the limit", "not tested"]


@dataclass(frozen=True)
class Patients:
    """One row per patient; all shapes (n,)."""

    table: Columns
    name: Texts
    gene: Texts
    fusion: Texts
    sex: Texts
    age: Floats
    diagnosis: Floats
    last_contact: Floats
    died: Booleans
    simulated: Booleans

    def __len__(self) -> int:
        return int(self.name.size)


@dataclass(frozen=True)
class Lines:
    """One row per therapy line. ``patient`` is a row of :class:`Patients`; NaN: running, or no progression."""

    table: Columns
    patient: Integers
    agent: Texts
    kind: Texts
    generation: Texts
    start: Floats
    stop: Floats
    reason: Texts
    progression: Floats
    number: Integers
    """1-based, among all lines of the patient, by start."""
    tki_number: Integers
    """1-based, among the kinase-inhibitor lines of the patient; 0 for other lines."""
    next_start: Floats
    """Start of the patient's next line; NaN: none."""

    def __len__(self) -> int:
        return int(self.agent.size)

    @property
    def is_tki(self) -> Booleans:
        """Which lines are kinase inhibitors."""
        return np.asarray(self.kind == "tki", dtype=np.bool_)


@dataclass(frozen=True)
class Responses:
    """One row per assessment; ``line`` is a row of :class:`Lines`, -1 where none was running."""

    table: Columns
    patient: Integers
    day: Floats
    response: Texts
    criteria: Texts
    line: Integers


@dataclass(frozen=True)
class Samples:
    """One row per sample; ``line`` is a row of :class:`Lines`, -1 where it is not linked to one."""

    table: Columns
    name: Texts
    patient: Integers
    day: Floats
    timepoint: Texts
    line: Integers
    tested: Texts
    lod: Floats
    mutated: Booleans
    """At least one variant."""

    def __len__(self) -> int:
        return int(self.name.size)

    @property
    def has_result(self) -> Booleans:
        """Samples that were tested with success."""
        return np.asarray(self.tested == "yes", dtype=np.bool_)


@dataclass(frozen=True)
class Variants:
    """One row per variant of a sample; ``sample`` is a row of :class:`Samples`."""

    table: Columns
    sample: Integers
    gene: Texts
    protein: Texts
    vaf: Floats


@dataclass(frozen=True)
class Cohort:
    """All tables of a cohort."""

    source: Path
    calendar: Calendar | None
    patients: Patients
    lines: Lines
    responses: Responses
    samples: Samples
    variants: Variants

    @property
    def simulated(self) -> bool:
        """Whether any patient is simulated."""
        return bool(self.patients.simulated.any())

    def state(self, sample: int) -> SampleState:
        """What is known of a sample: never more than was looked at."""
        if not self.samples.has_result[sample]:
            return "not tested"
        return "mutated" if self.samples.mutated[sample] else "none above the limit"
