"""Insertions and deletions of reads, gathered into alleles with their qualities."""

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
    AlignedReads,
    QualityArray,
)
from kinescape.columns.bam import IntArray
from kinescape.columns.histogram import BASES, NO_QUALITY, pack_codes
from kinescape.columns.indel_counts import KINDS, IndelAllele
from kinescape.compiled import kernel

_LETTERS = np.frombuffer((BASES + "N").encode(), dtype=np.uint8)

_FIELDS = 8
_READ, _ANCHOR, _KIND, _LENGTH, _QUERY, _QUALITY, _GAP_QUALITY, _DIGEST = range(_FIELDS)


def gather_alleles(reads: AlignedReads, first: int, last: int, reference: QualityArray) -> list[IndelAllele]:
    """The events of reads ``first`` to ``last``, equal ones together, at contig positions."""
    events = _find_events(
        reads.cigar_bounds, reads.cigar, reads.start, reads.bounds, reads.bases,
        reads.insertion_quality, reads.deletion_quality,
        reads.insertion_alignment_quality, reads.deletion_alignment_quality, first, last,
    )  # fmt: skip
    if not len(events):
        return []
    order = np.lexsort((events[:, _DIGEST], events[:, _LENGTH], events[:, _KIND], events[:, _ANCHOR]))
    events = events[order]
    identity = events[:, [_ANCHOR, _KIND, _LENGTH, _DIGEST]]
    cuts = np.flatnonzero((identity[1:] != identity[:-1]).any(axis=1)) + 1
    return [_allele(part, reads, reference) for part in np.split(events, cuts)]


def _allele(events: IntArray, reads: AlignedReads, reference: QualityArray) -> IndelAllele:
    anchor, kind, length, query = (int(value) for value in events[0, _ANCHOR : _QUERY + 1])
    if KINDS[kind] == "insertion":
        codes = reads.bases[query : query + length]
    else:
        codes = reference[anchor + 1 : anchor + 1 + length]
    which = events[:, _READ]
    reverse = int(reads.reverse[which].sum())
    packed = pack_codes(
        events[:, _ANCHOR],
        events[:, _KIND],
        events[:, _QUALITY],
        reads.mapping_quality[which],
        events[:, _GAP_QUALITY],
        reads.source_quality[which],
    )
    group_code, group_count = np.unique(packed, return_counts=True)
    return IndelAllele(
        offset=anchor,
        kind=KINDS[kind],
        sequence=_LETTERS[codes].tobytes().decode("ascii"),
        forward=len(events) - reverse,
        reverse=reverse,
        group_code=group_code,
        group_count=group_count.astype(np.int64),
    )


@kernel
def _find_events(
    cigar_bounds: IntArray, cigar: IntArray, start: IntArray, bounds: IntArray, bases: QualityArray,
    insertion_quality: QualityArray, deletion_quality: QualityArray,
    insertion_alignment_quality: QualityArray, deletion_alignment_quality: QualityArray,
    first: int, last: int,
) -> npt.NDArray[np.int64]:  # fmt: skip
    """int64[events, fields]; an event needs a position before it. Qualities are those of the base at the anchor.

    An insertion's letters are told apart by a 63-bit digest (FNV-1a).
    """
    count = 0
    for j in range(cigar_bounds[first], cigar_bounds[last]):
        count += cigar[j] & 15 in (INSERTION, DELETION)
    events = np.empty((count, _FIELDS), dtype=np.int64)
    used = 0
    for i in range(first, last):
        x, y = start[i], bounds[i]
        before = -1  # the operation before, padding left out
        for j in range(cigar_bounds[i], cigar_bounds[i + 1]):
            length, operation = cigar[j] >> 4, cigar[j] & 15
            event = operation == INSERTION or (operation == DELETION and cigar[max(j - 1, 0)] & 15 != PADDING)
            if event and before in (MATCH, EQUAL, MISMATCH, DELETION, SKIP):
                at = y - 1 if before in (MATCH, EQUAL, MISMATCH) else min(y, bounds[i + 1] - 1)
                inserted = operation == INSERTION
                quality = insertion_quality[at] if inserted else deletion_quality[at]
                gap_quality = insertion_alignment_quality[at] if inserted else deletion_alignment_quality[at]
                digest = np.uint64(0xCBF29CE484222325)
                if inserted:
                    for k in range(length):
                        digest = (digest ^ np.uint64(bases[y + k])) * np.uint64(0x100000001B3)
                events[used, _READ] = i
                events[used, _ANCHOR] = x - 1
                events[used, _KIND] = 0 if inserted else 1
                events[used, _LENGTH] = length
                events[used, _QUERY] = y
                events[used, _QUALITY] = 0 if quality == NO_QUALITY else quality
                events[used, _GAP_QUALITY] = gap_quality
                events[used, _DIGEST] = np.int64(digest >> np.uint64(1))
                used += 1
            if operation in (MATCH, EQUAL, MISMATCH):
                x += length
                y += length
            elif operation in (DELETION, SKIP):
                x += length
            elif operation in (INSERTION, SOFT_CLIP):
                y += length
            if operation != PADDING:
                before = operation
    return events[:used]
