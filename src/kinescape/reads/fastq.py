"""FASTQ files in blocks of records, decompressed as a stream and checked character by character.

A block is a byte buffer plus the places of names, sequences and qualities in it: nothing is copied per read. Parsing at
this level, instead of one Python object per read, is what keeps a 25,000x sample under a second.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from kinescape.compiled import kernel
from kinescape.errors import InputError

BLOCK_BYTES = 8 << 20
"""Bytes read at once from each file."""
MAX_RECORD_BYTES = 1 << 20
"""Longest record accepted: anything longer is not a short-read FASTQ."""
QUALITY_OFFSET = 33
"""Phred+33 (Cock et al. 2010, Nucleic Acids Res 38:1767)."""
MAX_QUALITY = 93
_GZIP_MAGIC = b"\x1f\x8b"

# What the parser found wrong; the numbers are its return codes.
_FAULTS = {
    1: ("record does not start with '@'", "a FASTQ record"),
    2: ("sequence holds a character that is not a base", "A, C, G, T or N"),
    3: ("third line does not start with '+'", "'+' between sequence and qualities"),
    4: ("quality string and sequence differ in length", "one quality per base"),
    5: ("quality out of range", f"Phred+33 characters '!' to '~' (0 to {MAX_QUALITY})"),
    6: ("record without bases", "at least one base"),
}


@dataclass(frozen=True)
class Block:
    """Records of one FASTQ file.

    ``buffer`` is uint8[bytes]; the other arrays are int64[records] of 0-based offsets and lengths into it. Sequences
    are upper case in the buffer. ``first_record`` is the 0-based number of the first record within the file.
    """

    buffer: NDArray[np.uint8]
    name_start: NDArray[np.int64]
    name_length: NDArray[np.int64]
    read_number: NDArray[np.int8]
    """1 or 2 where the name says so (`/1`, ` 2:N:0`), else 0."""
    sequence_start: NDArray[np.int64]
    length: NDArray[np.int64]
    quality_start: NDArray[np.int64]
    first_record: int

    def __len__(self) -> int:
        return len(self.length)

    def name(self, record: int) -> str:
        start, length = self.name_start[record], self.name_length[record]
        return self.buffer[start : start + length].tobytes().decode("ascii", "replace")


@kernel
def _parse(
    buffer: NDArray[np.uint8], filled: int, at_end: bool, places: NDArray[np.int64], upper: NDArray[np.uint8]
) -> tuple[int, int, int, int]:
    """Fill ``places`` (records, 6): name start, name length, read number, sequence start, length, quality start.

    Returns (records, bytes used, fault code, line of the fault within its record, 0-based).
    """
    used = 0
    count = 0
    line_start = np.empty(5, np.int64)
    while count < places.shape[0]:
        cursor = used
        while cursor < filled and count >= 0 and (buffer[cursor] == 10 or buffer[cursor] == 13):
            # Blank lines are accepted only where nothing but blank lines follows, or between records.
            cursor += 1
        if cursor >= filled:
            used = cursor
            break
        if buffer[cursor] != 64:
            return count, cursor, 1, 0
        complete = True
        position = cursor
        for line in range(4):
            line_start[line] = position
            while position < filled and buffer[position] != 10:
                position += 1
            if position >= filled:
                if not (at_end and line == 3):
                    complete = False
                    line_start[line + 1] = position + 1
                    break
                position = filled
            position += 1
            line_start[line + 1] = position
        if not complete:
            # Tell a fault that more bytes cannot mend from a record cut by the end of the block.
            break
        name_start = cursor + 1
        name_end = line_start[1] - 1
        sequence_start = line_start[1]
        sequence_end = line_start[2] - 1
        if sequence_end > sequence_start and buffer[sequence_end - 1] == 13:
            sequence_end -= 1
        length = sequence_end - sequence_start
        if length <= 0:
            return count, cursor, 6, 1
        for index in range(sequence_start, sequence_end):
            base = upper[buffer[index]]
            if base == 0:
                return count, cursor, 2, 1
            buffer[index] = base
        if buffer[line_start[2]] != 43:
            return count, cursor, 3, 2
        quality_start = line_start[3]
        quality_end = line_start[4] - 1
        if quality_end > quality_start and buffer[quality_end - 1] == 13:
            quality_end -= 1
        if quality_end - quality_start != length:
            return count, cursor, 4, 3
        for index in range(quality_start, quality_end):
            if buffer[index] < 33 or buffer[index] > 126:
                return count, cursor, 5, 3
        word_end = name_start
        while word_end < name_end and buffer[word_end] != 32 and buffer[word_end] != 9 and buffer[word_end] != 13:
            word_end += 1
        number = 0
        if word_end - name_start > 2 and buffer[word_end - 2] == 47 and 49 <= buffer[word_end - 1] <= 50:
            number = buffer[word_end - 1] - 48
            word_end -= 2
        elif word_end + 2 < name_end and 49 <= buffer[word_end + 1] <= 50 and buffer[word_end + 2] == 58:
            number = buffer[word_end + 1] - 48
        places[count, 0] = name_start
        places[count, 1] = word_end - name_start
        places[count, 2] = number
        places[count, 3] = sequence_start
        places[count, 4] = length
        places[count, 5] = quality_start
        count += 1
        used = min(line_start[4], filled)
    return count, used, 0, 0


def _upper_table() -> NDArray[np.uint8]:
    table = np.zeros(256, np.uint8)
    for base in b"ACGTN":
        table[base] = base
        table[base + 32] = base
    table[ord(".")] = ord("N")
    return table


_UPPER = _upper_table()


def open_fastq(path: Path) -> BinaryIO:
    """Open a FASTQ file, plain or gzip (told by its first bytes, not by its name)."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise InputError("is a pipe or a device", file=path, expected="a FASTQ file (it is read more than once)")
    try:
        with path.open("rb") as handle:
            magic = handle.read(2)
    except FileNotFoundError:
        raise InputError("no such file", file=path, expected="a FASTQ file") from None
    except IsADirectoryError:
        raise InputError("is a folder", file=path, expected="a FASTQ file") from None
    except OSError as problem:
        raise InputError(f"cannot be read ({problem.strerror})", file=path) from None
    if magic == _GZIP_MAGIC:
        from isal import igzip

        stream: BinaryIO = igzip.open(path, "rb")  # type: ignore[no-untyped-call]
        return stream
    return path.open("rb")


def fastq_blocks(path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
    """The records of a FASTQ file, block by block.

    Raises
    ------
    InputError
        Missing, empty or truncated file, damaged gzip, FASTA, and every malformed record, named by line.
    """
    with open_fastq(path) as stream:
        carry = b""
        lines_before = 0
        records_before = 0
        at_end = False
        while not at_end:
            chunk = _read(stream, path, block_bytes)
            at_end = len(chunk) < block_bytes
            buffer = np.frombuffer(bytearray(carry + chunk), np.uint8)
            if records_before == 0 and not carry:
                _refuse_other_formats(path, buffer)
            places = np.empty((max(1, len(buffer) // 8), 6), np.int64)
            count, used, fault, fault_line = _parse(buffer, len(buffer), at_end, places, _UPPER)
            if fault:
                line = lines_before + _line_ends(buffer[:used]) + fault_line + 1
                what, expected = _FAULTS[fault]
                raise InputError(
                    what, file=path, line=line, found=_line_at(buffer, used, fault_line), expected=expected
                )
            rest = buffer[used:]
            if at_end and rest.tobytes().strip():
                line = lines_before + _line_ends(buffer[:used]) + 1
                raise InputError(
                    "file ends within a record", file=path, line=line, found=_line_at(buffer, used, 0),
                    expected="four lines per record",
                )  # fmt: skip
            if len(rest) > MAX_RECORD_BYTES:
                line = lines_before + _line_ends(buffer[:used]) + 1
                raise InputError("record longer than 1 MiB", file=path, line=line, expected="short reads")
            if count:
                yield Block(
                    buffer,
                    places[:count, 0].copy(),
                    places[:count, 1].copy(),
                    places[:count, 2].astype(np.int8),
                    places[:count, 3].copy(),
                    places[:count, 4].copy(),
                    places[:count, 5].copy(),
                    records_before,
                )
            lines_before += _line_ends(buffer[:used])
            records_before += count
            carry = rest.tobytes()
    if records_before == 0:
        raise InputError("is empty", file=path, expected="at least one FASTQ record")


def _read(stream: BinaryIO, path: Path, size: int) -> bytes:
    """Exactly ``size`` bytes, fewer only at the end of the file."""
    from isal import isal_zlib

    parts = []
    missing = size
    try:
        while missing:
            part = stream.read(missing)
            if not part:
                break
            parts.append(part)
            missing -= len(part)
    except EOFError:
        raise InputError(
            "gzip file is truncated",
            file=path,
            expected="a complete file (compare its size or checksum with the source)",
        ) from None
    except (zlib.error, isal_zlib.error, OSError, ValueError) as problem:  # type: ignore[misc]  # a stub says instance
        raise InputError(f"gzip file is damaged ({problem})", file=path, expected="a valid gzip file") from None
    return b"".join(parts)


def _refuse_other_formats(path: Path, buffer: NDArray[np.uint8]) -> None:
    head = buffer[:4096].tobytes().lstrip()
    if head[:1] == b">":
        found = head.splitlines()[0].decode("ascii", "replace")
        raise InputError("is FASTA, which has no qualities", file=path, line=1, found=found, expected="FASTQ ('@')")
    if head[:3] == b"BAM" or head[:4] == b"CRAM" or head[:3] == b"@HD" or head[:3] == b"@SQ":
        raise InputError("is an alignment file", file=path, expected="FASTQ")
    if b"\0" in head:
        raise InputError("is a binary file", file=path, expected="FASTQ, plain or gzip")


def _line_ends(part: NDArray[np.uint8]) -> int:
    return int(np.count_nonzero(part == 10))


def _line_at(buffer: NDArray[np.uint8], start: int, line: int) -> str:
    lines = buffer[start : start + 4096].tobytes().split(b"\n")
    return lines[line].decode("ascii", "replace").rstrip("\r") if line < len(lines) else ""
