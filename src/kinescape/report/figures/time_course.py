"""Allele fractions of one patient's findings through the samples; open arrows where only a limit is known."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from kinescape.palette import SERIES
from kinescape.report.course import Course, Track
from kinescape.report.figures.marks import evidence_mark
from kinescape.report.figures.svg import element, group, label, line, number, picture, spread, tooltip, width_of
from kinescape.report.figures.tracks import LogScale, path
from kinescape.report.wording import percent

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 760, 300, 64, 20, 228
NAMES = 130
"""Room at the right for the names of the lines."""
SCALE = LogScale(0.001, 1.0, BOTTOM, TOP)
COLOURS = len(SERIES)
"""Colours of lines before they repeat; the name at its end says which line is which."""


def time_course(course: Course) -> Markup | None:
    """The picture; None where no sample of the patient has a finding."""
    if not course.tracks:
        return None
    right = WIDTH - NAMES
    unit = (right - LEFT) / len(course.visits)
    places = [LEFT + (i + 0.5) * unit for i in range(len(course.visits))]
    parts: list[Markup] = []
    for value, text in ((0.001, "0.1%"), (0.01, "1%"), (0.1, "10%"), (1.0, "100%")):
        y = SCALE.y(value)
        parts += [line(LEFT, y, right, y, "grid"), label(text, LEFT - 8, y + 4, "t small", "end")]
    for visit, x in zip(course.visits, places, strict=True):
        parts.append(line(x, TOP, x, BOTTOM, "grid"))
        lines = [visit.sample, visit.when, visit.therapy]
        for row, text in enumerate(lines):
            kind = "t small strong" if visit.shown and row == 0 else "t small"
            parts.append(label(_cut(text, unit), x, BOTTOM + 18 + 14 * row, kind))
    parts.append(line(LEFT, BOTTOM, right, BOTTOM, "axis"))
    ends = [_last_height(track) for track in course.tracks]
    order = sorted(range(len(ends)), key=ends.__getitem__)
    heights = spread([ends[i] for i in order], 14, TOP, BOTTOM)
    for at, i in zip(heights, order, strict=True):
        parts += _series(course.tracks[i], i % COLOURS, places)
        parts.append(label(course.tracks[i].name, right + 8, at + 4, f"t small strong tone{i % COLOURS}", "start"))
    words = "; ".join(f"{track.name}: {_in_words(track)}" for track in course.tracks)
    return picture("time-course", "Findings over time", words + ".", WIDTH, HEIGHT, parts)


def _cut(text: str, width: float) -> str:
    """``text`` as far as it fits into ``width``."""
    longest = max(int(width / width_of("x", 10.5)), 4)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _series(track: Track, tone: int, places: list[float]) -> Iterator[Markup]:
    before: tuple[float, float, bool] | None = None
    for point, x in zip(track.points, places, strict=True):
        height = point.vaf if point.vaf is not None else point.lod95
        if height is None:
            before = None
            yield label("?", x, BOTTOM - 6, "t muted")
            continue
        y = SCALE.y(height)
        if before is not None:
            # A line that starts or ends at a limit is dashed: the fraction lies somewhere below that end.
            yield path(
                f"M{number(before[0])} {number(before[1])}L{number(x)} {number(y)}",
                f"course tone{tone}" + (" dashed" if point.vaf is None or before[2] else ""),
            )
        before = (x, y, point.vaf is None)
        if point.vaf is None:
            words = tooltip(f"{track.name}: none found, limit of detection {percent(point.lod95)}")
            yield element(
                "path", words, d=f"M{number(x - 5)} {number(y)}h10m-5 0v12m-4-5 4 5 4-5", class_=f"limit tone{tone}"
            )
        else:
            words = tooltip(f"{track.name}: {percent(point.vaf)}")
            yield group(
                evidence_mark("strong" if point.state == "detected" else "weak", x, y, words), class_=f"tone{tone}"
            )


def _last_height(track: Track) -> float:
    for point in reversed(track.points):
        height = point.vaf if point.vaf is not None else point.lod95
        if height is not None:
            return SCALE.y(height)
    return BOTTOM


def _in_words(track: Track) -> str:
    words = []
    for point in track.points:
        if point.vaf is not None:
            words.append(percent(point.vaf))
        elif point.lod95 is not None:
            words.append(f"none found, limit {percent(point.lod95)}")
        else:
            words.append("not assessed")
    return ", then ".join(words)
