"""BAM, CRAM or SAM as blocks of raw records, checked on the way in.

The kernels read BAM records where they lie (SAM specification, section 4.2), because making one Python object per read
costs more than everything that is done with it. htslib (through pysam) decompresses, and turns CRAM and SAM into BAM.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pysam

from kinescape.compiled import kernel
from kinescape.errors import InputError

BLOCK_BYTES = 1 << 22
"""Decompressed bytes that are handled at a time."""

END_OF_FILE_BLOCK = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block that ends every complete BGZF file (SAM specification, section 4.1.2)."""

Buffer = npt.NDArray[np.uint8]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Contig:
    """A reference sequence as the alignment file's header names it."""

    name: str
    length: int


@dataclass(frozen=True, eq=False)
class Records:
    """Some alignments, in the order of the file.

    ``buffer`` holds raw BAM records; ``offsets`` int64[n] points at each record's first field (after its size), and
    ``ends`` int64[n] behind its last byte.
    """

    buffer: Buffer
    offsets: IntArray
    ends: IntArray


class AlignmentFile:
    """A coordinate-sorted BAM, CRAM or SAM file.

    Raises
    ------
    InputError
        No such file, not an alignment file, truncated, not sorted by coordinate.
    """

    def __init__(self, path: Path, reference: Path) -> None:
        self.path = path
        self.reference = reference
        _require_file(path)
        previous = pysam.set_verbosity(0)  # htslib would print its own words to stderr beside our error
        try:
            with pysam.AlignmentFile(str(path), check_sq=False, require_index=False) as handle:
                header = handle.header
                self.is_bam = bool(handle.is_bam)
                self.contigs = tuple(
                    Contig(str(name), int(length))
                    for name, length in zip(header.references, header.lengths, strict=True)
                )
                order = header.to_dict().get("HD", {}).get("SO", "unknown")
        except Exception:
            # A damaged header comes out of htslib and pysam as an assertion, a key or a value, whatever it met first.
            raise InputError("cannot be read as BAM, CRAM or SAM", file=path) from None
        finally:
            pysam.set_verbosity(previous)
        if order in {"unsorted", "queryname"}:
            raise InputError(
                "is not sorted by coordinate", file=path, found=f"SO:{order}", expected="the output of `samtools sort`"
            )
        if not self.contigs:
            raise InputError("has no reference sequences in its header", file=path)
        if self.is_bam:
            _require_whole(path)

    def blocks(self) -> Iterator[Records]:
        """All records, block by block."""
        with contextlib.ExitStack() as stack:
            path = self.path if self.is_bam else stack.enter_context(_as_bam(self.path, self.reference))
            handle = stack.enter_context(_open_blocks(path))
            try:
                _skip_header(handle)
                yield from _split_records(handle, self.path)
            except (OSError, EOFError):
                raise InputError("is truncated or damaged", file=self.path) from None


def _require_file(path: Path) -> None:
    if path.is_dir():
        raise InputError("is a folder", file=path, expected="a BAM or CRAM file")
    if not path.exists():
        raise InputError("no such file", file=path)
    if path.stat().st_size == 0:
        raise InputError("is empty", file=path, expected="a BAM or CRAM file")


def _require_whole(path: Path) -> None:
    """A BAM file without BGZF's last block was cut off."""
    with path.open("rb") as handle:
        handle.seek(0, 2)
        handle.seek(max(0, handle.tell() - len(END_OF_FILE_BLOCK)))
        if handle.read() != END_OF_FILE_BLOCK:
            raise InputError("is truncated (its end-of-file block is missing)", file=path)


@contextlib.contextmanager
def _as_bam(path: Path, reference: Path) -> Iterator[Path]:
    """The same alignments as an uncompressed BAM file in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "alignments.bam"
        # htslib writes an index beside the reference it is given: a link keeps it out of the user's folder.
        link = Path(folder) / ("reference.fa.gz" if reference.suffix == ".gz" else "reference.fa")
        link.symlink_to(reference.resolve())
        try:
            pysam.samtools.view("-u", "-T", str(link), "-o", str(target), str(path), catch_stdout=False)
        except pysam.utils.SamtoolsError as problem:
            text = " ".join(str(problem).replace("\\n", " ").split())
            raise InputError(f"cannot be decoded ({text})", file=path) from None
        yield target


@contextlib.contextmanager
def _open_blocks(path: Path) -> Iterator[pysam.BGZFile]:
    previous = pysam.set_verbosity(0)
    handle = pysam.BGZFile(str(path), "rb", None)
    try:
        yield handle
    finally:
        with contextlib.suppress(OSError):  # closing repeats an error of reading
            handle.close()
        pysam.set_verbosity(previous)


def _skip_header(handle: pysam.BGZFile) -> None:
    """Leave the handle at the first record."""
    if _exactly(handle, 4) != b"BAM\1":
        raise EOFError
    _exactly(handle, int.from_bytes(_exactly(handle, 4), "little"))
    for _ in range(int.from_bytes(_exactly(handle, 4), "little")):
        _exactly(handle, int.from_bytes(_exactly(handle, 4), "little") + 4)


def _exactly(handle: pysam.BGZFile, size: int) -> bytes:
    content = b""
    while len(content) < size:
        more = handle.read(size - len(content))
        if not more:
            raise EOFError
        content += more
    return content


def _split_records(handle: pysam.BGZFile, path: Path) -> Iterator[Records]:
    rest = b""
    while True:
        content = handle.read(BLOCK_BYTES)
        if not content:
            break
        buffer = np.frombuffer(rest + content, dtype=np.uint8)
        offsets, ends, used = _record_bounds(buffer)
        if used < 0:
            raise InputError("holds a malformed record", file=path)
        rest = buffer[used:].tobytes()
        if offsets.size:
            yield Records(buffer, offsets, ends)
    if rest:
        raise EOFError


@kernel
def little_endian_32(buffer: Buffer, at: int) -> int:
    """The signed 32-bit integer at ``at``."""
    low = int(buffer[at]) | (int(buffer[at + 1]) << 8) | (int(buffer[at + 2]) << 16)
    high = int(buffer[at + 3])
    return low | ((high - 256 if high > 127 else high) << 24)


@kernel
def _record_bounds(buffer: Buffer) -> tuple[IntArray, IntArray, int]:
    """Where each complete record starts and ends, and how many bytes they take; -1 bytes for nonsense.

    A record's 32 fixed bytes, name, CIGAR, bases and qualities must fit in its stated size.
    """
    offsets = np.empty(buffer.size // 36 + 1, dtype=np.int64)
    ends = np.empty(buffer.size // 36 + 1, dtype=np.int64)
    count, at = 0, 0
    while at + 4 <= buffer.size:
        size = little_endian_32(buffer, at)
        if size < 32:
            return offsets[:0], ends[:0], -1
        if at + 4 + size > buffer.size:
            break
        start = at + 4
        bases = little_endian_32(buffer, start + 16)
        operations = int(buffer[start + 12]) | (int(buffer[start + 13]) << 8)
        needed = 32 + int(buffer[start + 8]) + 4 * operations + (bases + 1) // 2 + bases
        if bases < 0 or needed > size:
            return offsets[:0], ends[:0], -1
        offsets[count] = start
        ends[count] = start + size
        count += 1
        at += 4 + size
    return offsets[:count], ends[:count], at
