"""Where the names of residues stand in a drawing of sticks: beside their ends, off each other and off the sticks."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kinescape.palette import CHANGED_LABEL, MODEL_NOTE

TURNS, REACHES = 16, (0.0, 6.0, 14.0, 24.0, 36.0, 50.0)
"""Directions from the point, and free pixels between it and the label, that are tried."""
LEADER = 12.0
"""Pixels (100 to the inch) between label and point from which on a line joins them."""
ON_LABEL, ON_STICK, FARTHER, OUTSIDE = 50.0, 1.0, 0.12, 1000.0
"""What counts against a place: each pixel of the shorter side that lies on another label (never, if there is room),
each sample of a stick below it, each pixel away from its point, lying beyond the picture."""
ROOM = 3.0
"""Pixels that a label keeps free around it."""
SAMPLES = 12
"""Points by which a stick is felt."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Label:
    """A name and the point (two coordinates of the drawing) that it belongs to; changed residues stand out."""

    text: str
    point: Floats
    changed: bool = False


def place_labels(axes: Any, labels: Sequence[Label], sticks: Sequence[Any]) -> list[Floats]:
    """Write labels into axes whose limits are settled.

    Parameters
    ----------
    sticks
        Pairs of points, in the coordinates of the drawing.

    Returns
    -------
    list of numpy.ndarray
        Left, bottom, right and top of every label with its room, in pixels of the figure, in the order of ``labels``.
    """
    figure = axes.figure
    figure.canvas.draw()
    # The layout is settled now: what is placed by it must not move it.
    figure.set_layout_engine("none")
    ends = axes.transData.transform(np.array(sticks, dtype=float).reshape(-1, 2)).reshape(-1, 2, 2)
    steps = np.linspace(0.0, 1.0, SAMPLES)[None, :, None]
    felt = (ends[:, :1] * (1 - steps) + ends[:, 1:] * steps).reshape(-1, 2)
    frame = np.array(axes.get_window_extent().extents, dtype=float)
    # The picture may be saved with other dots per inch than it is measured with: places are kept in its coordinates.
    axes.autoscale(enable=False)
    back = axes.transData.inverted()
    scale = figure.dpi / 100.0
    taken: dict[int, Floats] = {}
    # The changed residues choose first.
    for number in sorted(range(len(labels)), key=lambda each: (not labels[each].changed, each)):
        label = labels[number]
        text = axes.text(
            0,
            0,
            label.text,
            ha="left",
            va="bottom",
            fontsize=11 if label.changed else 8,
            fontweight="bold" if label.changed else "normal",
            color=CHANGED_LABEL if label.changed else MODEL_NOTE,
            zorder=8,
            bbox={"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.75},
        )
        extent = text.get_window_extent()
        size = np.array([extent.width, extent.height]) + 2 * ROOM * scale
        point = axes.transData.transform(label.point)
        box = _best(point, size, felt, list(taken.values()), frame, scale)
        taken[number] = box
        text.set_position(back.transform(box[:2] + ROOM * scale))
        near = np.clip(point, box[:2], box[2:])
        if np.linalg.norm(near - point) > LEADER * scale:
            joined = back.transform([point, near])
            axes.plot(joined[:, 0], joined[:, 1], color=MODEL_NOTE, linewidth=0.6, zorder=7)
    return [taken[number] for number in range(len(labels))]


def _best(point: Floats, size: Floats, felt: Floats, taken: list[Floats], frame: Floats, scale: float) -> Floats:
    best: tuple[float, Floats] | None = None
    angles = np.linspace(0.0, 2 * np.pi, TURNS, endpoint=False) + np.pi / 4
    for reach, angle in itertools.product(REACHES, angles):
        towards = np.array([np.cos(angle), np.sin(angle)])
        # The middle of the label lies so far out that its nearest edge is ``reach`` from the point.
        edge = min(size[axis] / 2 / max(abs(towards[axis]), 1e-9) for axis in (0, 1))
        middle = point + towards * (edge + (reach + 3.0) * scale)
        box = np.concatenate([middle - size / 2, middle + size / 2])
        cost = FARTHER * reach + ON_STICK * float(((felt > box[:2]) & (felt < box[2:])).all(axis=1).sum())
        cost += ON_LABEL * sum(_overlap(box, other) for other in taken)
        cost += OUTSIDE * float((box[:2] < frame[:2]).any() or (box[2:] > frame[2:]).any())
        if best is None or cost < best[0]:
            best = (cost, box)
    assert best is not None  # noqa: S101 - there are places to try
    return best[1]


def _overlap(one: Floats, other: Floats) -> float:
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    return float(max(0.0, min(sides)))
