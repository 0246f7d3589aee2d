"""What every distinct mate shows of a few variants, whatever the qualities of its reads: a reviewer sees those too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.columns.axis import BASES, Axis
from kinescape.columns.mate_gaps import Event
from kinescape.columns.placement import Placement
from kinescape.reads.pairs import ReadPairs
from kinescape.records import Variant


@dataclass(frozen=True)
class MateLooks:
    """One variant. bool[mates] each: ``alt``, the mate shows all its changed bases; ``reference``, none of them."""

    alt: NDArray[np.bool_]
    reference: NDArray[np.bool_]


def looks_of(
    pairs: ReadPairs, placement: Placement, axis: Axis, variants: Sequence[Variant], events: Sequence[Event]
) -> dict[Variant, MateLooks]:
    """What the mates show of every variant.

    Parameters
    ----------
    variants
        On the axis. Substitutions are looked up base by base, insertions and deletions among ``events``.
    """
    sites = {
        variant: [
            (axis.column(variant.chrom, variant.pos - 1 + offset), BASES.index(one), BASES.index(two))
            for offset, (one, two) in enumerate(zip(variant.ref, variant.alt, strict=True))
            if one != two
        ]
        for variant in variants
        if len(variant.ref) == len(variant.alt)
    }
    shown = _shown_at(pairs, placement, len(axis), {column for each in sites.values() for column, _, _ in each})
    by_event = {event.variant: event for event in events}
    return {
        variant: _substitution(shown, sites[variant])
        if variant in sites
        else _indel(placement, axis, variant, by_event.get(variant))
        for variant in variants
    }


_NOTHING = 255


def _shown_at(
    pairs: ReadPairs, placement: Placement, positions: int, columns: set[int]
) -> dict[int, NDArray[np.uint8]]:
    """Axis index -> uint8[mates]: the base that each mate shows there (0 to 3; 4 for N; 255 for none)."""
    # One more than the axis, so that column -1 (a base that lies nowhere) finds False.
    wanted = np.zeros(positions + 1, np.bool_)
    wanted[list(columns)] = True
    hits = np.flatnonzero(wanted[placement.column])
    at = placement.column[hits]
    mates = np.searchsorted(pairs.mates.offsets, hits, side="right") - 1
    shown = {}
    for column in sorted(columns):
        here = at == column
        shown[column] = np.full(len(pairs.mates), _NOTHING, np.uint8)
        shown[column][mates[here]] = placement.base[hits[here]]
    return shown


def _substitution(shown: dict[int, NDArray[np.uint8]], sites: Sequence[tuple[int, int, int]]) -> MateLooks:
    return MateLooks(
        np.logical_and.reduce([shown[column] == alternative for column, _, alternative in sites]),
        np.logical_and.reduce([shown[column] == reference for column, reference, _ in sites]),
    )


def _indel(placement: Placement, axis: Axis, variant: Variant, event: Event | None) -> MateLooks:
    """A mate shows the reference if it spans the change and a base on either side and does not have it."""
    anchor = axis.column(variant.chrom, variant.pos - 1)
    spans = (placement.first <= anchor) & (anchor + len(variant.ref) < placement.last)
    alt = np.zeros(len(spans), np.bool_)
    if event is not None:
        alt[event.mates] = True
    return MateLooks(alt, spans & ~alt)
