"""Indel qualities for reads that carry none, as ``lofreq indelqual`` writes them to the tags BI and BD.

Sequencing indels happen in homopolymers. The table of qualities by run length is Dindel's (Albers et al. 2011, Genome
Res. 21:961), as LoFreq uses it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from kinescape.columns.aligned import EQUAL, MATCH, MISMATCH, AlignedReads, QualityArray
from kinescape.columns.bam import IntArray
from kinescape.compiled import kernel

DINDEL_QUALITIES = np.array([44, 44, 44, 43, 42, 36, 34, 31, 28, 27, 26, 25, 24, 23, 23, 22, 22, 21], dtype=np.uint8)
"""Quality of an indel before a homopolymer of length 1, 2, ... 18; 0 for longer ones."""


@dataclass(frozen=True)
class UniformQuality:
    """The same insertion and deletion quality for every base."""

    insertion: int
    deletion: int


def with_uniform_quality(reads: AlignedReads, quality: UniformQuality) -> AlignedReads:
    """The reads with one quality everywhere; what they carry is overwritten."""
    size = reads.bases.size
    return replace(
        reads,
        insertion_quality=np.full(size, quality.insertion, dtype=np.uint8),
        deletion_quality=np.full(size, quality.deletion, dtype=np.uint8),
    )


def with_dindel_quality(reads: AlignedReads, by_position: QualityArray) -> AlignedReads:
    """The reads with Dindel's qualities at aligned bases, 0 at clipped and inserted ones; overwrites what they carry.

    ``by_position`` is :func:`dindel_by_position` of the reads' contig.
    """
    qualities = np.zeros(reads.bases.size, dtype=np.uint8)
    _place(reads.start, reads.cigar_bounds, reads.cigar, reads.bounds, by_position, qualities)
    return replace(reads, insertion_quality=qualities, deletion_quality=qualities)


def dindel_by_position(reference: QualityArray) -> QualityArray:
    """uint8[n]: quality of an indel after each position: that of the run that starts at the next one, else of 1."""
    runs = run_lengths(reference)
    following = np.ones(reference.size, dtype=np.int64)
    if reference.size > 1:
        starts = reference[1:] != reference[:-1]
        following[:-1] = np.where(starts, runs[1:], 1)
    table = np.zeros(int(following.max(initial=0)) + DINDEL_QUALITIES.size + 2, dtype=np.uint8)
    table[1 : DINDEL_QUALITIES.size + 1] = DINDEL_QUALITIES
    return np.asarray(table[following])


def run_lengths(reference: QualityArray) -> IntArray:
    """int64[n]: how many equal bases follow from each position on, itself included."""
    if not reference.size:
        return np.zeros(0, dtype=np.int64)
    ends = np.append(np.flatnonzero(reference[1:] != reference[:-1]) + 1, reference.size)
    position = np.arange(reference.size)
    return np.asarray(ends[np.searchsorted(ends, position, side="right")] - position, dtype=np.int64)


@kernel
def _place(
    start: IntArray, cigar_bounds: IntArray, cigar: IntArray, bounds: IntArray,
    by_position: QualityArray, qualities: npt.NDArray[np.uint8],
) -> None:  # fmt: skip
    for i in range(start.size):
        x, y = start[i], bounds[i]
        for j in range(cigar_bounds[i], cigar_bounds[i + 1]):
            length, operation = cigar[j] >> 4, cigar[j] & 15
            if operation in (MATCH, EQUAL, MISMATCH):
                qualities[y : y + length] = by_position[x : x + length]
                x += length
                y += length
            elif operation in (2, 3):  # deleted or skipped
                x += length
            elif operation in (1, 4):  # inserted or clipped
                y += length
