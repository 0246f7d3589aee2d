"""What several pictures share: logarithmic scales, coverage as areas, and the stretches that nobody looked at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from kinescape.records import CoverageTrack, SampleResult
from kinescape.report.figures.axis import Axis
from kinescape.report.figures.svg import element, label, line, number, rectangle, tooltip


@dataclass(frozen=True)
class LogScale:
    """Values ``low`` to ``high`` between ``bottom`` and ``top`` (y grows downwards); values beyond are cut."""

    low: float
    high: float
    bottom: float
    top: float

    def y(self, value: float) -> float:
        share = math.log(min(max(value, self.low), self.high) / self.low) / math.log(self.high / self.low)
        return self.bottom - share * (self.bottom - self.top)


Point = tuple[float, float | None]
"""(x of a base, its value)"""


def points_of(axis: Axis, track: CoverageTrack, values: Sequence[float | None]) -> list[Point]:
    """The values of a track at their places, from left to right; bases that the axis does not show are left out."""
    placed = ((axis.place(track.chrom, track.start + i), value) for i, value in enumerate(values))
    return sorted(((x, value) for x, value in placed if x is not None), key=lambda point: point[0])


def runs_of(points: Sequence[Point], step: float) -> list[list[tuple[float, float]]]:
    """Points with a value, cut where a value is missing or a base is left out (more than 1.5 ``step`` apart)."""
    runs: list[list[tuple[float, float]]] = []
    last = -math.inf
    for x, value in points:
        if value is not None:
            if x - last > 1.5 * step or not runs:
                runs.append([])
            runs[-1].append((x, value))
            last = x
        else:
            last = -math.inf
    return runs


def base_width(points: Sequence[Point]) -> float:
    """Distance of neighbouring bases."""
    gaps = [b[0] - a[0] for a, b in pairwise(points)]
    return min(gaps, default=1.0)


def steps(run: Sequence[tuple[float, float]], scale: LogScale, half: float) -> str:
    """SVG path of a run as steps of one base; neighbours of equal height are joined."""
    path = [f"M{number(run[0][0] - half)} {number(scale.y(run[0][1]))}"]
    height = number(scale.y(run[0][1]))
    for x, value in run[1:]:
        y = number(scale.y(value))
        if y != height:
            path.append(f"H{number(x - half)}V{y}")
            height = y
    path.append(f"H{number(run[-1][0] + half)}")
    return "".join(path)


def closed(path: str, run: Sequence[tuple[float, float]], base: float, half: float) -> str:
    """The same path as an area down to ``base``."""
    return f"{path}V{number(base)}H{number(run[0][0] - half)}Z"


def looked_at(result: SampleResult, axis: Axis) -> list[tuple[float, float, str]]:
    """(left, right, amplicon) of every stretch that an amplicon's insert covers."""
    stretches: list[tuple[float, float, str]] = []
    for track in result.coverage:
        points = points_of(axis, track, track.depth)
        half = base_width(points) / 2
        stretches += [(run[0][0] - half, run[-1][0] + half, track.amplicon) for run in runs_of(points, 2 * half)]
    return sorted(stretches)


def unseen(stretches: Sequence[tuple[float, float, str]], left: float, right: float) -> list[tuple[float, float]]:
    """What lies between ``left`` and ``right`` and in none of the stretches."""
    gaps, edge = [], left
    for start, end, _ in stretches:
        if start - edge > 1:
            gaps.append((edge, start))
        edge = max(edge, end)
    if right - edge > 1:
        gaps.append((edge, right))
    return gaps


def blank_stretches(gaps: Sequence[tuple[float, float]], top: float, bottom: float, words: str) -> list[Markup]:
    """Hatched boxes over what was not looked at, with words where they fit."""
    parts = []
    for start, end in gaps:
        parts.append(rectangle(start, top, end - start, bottom - top, "hatch", tooltip(words)))
        if end - start > 92:
            parts.append(label(words, (start + end) / 2, (top + bottom) / 2 + 4, "t muted halo"))
    return parts


def frame(axis: Axis, top: float, bottom: float, bands_at: float) -> list[Markup]:
    """Names of exons (or amplicons) above and their borders as fine lines."""
    parts: list[Markup] = []
    for i, band in enumerate(axis.bands):
        parts.append(rectangle(band.left, bands_at, band.right - band.left, 16, "band odd" if i % 2 else "band"))
        if band.right - band.left > 6.2 * len(band.name):
            parts.append(label(band.name, (band.left + band.right) / 2, bands_at + 12, "t small"))
        elif band.right - band.left > 14:
            parts.append(label(band.name.rpartition(" ")[2], (band.left + band.right) / 2, bands_at + 12, "t small"))
        parts.append(line(band.left, top, band.left, bottom, "grid"))
    return parts


def ruler(axis: Axis, y: float, words: str) -> list[Markup]:
    """Ticks and numbers along the axis."""
    parts = [line(axis.left, y, axis.right, y, "axis")]
    for x, text in axis.ticks:
        parts += [line(x, y, x, y + 4, "axis"), label(text, x, y + 15, "t small")]
    if words:
        parts.append(label(words, axis.left - 8, y + 15, "t small muted", "end"))
    return parts


def grid(axis: Axis, scale: LogScale, values: Sequence[tuple[float, str]]) -> list[Markup]:
    """Horizontal lines with their values at the left."""
    parts = []
    for value, text in values:
        y = scale.y(value)
        parts += [line(axis.left, y, axis.right, y, "grid"), label(text, axis.left - 8, y + 3.5, "t small", "end")]
    return parts


def threshold(axis: Axis, y: float, words: str, drop: float) -> list[Markup]:
    """A dashed line that a rule of the run draws, with its words at the right, their foot ``drop`` below it."""
    return [
        line(axis.left, y, axis.right, y, "threshold"),
        label(words, axis.right - 4, y + drop, "t small threshold-words halo", "end"),
    ]


def path(data: str, class_: str) -> Markup:
    return element("path", d=data, class_=class_)
