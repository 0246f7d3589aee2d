"""Limits of detection over one gene: what could have been seen, where, and where nobody could look.

The shaded zone holds the allele fractions that this sample cannot show at a position: everything below the limit of
detection, and everything where no limit can be stated. Known positions stand below with the mark of their state.
"""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from kinescape.records import KnownPosition, PositionState, SampleResult
from kinescape.report.figures.axis import Axis, axis_for, place_of_known
from kinescape.report.figures.marks import evidence_mark, state_mark
from kinescape.report.figures.svg import element, group, identifier, label, picture, spread, tooltip, width_of
from kinescape.report.figures.tracks import (
    LogScale,
    base_width,
    blank_stretches,
    closed,
    frame,
    grid,
    looked_at,
    path,
    points_of,
    ruler,
    runs_of,
    steps,
    threshold,
    unseen,
)
from kinescape.report.wording import POSITION_STATES, lod_range, percent, residue_number, short_call_name

WIDTH, LEFT, RIGHT = 1100, 64, 1088
BANDS, TOP, BOTTOM = 2, 24, 172
RULER, MARKS, LABELS = 176, 208, 218
SCALE = LogScale(0.0005, 1.0, BOTTOM, TOP)
"""Allele fractions from 0.05% to 100%: from below any limit of amplicon sequencing to germline."""

_STATES_BY_WEIGHT: tuple[PositionState, ...] = (
    "detected",
    "weak",
    "below_depth",
    "not_covered",
    "not_on_panel",
    "not_detected",
)
"""Where several changes share a residue, its mark shows the state that a reader must not miss."""


def lod_strip(result: SampleResult, gene: str) -> Markup | None:
    """The strip of one gene; None where the result has no axis for it."""
    axis = axis_for(result, gene, LEFT, RIGHT)
    if axis is None:
        return None
    stretches = looked_at(result, axis)
    parts = [
        *frame(axis, TOP, BOTTOM, BANDS),
        *grid(axis, SCALE, [(0.001, "0.1%"), (0.01, "1%"), (0.1, "10%"), (1.0, "100%")]),
        *_blind_zones(result, axis),
        *blank_stretches(unseen(stretches, LEFT, RIGHT), TOP, BOTTOM, "not on panel"),
        *_calling_threshold(result, axis),
        *_findings(result, axis),
        *ruler(axis, RULER, ""),
        label("Allele fraction", 14, (TOP + BOTTOM) / 2, "t small muted", rotate=-90),
        label("known", LEFT - 8, MARKS + 3, "t small", "end"),
        label("positions", LEFT - 8, MARKS + 14, "t small", "end"),
        *_known_marks(result, gene, axis),
    ]
    title = f"Limits of detection, {gene}"
    names = [_residue_label(members) for members in _by_place(result, gene, axis).values()]
    height = LABELS + 8 + max((width_of(name, 10.5) for name in names), default=0)
    return picture(f"lod-{identifier(gene)}", title, describe(result, gene), WIDTH, height, parts)


def _calling_threshold(result: SampleResult, axis: Axis) -> list[Markup]:
    """The smallest allele fraction called; with a background every site has its own, above a floor."""
    if result.background is None:
        smallest = result.parameters.min_vaf
        return threshold(axis, SCALE.y(smallest), f"calling threshold {percent(smallest)}", 11)
    floor = result.parameters.min_vaf_floor
    return threshold(axis, SCALE.y(floor), f"calling threshold by site, at least {percent(floor)}", 11)


def describe(result: SampleResult, gene: str) -> str:
    """The picture in words, from the known positions of the gene."""
    known = [k for k in result.known_positions if k.gene == gene]
    text = f"{len(known)} known changes of {gene}: "
    counts = [(sum(k.state == state for k in known), words.lower()) for state, words in POSITION_STATES.items()]
    text += ", ".join(f"{count} {words}" for count, words in counts if count) or "none listed"
    limits = lod_range(known)
    return text + (f". Limits of detection where nothing was detected: {limits}." if limits else ".")


def not_drawn(result: SampleResult, gene: str) -> list[str]:
    """Known changes of the gene that lie outside the picture."""
    axis = axis_for(result, gene, LEFT, RIGHT)
    mine = [k for k in result.known_positions if k.gene == gene]
    return [k.protein for k in mine if axis is None or place_of_known(axis, k) is None]


def _blind_zones(result: SampleResult, axis: Axis) -> list[Markup]:
    parts = []
    for track in result.coverage:
        points = points_of(axis, track, track.lod95)
        half = base_width(points) / 2
        for run in runs_of(points, 2 * half):
            edge = steps(run, SCALE, half)
            worst = max(value for _, value in run)
            about = tooltip(f"{track.amplicon}: limit of detection up to {percent(worst)}")
            parts.append(element("path", about, d=closed(edge, run, BOTTOM, half), class_="blind"))
            parts.append(path(edge, "blind-edge"))
        # Where no limit can be stated, no allele fraction can be excluded: the zone has its full height.
        dark = [(x, 1.0) for x, value in points if value is None]
        for run in runs_of(dark, 2 * half):
            words = "below depth" if any(track.depth) else "no reads"
            about = tooltip(f"{track.amplicon}: {words}, no limit of detection can be stated")
            parts.append(element("path", about, d=closed(steps(run, SCALE, half), run, BOTTOM, half), class_="dark"))
            if run[-1][0] - run[0][0] > width_of(words, 12):
                parts.append(label(words, (run[0][0] + run[-1][0]) / 2, (TOP + BOTTOM) / 2 + 4, "t muted halo"))
    return parts


def _findings(result: SampleResult, axis: Axis) -> Iterator[Markup]:
    for call in result.calls:
        x = axis.place(call.variant.chrom, call.variant.pos)
        if x is None or call.evidence == "filtered":
            continue
        words = f"{short_call_name(call)} {percent(call.vaf)}"
        yield evidence_mark(call.evidence, x, SCALE.y(call.vaf), tooltip(words))


def _by_place(result: SampleResult, gene: str, axis: Axis) -> dict[float, list[KnownPosition]]:
    """Known changes of a gene under the place of their residue."""
    groups: dict[float, list[KnownPosition]] = {}
    for known in result.known_positions:
        x = place_of_known(axis, known) if known.gene == gene else None
        if x is not None:
            groups.setdefault(round(x, 2), []).append(known)
    return groups


def _known_marks(result: SampleResult, gene: str, axis: Axis) -> Iterator[Markup]:
    groups = _by_place(result, gene, axis)
    places = sorted(groups)
    for x, at in zip(places, spread(places, 12.5, LEFT + 4, RIGHT - 4), strict=True):
        members = groups[x]
        state = min((k.state for k in members), key=_STATES_BY_WEIGHT.index)
        words = "; ".join(f"{k.protein}: {POSITION_STATES[k.state].lower()}" for k in members)
        yield path(f"M{x:.1f} {RULER}V{MARKS - 14}L{at:.1f} {MARKS - 6}", "leader")
        yield state_mark(state, at, MARKS, tooltip(words))
        strong = " strong" if state in ("detected", "weak") else ""
        yield group(label(_residue_label(members), at + 3.5, LABELS, f"t small{strong}", "end", -90))


def _residue_label(members: list[KnownPosition]) -> str:
    """``F1174C/L/V`` for the changes of one residue, in the order of the list."""
    first = members[0].protein
    number = residue_number(first)
    if number is None or len(members) == 1:
        return first
    stem, _, _ = first.partition(str(number))
    ends = [k.protein.removeprefix(f"{stem}{number}") for k in members]
    return f"{stem}{number}{'/'.join(ends)}"
