"""The samples of one patient side by side: what became of each finding, and what can be said where it is missing."""

from __future__ import annotations

from dataclasses import dataclass

from kinescape.records import Call, PositionState, SampleResult, Variant
from kinescape.report.wording import call_name


@dataclass(frozen=True)
class Visit:
    """One sample of the patient."""

    sample: str
    when: str
    therapy: str
    shown: bool
    """Whether it is the sample that the page is about."""


@dataclass(frozen=True)
class Point:
    """A finding in one sample: its allele fraction, or why there is none."""

    state: PositionState
    vaf: float | None
    lod95: float | None
    note: str = ""


@dataclass(frozen=True)
class Track:
    """A finding through all samples."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Course:
    visits: tuple[Visit, ...]
    tracks: tuple[Track, ...]


def course_of(result: SampleResult, history: tuple[SampleResult, ...]) -> Course | None:
    """Every strong or weak finding of the patient's samples, in the order of their dates; None without a history."""
    if not history:
        return None
    samples = sorted((result, *history), key=lambda r: (r.sample.date or "9999", r.sample.timepoint, r.sample.sample))
    findings: dict[str, Call] = {}
    for each in samples:
        for call in each.calls:
            if call.evidence != "filtered":
                findings.setdefault(call.variant.name, call)
    ordered = sorted(findings.values(), key=lambda call: call.variant)
    return Course(
        visits=tuple(_visit(each, each is result) for each in samples),
        tracks=tuple(
            Track(call_name(call), tuple(point_of(each, call.variant) for each in samples)) for call in ordered
        ),
    )


def point_of(result: SampleResult, variant: Variant) -> Point:
    """What one sample says of a variant."""
    call = next((c for c in result.calls if c.variant == variant), None)
    if call is not None and call.evidence != "filtered":
        return Point("detected" if call.evidence == "strong" else "weak", call.vaf, None)
    lod95, covered, on_panel = _limit(result, variant)
    note = f"a candidate at {100 * call.vaf:.2f}% did not pass" if call is not None else ""
    if lod95 is not None:
        return Point("not_detected", None, lod95, note)
    if covered:
        return Point("below_depth", None, None, note)
    return Point("not_covered" if on_panel else "not_on_panel", None, None, note)


def _limit(result: SampleResult, variant: Variant) -> tuple[float | None, bool, bool]:
    """(limit of detection, any read there, on the panel)"""
    for track in result.coverage:
        offset = variant.pos - track.start
        if track.chrom == variant.chrom and 0 <= offset < len(track.depth):
            return track.lod95[offset], track.depth[offset] > 0, True
    inside = any(a.chrom == variant.chrom and a.start <= variant.pos <= a.end for a in result.amplicons)
    return None, False, inside


def _visit(result: SampleResult, shown: bool) -> Visit:
    info = result.sample
    when = " · ".join(part for part in (info.timepoint, info.date) if part)
    therapy = info.therapy + (f" (line {info.line})" if info.therapy and info.line else "")
    return Visit(info.sample, when, therapy, shown)
