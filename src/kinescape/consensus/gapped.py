"""An insertion or deletion with another change beside it, on the same fragments: one event, however it was placed.

Where bases are lost and others changed at one place, an aligner chooses a gap and mismatches, and two aligners may
choose differently. The bases that the reads spell decide: equal bases are one event, with the numbers that each
aligner's own changes have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.call.interval import allele_fraction_interval
from kinescape.columns.alleles import MISSING
from kinescape.consensus.merge import known_event, verdict, weakest
from kinescape.consensus.together import groups_of, on_same_fragments, shown_together
from kinescape.consensus.view import View
from kinescape.panel.edit import Edit, edit_of, shifted, stretch_around, trimmed, variant_of
from kinescape.panel.hgvs import describe
from kinescape.panel.model import Panel
from kinescape.records import Call, Parameters, Variant

MOST_BETWEEN = 2
"""Unchanged bases that may lie between a gap, at the nearest of its equivalent places, and a change beside it."""
LEAST_SPELLED = 0.5
"""Share of the reads with all the changes that must spell the same bases (the others have errors besides)."""


@dataclass(frozen=True)
class GappedEvent:
    """An event as a call. ``members``: the calls it takes the place of. ``seen`` uint8[pairs]: its allele."""

    call: Call
    members: tuple[int, ...]
    seen: NDArray[np.uint8]


@dataclass(frozen=True)
class _Extent:
    """``[low, high)``, 0-based: every base that a change may be said to touch."""

    chrom: str
    low: int
    high: int
    is_gap: bool


def gapped_events(
    panel: Panel,
    calls: Sequence[Call],
    views: Sequence[View],
    parameters: Parameters,
    quality_needed: Sequence[int],
    molecules: int | None,
) -> list[GappedEvent]:
    """Every event with a gap that at least one aligner shows, each call in one event at most.

    Arguments as for :func:`kinescape.consensus.joined.join_events`.
    """
    extents = {number: _extent(panel, call.variant) for number, call in enumerate(calls) if call.evidence != "filtered"}
    near_gaps = [
        number
        for number, one in extents.items()
        if any(_near(one, two) for other, two in extents.items() if other != number)
    ]
    if not near_gaps:
        return []
    # Substitutions beside those next to a gap belong to the event as well.
    numbers = sorted(set(near_gaps) | {n for n in extents for m in near_gaps if _beside(extents[n], extents[m])})
    groups: dict[Variant, dict[int, list[list[int]]]] = {}
    for aligner, view in enumerate(views):
        for variant, members in _shown_by(panel, calls, numbers, extents, aligner, view):
            groups.setdefault(variant, {}).setdefault(aligner, []).append(members)
    for variant, by_aligner in groups.items():
        whole = next((number for number in numbers if calls[number].variant == variant), None)
        for aligner in range(len(views)):
            # One aligner's several changes may be the other one's single one.
            if aligner not in by_aligner and whole is not None and calls[whole].by_aligner[aligner].candidate:
                by_aligner[aligner] = [[whole]]
    events: list[GappedEvent] = []
    taken: set[int] = set()
    for variant, by_aligner in sorted(groups.items()):
        used = {number for each in by_aligner.values() for members in each for number in members}
        # Where nobody sees a gap, the changes are bases beside each other and joined as such.
        if used & taken or not any(extents[number].is_gap for number in used):
            continue
        taken |= used
        events.append(
            _event(panel, calls, views, variant, by_aligner, sorted(used), parameters, quality_needed, molecules)
        )
    return events


def _extent(panel: Panel, variant: Variant) -> _Extent:
    edit = edit_of(panel, variant)
    stretch = stretch_around(panel, edit) if edit.slides else None
    places = [edit] if stretch is None else [shifted(edit, stretch, -1), shifted(edit, stretch, 1)]
    return _Extent(edit.chrom, places[0].start, places[-1].end, len(edit.ref) != len(edit.alt))


def _between(one: _Extent, two: _Extent) -> int:
    """Bases between two extents; 0 where they touch or overlap, and as good as infinite between chromosomes."""
    return max(0, one.low - two.high, two.low - one.high) if one.chrom == two.chrom else 1 << 40


def _near(one: _Extent, two: _Extent) -> bool:
    return (one.is_gap or two.is_gap) and _between(one, two) <= MOST_BETWEEN


def _beside(one: _Extent, two: _Extent) -> bool:
    return _between(one, two) == 0


def _shown_by(
    panel: Panel, calls: Sequence[Call], numbers: Sequence[int], extents: dict[int, _Extent], aligner: int, view: View
) -> list[tuple[Variant, list[int]]]:
    """The events that one aligner's reads spell, with the calls that it makes of them."""
    called = [number for number in numbers if calls[number].by_aligner[aligner].candidate]
    if len(called) < 2:
        return []
    seen = dict(zip(called, view.alleles([calls[number].variant for number in called]).T, strict=True))

    def fits(one: int, two: int) -> bool:
        a, b = extents[one], extents[two]
        return (_near(a, b) or _beside(a, b)) and on_same_fragments(seen[one], seen[two])

    def collide(one: int, two: int) -> bool:
        a, b = calls[one].variant, calls[two].variant
        return len(a.ref) == len(a.alt) and len(b.ref) == len(b.alt) and a.pos == b.pos

    found = []
    for members in groups_of(called, fits, collide):
        variant = _spelled(panel, [calls[number].variant for number in members], [extents[n] for n in members], view)
        if variant is not None:
            found.append((variant, members))
    return found


def _spelled(panel: Panel, variants: list[Variant], extents: list[_Extent], view: View) -> Variant | None:
    """What the reads with all these changes spell, as one variant; None where they spell no one thing."""
    # A base beside them that another clone changes as well belongs to the spelling, though it is not on the list.
    low = min(extent.low for extent in extents) - MOST_BETWEEN
    high = max(extent.high for extent in extents) + MOST_BETWEEN
    chrom = variants[0].chrom
    if panel.stretch_at(chrom, low, high) is None:
        return None
    spelling = view.spelling(view.supporters_of_all(variants), low, high)
    if spelling is None or spelling[1] <= LEAST_SPELLED or "N" in spelling[0]:
        return None
    edit = trimmed(Edit(chrom, low, panel.bases(chrom, low, high), spelling[0]))
    return variant_of(panel, edit) if edit.ref or edit.alt else None


def _event(
    panel: Panel,
    calls: Sequence[Call],
    views: Sequence[View],
    variant: Variant,
    groups: dict[int, list[list[int]]],
    members: list[int],
    parameters: Parameters,
    quality_needed: Sequence[int],
    molecules: int | None,
) -> GappedEvent:
    """The event as a call: with each aligner the numbers of its weakest change.

    ``groups``: aligner -> the ways in which its reads show the event. Reads of one aligner may differ in that, because
    qualities have a part in where Bowtie2 puts a gap; the way that most reads take then gives the numbers.
    """

    def most_read(aligner: int) -> list[int]:
        return max(groups[aligner], key=lambda way: min(calls[each].by_aligner[aligner].alt_count for each in way))

    of_aligner = {aligner: most_read(aligner) for aligner in groups}
    first = min(of_aligner)
    by_aligner = tuple(
        weakest([calls[number].by_aligner[aligner] for number in of_aligner.get(aligner, of_aligner[first])])
        for aligner in range(len(views))
    )
    evidence, filters, reason = verdict(by_aligner, parameters, quality_needed)
    vaf = sum(each.alt_count for each in by_aligner) / max(1, sum(each.depth for each in by_aligner))
    seen = shown_together(views[first].alleles([calls[number].variant for number in of_aligner[first]]))
    low, high = allele_fraction_interval(vaf, int((seen != MISSING).sum()), molecules)
    consequence = describe(panel, variant)
    call = Call(
        variant=variant,
        consequence=consequence,
        evidence=evidence,
        filters=filters,
        reason=reason,
        vaf=round(vaf, 6),
        vaf_low=low,
        vaf_high=high,
        by_aligner=by_aligner,
        parts=tuple(calls[number].variant.name for number in members),
        known=known_event(panel, variant, consequence),
    )
    return GappedEvent(call, tuple(members), seen)
