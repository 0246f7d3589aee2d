"""Fragments by the insertions and deletions that they show at every position: mates merged, agreement demanded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.columns.axis import Axis
from kinescape.columns.mate_gaps import Event
from kinescape.columns.placement import Placement
from kinescape.reads.pairs import ReadPairs
from kinescape.records import Variant

DELETION, INSERTION = 0, 1
KINDS = ("del", "ins")


@dataclass(frozen=True)
class GapFragments:
    """What the fragments show behind every position (the anchor, as VCF writes it).

    Attributes
    ----------
    trials
        int64[positions, 2 kinds]: fragments that span the anchor and the base after it and whose mates agree.
    shown
        int64[positions, 2 kinds]: those that show any deletion, or any insertion, with that anchor.
    by_variant
        Fragments that show each event.
    """

    trials: NDArray[np.int64]
    shown: NDArray[np.int64]
    by_variant: dict[Variant, int]


def kind_of(variant: Variant) -> int:
    """Column of a variant's kind: :data:`DELETION` where bases are lost, else :data:`INSERTION`."""
    return DELETION if len(variant.ref) > len(variant.alt) else INSERTION


def gap_fragments(pairs: ReadPairs, placement: Placement, axis: Axis, events: Sequence[Event]) -> GapFragments:
    """Count the fragments of one sample with one aligner; ``events`` are all its insertions and deletions."""
    spanning = _spanning(pairs, placement, len(axis))
    trials = np.stack((spanning, spanning), axis=1)
    shown = np.zeros_like(trials)
    pairs_of = _pairs_by_mate(pairs)
    by_variant: dict[Variant, int] = {}
    for event in events:
        anchor, kind = axis.column(event.variant.chrom, event.variant.pos - 1), kind_of(event.variant)
        touched = np.unique(np.concatenate([pairs_of.of(mate) for mate in event.mates.tolist()]))
        agreeing = np.ones(len(touched), np.bool_)
        for mates in (pairs.mate_1[touched], pairs.mate_2[touched]):
            over = (placement.first[mates] <= anchor) & (anchor + 1 < placement.last[mates])
            agreeing &= np.isin(mates, event.mates) | ~over
        by_variant[event.variant] = int(agreeing.sum())
        shown[anchor, kind] += by_variant[event.variant]
        trials[anchor, kind] -= len(touched) - by_variant[event.variant]
    # Mates that show two different events at one anchor disagree with both; they are taken off once only below 0.
    return GapFragments(np.maximum(trials, shown), shown, by_variant)


def _spanning(pairs: ReadPairs, placement: Placement, positions: int) -> NDArray[np.int64]:
    """int64[positions]: fragments with a mate over the position and the next one."""
    steps = np.zeros(positions + 1, np.int64)
    first = [placement.first[mates].astype(np.int64) for mates in (pairs.mate_1, pairs.mate_2)]
    last = [placement.last[mates].astype(np.int64) - 1 for mates in (pairs.mate_1, pairs.mate_2)]
    overlap = (np.maximum(*first), np.minimum(*last))
    for begin, end, weight in ((first[0], last[0], 1), (first[1], last[1], 1), (*overlap, -1)):
        real = (begin >= 0) & (end > begin)
        steps += weight * np.bincount(begin[real], minlength=positions + 1)
        steps -= weight * np.bincount(end[real], minlength=positions + 1)
    return np.asarray(np.cumsum(steps)[:-1])


@dataclass(frozen=True)
class _PairsByMate:
    pairs: NDArray[np.int64]
    offsets: NDArray[np.int64]

    def of(self, mate: int) -> NDArray[np.int64]:
        return self.pairs[self.offsets[mate] : self.offsets[mate + 1]]


def _pairs_by_mate(pairs: ReadPairs) -> _PairsByMate:
    mates = np.concatenate((pairs.mate_1, pairs.mate_2))
    order = np.argsort(mates, kind="stable")
    offsets = np.zeros(len(pairs.mates) + 1, np.int64)
    np.cumsum(np.bincount(mates, minlength=len(pairs.mates)), out=offsets[1:])
    return _PairsByMate(order % len(pairs), offsets)
