"""Two small pictures of the reads as they came in: quality by cycle and lengths of the inserts."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from kinescape.records import ReadQc
from kinescape.report.figures.svg import label, line, number, picture, rectangle, tooltip
from kinescape.report.figures.tracks import path

WIDTH, HEIGHT = 540, 210
LEFT, RIGHT, TOP, BOTTOM = 46, 528, 26, 170
BEST_QUALITY = 42
"""Top of the scale, just above what current sequencers report (Phred 41)."""


def quality_by_cycle(qc: ReadQc) -> Markup | None:
    """Mean base quality of both mates along the read; None where it was not counted."""
    series = [("R1", qc.quality_by_cycle_1, "one"), ("R2", qc.quality_by_cycle_2, "two")]
    cycles = max(len(values) for _, values, _ in series)
    if not cycles:
        return None
    unit = (RIGHT - LEFT) / cycles

    def y(value: float) -> float:
        return BOTTOM - min(max(value, 0), BEST_QUALITY) / BEST_QUALITY * (BOTTOM - TOP)

    parts = [label("Mean base quality (Phred)", LEFT, 12, "t small muted", "start")]
    for value in (10, 20, 30, 40):
        parts += [
            line(LEFT, y(value), RIGHT, y(value), "grid"),
            label(str(value), LEFT - 6, y(value) + 4, "t small", "end"),
        ]
    for name, values, kind in series:
        if values:
            points = " ".join(f"{number(LEFT + (i + 0.5) * unit)} {number(y(v))}" for i, v in enumerate(values))
            parts.append(path(f"M{points}".replace(" ", "L", 0), f"series {kind}"))
            last = y(values[-1])
            parts.append(
                label(
                    name,
                    LEFT + len(values) * unit - 2,
                    last - 7 if kind == "one" else last + 14,
                    "t small strong halo",
                    "end",
                )
            )
    parts += _cycles(cycles, unit)
    told = "; ".join(f"{n}: mean quality {min(v):.1f} to {max(v):.1f} over {len(v)} cycles" for n, v, _ in series if v)
    return picture("quality-by-cycle", "Base quality by cycle", told + ".", WIDTH, HEIGHT, parts)


def _cycles(cycles: int, unit: float) -> Iterator[Markup]:
    yield line(LEFT, BOTTOM, RIGHT, BOTTOM, "axis")
    for cycle in range(25, cycles + 1, 25):
        x = LEFT + (cycle - 0.5) * unit
        yield line(x, BOTTOM, x, BOTTOM + 4, "axis")
        yield label(str(cycle), x, BOTTOM + 16, "t small")
    yield label("cycle", RIGHT, BOTTOM + 32, "t small muted", "end")


def insert_lengths(qc: ReadQc) -> Markup | None:
    """Lengths of the fragments whose mates overlap; None where none were counted."""
    counts = dict(qc.insert_lengths)
    if not counts or max(counts.values()) <= 0:
        return None
    low, high = min(counts) - 5, max(counts) + 5
    most, unit = max(counts.values()), (RIGHT - LEFT) / (high - low + 1)
    parts = [
        label("Read pairs by insert length", LEFT, 12, "t small muted", "start"),
        line(LEFT, TOP, RIGHT, TOP, "grid"),
        label(_short(most), LEFT - 6, TOP + 4, "t small", "end"),
        label("0", LEFT - 6, BOTTOM + 4, "t small", "end"),
    ]
    for length, pairs in sorted(counts.items()):
        height = pairs / most * (BOTTOM - TOP)
        words = tooltip(f"{length} bases: {pairs:,} pairs")
        parts.append(
            rectangle(LEFT + (length - low) * unit, BOTTOM - height, max(unit - 0.4, 0.6), height, "bar", words)
        )
    parts.append(line(LEFT, BOTTOM, RIGHT, BOTTOM, "axis"))
    step = next((s for s in (5, 10, 20, 50, 100) if (high - low) / s <= 12), 200)
    for length in range(-(-low // step) * step, high + 1, step):
        x = LEFT + (length - low + 0.5) * unit
        parts += [line(x, BOTTOM, x, BOTTOM + 4, "axis"), label(str(length), x, BOTTOM + 16, "t small")]
    parts.append(label("bases", RIGHT, BOTTOM + 32, "t small muted", "end"))
    total = sum(counts.values())
    middle = _median(counts, total)
    told = f"{total:,} pairs whose mates overlap or read through; median insert {middle} bases."
    return picture("insert-lengths", "Insert lengths", told, WIDTH, HEIGHT, parts)


def _median(counts: dict[int, int], total: int) -> int:
    seen = 0
    for length in sorted(counts):
        seen += counts[length]
        if 2 * seen >= total:
            return length
    return 0


def _short(count: int) -> str:
    return f"{count / 1000:.0f}k" if count >= 10_000 else f"{count:,}"
