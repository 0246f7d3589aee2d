"""Why one aligner missed what the other one calls: what became of the supporting reads."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from kinescape.columns.axis import BASES, Axis
from kinescape.columns.mate_gaps import Event
from kinescape.columns.placement import Placement
from kinescape.reads.pairs import ReadPairs
from kinescape.records import Call, Variant

LOW_MAPPING_QUALITY = 10
"""A read placed with less is more than one in ten likely to belong elsewhere."""
WORTH_SAYING = 0.1
"""Share of the supporting reads from which a fate is named."""


def explain_disagreement(
    calls: Sequence[Call],
    pairs: ReadPairs,
    axis: Axis,
    placements: Sequence[Placement],
    events: Sequence[Sequence[Event]],
) -> tuple[Call, ...]:
    """Add to the reason of every weak call what the failing aligner did with the reads that support it."""
    return tuple(
        _explained(call, pairs, axis, placements, events) if call.evidence == "weak" else call for call in calls
    )


def _explained(
    call: Call,
    pairs: ReadPairs,
    axis: Axis,
    placements: Sequence[Placement],
    events: Sequence[Sequence[Event]],
) -> Call:
    passing = next(number for number, each in enumerate(call.by_aligner) if not each.filters)
    failing = next(number for number, each in enumerate(call.by_aligner) if each.filters)
    supporters = _supporters(call.variant, pairs, axis, placements[passing], events[passing])
    if not len(supporters):
        return call
    still = _supporters(call.variant, pairs, axis, placements[failing], events[failing])
    fates = _fates(call.variant, supporters, still, pairs, axis, placements[failing])
    total = sum(fates.values())
    said = [
        f"{reads:,} of {total:,} supporting reads {what}"
        for what, reads in sorted(fates.items(), key=lambda item: -item[1])
        if what and reads >= WORTH_SAYING * total
    ]
    if not said:
        return call
    aligner = call.by_aligner[failing].aligner
    return msgspec.structs.replace(call, reason=f"{call.reason}; with {aligner} " + " and ".join(said))


def _supporters(
    variant: Variant, pairs: ReadPairs, axis: Axis, placement: Placement, events: Sequence[Event]
) -> NDArray[np.int64]:
    """Distinct mates that show the variant with this aligner."""
    if len(variant.ref) != len(variant.alt):
        found = next((event.mates for event in events if event.variant == variant), None)
        return found if found is not None else np.zeros(0, np.int64)
    offset = next(index for index, (one, two) in enumerate(zip(variant.ref, variant.alt, strict=True)) if one != two)
    column = axis.column(variant.chrom, variant.pos - 1 + offset)
    bases = np.flatnonzero((placement.column == column) & (placement.base == BASES.index(variant.alt[offset])))
    return np.unique(np.searchsorted(pairs.mates.offsets, bases, side="right") - 1)


def _fates(
    variant: Variant,
    supporters: NDArray[np.int64],
    still: NDArray[np.int64],
    pairs: ReadPairs,
    axis: Axis,
    placement: Placement,
) -> dict[str, int]:
    """Reads by what the failing aligner did with them; the empty key counts those that it shows as well."""
    reads = pairs.reads_per_mate()[supporters]
    alignments = placement.alignments
    column = axis.column(variant.chrom, variant.pos - 1)
    unplaced = placement.amplicon[supporters] < 0
    shown = np.isin(supporters, still)
    doubtful = shown & (alignments.mapping_quality[supporters] < LOW_MAPPING_QUALITY)
    over = (placement.first[supporters] <= column) & (column < placement.last[supporters])
    fates = {
        "are not placed on the panel": unplaced,
        "are placed with low mapping quality": doubtful,
        "": shown & ~doubtful & ~unplaced,
        "are clipped before the position": ~unplaced & ~shown & ~over,
        "are aligned without it": ~unplaced & ~shown & over,
    }
    return {what: int(reads[which].sum()) for what, which in fates.items()}
