"""Alignments as flat arrays: the reads that count.

Which reads count is LoFreq's rule: not unmapped, secondary, failed or duplicate; paired reads only as proper pairs
(unless orphans are asked for); supplementary alignments count, and mates that overlap count both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kinescape.columns.bam import IntArray

UNUSED_FLAGS = 4 | 256 | 512 | 1024
"""Unmapped, secondary, failed quality checks, duplicate."""

PAIRED, PROPER_PAIR, REVERSE = 1, 2, 16

UNKNOWN_BASE = 4
"""Any IUPAC code but A, C, G, T; those are 0 to 3."""

MATCH, INSERTION, DELETION, SKIP, SOFT_CLIP, HARD_CLIP, PADDING, EQUAL, MISMATCH = range(9)
"""CIGAR operations as BAM numbers them."""

TAGS = (b"BI", b"BD", b"lb", b"ai", b"ad")
"""Per-base tags: insertion and deletion quality, BAQ, and LoFreq's alignment qualities of insertions and deletions."""

QualityArray = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class ReadFilter:
    """Which reads count. Defaults are LoFreq's."""

    min_mapping_quality: int = 0
    max_mapping_quality: int = 255
    use_orphans: bool = False


@dataclass(frozen=True, eq=False)
class AlignedReads:
    """Reads of one contig. Read ``i`` owns the slices ``bounds[i]:bounds[i + 1]`` of the per-base arrays.

    Attributes
    ----------
    contig
        Index into the header's contigs.
    start
        int64[n]: 0-based position of the first aligned base, not descending.
    mapping_quality, source_quality, reverse
        uint8[n], uint8[n] (:data:`NO_QUALITY` where there is none), bool[n].
    bounds, cigar_bounds
        int64[n + 1].
    cigar
        int64[...]: length << 4 | operation, as in BAM.
    bases, qualities
        uint8[...]: 0 to 3 for A, C, G, T, :data:`UNKNOWN_BASE`; base quality.
    insertion_quality, deletion_quality, alignment_quality, insertion_alignment_quality, deletion_alignment_quality
        uint8[...]: the tags of :data:`TAGS`, :data:`NO_QUALITY` where there are none.
    """

    contig: int
    start: IntArray
    mapping_quality: QualityArray
    source_quality: QualityArray
    reverse: npt.NDArray[np.bool_]
    cigar_bounds: IntArray
    cigar: IntArray
    bounds: IntArray
    bases: QualityArray
    qualities: QualityArray
    insertion_quality: QualityArray
    deletion_quality: QualityArray
    alignment_quality: QualityArray
    insertion_alignment_quality: QualityArray
    deletion_alignment_quality: QualityArray

    @property
    def size(self) -> int:
        """Number of reads."""
        return int(self.start.size)
