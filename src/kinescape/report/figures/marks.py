"""The small shapes of states: each state has a shape of its own, so that colour only repeats what the shape says."""

from __future__ import annotations

from markupsafe import Markup

from kinescape.report.figures.svg import element, group, number

RADIUS = 4.5

_STATE_PATHS = {
    # Drawn around 0, 0 within a square of two radii.
    "detected": "M0-5.5 5.5 0 0 5.5-5.5 0Z",
    "weak": "M0-5.5 5.5 0 0 5.5-5.5 0Z",
    "below_depth": "M-4.5-3.5H4.5L0 4.5Z",
    "not_covered": "M-3.5-3.5 3.5 3.5M3.5-3.5-3.5 3.5",
    "not_on_panel": "M-4 0H4",
}


def state_mark(state: str, x: float, y: float, *children: Markup) -> Markup:
    """Mark of a :data:`kinescape.records.PositionState` (or of an evidence) around a point."""
    if state == "not_detected":
        return element("circle", *children, cx=x, cy=y, r=3.6, class_="mark not_detected")
    return group(
        element("path", d=_STATE_PATHS[state], transform=f"translate({number(x)} {number(y)})"),
        *children,
        class_=f"mark {state}",
    )


def evidence_mark(evidence: str, x: float, y: float, *children: Markup) -> Markup:
    """Mark of a finding: filled for strong evidence, hollow for weak."""
    return state_mark("detected" if evidence == "strong" else "weak", x, y, *children)
