"""The consensus of the reads of one molecule, base by base, with the quality that the reads together give it.

The model is that of fgbio's CallMolecularConsensusReads. A read base of quality Q differs from the molecule's because
of the sequencer (10^(-Q/10)) or of a copying error after the UMI was attached (``post``); both together:

    e = a (1 - b) + (1 - a) b + 2/3 a b        (the second error undoes the first in one case of three)

Pr(read base | molecule's base) is 1 - e where they agree and e / 3 where not. The base with the largest product over
the reads is the consensus; its posterior error, with equal priors, is joined by the same formula with the error before
the UMI was attached (``pre``), which every read shows alike. Sums are kept as whole numbers, so that the order of the
reads cannot change a digit.

Where the two strands of a molecule are known (lanes), each gives a consensus of its own: agreeing strands add their
qualities, since damage of one strand is not on the other; disagreeing ones give N.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.compiled import kernel
from kinescape.reads.fastq import MAX_QUALITY

MAX_CONSENSUS_QUALITY = 90
"""fgbio's cap; FASTQ holds up to 93."""
NO_CALL_QUALITY = 2
SCALE = 1 << 20
"""Log likelihood ratios are kept in units of 1/SCALE nats."""
_N = 4


@dataclass(frozen=True)
class ConsensusModel:
    """``gain``: int64[qualities], log ratio of agreement to disagreement in units of 1/SCALE; ``pre``: probability."""

    gain: NDArray[np.int64]
    pre: float
    min_input_quality: int
    min_consensus_quality: int
    min_reads: int


def consensus_model(
    error_pre_umi: int, error_post_umi: int, min_input_quality: int, min_consensus_quality: int, min_reads: int
) -> ConsensusModel:
    """The model from Phred-scaled error rates."""
    post = 10.0 ** (-error_post_umi / 10.0)
    # A quality of 0 states no more than that the base is one of four.
    read = np.minimum(0.75, 10.0 ** (-np.arange(MAX_QUALITY + 1) / 10.0))
    error = two_errors(read, post)
    gain = np.round(SCALE * (np.log1p(-error) - np.log(error / 3.0))).astype(np.int64)
    pre = 10.0 ** (-error_pre_umi / 10.0)
    return ConsensusModel(gain, pre, min_input_quality, min_consensus_quality, min_reads)


def two_errors(first: NDArray[np.float64], second: float) -> NDArray[np.float64]:
    """Probability that a base is wrong after two chances of a substitution."""
    return np.asarray(first * (1 - second) + (1 - first) * second + 2.0 / 3.0 * first * second)


class FamilyPile:
    """Evidence of a batch of families: ``weight`` int64[slots, length, 4] and ``seen`` int32[slots, length].

    A slot is one lane and side of one family: ``(family * lanes + lane) * 2 + side``.
    """

    def __init__(self, families: int, lanes: int, length: int, model: ConsensusModel) -> None:
        self._lanes = lanes
        self._model = model
        self.weight = np.zeros((families * lanes * 2, length, 4), np.int64)
        self.seen = np.zeros((families * lanes * 2, length), np.int32)

    def add(
        self,
        slot: NDArray[np.int64],
        mate: NDArray[np.int32],
        start: NDArray[np.int64],
        values: NDArray[np.uint8],
        mate_offsets: NDArray[np.int64],
        codes: NDArray[np.uint8],
    ) -> None:
        """Add reads; ``slot`` is -1 for those of no family here, ``codes`` the distinct mates' bases (4 for N)."""
        least = self._model.min_input_quality
        _add(slot, mate, start, values, mate_offsets, codes, self._model.gain, least, self.weight, self.seen)

    def call(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Bases (0 to 3, 4 for N) and qualities, each uint8[families * 2 sides, length]."""
        model = self._model
        families = len(self.seen) // (2 * self._lanes)
        bases = np.full((2 * families, self.seen.shape[1]), _N, np.uint8)
        qualities = np.full(bases.shape, NO_CALL_QUALITY, np.uint8)
        _call(self.weight, self.seen, self._lanes, model.pre, model.min_reads, model.min_consensus_quality,
              bases, qualities)  # fmt: skip
        return bases, qualities


@kernel
def _add(
    slot: NDArray[np.int64],
    mate: NDArray[np.int32],
    start: NDArray[np.int64],
    values: NDArray[np.uint8],
    mate_offsets: NDArray[np.int64],
    codes: NDArray[np.uint8],
    gain: NDArray[np.int64],
    min_quality: int,
    weight: NDArray[np.int64],
    seen: NDArray[np.int32],
) -> None:
    for read in range(slot.shape[0]):
        place = slot[read]
        if place < 0:
            continue
        begin = mate_offsets[mate[read]]
        for index in range(mate_offsets[mate[read] + 1] - begin):
            quality = values[start[read] + index]
            letter = codes[begin + index]
            if letter > 3 or quality < min_quality:
                continue
            seen[place, index] += 1
            weight[place, index, letter] += gain[quality]


@kernel
def _strand_call(weight: NDArray[np.int64], pre: float) -> tuple[int, float]:
    """Base of the largest likelihood, 4 where two are alike, and its quality before rounding."""
    best = 0
    for base in range(1, 4):
        if weight[base] > weight[best]:
            best = base
    others = 0.0
    for base in range(4):
        if base != best:
            if weight[base] == weight[best]:
                return 4, 0.0
            others += np.exp((weight[base] - weight[best]) / 1048576.0)
    wrong = others / (1.0 + others)
    error = wrong * (1.0 - pre) + (1.0 - wrong) * pre + 2.0 / 3.0 * wrong * pre
    return best, -10.0 * np.log10(error)


@kernel
def _call(
    weight: NDArray[np.int64],
    seen: NDArray[np.int32],
    lanes: int,
    pre: float,
    min_reads: int,
    min_quality: int,
    bases: NDArray[np.uint8],
    qualities: NDArray[np.uint8],
) -> None:
    for row in range(bases.shape[0]):
        family, side = row // 2, row % 2
        for index in range(bases.shape[1]):
            reads = 0
            base, quality = 4, 0.0
            for lane in range(lanes):
                slot = (family * lanes + lane) * 2 + side
                if seen[slot, index] == 0:
                    continue
                other, level = _strand_call(weight[slot, index], pre)
                if reads == 0:
                    base, quality = other, level
                elif other == base:
                    quality += level
                else:
                    base = 4
                reads += seen[slot, index]
            # A thousandth of a quality against the last digit of a logarithm.
            whole = min(int(quality + 0.001), 90)
            if base < 4 and reads >= min_reads and whole >= min_quality:
                bases[row, index] = base
                qualities[row, index] = whole
