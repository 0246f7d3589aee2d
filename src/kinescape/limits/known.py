"""The state of every known position: what was looked at, and what was seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kinescape.columns.axis import BASES
from kinescape.limits.coverage import NOT_COVERED_SHARE, Sight
from kinescape.panel.model import KnownChange, Panel
from kinescape.panel.protein_change import single_changes
from kinescape.records import Call, KnownPosition, Parameters, PositionState, Variant


def known_positions(
    panel: Panel, sight: Sight, calls: Sequence[Call], parameters: Parameters
) -> tuple[KnownPosition, ...]:
    """One record for each known change of the panel, in its order."""
    return tuple(_known_position(change, sight, calls, parameters) for change in panel.known)


def _known_position(change: KnownChange, sight: Sight, calls: Sequence[Call], parameters: Parameters) -> KnownPosition:
    found = [call for call in calls if call.variant in change.variants or _makes(call, change)]
    seen = max(found, key=lambda call: (call.evidence == "strong", call.evidence == "weak", call.vaf), default=None)
    depth, limit, reached = _sight_at(change, sight)
    state, reason = _state(change, seen, depth, limit, reached, parameters)
    whole = seen if seen is not None else _swallowed(change, calls)
    if whole is not None and whole.consequence is not None and whole.consequence.protein != change.protein:
        said = f"as part of {whole.consequence.protein or whole.consequence.hgvs_c}, one event"
        if seen is None:
            said = f"its bases are changed {said} that is another change of the protein"
        reason = "; ".join(filter(None, (reason, said)))
    return KnownPosition(
        gene=change.gene,
        protein=change.protein,
        exon=change.exon,
        variants=change.variants,
        state=state,
        reason=reason,
        depth=depth if reached else None,
        lod95=limit if state in ("not_detected", "detected", "weak") else None,
        vaf=seen.vaf if seen is not None else None,
    )


def _makes(call: Call, change: KnownChange) -> bool:
    """Whether the call changes this residue to that one, alone or with its neighbour."""
    named = call.consequence
    return named is not None and named.gene == change.gene and change.protein in single_changes(named.protein)


def _swallowed(change: KnownChange, calls: Sequence[Call]) -> Call | None:
    """The event, with strong or weak evidence, in which the very bases of the change make something else."""
    names = {variant.name for variant in change.variants}
    return next((call for call in calls if call.evidence != "filtered" and names & set(call.parts)), None)


def _sight_at(change: KnownChange, sight: Sight) -> tuple[int, float | None, bool]:
    """Smallest depth and largest limit over the bases of the change; whether the design reaches all of them."""
    indices, limits = [], []
    for variant in change.variants:
        for offset in range(len(variant.ref)):
            index = sight.axis.index(variant.chrom, variant.pos - 1 + offset)
            if index is None or not sight.axis.in_insert[index]:
                return 0, None, False
            indices.append(index)
            limits.append(_limit_at(sight, index, variant, offset))
    if not indices:
        return 0, None, False
    limit = None if np.isnan(limits).any() else round(float(max(limits)), 6)
    return int(sight.depth[indices].min()), limit, True


def _limit_at(sight: Sight, index: int, variant: Variant, offset: int) -> float:
    """The limit of the very base that the change puts there; of an unchanged or lost base that of the position."""
    if len(variant.ref) != len(variant.alt) or variant.ref[offset] == variant.alt[offset]:
        return float(sight.lod95[index])
    return float(sight.rule.limit[index, sight.rule.column(BASES.index(variant.alt[offset]))])


def _state(
    change: KnownChange, seen: Call | None, depth: int, limit: float | None, reached: bool, parameters: Parameters
) -> tuple[PositionState, str]:
    if not change.variants:
        return "not_on_panel", "no change of the bases is known for it"
    if not reached:
        return "not_on_panel", "no amplicon of this panel reaches it"
    if depth < max(1.0, NOT_COVERED_SHARE * parameters.min_depth):
        return "not_covered", f"{depth} reads" if depth else "no reads"
    if seen is not None and seen.evidence == "strong":
        return "detected", ""
    if depth < parameters.min_depth:
        aside = f"; seen at {seen.vaf:.2%}" if seen is not None else ""
        return "below_depth", f"{depth:,} reads, {parameters.min_depth:,} are asked for{aside}"
    if seen is not None and seen.evidence == "weak":
        return "weak", seen.reason
    if limit is None:
        return "below_depth", f"{depth:,} reads of a quality that supports no limit of detection"
    return "not_detected", seen.reason if seen is not None else ""
