"""Findings on the protein: overview, allele fractions as lollipops, domains and motifs, and a ribbon of coverage."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from kinescape.records import Call, ProteinFeature, SampleResult
from kinescape.report.figures.axis import Axis, ProteinAxis, axis_for
from kinescape.report.figures.marks import evidence_mark
from kinescape.report.figures.svg import element, identifier, label, line, picture, rectangle, spread, tooltip, width_of
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
from kinescape.report.wording import EVIDENCE, percent, short_call_name

WIDTH, LEFT, RIGHT = 1100, 64, 1088
OVERVIEW = 52
"""Height of the strip that shows the whole protein."""
STEMS = 128
"""Height of the lollipops, labels included."""
RIBBON = 64
ROW = 13
"""Height of one row of feature names."""

_GREEK = {"alpha": "α", "beta": "β", "gamma": "γ"}


def lollipop(result: SampleResult, gene: str) -> Markup | None:
    """The picture of one gene; None where the result has no axis for it."""
    axis = axis_for(result, gene, LEFT, RIGHT)
    if axis is None:
        return None
    parts: list[Markup] = []
    y = 4.0
    if isinstance(axis, ProteinAxis):
        parts += _overview(axis, y)
        y += OVERVIEW
    stems_top, stems_bottom = y + 20, y + 20 + STEMS
    parts += frame(axis, stems_top, stems_bottom, y)
    parts += _lollipops(result, axis, stems_top, stems_bottom)
    y = stems_bottom
    if isinstance(axis, ProteinAxis):
        drawn, y = _features(axis, y)
        parts += drawn
    parts += _ribbon(result, axis, y + 18)
    y += 18 + RIBBON
    parts += ruler(axis, y + 4, "")
    title = f"Findings on {gene}"
    return picture(f"lollipop-{identifier(gene)}", title, describe(result, gene, axis), WIDTH, y + 26, parts)


def describe(result: SampleResult, gene: str, axis: Axis) -> str:
    """The picture in words."""
    words = [
        f"{short_call_name(call)}, allele fraction {percent(call.vaf)}, {EVIDENCE[call.evidence].lower()}"
        for call, _ in _placed(result, axis)
    ]
    text = f"Along {axis.words}: " + ("; ".join(words) if words else "no finding drawn") + ". Depth of the amplicons: "
    depths = [f"{a.name} median {a.median_depth:,}" for a in result.amplicons if a.gene == gene]
    return text + (", ".join(depths) or "none") + "."


def not_drawn(result: SampleResult, gene: str) -> list[str]:
    """Findings of the gene that have no place in the picture, such as those of introns."""
    axis = axis_for(result, gene, LEFT, RIGHT)
    drawn = {call.variant for call, _ in _placed(result, axis)} if axis else set()
    mine = [c for c in result.calls if c.evidence != "filtered" and c.consequence and c.consequence.gene == gene]
    return [short_call_name(call) for call in mine if call.variant not in drawn]


def _placed(result: SampleResult, axis: Axis) -> list[tuple[Call, float]]:
    placed = [
        (call, x)
        for call in result.calls
        if call.evidence != "filtered" and (x := axis.place(call.variant.chrom, call.variant.pos)) is not None
    ]
    return sorted(placed, key=lambda item: (item[1], item[0].variant.name))


def _overview(axis: ProteinAxis, top: float) -> Iterator[Markup]:
    """The whole protein as a bar with its domains, and what of it is drawn below."""
    model, bar = axis.model, top + 8

    def x(residue: float) -> float:
        return LEFT + (residue - 1) / model.protein_length * (RIGHT - LEFT)

    yield label(model.gene, LEFT - 8, bar + 11, "t strong", "end")
    yield rectangle(LEFT, bar + 4, RIGHT - LEFT, 6, "protein")
    for feature in model.features:
        if feature.kind == "region":
            left, right = x(feature.first_aa), x(feature.last_aa + 1)
            yield path(f"M{left:.1f} {bar - 2}v-4H{right:.1f}v4", "bracket")
            yield label(short_name(feature), left - 5, bar - 1, "t small muted", "end")
    for feature in model.features:
        if feature.kind == "domain":
            left, right = x(feature.first_aa), x(feature.last_aa + 1)
            kind = "domain" if feature.verified else "domain recalled"
            yield rectangle(left, bar, right - left, 14, kind, tooltip(_feature_words(feature)))
            if right - left > width_of(short_name(feature), 10.5) + 4:
                yield label(short_name(feature), (left + right) / 2, bar + 11, "t small on-domain")
    left, right = x(axis.first), x(axis.last + 1)
    bottom = top + OVERVIEW
    yield path(f"M{left:.1f} {bar + 15}L{LEFT} {bottom - 2}M{right:.1f} {bar + 15}L{RIGHT} {bottom - 2}", "leader")


def _lollipops(result: SampleResult, axis: Axis, top: float, bottom: float) -> Iterator[Markup]:
    scale = LogScale(0.001, 1.0, bottom, top + 22)
    yield from grid(axis, scale, [(0.001, "0.1%"), (0.01, "1%"), (0.1, "10%"), (1.0, "100%")])
    yield label("Allele fraction", 14, (top + bottom) / 2, "t small muted", rotate=-90)
    placed = _placed(result, axis)
    texts = [f"{short_call_name(call)} · {percent(call.vaf)}" for call, _ in placed]
    widest = max((width_of(text, 12) for text in texts), default=0)
    places = spread([x for _, x in placed], widest + 10, LEFT + widest / 2, RIGHT - widest / 2)
    for (call, x), text, at in zip(placed, texts, places, strict=True):
        y = scale.y(call.vaf)
        yield path(f"M{x:.1f} {bottom:.1f}V{top + 26:.1f}L{at:.1f} {top + 17:.1f}", "leader")
        yield line(x, bottom, x, y, "stem")
        yield evidence_mark(call.evidence, x, y, tooltip(f"{text}, {EVIDENCE[call.evidence].lower()}"))
        yield label(text, at, top + 12, "t strong halo")
    if not placed:
        yield label("no finding with strong or weak evidence", (LEFT + RIGHT) / 2, top + 12, "t muted halo")


def _features(axis: ProteinAxis, top: float) -> tuple[list[Markup], float]:
    """The domain bar with motifs, and their names in as few rows as possible below; also the new y."""
    boxes = [rectangle(axis.left, top + 3, axis.right - axis.left, 12, "protein")]
    leaders: list[Markup] = []
    names: list[Markup] = []
    rows: list[float] = []
    inside = _inside(axis)
    for feature in sorted(inside, key=lambda f: (f.kind != "domain", f.first_aa - f.last_aa)):
        left, right = _edges(axis, feature)
        kind = f"feature {feature.kind}" + ("" if feature.verified else " recalled")
        lift = 2 if feature.kind == "domain" else 0
        words = tooltip(_feature_words(feature))
        boxes.append(rectangle(left, top + 3 - lift, max(right - left, 2.5), 12 + 2 * lift, kind, words))
    for feature in (f for f in inside if f.kind != "domain"):
        middle = sum(_edges(axis, feature)) / 2
        text = short_name(feature)
        wide = width_of(text, 10.5)
        start = min(max(middle - wide / 2, axis.left), axis.right - wide)
        row = next((i for i, end in enumerate(rows) if end + 6 <= start), len(rows))
        rows[row:] = [start + wide, *rows[row + 1 :]]
        baseline = top + 28 + row * ROW
        leaders.append(line(middle, top + 15, middle, baseline - 8, "leader"))
        names.append(label(text, start + wide / 2, baseline, "t small halo" + ("" if feature.verified else " italic")))
    return [*leaders, *boxes, *names], top + 20 + len(rows) * ROW


def _inside(axis: ProteinAxis) -> list[ProteinFeature]:
    """The features that the axis shows, from left to right."""
    shown = [
        f for f in axis.model.features if f.kind != "region" and f.first_aa <= axis.last and f.last_aa >= axis.first
    ]
    return sorted(shown, key=lambda f: f.first_aa + f.last_aa)


def _edges(axis: ProteinAxis, feature: ProteinFeature) -> tuple[float, float]:
    left = axis.left + (max(feature.first_aa, axis.first) - axis.first) * axis.unit
    right = axis.left + (min(feature.last_aa, axis.last) - axis.first + 1) * axis.unit
    return left, right


def _ribbon(result: SampleResult, axis: Axis, top: float) -> Iterator[Markup]:
    bottom = top + RIBBON
    scale = LogScale(10, 1e5, bottom, top)
    yield from grid(axis, scale, [(100, "100×"), (1000, "1,000×"), (10_000, "10,000×"), (100_000, "100,000×")])
    for track in result.coverage:
        points = points_of(axis, track, track.depth)
        half = base_width(points) / 2
        if points and not any(track.depth):
            yield label("no reads", (points[0][0] + points[-1][0]) / 2, bottom - 6, "t muted halo")
        for run in runs_of(points, 2 * half):
            words = tooltip(f"{track.amplicon}: {min(v for _, v in run):,.0f} to {max(v for _, v in run):,.0f} reads")
            edge = steps(run, scale, half)
            yield element("path", words, d=closed(edge, run, bottom, half), class_="depth")
            yield path(edge, "depth-edge")
    yield from blank_stretches(unseen(looked_at(result, axis), LEFT, RIGHT), top, bottom, "not on panel")
    needed = result.parameters.min_depth
    yield from threshold(axis, scale.y(needed), f"depth needed {needed:,}×", -4)


def short_name(feature: ProteinFeature) -> str:
    """Name without what stands in brackets, with Greek letters."""
    text = feature.name.partition(" (")[0]
    for word, letter in _GREEK.items():
        text = text.replace(word, letter)
    return text


def _feature_words(feature: ProteinFeature) -> str:
    place = f"{feature.first_aa}" if feature.first_aa == feature.last_aa else f"{feature.first_aa}–{feature.last_aa}"
    return f"{feature.name}, {place}; {feature.basis}" + ("" if feature.verified else " (not verified)")
