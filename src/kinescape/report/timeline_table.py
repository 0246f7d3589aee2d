"""``timeline.tsv`` and ``timeline.json``: every finding of a patient in every sample, with what happened since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from kinescape import __version__
from kinescape.records import SampleInfo
from kinescape.timeline.build import Course, Step, Timeline, told_apart_by_time

COLUMNS = (
    *("patient", "variant", "genomic", "order", "sample", "date", "timepoint", "therapy", "line"),
    *("state", "vaf", "vaf_low", "vaf_high", "lod95", "fragments", "independent", "change", "compared_with"),
    *("difference", "difference_low", "difference_high", "note"),
    "inspected",
)
MISSING = "."


def timeline_tsv(timelines: Sequence[Timeline]) -> str:
    """One line for each patient, variant and sample."""
    lines = ["\t".join(COLUMNS)]
    for timeline in timelines:
        for course in timeline.courses:
            for number, (info, step) in enumerate(zip(timeline.samples, course.steps, strict=True), start=1):
                lines.append("\t".join(_cells(timeline.patient, course, number, info, step)))
    return "\n".join(lines) + "\n"


def timeline_json(timelines: Sequence[Timeline]) -> str:
    """The same as nested records; the order of everything is that of the table."""
    content = {
        "kinescape_version": __version__,
        "research_use_only": True,
        "patients": [_patient(timeline) for timeline in timelines],
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=2).decode() + "\n"


def _patient(timeline: Timeline) -> dict[str, Any]:
    return {
        "patient": timeline.patient,
        "simulated": timeline.simulated,
        "ordered_by": timeline.basis,
        "samples": [
            {
                "sample": info.sample,
                "date": info.date,
                "timepoint": info.timepoint,
                "therapy": info.therapy,
                "line": info.line,
                "cfdna_ng": info.cfdna_ng,
            }
            for info in timeline.samples
        ],
        "told_apart_by_time": list(told_apart_by_time(timeline)),
        "variants": [
            {
                "variant": course.name,
                "genomic": course.variant,
                "steps": [
                    {"sample": info.sample, **_step(step)}
                    for info, step in zip(timeline.samples, course.steps, strict=True)
                ],
            }
            for course in timeline.courses
        ],
    }


def _step(step: Step) -> dict[str, Any]:
    point, change = step.point, step.change
    call = point.call if point.found else None
    difference = change.difference
    return {
        "state": point.state,
        "vaf": point.vaf,
        "vaf_low": call.vaf_low if call else None,
        "vaf_high": call.vaf_high if call else None,
        "lod95": point.lod95,
        "fragments": call.fragments if call else None,
        "independent": None if step.independent is None else round(step.independent, 1),
        "change": change.name,
        "compared_with": step.compared_with,
        "difference": difference.value if difference else None,
        "difference_low": difference.low if difference else None,
        "difference_high": difference.high if difference else None,
        "note": change.note,
        "inspected": point.call.inspected if point.call is not None else "",
    }


def _cells(patient: str, course: Course, number: int, info: SampleInfo, step: Step) -> tuple[str, ...]:
    values = _step(step)
    return (
        *(_cell(patient), course.name, course.variant, str(number)),
        *(_cell(text) for text in (info.sample, info.date, info.timepoint, info.therapy, info.line)),
        *(_cell(value) for value in values.values()),
    )


def _cell(value: object) -> str:
    if value is None or value == "":
        return MISSING
    if isinstance(value, float):
        return f"{value:.6g}"
    # A sheet's free text may hold anything; the table has one line for each row.
    return " ".join(str(value).split())
