"""What one sample says of one variant: its allele fraction, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from kinescape.records import Call, PositionState, SampleResult, Variant


@dataclass(frozen=True)
class Point:
    """A variant in one sample."""

    state: PositionState
    vaf: float | None
    lod95: float | None
    """Limit of detection where it was looked for and not found; None elsewhere."""
    note: str = ""
    call: Call | None = None
    """The call, also a filtered one: then ``vaf`` is None, because it did not pass."""

    @property
    def found(self) -> bool:
        return self.state in ("detected", "weak")

    @property
    def assessable(self) -> bool:
        """Whether the sample could answer: found, or not found above a limit that can be stated."""
        return self.found or self.state == "not_detected"


def point_of(result: SampleResult, variant: Variant) -> Point:
    """What one sample says of a variant."""
    call = next((c for c in result.calls if c.variant == variant), None)
    if call is not None and call.evidence != "filtered":
        return Point("detected" if call.evidence == "strong" else "weak", call.vaf, None, call=call)
    lod95, covered, on_panel = _limit(result, variant)
    note = f"a candidate at {100 * call.vaf:.2f}% did not pass" if call is not None else ""
    if lod95 is not None:
        return Point("not_detected", None, lod95, note, call)
    if covered:
        return Point("below_depth", None, None, note, call)
    return Point("not_covered" if on_panel else "not_on_panel", None, None, note, call)


def _limit(result: SampleResult, variant: Variant) -> tuple[float | None, bool, bool]:
    """(limit of detection, any read there, on the panel); for changes of several bases the worst of them."""
    for track in result.coverage:
        first = variant.pos - track.start
        last = first + len(variant.ref)
        if track.chrom == variant.chrom and first >= 0 and last <= len(track.depth):
            limits = [limit for limit in track.lod95[first:last] if limit is not None]
            whole = len(limits) == len(variant.ref)
            return max(limits) if whole else None, min(track.depth[first:last]) > 0, True
    inside = any(a.chrom == variant.chrom and a.start <= variant.pos <= a.end for a in result.amplicons)
    return None, False, inside
