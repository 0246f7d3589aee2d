"""A patient's samples -> the course of every variant that was found in any of them."""

from __future__ import annotations

from dataclasses import dataclass

from kinescape.limits.detection import molecules_from_nanograms
from kinescape.records import Call, SampleInfo, SampleResult
from kinescape.timeline.change import Change, change_between
from kinescape.timeline.order import OrderBasis, Series
from kinescape.timeline.points import Point, point_of


@dataclass(frozen=True)
class Step:
    """A variant in one sample, and what happened since the sample it is compared with."""

    point: Point
    change: Change
    compared_with: str
    """Name of that sample; empty where there is none."""
    independent: float | None
    """Independent observations behind the fraction (:func:`independent_observations`); None where nothing was found."""


@dataclass(frozen=True)
class Course:
    """One variant through all samples of the patient."""

    variant: str
    """As ``chr2:29222399:C>T``."""
    name: str
    """``ALK E1154K``, or the coding or genomic name where there is no protein change."""
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Timeline:
    """Everything that the samples of one patient say about time."""

    patient: str
    samples: tuple[SampleInfo, ...]
    basis: OrderBasis
    simulated: bool
    courses: tuple[Course, ...]


def timeline_of(series: Series) -> Timeline:
    """The course of every variant with strong or weak evidence in any sample."""
    found: dict[str, Call] = {}
    for sample in series.samples:
        for call in sample.calls:
            if call.evidence != "filtered":
                found.setdefault(call.variant.name, call)
    return Timeline(
        patient=series.patient,
        samples=tuple(sample.sample for sample in series.samples),
        basis=series.basis,
        simulated=any(sample.simulated for sample in series.samples),
        courses=tuple(
            Course(call.variant.name, _name(call), _steps(series.samples, call))
            for call in sorted(found.values(), key=lambda call: call.variant)
        ),
    )


def told_apart_by_time(timeline: Timeline) -> tuple[str, ...]:
    """Pairs of changes that time tells apart: one was cleared while the other one stayed.

    The molecules with the one that stayed are then not only those that carried the one that went. This is not phasing:
    it says nothing of the molecules that carried the cleared one.
    """
    said = []
    for gone in timeline.courses:
        for stayed in timeline.courses:
            for number, (one, other) in enumerate(zip(gone.steps, stayed.steps, strict=True)):
                if one.change.name == "cleared" and other.point.found and stayed.steps[number - 1].point.found:
                    said.append(
                        f"{gone.name} was cleared in {timeline.samples[number].sample} while {stayed.name} stayed: not "
                        f"all molecules with {stayed.name} carried {gone.name} (by time, not by phasing)"
                    )
    return tuple(dict.fromkeys(said))


def independent_observations(call: Call, molecules: int | None) -> float | None:
    """``1 / (1 / fragments + 1 / molecules)``: fragments are drawn from the input molecules (Villa et al. give ng)."""
    if call.fragments <= 0:
        return None
    return float(call.fragments) if not molecules else 1.0 / (1.0 / call.fragments + 1.0 / molecules)


def _steps(samples: tuple[SampleResult, ...], call: Call) -> tuple[Step, ...]:
    steps: list[Step] = []
    before: tuple[str, Point] | None = None
    ever_cleared = False
    for sample in samples:
        point = point_of(sample, call.variant)
        change = change_between(before[1] if before else None, point)
        if change.name == "emerging" and ever_cleared:
            change = Change("emerging", f"found again after it was cleared; {change.note}", change.difference)
        ever_cleared = ever_cleared or change.name == "cleared"
        # With UMIs every family is a molecule already, and is counted once.
        ng = sample.sample.cfdna_ng if sample.parameters.umi is None else None
        observed = (
            independent_observations(point.call, molecules_from_nanograms(ng) if ng else None)
            if point.call is not None and point.found
            else None
        )
        steps.append(Step(point, change, before[0] if before and point.assessable else "", observed))
        # A sample that neither shows nor excludes the change does not replace the one that showed it.
        if point.assessable and change.name != "within_limit":
            before = (sample.sample.sample, point)
    return tuple(steps)


def _name(call: Call) -> str:
    named = call.consequence
    if named is None:
        return call.variant.name
    return f"{named.gene} {named.protein or named.hgvs_c or call.variant.name}"
