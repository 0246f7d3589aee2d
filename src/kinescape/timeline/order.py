"""Which samples belong to one patient, and in which order they were taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from kinescape.errors import InputError
from kinescape.records import SampleResult

OrderBasis = Literal["date", "as given"]
"""date: every sample of the patient has one; as given: the order of the sheet or of the arguments."""


@dataclass(frozen=True)
class Series:
    """The samples of one patient, the earliest first."""

    patient: str
    samples: tuple[SampleResult, ...]
    basis: OrderBasis


def in_order(samples: Sequence[SampleResult]) -> tuple[tuple[SampleResult, ...], OrderBasis]:
    """Samples by their dates where every one has a date (``2022-02-20``), else as they were given.

    Samples of one day keep the order in which they were given. Half of the dates would order half of the samples, so a
    single missing or unreadable date leaves the order as given.
    """
    dates = [_date(sample.sample.date) for sample in samples]
    if any(each is None for each in dates):
        return tuple(samples), "as given"
    pairs = sorted(zip(dates, range(len(samples)), strict=True), key=lambda pair: (pair[0] or date.min, pair[1]))
    return tuple(samples[number] for _, number in pairs), "date"


def series_by_patient(results: Sequence[SampleResult]) -> tuple[Series, ...]:
    """The plasma samples of every patient who has two or more, patients in the order of their first sample.

    Raises
    ------
    InputError
        A sample stands twice, or the samples of one patient were read against different genomes.
    """
    members: dict[str, list[SampleResult]] = {}
    for result in results:
        if result.sample.patient and result.sample.role == "plasma":
            members.setdefault(result.sample.patient, []).append(result)
    return tuple(_series(patient, samples) for patient, samples in members.items() if len(samples) > 1)


def _series(patient: str, samples: list[SampleResult]) -> Series:
    names: set[str] = set()
    for each in samples:
        name = each.sample.sample
        if name in names:
            raise InputError(f"patient '{patient}': sample '{name}' was given twice", expected="each sample once")
        names.add(name)
        if each.panel.genome != samples[0].panel.genome:
            raise InputError(
                f"patient '{patient}': sample '{name}' cannot be compared with '{samples[0].sample.sample}'",
                found=each.panel.genome,
                expected=f"the same genome, {samples[0].panel.genome}",
            )
    ordered, basis = in_order(samples)
    return Series(patient, ordered, basis)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
