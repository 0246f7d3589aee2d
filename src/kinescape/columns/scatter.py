"""The two loops over every base of every read: bases to the histogram, gaps (and their absence) to theirs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kinescape.columns.aligned import (
    DELETION,
    EQUAL,
    INSERTION,
    MATCH,
    MISMATCH,
    PADDING,
    SKIP,
    SOFT_CLIP,
    UNKNOWN_BASE,
    QualityArray,
)
from kinescape.columns.bam import IntArray
from kinescape.columns.histogram import LARGEST_QUALITY, MIN_VISIBLE_QUALITY, NO_QUALITY, CodeArray
from kinescape.compiled import kernel

DEPTH, UNKNOWN, TAILS, WITHOUT, STRANDS = 0, 1, 2, 3, 5
ROWS = 13
"""Rows of the counts of open columns: spanning reads, N bases, read ends, reads without event (forward, reverse), and
the bases (A forward, A reverse, C forward ...)."""


@kernel
def spans(start: IntArray, cigar_bounds: IntArray, cigar: IntArray) -> tuple[IntArray, IntArray]:
    """Where each read's alignment ends (exclusive), and how many positions it matches or deletes."""
    ends, sites = start.copy(), np.zeros_like(start)
    for i in range(start.size):
        for j in range(cigar_bounds[i], cigar_bounds[i + 1]):
            length, operation = cigar[j] >> 4, cigar[j] & 15
            if operation in (MATCH, EQUAL, MISMATCH, DELETION):
                sites[i] += length
                ends[i] += length
            elif operation == SKIP:
                ends[i] += length
    return ends, sites


@kernel
def scatter_bases(
    start: IntArray, mapping_quality: QualityArray, source_quality: QualityArray, reverse: npt.NDArray[np.bool_],
    cigar_bounds: IntArray, cigar: IntArray, bounds: IntArray,
    bases: QualityArray, qualities: QualityArray, alignment_quality: QualityArray,
    first: int, last: int, origin: int, counts: IntArray, codes: CodeArray,
) -> int:  # fmt: skip
    """Add reads ``first`` to ``last`` to ``counts`` (int64[ROWS, positions from ``origin``]) and fill their codes."""
    used = 0
    for i in range(first, last):
        x, y = start[i], bounds[i]
        strand = 1 if reverse[i] else 0
        read_part = (np.uint64(mapping_quality[i]) << np.uint64(16)) | np.uint64(source_quality[i])
        for j in range(cigar_bounds[i], cigar_bounds[i + 1]):
            length, operation = cigar[j] >> 4, cigar[j] & 15
            if operation in (MATCH, EQUAL, MISMATCH):
                for k in range(length):
                    column = x + k - origin
                    counts[DEPTH, column] += 1
                    quality = qualities[y + k]
                    if quality < MIN_VISIBLE_QUALITY:
                        continue
                    base = bases[y + k]
                    if base >= UNKNOWN_BASE:
                        counts[UNKNOWN, column] += 1
                        continue
                    counts[STRANDS + 2 * base + strand, column] += 1
                    codes[used] = (
                        (np.uint64(x + k) << np.uint64(34))
                        | (np.uint64(base) << np.uint64(32))
                        | (np.uint64(min(quality, LARGEST_QUALITY)) << np.uint64(24))
                        | (np.uint64(alignment_quality[y + k]) << np.uint64(8))
                        | read_part
                    )
                    used += 1
                x += length
                y += length
            elif operation in (DELETION, SKIP):
                for k in range(length):
                    counts[DEPTH, x + k - origin] += 1
                x += length
            elif operation in (INSERTION, SOFT_CLIP):
                y += length
    return used


@kernel
def scatter_gaps(
    start: IntArray, mapping_quality: QualityArray, source_quality: QualityArray, reverse: npt.NDArray[np.bool_],
    cigar_bounds: IntArray, cigar: IntArray, bounds: IntArray,
    insertion_quality: QualityArray, deletion_quality: QualityArray,
    first: int, last: int, origin: int, counts: IntArray, codes: CodeArray,
) -> int:  # fmt: skip
    """Count where no event follows, and fill two codes for each such base: insertion and deletion quality.

    A deleted base takes the qualities of the next base of the read; a skipped one (an intron) gives none. A read
    without indel qualities has quality 0.
    """
    used = 0
    for i in range(first, last):
        x, y = start[i], bounds[i]
        strand = 1 if reverse[i] else 0
        read_part = (np.uint64(mapping_quality[i]) << np.uint64(16)) | np.uint64(NO_QUALITY << 8)
        read_part |= np.uint64(source_quality[i])
        for j in range(cigar_bounds[i], cigar_bounds[i + 1]):
            length, operation = cigar[j] >> 4, cigar[j] & 15
            if operation in (INSERTION, SOFT_CLIP):
                y += length
                continue
            if operation not in (MATCH, EQUAL, MISMATCH, DELETION, SKIP):
                continue
            moves = 0 if operation in (DELETION, SKIP) else 1
            quiet = length - 1 if event_follows(cigar, j, cigar_bounds[i + 1]) else length
            for k in range(quiet):
                counts[WITHOUT + strand, x + k - origin] += 1
                if operation == SKIP:
                    continue
                at = min(y + moves * k, bounds[i + 1] - 1)
                place = np.uint64(x + k) << np.uint64(34)
                codes[used] = place | (np.uint64(_or_zero(insertion_quality[at])) << np.uint64(24)) | read_part
                place |= np.uint64(1) << np.uint64(32)
                codes[used + 1] = place | (np.uint64(_or_zero(deletion_quality[at])) << np.uint64(24)) | read_part
                used += 2
            x += length
            y += moves * length
        counts[TAILS, x - 1 - origin] += 1
    return used


@kernel
def event_follows(cigar: IntArray, j: int, end: int) -> bool:
    """An insertion or deletion follows operation ``j``, directly or behind padding."""
    while j + 1 < end and cigar[j + 1] & 15 == PADDING:
        j += 1
    if j + 1 == end:
        return False
    following = cigar[j + 1] & 15
    return bool(following == INSERTION or (following == DELETION and cigar[j] & 15 != PADDING))


@kernel
def _or_zero(quality: int) -> int:
    return 0 if quality == NO_QUALITY else quality
