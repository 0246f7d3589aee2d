"""Two FASTQ files -> read pairs as numbers of distinct trimmed mates, with every read's qualities.

The one entry of this stage is :func:`read_pairs`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kinescape.compiled import kernel
from kinescape.errors import InputError
from kinescape.reads.adapters import find_adapters, insert_ends
from kinescape.reads.distinct import DistinctSequences
from kinescape.reads.fastq import BLOCK_BYTES, QUALITY_OFFSET, Block, fastq_blocks
from kinescape.reads.quality import QualityTally
from kinescape.reads.umi import UmiReader, Umis, UmiSource

MEMORY_FOR_QUALITIES = 200 << 20
"""Bytes of qualities kept in memory; the rest goes to a temporary file, so that memory does not grow with depth."""


@dataclass(frozen=True)
class QualityChunk:
    """Qualities of a run of reads of one file: read ``i`` has the Phred values ``values[start[i] : start[i + 1]]``."""

    start: NDArray[np.int64]
    values: NDArray[np.uint8]


class QualityStore:
    """Qualities (or names) of a file's reads in order, in memory or, past a limit, in an unnamed temporary file."""

    def __init__(self, limit: int = MEMORY_FOR_QUALITIES // 2) -> None:
        self._limit = limit
        self._held = 0
        self._parts: list[tuple[NDArray[np.int64], NDArray[np.uint8] | tuple[int, int]]] = []
        self._file: tempfile._TemporaryFileWrapper[bytes] | None = None

    def append(self, start: NDArray[np.int64], values: NDArray[np.uint8]) -> None:
        if self._held + len(values) <= self._limit:
            self._held += len(values)
            self._parts.append((start, values))
            return
        if self._file is None:
            self._file = tempfile.NamedTemporaryFile(prefix="kinescape-qualities-")  # noqa: SIM115 - closed with the store
        place = self._file.seek(0, 2)
        self._file.write(values.data)
        self._parts.append((start, (place, len(values))))

    def __iter__(self) -> Iterator[QualityChunk]:
        for start, part in self._parts:
            if isinstance(part, tuple):
                assert self._file is not None  # noqa: S101 - parts on disk exist only with the file
                self._file.seek(part[0])
                yield QualityChunk(start, np.frombuffer(self._file.read(part[1]), np.uint8))
            else:
                yield QualityChunk(start, part)

    def close(self) -> None:
        self._parts.clear()
        if self._file is not None:
            self._file.close()


@dataclass
class ReadPairs:
    """All pairs of a sample.

    ``mates`` are the distinct trimmed mates; ``mate_1`` and ``mate_2`` (int32[pairs]) say which each read is; the
    quality stores hold the untrimmed qualities of every read, of which the first ``len(mate)`` belong to its bases.
    """

    mates: DistinctSequences
    mate_1: NDArray[np.int32]
    mate_2: NDArray[np.int32]
    qualities_1: QualityStore
    qualities_2: QualityStore
    tally_1: QualityTally
    tally_2: QualityTally
    trimmed_reads: int
    distinct_pairs: int
    insert_lengths: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """int64[pairs that read through]: bases between the adapters."""
    umis: Umis | None = None
    """The UMI of every pair, where they were asked for."""
    names: QualityStore | None = None
    """The ASCII bytes of every pair's name, where they were asked for."""

    def __len__(self) -> int:
        return len(self.mate_1)

    def reads_per_mate(self) -> NDArray[np.int64]:
        """int64[mates]: reads (of both files) with each distinct mate."""
        counts = np.bincount(self.mate_1, minlength=len(self.mates))
        return counts + np.bincount(self.mate_2, minlength=len(self.mates))

    def close(self) -> None:
        """Give back the temporary files."""
        self.qualities_1.close()
        self.qualities_2.close()
        if self.names is not None:
            self.names.close()


@kernel
def _gather_names(
    buffer: NDArray[np.uint8], starts: NDArray[np.int64], offsets: NDArray[np.int64], values: NDArray[np.uint8]
) -> None:
    for read in range(starts.shape[0]):
        source = starts[read]
        for index in range(offsets[read], offsets[read + 1]):
            values[index] = buffer[source]
            source += 1


@kernel
def _gather_qualities(
    buffer: NDArray[np.uint8], starts: NDArray[np.int64], offsets: NDArray[np.int64], values: NDArray[np.uint8]
) -> None:
    for read in range(starts.shape[0]):
        source = starts[read]
        for index in range(offsets[read], offsets[read + 1]):
            values[index] = buffer[source] - 33
            source += 1


@kernel
def _first_difference(
    buffer_1: NDArray[np.uint8],
    start_1: NDArray[np.int64],
    length_1: NDArray[np.int64],
    buffer_2: NDArray[np.uint8],
    start_2: NDArray[np.int64],
    length_2: NDArray[np.int64],
) -> int:
    """First record whose names differ, -1 when none does."""
    for record in range(length_1.shape[0]):
        if length_1[record] != length_2[record]:
            return record
        for index in range(length_1[record]):
            if buffer_1[start_1[record] + index] != buffer_2[start_2[record] + index]:
                return record
    return -1


def read_pairs(
    fastq_1: Path,
    fastq_2: Path,
    block_bytes: int = BLOCK_BYTES,
    umi: UmiSource | None = None,
    keep_names: bool = False,
) -> ReadPairs:
    """Read, check, trim and collapse one sample.

    Parameters
    ----------
    fastq_1, fastq_2
        FASTQ files of the first and the second mates, plain or gzip, in the same order.
    umi
        Where UMIs stand, if the library has them: they are taken out of bases and qualities.
    keep_names
        Whether the names of the pairs are kept.

    Raises
    ------
    InputError
        Anything wrong with either file, unequal numbers of records, names that do not match, mates swapped.
    """
    if fastq_1.exists() and fastq_2.exists() and fastq_1.samefile(fastq_2):
        raise InputError("is given as both mates", file=fastq_1, expected="two files, one per mate")
    raw = DistinctSequences()
    numbers: tuple[list[NDArray[np.int32]], list[NDArray[np.int32]]] = ([], [])
    stores = (QualityStore(), QualityStore())
    tallies = (QualityTally(), QualityTally())
    reader = UmiReader(umi, fastq_1) if umi is not None else None
    names = QualityStore() if keep_names else None
    try:
        for blocks in _blocks_in_step(fastq_1, fastq_2, block_bytes):
            if names is not None:
                names.append(*_names_of(blocks[0]))
            if reader is not None:
                blocks = reader.take(*blocks)
            for mate, block in enumerate(blocks):
                numbers[mate].append(raw.add(block.buffer, block.sequence_start, block.length))
                offsets = np.zeros(len(block) + 1, np.int64)
                np.cumsum(block.length, out=offsets[1:])
                values = np.empty(offsets[-1], np.uint8)
                _gather_qualities(block.buffer, block.quality_start, offsets, values)
                stores[mate].append(offsets, values)
                tallies[mate].add(offsets, values)
        for tally, path in zip(tallies, (fastq_1, fastq_2), strict=True):
            tally.refuse_wrong_offset(path)
        prefixes = umi.prefixes if umi is not None else (0, 0)
        pairs = _trim(raw, np.concatenate(numbers[0]), np.concatenate(numbers[1]), stores, tallies, prefixes)
    except BaseException:
        for store in (*stores, names):
            if store is not None:
                store.close()
        raise
    pairs.names = names
    pairs.umis = reader.umis() if reader is not None else None
    return pairs


def _names_of(block: Block) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Names of a block's records: where each begins, and the letters of all."""
    offsets = np.zeros(len(block) + 1, np.int64)
    np.cumsum(block.name_length, out=offsets[1:])
    letters = np.empty(offsets[-1], np.uint8)
    _gather_names(block.buffer, block.name_start, offsets, letters)
    return offsets, letters


def _blocks_in_step(fastq_1: Path, fastq_2: Path, block_bytes: int) -> Iterator[tuple[Block, Block]]:
    """Blocks of both files cut to the same records, names checked."""
    streams = (fastq_blocks(fastq_1, block_bytes), fastq_blocks(fastq_2, block_bytes))
    left: Block | None = None
    right: Block | None = None
    records = 0
    while True:
        left = next(streams[0], None) if left is None else left
        right = next(streams[1], None) if right is None else right
        if left is None or right is None:
            break
        count = min(len(left), len(right))
        first, second = _part(left, 0, count), _part(right, 0, count)
        _check_names(first, second, fastq_1, fastq_2)
        yield first, second
        records += count
        left = _part(left, count, len(left)) if len(left) > count else None
        right = _part(right, count, len(right)) if len(right) > count else None
    if left is None and right is None:
        return
    longer, shorter, rest = (fastq_1, fastq_2, left) if left is not None else (fastq_2, fastq_1, right)
    stream = streams[0] if left is not None else streams[1]
    more = len(rest) if rest is not None else 0
    more += sum(len(block) for block in stream)
    raise InputError(
        f"has {records + more} reads, its mate file {shorter.name} has {records}",
        file=longer,
        expected="the same number in both files",
    )


def _part(block: Block, begin: int, end: int) -> Block:
    if begin == 0 and end == len(block):
        return block
    return Block(
        block.buffer,
        block.name_start[begin:end],
        block.name_length[begin:end],
        block.read_number[begin:end],
        block.sequence_start[begin:end],
        block.length[begin:end],
        block.quality_start[begin:end],
        block.first_record + begin,
    )


def _check_names(first: Block, second: Block, fastq_1: Path, fastq_2: Path) -> None:
    if (first.read_number == 2).any() or (second.read_number == 1).any():
        swapped = bool((first.read_number == 2).any())
        block, path = (first, fastq_1) if swapped else (second, fastq_2)
        record = int(np.argmax(block.read_number == (2 if swapped else 1)))
        raise InputError(
            "mates are swapped: the name says read " + ("2" if swapped else "1"),
            file=path,
            line=4 * (block.first_record + record) + 1,
            found=block.name(record),
            expected="read 1 in fastq_1 and read 2 in fastq_2",
        )
    record = _first_difference(
        first.buffer, first.name_start, first.name_length, second.buffer, second.name_start, second.name_length
    )
    if record >= 0:
        raise InputError(
            f"mate names differ from {fastq_1.name}",
            file=fastq_2,
            line=4 * (second.first_record + record) + 1,
            found=second.name(record),
            expected=f"'{first.name(record)}'",
        )


def _trim(
    raw: DistinctSequences,
    raw_1: NDArray[np.int32],
    raw_2: NDArray[np.int32],
    stores: tuple[QualityStore, QualityStore],
    tallies: tuple[QualityTally, QualityTally],
    prefixes: tuple[int, int] = (0, 0),
) -> ReadPairs:
    """Cut the adapters off and number the mates anew: mates that differed only in adapter become one."""
    matches = find_adapters(raw)
    lengths = raw.lengths
    # A mate that reads through meets the other mate's UMI before the adapter.
    keep_1, keep_2 = insert_ends(matches, lengths, raw_1, raw_2, behind=(prefixes[1], prefixes[0]))
    # An insert of no bases (adapter dimer) keeps one base, so that every read has a mate; no aligner places it.
    keep_1, keep_2 = np.maximum(keep_1, 1), np.maximum(keep_2, 1)
    span = int(lengths.max()) + 1
    keys = np.concatenate((raw_1.astype(np.int64) * span + keep_1, raw_2.astype(np.int64) * span + keep_2))
    unique, inverse = np.unique(keys, return_inverse=True)
    mates = DistinctSequences()
    number = mates.add(raw.bases, raw.offsets[unique // span], unique % span)[inverse]
    mate_1, mate_2 = number[: len(raw_1)].astype(np.int32), number[len(raw_1) :].astype(np.int32)
    trimmed_1, trimmed_2 = keep_1 < lengths[raw_1], keep_2 < lengths[raw_2]
    both = trimmed_1 & trimmed_2
    pair_keys = mate_1.astype(np.int64) * len(mates) + mate_2
    return ReadPairs(
        mates,
        mate_1,
        mate_2,
        *stores,
        *tallies,
        trimmed_reads=int(trimmed_1.sum() + trimmed_2.sum()),
        distinct_pairs=len(np.unique(pair_keys)),
        insert_lengths=keep_1[both],
    )


__all__ = ["QUALITY_OFFSET", "QualityChunk", "QualityStore", "ReadPairs", "read_pairs"]
