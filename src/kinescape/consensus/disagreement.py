"""Why one aligner missed what the other one calls: what became of the supporting reads."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from kinescape.consensus.view import View
from kinescape.records import Call, Variant, variant_named

LOW_MAPPING_QUALITY = 10
"""A read placed with less is more than one in ten likely to belong elsewhere."""
WORTH_SAYING = 0.1
"""Share of the supporting reads from which a fate is named."""


def explain_disagreement(calls: Sequence[Call], views: Sequence[View]) -> tuple[Call, ...]:
    """Add to the reason of every weak call what the failing aligner did with the reads that support it.

    ``views``: the reads as each aligner placed them, in the order of ``Call.by_aligner``.
    """
    return tuple(_explained(call, views) if call.evidence == "weak" else call for call in calls)


def _explained(call: Call, views: Sequence[View]) -> Call:
    passing = next(number for number, each in enumerate(call.by_aligner) if not each.filters)
    failing = next(number for number, each in enumerate(call.by_aligner) if each.filters)
    changes = _looked_for(call)
    supporters = views[passing].supporters_of_all(changes)
    if not len(supporters):
        return call
    still = views[failing].supporters_of_all(changes)
    fates = _fates(call.variant, supporters, still, views[failing])
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


def _looked_for(call: Call) -> list[Variant]:
    """What a mate must show to support a call: the variant, or of an event with a gap all its changes."""
    if not call.parts or len(call.variant.ref) == len(call.variant.alt):
        return [call.variant]
    return [variant_named(name) for name in call.parts]


def _fates(
    variant: Variant,
    supporters: NDArray[np.int64],
    still: NDArray[np.int64],
    view: View,
) -> dict[str, int]:
    """Reads by what the failing aligner did with them; the empty key counts those that it shows as well."""
    placement = view.placement
    reads = view.pairs.reads_per_mate()[supporters]
    alignments = placement.alignments
    column = view.axis.column(variant.chrom, variant.pos - 1)
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
