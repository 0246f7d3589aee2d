"""Which fragments a person should see: those that show a call, some that do not, and those that link two calls.

At 65,000x and 0.6% a viewer's own sampling shows a handful of the reads that matter, so the choice is made here, where
every read is known: all fragments that show the change up to a cap, and a sample of those that show the reference. The
choice is the same for all aligners, so that their tracks can be held against each other read by read. It depends on the
numbers of the pairs alone: no clock, no random state, no thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.columns.axis import Axis
from kinescape.columns.mate_gaps import Event
from kinescape.columns.placement import Placement
from kinescape.evidence.mates import MateLooks, looks_of
from kinescape.reads.pairs import ReadPairs
from kinescape.records import Call, EvidenceCaps, EvidenceCount, PhaseVerdict, Variant

_WEIGHT = {"strong": 0, "weak": 1, "filtered": 2}
FILTERED_SHARE = 4
"""A filtered candidate gets this part of the caps: a page with dozens of them must still hold the findings' reads."""


@dataclass(frozen=True)
class Looks:
    """What one aligner's alignments of the distinct mates say: ``by_variant`` holds one look per call."""

    aligner: str
    by_variant: dict[Variant, MateLooks]


@dataclass(frozen=True)
class Choice:
    """``pairs``: int64[n], the chosen pairs in rising order. ``counts``: by call and aligner, calls in their order."""

    pairs: NDArray[np.int64]
    counts: tuple[EvidenceCount, ...]


def choose_fragments(
    pairs: ReadPairs,
    axis: Axis,
    calls: Sequence[Call],
    phases: Sequence[PhaseVerdict],
    aligned: Sequence[tuple[Placement, Sequence[Event]]],
    caps: EvidenceCaps,
) -> Choice:
    """Choose the fragments of every call and of every pair of calls.

    Parameters
    ----------
    calls
        All of the sample's calls. Strong ones come first, then weak, then filtered, each by falling allele fraction,
        until ``caps.fragments`` is reached.
    phases
        Pairs of calls whose linking fragments are wanted.
    aligned
        Placement and indel events with each aligner.
    """
    variants = [call.variant for call in calls]
    looks = [
        Looks(placement.alignments.aligner, looks_of(pairs, placement, axis, variants, events))
        for placement, events in aligned
    ]
    chosen = _Chosen(len(pairs), caps.fragments)
    ordered = sorted(calls, key=lambda call: (_WEIGHT[call.evidence], -call.vaf, call.variant))
    found = [call for call in ordered if call.evidence != "filtered"]
    for call in found:
        _choose_for(chosen, pairs, looks, call.variant, caps.alt, caps.reference)
    by_name = {call.variant.name: call.variant for call in found}
    for phase in phases:
        if phase.variant_a in by_name and phase.variant_b in by_name:
            _choose_linked(chosen, pairs, looks, by_name[phase.variant_a], by_name[phase.variant_b], caps.linked)
    for call in ordered:
        if call.evidence == "filtered":
            alt, reference = -(-caps.alt // FILTERED_SHARE), -(-caps.reference // FILTERED_SHARE)
            _choose_for(chosen, pairs, looks, call.variant, alt, reference)
    counts = tuple(_count(pairs, look, call.variant, chosen.mask) for call in calls for look in looks)
    return Choice(np.flatnonzero(chosen.mask), counts)


class _Chosen:
    """The pairs chosen so far; no more than ``limit``."""

    def __init__(self, pairs: int, limit: int) -> None:
        self.mask = np.zeros(pairs, np.bool_)
        self._left = limit

    def add(self, candidates: NDArray[np.int64], cap: int) -> None:
        """Take the first ``cap`` candidates in the order of :func:`rank`, as far as there is room for new ones."""
        wanted = candidates[np.argsort(rank(candidates), kind="stable")][:cap]
        new = wanted[~self.mask[wanted]][: self._left]
        self.mask[new] = True
        self._left -= len(new)


def rank(pairs: NDArray[np.int64]) -> NDArray[np.uint64]:
    """uint64[n]: a number for every pair that has nothing to do with its place in the file.

    The finaliser of SplitMix64 (Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195): pairs are drawn as by chance,
    always the same ones, and a pair that is drawn for one call comes first for another one as well.
    """
    value = pairs.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def _choose_for(
    chosen: _Chosen, pairs: ReadPairs, looks: Sequence[Looks], variant: Variant, alt_cap: int, reference_cap: int
) -> None:
    alt = np.zeros(len(pairs), np.bool_)
    reference = np.zeros(len(pairs), np.bool_)
    for each in looks:
        shown, not_shown = pair_looks(pairs, each.by_variant[variant])
        alt |= shown
        reference |= not_shown
    chosen.add(np.flatnonzero(alt), alt_cap)
    chosen.add(np.flatnonzero(reference & ~alt), reference_cap)


def _choose_linked(
    chosen: _Chosen, pairs: ReadPairs, looks: Sequence[Looks], one: Variant, two: Variant, cap: int
) -> None:
    """Fragments that show both places and at least one of the changes: both, the first only, the second only."""
    first, second = looks[0].by_variant[one], looks[0].by_variant[two]
    (alt_1, reference_1), (alt_2, reference_2) = pair_looks(pairs, first), pair_looks(pairs, second)
    for kind in (alt_1 & alt_2, alt_1 & reference_2, reference_1 & alt_2):
        chosen.add(np.flatnonzero(kind), cap)


def pair_looks(pairs: ReadPairs, look: MateLooks) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """bool[pairs] twice: a mate shows the change; none does and a mate shows the reference. Qualities play no part."""
    alt = look.alt[pairs.mate_1] | look.alt[pairs.mate_2]
    return alt, (look.reference[pairs.mate_1] | look.reference[pairs.mate_2]) & ~alt


def _count(pairs: ReadPairs, looks: Looks, variant: Variant, chosen: NDArray[np.bool_]) -> EvidenceCount:
    alt, reference = pair_looks(pairs, looks.by_variant[variant])
    return EvidenceCount(
        variant=variant.name,
        aligner=looks.aligner,
        alt_fragments=int(alt.sum()),
        reference_fragments=int(reference.sum()),
        shown_alt=int((alt & chosen).sum()),
        shown_reference=int((reference & chosen).sum()),
    )
