"""Wells sorted into curves: one per experiment, variant and drug, blanks taken off, controls shared where they are
shared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.assay.curve import Points
from kinescape.assay.wells import Well
from kinescape.errors import InputError

Array = NDArray[np.float64]

VEHICLE_SHIFT = 0.15
"""Vehicle and untreated cells that differ by more than this share are worth a warning."""


@dataclass(frozen=True)
class ExperimentCurve:
    """The wells of one variant and drug in one experiment. ``wells[i]`` is the well of ``points.signal[i]``."""

    experiment: str
    variant: str
    drug: str
    points: Points
    wells: tuple[Well, ...]
    warnings: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        return self.experiment, self.variant, self.drug


def sorted_curves(wells: Sequence[Well]) -> list[ExperimentCurve]:
    """Curves in the order in which their variant, drug and experiment first appear.

    The zero of the signal is the mean of the plate's blanks where there are any (of the experiment's where the plate
    has none). Control wells without a drug belong to every drug of their variant in that experiment. Vehicle wells are
    the comparison where there are both vehicle and untreated ones.
    """
    blanks = _blanks(wells)
    treated: dict[tuple[str, str, str], list[Well]] = defaultdict(list)
    own: dict[tuple[str, str, str], list[Well]] = defaultdict(list)
    shared: dict[tuple[str, str], list[Well]] = defaultdict(list)
    for well in wells:
        key = (well.experiment, well.variant, well.drug)
        if well.role == "sample":
            treated[key].append(well)
        elif well.control and well.drug:
            own[key].append(well)
        elif well.control:
            shared[well.experiment, well.variant].append(well)
    for key in own:
        treated.setdefault(key, [])
    if not treated:
        raise InputError("no well holds a drug", file=wells[0].file, expected="wells with a dose above 0")
    order = {key: place for place, key in enumerate(treated)}
    curves = []
    for key in sorted(treated, key=lambda k: _first_seen(order, k)):
        controls, warnings = _controls([*own[key], *shared[key[:2]]], blanks)
        members = (*controls, *treated[key])
        signal = np.array([well.signal - blanks.get((well.experiment, well.plate), 0.0) for well in members])
        dose = np.array([well.dose for well in members])
        curves.append(ExperimentCurve(*key, Points(dose, signal, " ".join(key)), members, warnings))
    return curves


def _first_seen(order: dict[tuple[str, str, str], int], key: tuple[str, str, str]) -> tuple[int, int, int]:
    drug = min(place for k, place in order.items() if k[2] == key[2])
    variant = min(place for k, place in order.items() if k[1] == key[1])
    return drug, variant, order[key]


def _blanks(wells: Sequence[Well]) -> dict[tuple[str, str], float]:
    """Mean blank of every plate; an experiment's plates without blanks take the mean of its others."""
    by_plate: dict[tuple[str, str], list[float]] = defaultdict(list)
    by_experiment: dict[str, list[float]] = defaultdict(list)
    for well in wells:
        if well.role == "blank":
            by_plate[well.experiment, well.plate].append(well.signal)
            by_experiment[well.experiment].append(well.signal)
    means = {}
    for place in {(well.experiment, well.plate) for well in wells}:
        readings = by_plate.get(place) or by_experiment.get(place[0])
        if readings:
            means[place] = float(np.mean(readings))
    return means


def _controls(controls: list[Well], blanks: dict[tuple[str, str], float]) -> tuple[list[Well], tuple[str, ...]]:
    """The wells that stand for dose 0, and a warning where vehicle and untreated differ."""
    vehicle = [well for well in controls if well.role == "vehicle"]
    untreated = [well for well in controls if well.role == "untreated"]
    if not vehicle or not untreated:
        return controls, ()
    levels = [
        float(np.mean([well.signal - blanks.get((well.experiment, well.plate), 0.0) for well in group]))
        for group in (vehicle, untreated)
    ]
    if levels[1] > 0 and abs(levels[0] / levels[1] - 1) > VEHICLE_SHIFT:
        return vehicle, (f"vehicle wells read {levels[0] / levels[1]:.0%} of untreated ones",)
    return vehicle, ()
