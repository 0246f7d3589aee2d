"""The reads of all families -> one pair of consensus mates per family, batch by batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.columns.axis import BASE_CODES
from kinescape.columns.junction import kept_lengths
from kinescape.reads.distinct import DistinctSequences
from kinescape.reads.family_consensus import FamilyPile, consensus_model
from kinescape.reads.pairs import QualityStore, ReadPairs
from kinescape.reads.quality import QualityTally
from kinescape.records import UmiParameters

PILE_BYTES = 96 << 20
"""Memory for the evidence of the families that are worked on at a time."""
_BYTES_PER_BASE = 4 * 8 + 4
_LETTERS = np.frombuffer(b"ACGTN", np.uint8)


@dataclass(frozen=True)
class FamilyReads:
    """Which family every read belongs to.

    Attributes
    ----------
    family
        int64[pairs]: from 0, -1 for pairs of none.
    turned
        bool[pairs]: mate 1 is the reverse one (F2R1).
    fits
        bool[pairs] for mates 1 and 2: in phase with the family's other reads of the same side.
    family_turned
        bool[families]: the consensus pair is to be F2R1.
    template
        int64[families]: bases between the outer ends of the mates.
    gapped
        bool[families, 2]: the forward, the reverse mate shows an insertion or deletion.
    """

    family: NDArray[np.int64]
    turned: NDArray[np.bool_]
    fits: tuple[NDArray[np.bool_], NDArray[np.bool_]]
    family_turned: NDArray[np.bool_]
    template: NDArray[np.int64]
    gapped: NDArray[np.bool_]


def consensus_pairs(
    pairs: ReadPairs, reads: FamilyReads, umi: UmiParameters, *, by_strand: bool, overhang: int
) -> ReadPairs:
    """One pair of consensus mates per family, in the order of the families' numbers.

    Parameters
    ----------
    by_strand
        Whether the two orientations are the two strands of the molecule, to be called apart.
    overhang
        As :func:`kinescape.columns.junction.kept_lengths` takes it.
    """
    length = int(pairs.mates.lengths.max())
    lanes = 2 if by_strand else 1
    families = len(reads.family_turned)
    batch = max(1, PILE_BYTES // (lanes * 2 * length * _BYTES_PER_BASE))
    codes = BASE_CODES[pairs.mates.bases]
    mates = DistinctSequences()
    numbers = np.zeros((2, families), np.int32)
    stores = (QualityStore(), QualityStore())
    tallies = (QualityTally(), QualityTally())
    for begin in range(0, families, batch):
        end = min(families, begin + batch)
        bases, qualities = _called(pairs, reads, umi, codes, (begin, end), length, lanes)
        lengths = _called_lengths(bases).reshape(-1, 2)
        kept = kept_lengths(lengths, reads.template[begin:end], reads.gapped[begin:end], overhang).reshape(-1)
        sides = np.array([0, 1])[None, :] ^ reads.family_turned[begin:end, None]
        for mate in (0, 1):
            rows = 2 * np.arange(end - begin) + sides[:, mate]
            offsets = np.concatenate(([0], np.cumsum(kept[rows])))
            values = qualities[rows][np.arange(length) < kept[rows, None]]
            stores[mate].append(offsets, values)
            tallies[mate].add(offsets, values)
            text = _LETTERS[bases[rows]].reshape(-1)
            numbers[mate, begin:end] = mates.add(text, np.arange(end - begin) * length, np.diff(offsets))
    distinct = len(np.unique(numbers[0].astype(np.int64) * max(1, len(mates)) + numbers[1]))
    return ReadPairs(mates, numbers[0], numbers[1], *stores, *tallies, trimmed_reads=0, distinct_pairs=distinct)


def _called(
    pairs: ReadPairs,
    reads: FamilyReads,
    umi: UmiParameters,
    codes: NDArray[np.uint8],
    batch: tuple[int, int],
    length: int,
    lanes: int,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Bases and qualities of the families of a batch: uint8[families * 2 (forward, reverse), length] each."""
    model = consensus_model(
        umi.error_pre_umi, umi.error_post_umi, umi.min_input_quality, umi.min_consensus_quality, umi.min_reads
    )
    pile = FamilyPile(batch[1] - batch[0], lanes, length, model)
    inside = (reads.family >= batch[0]) & (reads.family < batch[1])
    lane = reads.turned if lanes == 2 else np.zeros(len(pairs), np.bool_)
    first_slot = ((reads.family - batch[0]) * lanes + lane) * 2
    sources = ((pairs.mate_1, pairs.qualities_1, reads.turned), (pairs.mate_2, pairs.qualities_2, ~reads.turned))
    for (mate, store, side), fits in zip(sources, reads.fits, strict=True):
        slot = np.where(inside & fits, first_slot + side, -1)
        done = 0
        for chunk in store:
            part = slice(done, done + len(chunk.start) - 1)
            pile.add(slot[part], mate[part], chunk.start, chunk.values, pairs.mates.offsets, codes)
            done = part.stop
    return pile.call()


def _called_lengths(bases: NDArray[np.uint8]) -> NDArray[np.int64]:
    """int64[reads]: bases up to the last called one; 1 where none is (a single N, which no aligner places)."""
    called = bases < 4
    last = bases.shape[1] - np.argmax(called[:, ::-1], axis=1)
    return np.where(called.any(axis=1), last, 1).astype(np.int64)
