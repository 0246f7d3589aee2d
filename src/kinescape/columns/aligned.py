"""Alignments as flat arrays: the reads that count, decoded from raw BAM records.

Which reads count is LoFreq's rule: not unmapped, secondary, failed or duplicate; paired reads only as proper pairs
(unless orphans are asked for); supplementary alignments count, and mates that overlap count both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kinescape.columns.bam import Buffer, Contig, IntArray, Records, little_endian_32
from kinescape.columns.histogram import NO_QUALITY
from kinescape.compiled import kernel
from kinescape.coordinates import to_one_based
from kinescape.errors import InputError

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

_FAULTS = {
    1: "read without bases",
    2: "read without base qualities",
    3: "read whose CIGAR does not fit its bases",
    4: "read that reaches beyond the end of its reference sequence",
    5: "read with a per-base tag (BI, BD, lb, ai, ad) that does not fit its bases",
    6: "read with a malformed tag",
    7: "read with more than 65,535 CIGAR operations",
}


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


def decoded(records: Records, contigs: tuple[Contig, ...], keep: ReadFilter, path: Path) -> Iterator[AlignedReads]:
    """The reads that count, one batch per contig, in the order of the file.

    Raises
    ------
    InputError
        A read that counts is malformed (:data:`_FAULTS`).
    """
    lengths = np.array([contig.length for contig in contigs], dtype=np.int64)
    chosen, contig_of, fault, where = _choose(
        records.buffer,
        records.offsets,
        lengths,
        keep.min_mapping_quality,
        keep.use_orphans,
    )
    if fault:
        raise _fault(records, where, contigs, fault, path)
    cuts = np.flatnonzero(np.diff(contig_of)) + 1
    for part in np.split(np.arange(chosen.size), cuts):
        if part.size:
            yield _decode(records, chosen[part], int(contig_of[part[0]]), contigs, keep, path)


def _decode(
    records: Records, chosen: IntArray, contig: int, contigs: tuple[Contig, ...], keep: ReadFilter, path: Path
) -> AlignedReads:
    buffer, offsets, ends = records.buffer, records.offsets[chosen], records.ends[chosen]
    bounds, cigar_bounds = _sizes(buffer, offsets)
    count, bases = chosen.size, int(bounds[-1])
    start = np.empty(count, dtype=np.int64)
    mapping_quality = np.empty(count, dtype=np.uint8)
    reverse = np.empty(count, dtype=np.bool_)
    cigar = np.empty(int(cigar_bounds[-1]), dtype=np.int64)
    letters, qualities = np.empty(bases, dtype=np.uint8), np.empty(bases, dtype=np.uint8)
    tags = np.full((len(TAGS), bases), NO_QUALITY, dtype=np.uint8)
    names = np.frombuffer(b"".join(TAGS), dtype=np.uint8).reshape(-1, 2)
    fault, where = _fill(
        buffer, offsets, ends, bounds, cigar_bounds, names, keep.max_mapping_quality,
        start, mapping_quality, reverse, cigar, letters, qualities, tags,
    )  # fmt: skip
    if fault:
        raise _fault(records, int(chosen[where]), contigs, fault, path)
    return AlignedReads(
        contig,
        start,
        mapping_quality,
        np.full(count, NO_QUALITY, dtype=np.uint8),
        reverse,
        cigar_bounds,
        cigar,
        bounds,
        letters,
        qualities,
        *tags,
    )


def _fault(records: Records, record: int, contigs: tuple[Contig, ...], fault: int, path: Path) -> InputError:
    """The error for a bad read, with its name and place."""
    at = int(records.offsets[record])
    name = bytes(records.buffer[at + 32 : at + 31 + int(records.buffer[at + 8])]).decode("ascii", "replace")
    contig, position = little_endian_32(records.buffer, at), little_endian_32(records.buffer, at + 4)
    place = f"{name} at {contigs[contig].name}:{to_one_based(position)}" if contig < len(contigs) else name
    return InputError(_FAULTS[fault], file=path, found=place)


@kernel
def _choose(
    buffer: Buffer, offsets: IntArray, lengths: IntArray, min_mapping_quality: int, use_orphans: bool
) -> tuple[IntArray, IntArray, int, int]:
    """Indices of the reads that count and their contigs; a fault's number and record, 0 where there is none."""
    chosen = np.empty(offsets.size, dtype=np.int64)
    contigs = np.empty(offsets.size, dtype=np.int64)
    count = 0
    for i in range(offsets.size):
        at = int(offsets[i])
        contig, position = little_endian_32(buffer, at), little_endian_32(buffer, at + 4)
        flag = int(buffer[at + 14]) | (int(buffer[at + 15]) << 8)
        if contig < 0 or flag & UNUSED_FLAGS:
            continue
        if flag & PAIRED and not flag & PROPER_PAIR and not use_orphans:
            continue
        if buffer[at + 9] < min_mapping_quality:
            continue
        if contig >= lengths.size or position < 0:
            return chosen[:0], contigs[:0], 4, i
        fault = _check_read(buffer, at, lengths[contig] - position)
        if fault:
            return chosen[:0], contigs[:0], fault, i
        chosen[count], contigs[count] = i, contig
        count += 1
    return chosen[:count], contigs[:count], 0, 0


@kernel
def _check_read(buffer: Buffer, at: int, room: int) -> int:
    """The number of the first fault of a read, 0 for a sound one; ``room`` is the reference left from its start."""
    bases = little_endian_32(buffer, at + 16)
    if bases == 0:
        return 1
    operations = int(buffer[at + 12]) | (int(buffer[at + 13]) << 8)
    first = at + 32 + int(buffer[at + 8])
    query, reference = 0, 0
    for j in range(operations):
        word = little_endian_32(buffer, first + 4 * j)
        length, operation = (word >> 4) & 0xFFFFFFF, word & 15
        if operation in (MATCH, EQUAL, MISMATCH, INSERTION, SOFT_CLIP):
            query += length
        if operation in (MATCH, EQUAL, MISMATCH, DELETION, SKIP):
            reference += length
        if operation > MISMATCH:
            return 3
        if operations == 2 and j == 1 and operation == SKIP and query == bases:
            return 7  # SAM specification, section 4.2.2: the true CIGAR stands in the tag CG
    if query != bases or reference == 0:
        return 3
    if reference > room:
        return 4
    if buffer[first + 4 * operations + (bases + 1) // 2] == 255:
        return 2
    return 0


@kernel
def _sizes(buffer: Buffer, offsets: IntArray) -> tuple[IntArray, IntArray]:
    """Bounds of every read's bases and CIGAR operations."""
    bounds = np.zeros(offsets.size + 1, dtype=np.int64)
    cigar_bounds = np.zeros(offsets.size + 1, dtype=np.int64)
    for i in range(offsets.size):
        at = int(offsets[i])
        bounds[i + 1] = bounds[i] + little_endian_32(buffer, at + 16)
        operations = int(buffer[at + 12]) | (int(buffer[at + 13]) << 8)
        cigar_bounds[i + 1] = cigar_bounds[i] + operations
    return bounds, cigar_bounds


@kernel
def _fill(
    buffer: Buffer, offsets: IntArray, ends: IntArray, bounds: IntArray, cigar_bounds: IntArray,
    names: Buffer, max_mapping_quality: int,
    start: IntArray, mapping_quality: QualityArray, reverse: npt.NDArray[np.bool_], cigar: IntArray,
    bases: QualityArray, qualities: QualityArray, tags: QualityArray,
) -> tuple[int, int]:  # fmt: skip
    """Copy the fields of every read to the flat arrays; returns a fault's number and read, 0 where there is none."""
    # BAM's base codes are bit sets: 1, 2, 4, 8 for A, C, G, T.
    letter = np.full(16, UNKNOWN_BASE, dtype=np.uint8)
    letter[1], letter[2], letter[4], letter[8] = 0, 1, 2, 3
    for i in range(offsets.size):
        at = int(offsets[i])
        start[i] = little_endian_32(buffer, at + 4)
        mapping_quality[i] = np.uint8(min(int(buffer[at + 9]), max_mapping_quality))
        reverse[i] = (int(buffer[at + 14]) & REVERSE) != 0
        at += 32 + int(buffer[at + 8])
        for j in range(cigar_bounds[i], cigar_bounds[i + 1]):
            cigar[j] = little_endian_32(buffer, at) & 0xFFFFFFFF
            at += 4
        first, length = bounds[i], bounds[i + 1] - bounds[i]
        for j in range(length):
            half = 0 if j % 2 else 4
            bases[first + j] = letter[(buffer[at + j // 2] >> half) & 15]
        at += (length + 1) // 2
        for j in range(length):
            qualities[first + j] = buffer[at + j]
        fault = _fill_tags(buffer, at + length, ends[i], names, tags[:, first : first + length])
        if fault:
            return fault, i
    return 0, 0


@kernel
def _fill_tags(buffer: Buffer, at: int, end: int, names: Buffer, tags: QualityArray) -> int:
    """Copy the per-base text tags (quality + 33) of one read; the number of a fault or 0."""
    while at < end:
        if at + 3 > end:
            return 6
        wanted = -1
        for j in range(names.shape[0]):
            if buffer[at] == names[j, 0] and buffer[at + 1] == names[j, 1]:
                wanted = j
        kind = buffer[at + 2]
        at += 3
        if kind in (90, 72):  # Z, H: text up to a zero byte
            first = at
            while at < end and buffer[at] != 0:
                at += 1
            if at == end:
                return 6
            if wanted >= 0:
                if at - first != tags.shape[1]:
                    return 5
                for j in range(tags.shape[1]):
                    tags[wanted, j] = np.uint8(max(int(buffer[first + j]) - 33, 0))
            at += 1
            continue
        size = _tag_size(buffer, at, end, int(kind))
        if size < 0 or at + size > end:
            return 6
        at += size
    return 0


@kernel
def _tag_size(buffer: Buffer, at: int, end: int, kind: int) -> int:
    """Bytes of a tag that is not text; -1 for a kind that does not exist."""
    if kind != 66:
        return _number_size(kind)
    if at + 5 > end:
        return -1
    element, count = _number_size(int(buffer[at])), little_endian_32(buffer, at + 1)
    return 5 + element * count if element > 0 and count >= 0 else -1


@kernel
def _number_size(kind: int) -> int:
    """Bytes of one number (or character) of a tag; -1 for a kind that does not exist."""
    if kind in (65, 99, 67):  # A, c, C
        return 1
    if kind in (115, 83):  # s, S
        return 2
    if kind in (105, 73, 102):  # i, I, f
        return 4
    return -1
