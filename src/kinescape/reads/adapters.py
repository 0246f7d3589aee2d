"""Where the adapter starts in a mate that reads through a short insert.

The search itself is cutadapt's (Martin 2011, EMBnet.journal 17:10), run once per distinct mate. A match of a few bases
at the very end of a mate means nothing alone, so it counts only where the other mate of the pair says the same insert
length: both mates of a pair read through at the same base.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.reads.distinct import DistinctSequences

ADAPTERS = {
    "TruSeq": "AGATCGGAAGAGC",
    "Nextera": "CTGTCTCTTATACACATCT",
}
"""Starts of Illumina's adapters, common to both mates (Illumina adapter sequences, document 1000000002694)."""
MAX_ERROR_RATE = 0.1
MIN_OVERLAP = 3
SURE_OVERLAP = 8
"""Bases of adapter that count without the other mate's word: by chance one read in 4**8 has them at a given place."""


@dataclass(frozen=True)
class AdapterMatches:
    """Per distinct mate: ``cut`` int64[n], bases before the adapter (the whole length where there is none), and
    ``matched`` int64[n], adapter bases that matched."""

    cut: NDArray[np.int64]
    matched: NDArray[np.int64]


def find_adapters(mates: DistinctSequences) -> AdapterMatches:
    """Look for the known adapters in every distinct mate."""
    from cutadapt.adapters import BackAdapter, MultipleAdapters

    search = MultipleAdapters(
        [
            BackAdapter(sequence, max_errors=MAX_ERROR_RATE, min_overlap=MIN_OVERLAP, indels=False, name=name)
            for name, sequence in ADAPTERS.items()
        ]
    )
    cut = mates.lengths.copy()
    matched = np.zeros(len(mates), np.int64)
    for number in range(len(mates)):
        match = search.match_to(mates.sequence(number))
        if match is not None:
            cut[number] = match.rstart
            matched[number] = match.astop - match.astart
    return AdapterMatches(cut, matched)


def insert_ends(
    matches: AdapterMatches,
    lengths: NDArray[np.int64],
    mate_1: NDArray[np.int32],
    mate_2: NDArray[np.int32],
    behind: tuple[int, int] = (0, 0),
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bases to keep of both mates of every pair.

    Parameters
    ----------
    lengths
        int64[n]: bases of each distinct mate.
    mate_1, mate_2
        int32[pairs]: distinct mate of each read.
    behind
        Bases between insert and adapter, in the first and in the second mates: the other mate's UMI, read through.

    Returns
    -------
    int64[pairs], int64[pairs]
        Kept bases of the first and of the second mate.
    """
    found_1, found_2 = matches.matched[mate_1], matches.matched[mate_2]
    cut_1 = np.maximum(0, matches.cut[mate_1] - np.where(found_1 > 0, behind[0], 0))
    cut_2 = np.maximum(0, matches.cut[mate_2] - np.where(found_2 > 0, behind[1], 0))
    agree = (found_1 > 0) & (found_2 > 0) & (cut_1 == cut_2)
    sure_1, sure_2 = found_1 >= SURE_OVERLAP, found_2 >= SURE_OVERLAP
    keep_1 = np.where(agree | sure_1, cut_1, lengths[mate_1])
    keep_2 = np.where(agree | sure_2, cut_2, lengths[mate_2])
    # A sure match in one mate gives the insert length, and so the end of the other, where errors hid the adapter.
    keep_2 = np.where(sure_1 & ~sure_2 & ~agree, np.minimum(keep_2, cut_1), keep_2)
    keep_1 = np.where(sure_2 & ~sure_1 & ~agree, np.minimum(keep_1, cut_2), keep_1)
    return keep_1, keep_2
