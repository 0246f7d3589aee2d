"""Insertions and deletions of the distinct mates, each spelled as one left-aligned variant, with its reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.columns.axis import Axis
from kinescape.columns.placement import Placement
from kinescape.coordinates import reverse_complement
from kinescape.panel.hgvs import normalise
from kinescape.panel.model import Panel
from kinescape.reads.pairs import ReadPairs
from kinescape.records import Variant

_INSERTION, _DELETION, _SKIP, _MATCHES = 1, 2, 3, (0, 7, 8)
_SOFT_CLIP = 4


@dataclass(frozen=True)
class Event:
    """One insertion or deletion with one aligner.

    ``mates`` int64[n]: the distinct mates that show it. ``forward``, ``reverse``: their reads by strand.
    """

    variant: Variant
    mates: NDArray[np.int64]
    forward: int
    reverse: int

    @property
    def reads(self) -> int:
        return self.forward + self.reverse


def indel_events(panel: Panel, pairs: ReadPairs, placement: Placement, axis: Axis) -> tuple[Event, ...]:
    """All insertions and deletions between the primers, in the order of the genome.

    The same change may be placed differently in a repeat by different reads; after left alignment it is one event.
    """
    reads = pairs.reads_per_mate()
    found: dict[Variant, list[int]] = {}
    spelled: dict[tuple[int, int, int, str], Variant | None] = {}
    for mate, key in _gaps(pairs, placement):
        if key not in spelled:
            spelled[key] = _variant(panel, axis, placement.alignments.chromosomes, key)
        variant = spelled[key]
        if variant is not None:
            found.setdefault(variant, []).append(mate)
    events = []
    for variant in sorted(found):
        mates = np.unique(np.array(found[variant], np.int64))
        backward = placement.alignments.reverse[mates]
        events.append(Event(variant, mates, int(reads[mates[~backward]].sum()), int(reads[mates[backward]].sum())))
    return tuple(events)


def _gaps(pairs: ReadPairs, placement: Placement) -> Iterator[tuple[int, tuple[int, int, int, str]]]:
    """(mate, (chromosome number, 0-based position, deleted bases, inserted bases)) of every gap on an amplicon."""
    alignments = placement.alignments
    codes = alignments.operations[:, 0]
    owner = np.repeat(np.arange(len(alignments)), np.diff(alignments.operation_start))
    gapped = np.unique(owner[(codes == _INSERTION) | (codes == _DELETION)])
    for mate in gapped[placement.amplicon[gapped] >= 0].tolist():
        sequence = pairs.mates.sequence(mate)
        if alignments.reverse[mate]:
            sequence = reverse_complement(sequence)
        position, read = int(alignments.start[mate]), 0
        for step in range(alignments.operation_start[mate], alignments.operation_start[mate + 1]):
            code, length = alignments.operations[step].tolist()
            if code in _MATCHES:
                position, read = position + length, read + length
            elif code == _INSERTION:
                yield mate, (int(alignments.chrom[mate]), position, 0, sequence[read : read + length])
                read += length
            elif code == _DELETION:
                yield mate, (int(alignments.chrom[mate]), position, length, "")
                position += length
            elif code == _SOFT_CLIP:
                read += length
            elif code == _SKIP:
                position += length


def _variant(panel: Panel, axis: Axis, chromosomes: tuple[str, ...], key: tuple[int, int, int, str]) -> Variant | None:
    """The gap as a left-aligned variant; None where it reaches out of every insert or holds an N."""
    number, position, deleted, inserted = key
    chrom = chromosomes[number]
    if "N" in inserted:
        return None
    first, last = axis.index(chrom, position - 1), axis.index(chrom, position + deleted)
    if first is None or last is None or not axis.in_insert[first : last + 1].all():
        return None
    reference = panel.bases(chrom, position - 1, position + deleted)
    return normalise(panel, Variant(chrom=chrom, pos=position, ref=reference, alt=reference[0] + inserted))
