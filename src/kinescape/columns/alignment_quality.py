"""How sure is the alignment of every base, and of every gap: LoFreq's BAQ and IDAQ, computed on the fly.

The base alignment quality (Li 2011, Bioinformatics 27:1157) is the phred of one minus the posterior probability that a
base is matched where the aligner put it. Its extended form takes, within a block of matches, the smaller of the running
maxima from the left and from the right, so that only the ends of blocks lose. The alignment quality of an insertion or
deletion is one minus the posterior of entering that gap, summed over all its equal placements in a repeat to the
right. LoFreq uses both as error terms of their own, beside base and indel quality.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from kinescape.columns.aligned import DELETION, EQUAL, INSERTION, MATCH, MISMATCH, SKIP, SOFT_CLIP, AlignedReads
from kinescape.columns.histogram import LARGEST_QUALITY, NO_QUALITY
from kinescape.columns.pair_hmm import (
    GAP_EXTEND,
    GAP_OPEN,
    FloatArray,
    QualityArray,
    band_width,
    posteriors,
    row_best,
    row_total,
)
from kinescape.compiled import kernel

BAND = 7
"""Band of the model in bases, where the read's and the reference's span do not differ by more."""

BAND_MARGIN = 3
"""Added to that difference where they do."""

LONGEST_GAP = 16
"""Gaps longer than this get no alignment quality."""

LARGEST_MODEL = 4_000_000
"""Cells (bases x band) above which a read gets no alignment quality: some 200 MB of work space."""

LN_TO_PHRED = -4.343
"""-10 / ln 10 as samtools rounds it; with :data:`ROUNDING` it makes the same whole numbers."""

ROUNDING = 0.499

CERTAIN = 99
"""A base whose posterior is too close to 1 for 100."""

IntArray = npt.NDArray[np.int64]

_ERROR_OF_QUALITY = np.array([10.0 ** (-quality / 10.0) for quality in range(256)], dtype=np.float32).astype(np.float64)
"""Error probability of each base quality, rounded to single precision as in samtools' table."""


def with_alignment_quality(
    reads: AlignedReads, reference: QualityArray, *, extended: bool = True, gaps: bool = False, threads: int = 1
) -> AlignedReads:
    """The same reads with base alignment qualities and, if ``gaps``, with those of insertions and deletions.

    Qualities that the file already holds (tags lb, ai, ad) are kept. Reads with reference skips, and bases outside
    match blocks, get none. Identical reads are computed once.

    Parameters
    ----------
    reference
        uint8[contig length]: base codes of the reads' contig, 0 to 3, 4 for anything but A, C, G, T.
    """
    missing = _without(reads.alignment_quality, reads.bounds)
    if gaps:
        gapless = _without(reads.insertion_alignment_quality, reads.bounds)
        missing |= gapless & _without(reads.deletion_alignment_quality, reads.bounds) & _has_gap(reads)
    todo = np.flatnonzero(missing)
    if not todo.size:
        return reads
    copy_of = _twins(todo, reads.start, reads.cigar_bounds, reads.cigar, reads.bounds, reads.bases, reads.qualities)
    base, insertion, deletion = (
        array.copy()
        for array in (reads.alignment_quality, reads.insertion_alignment_quality, reads.deletion_alignment_quality)
    )

    def work(part: IntArray) -> None:
        _compute(
            part, reads.start, reads.cigar_bounds, reads.cigar, reads.bounds, reads.bases, reads.qualities,
            reference, _ERROR_OF_QUALITY, extended, gaps, base, insertion, deletion,
        )  # fmt: skip

    originals = todo[copy_of == todo]
    if threads > 1:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, np.array_split(originals, threads)))
    else:
        work(originals)
    _copy_twins(todo, copy_of, reads.bounds, base, insertion, deletion)
    return replace(
        reads, alignment_quality=base, insertion_alignment_quality=insertion, deletion_alignment_quality=deletion
    )


def _without(qualities: QualityArray, bounds: IntArray) -> npt.NDArray[np.bool_]:
    """bool[n]: the read has no such quality."""
    return np.asarray(qualities[bounds[:-1]] == NO_QUALITY)


def _has_gap(reads: AlignedReads) -> npt.NDArray[np.bool_]:
    """bool[n]: the read has an insertion or a deletion."""
    operation = reads.cigar & 15
    gaps = np.concatenate([[0], np.cumsum((operation == INSERTION) | (operation == DELETION))])
    return np.asarray(gaps[reads.cigar_bounds[1:]] > gaps[reads.cigar_bounds[:-1]])


@kernel
def _twins(
    todo: IntArray, start: IntArray, cigar_bounds: IntArray, cigar: IntArray,
    bounds: IntArray, bases: QualityArray, qualities: QualityArray,
) -> IntArray:  # fmt: skip
    """For each read the first one of ``todo`` with the same place, CIGAR, bases and qualities (itself, if none)."""
    capacity = 16
    while capacity < 2 * todo.size:
        capacity *= 2
    table = np.full(capacity, -1, dtype=np.int64)
    twin = np.empty(todo.size, dtype=np.int64)
    for position in range(todo.size):
        i = todo[position]
        # FNV-1a (Fowler, Noll, Vo), one step per base.
        digest = np.uint64(0xCBF29CE484222325) ^ np.uint64(start[i])
        for j in range(bounds[i], bounds[i + 1]):
            digest = (digest ^ np.uint64(qualities[j] * 8 + bases[j])) * np.uint64(0x100000001B3)
        slot = np.int64(digest >> np.uint64(32)) & (capacity - 1)
        while table[slot] >= 0 and not _same(table[slot], i, start, cigar_bounds, cigar, bounds, bases, qualities):
            slot = (slot + 1) & (capacity - 1)
        if table[slot] < 0:
            table[slot] = i
        twin[position] = table[slot]
    return twin


@kernel
def _same(
    a: int, b: int, start: IntArray, cigar_bounds: IntArray, cigar: IntArray,
    bounds: IntArray, bases: QualityArray, qualities: QualityArray,
) -> bool:  # fmt: skip
    length, operations = bounds[a + 1] - bounds[a], cigar_bounds[a + 1] - cigar_bounds[a]
    if start[a] != start[b] or length != bounds[b + 1] - bounds[b]:
        return False
    if operations != cigar_bounds[b + 1] - cigar_bounds[b]:
        return False
    for j in range(operations):
        if cigar[cigar_bounds[a] + j] != cigar[cigar_bounds[b] + j]:
            return False
    for j in range(length):
        if qualities[bounds[a] + j] != qualities[bounds[b] + j] or bases[bounds[a] + j] != bases[bounds[b] + j]:
            return False
    return True


@kernel
def _copy_twins(
    todo: IntArray, twin: IntArray, bounds: IntArray,
    base: QualityArray, insertion: QualityArray, deletion: QualityArray,
) -> None:  # fmt: skip
    for position in range(todo.size):
        i, j = todo[position], twin[position]
        if i != j:
            base[bounds[i] : bounds[i + 1]] = base[bounds[j] : bounds[j + 1]]
            insertion[bounds[i] : bounds[i + 1]] = insertion[bounds[j] : bounds[j + 1]]
            deletion[bounds[i] : bounds[i + 1]] = deletion[bounds[j] : bounds[j + 1]]


@kernel
def _compute(
    todo: IntArray, start: IntArray, cigar_bounds: IntArray, cigar: IntArray,
    bounds: IntArray, bases: QualityArray, qualities: QualityArray,
    reference: QualityArray, error_of_quality: FloatArray, extended: bool, gaps: bool,
    base: QualityArray, insertion: QualityArray, deletion: QualityArray,
) -> None:  # fmt: skip
    forward, backward = np.zeros((3, 0, 0)), np.zeros((3, 0, 0))
    for position in range(todo.size):
        i = todo[position]
        operations = cigar[cigar_bounds[i] : cigar_bounds[i + 1]]
        first, last = bounds[i], bounds[i + 1]
        left, right, wanted, sound = _window(operations, start[i], last - first, reference.size)
        if not sound:
            continue
        width = 2 * band_width(wanted, last - first, right - left) + 3
        if (last - first) * width > LARGEST_MODEL:
            continue
        if forward.shape[1] < last - first + 2 or forward.shape[2] < width:
            rows, columns = max(forward.shape[1], last - first + 2), max(forward.shape[2], width)
            forward, backward = np.zeros((3, rows, columns)), np.zeros((3, rows, columns))
        piece = reference[left:right].astype(np.float64)
        errors = error_of_quality[qualities[first:last]]
        band = posteriors(piece, bases[first:last], errors, wanted, GAP_OPEN, GAP_EXTEND, forward, backward)
        shift = start[i] - left
        if base[first] == NO_QUALITY:
            _base_qualities(operations, shift, band, forward, backward, extended, base[first:last])
        if gaps:
            _gap_qualities(
                operations, shift, band, forward, backward, piece, bases[first:last],
                insertion[first:last], deletion[first:last],
            )  # fmt: skip


@kernel
def _window(operations: IntArray, start: int, bases: int, contig_length: int) -> tuple[int, int, int, bool]:
    """The piece of reference ``[left, right)`` for a read, the band wanted, and whether the read can be modelled.

    The aligned span, extended by what is clipped and half a band on either side, trimmed where it exceeds the read
    by more than the band.
    """
    x, y = start, 0
    x_first, y_first, x_last, y_last = -1, -1, -1, -1
    for word in operations:
        length, operation = word >> 4, word & 15
        if operation == SKIP:
            return 0, 0, 0, False
        if operation in (MATCH, EQUAL, MISMATCH):
            if x_first < 0:
                x_first, y_first = x, y
            x += length
            y += length
            x_last, y_last = x, y
        elif operation in (INSERTION, SOFT_CLIP):
            y += length
        elif operation == DELETION:
            x += length
    if x_first < 0:
        return 0, 0, 0, False
    band = BAND
    difference = abs((x_last - x_first) - (y_last - y_first))
    if difference > band:
        band = difference + BAND_MARGIN
    left = max(0, x_first - (y_first + band // 2))
    right = x_last + bases - y_last + band // 2
    if right - left - bases > band:
        left += (right - left - bases - band) // 2
        right -= (right - left - bases - band) // 2
    return left, min(right, contig_length), band, True


@kernel
def _base_qualities(
    operations: IntArray, shift: int, band: int,
    forward: FloatArray, backward: FloatArray, extended: bool, out: QualityArray,
) -> None:  # fmt: skip
    """BAQ of every base in a block of matches; ``shift`` is where the alignment starts in the reference piece."""
    width = 2 * band + 3
    x, y = shift, 0
    for word in operations:
        length, operation = word >> 4, word & 15
        if operation in (MATCH, EQUAL, MISMATCH):
            for j in range(length):
                out[y + j] = np.uint8(_base_quality(forward, backward, y + j + 1, x - y + band + 1, width))
            if extended:
                _extend(out[y : y + length])
            for j in range(length):
                out[y + j] = min(out[y + j], np.uint8(LARGEST_QUALITY))
            x += length
            y += length
        elif operation in (INSERTION, SOFT_CLIP):
            y += length
        elif operation == DELETION:
            x += length


@kernel
def _base_quality(forward: FloatArray, backward: FloatArray, row: int, column: int, width: int) -> int:
    """Phred of one minus the posterior of the aligner's cell, 0 where another cell of the row is more probable."""
    if column < 0 or column >= width:
        return 0
    here = forward[0, row, column] * backward[0, row, column]
    total = row_total(forward, backward, row, width)
    if here <= 0.5 * total and here < row_best(forward, backward, row, width):
        return 0
    wrong = 1.0 - here / total
    if wrong <= 0.0:
        return CERTAIN
    quality = int(LN_TO_PHRED * math.log(wrong) + ROUNDING)
    return CERTAIN if quality > 100 else quality


@kernel
def _extend(block: QualityArray) -> None:
    """Every element becomes the smaller of the largest so far from the left and from the right."""
    from_right = block.copy()
    for j in range(block.size - 2, -1, -1):
        from_right[j] = max(from_right[j], from_right[j + 1])
    best = np.uint8(0)
    for j in range(block.size):
        best = max(best, block[j])
        block[j] = min(best, from_right[j])


@kernel
def _gap_qualities(
    operations: IntArray, shift: int, band: int, forward: FloatArray, backward: FloatArray,
    piece: FloatArray, bases: QualityArray, insertion: QualityArray, deletion: QualityArray,
) -> None:  # fmt: skip
    """Alignment quality of each gap, written at the base before it; other bases of such a read get the best value."""
    x, y = shift, 0
    for word in operations:
        length, operation = word >> 4, word & 15
        if operation in (MATCH, EQUAL, MISMATCH):
            x += length
            y += length
        elif operation == SOFT_CLIP:
            y += length
        elif operation == INSERTION:
            if y > 0 and length <= LONGEST_GAP:
                placed = _insertion_posterior(forward, backward, band, piece, bases, x, y, length)
                insertion[y - 1] = _gap_quality(placed)
            y += length
        elif operation == DELETION:
            if y > 0 and length <= LONGEST_GAP:
                placed = _deletion_posterior(forward, backward, band, piece, bases.size, x, y, length)
                deletion[y - 1] = _gap_quality(placed)
            x += length


@kernel
def _insertion_posterior(
    forward: FloatArray, backward: FloatArray, band: int,
    piece: FloatArray, bases: QualityArray, x: int, y: int, length: int,
) -> float:  # fmt: skip
    """Posterior that an insertion of ``length`` opens before reference base ``x``, or at an equal place further on.

    ``y`` is the first inserted base. Moved one base to the right, the insertion is equal as long as the base that it
    leaves behind is the reference's.
    """
    width, placed, moved = 2 * band + 3, 0.0, 0
    while y + moved < bases.size and x + moved <= piece.size:
        row, column = y + moved + 1, x - y + band
        if 0 <= column < width:
            total = row_total(forward, backward, row, width)
            placed += forward[1, row, column] * backward[1, row, column] / total
        if x + moved >= piece.size:
            break
        leaving = np.float64(bases[y + moved]) if moved < length else piece[x + moved - length]
        if piece[x + moved] != leaving:
            break
        moved += 1
    return placed


@kernel
def _deletion_posterior(
    forward: FloatArray, backward: FloatArray, band: int, piece: FloatArray, bases: int, x: int, y: int, length: int
) -> float:
    """Posterior that a deletion of ``length`` opens at reference base ``x``, or at an equal place further on.

    ``y`` is the first base after it. Moved one base to the right, the deletion is equal as long as the reference
    repeats itself at the distance of its length.
    """
    width, placed, moved = 2 * band + 3, 0.0, 0
    while y + moved <= bases and x + moved < piece.size:
        row, column = y + moved, x - y + band + 2
        if 0 <= column < width:
            total = row_total(forward, backward, row, width)
            placed += forward[2, row, column] * backward[2, row, column] / total
        if x + moved + length >= piece.size or piece[x + moved] != piece[x + moved + length]:
            break
        moved += 1
    return placed


@kernel
def _gap_quality(placed: float) -> int:
    """Phred of one minus the posterior, cut to a whole number."""
    wrong = 1.0 - placed
    if wrong <= 10.0 ** (-LARGEST_QUALITY / 10.0):
        return LARGEST_QUALITY
    return int(-10.0 * math.log10(wrong))
