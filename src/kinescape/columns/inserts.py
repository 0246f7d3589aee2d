"""Lengths of the inserts between the adapters, from where both mates of a pair lie."""

from __future__ import annotations

import numpy as np

from kinescape.columns.placement import Placement
from kinescape.reads.pairs import ReadPairs

MOST_LENGTHS = 200
"""Lengths listed, the most frequent ones: amplicons have few."""


def insert_lengths(pairs: ReadPairs, placement: Placement) -> tuple[tuple[int, int], ...]:
    """(length in bases, pairs) of all pairs with both mates on one amplicon on opposite strands, by length."""
    alignments = placement.alignments
    one, two = pairs.mate_1, pairs.mate_2
    proper = (
        (placement.amplicon[one] >= 0)
        & (placement.amplicon[one] == placement.amplicon[two])
        & (alignments.reverse[one] != alignments.reverse[two])
    )
    one, two = one[proper], two[proper]
    start = np.minimum(alignments.start[one], alignments.start[two])
    end = np.maximum(alignments.end[one], alignments.end[two])
    lengths, counts = np.unique(end - start, return_counts=True)
    most = np.sort(np.argsort(-counts, kind="stable")[:MOST_LENGTHS])
    return tuple((int(lengths[index]), int(counts[index])) for index in most)
