"""The panel's windows out of a VCF that is too large to bring: by its tabix index, only the blocks that hold them.

Formats: tabix index (TBI) and BGZF as in the SAM/BAM and tabix specifications of samtools/hts-specs. Every BGZF block
carries a checksum of its content (CRC-32), which is compared.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kinescape.annotate.assembly import panel_names
from kinescape.errors import KinescapeError
from kinescape.fetching import Progress, read_bytes
from kinescape.panel.model import Panel

PIECE = 1 << 21
"""Bytes asked for at a time."""
LARGEST_BLOCK = 1 << 16
"""Of BGZF, compressed or not."""
_LINEAR_SHIFT = 14
"""The linear index has one entry for every 2^14 bases."""
_BIN_SHIFTS = ((1, 26), (9, 23), (73, 20), (585, 17), (4681, 14))
"""First bin number and size (as a power of two) of each level of the binning scheme, below bin 0."""

Fetch = Callable[[int, int], bytes]


@dataclass(frozen=True)
class TabixIndex:
    """Chunks of every bin, and the linear index, by chromosome. Offsets are virtual: block << 16 | place within."""

    chunks: dict[str, dict[int, list[tuple[int, int]]]]
    linear: dict[str, tuple[int, ...]]

    def span(self, chrom: str, start: int, end: int) -> tuple[int, int] | None:
        """Virtual offsets around every record that may touch the 0-based ``[start, end)``; None: there is none."""
        linear = self.linear[chrom]
        first = linear[start >> _LINEAR_SHIFT] if start >> _LINEAR_SHIFT < len(linear) else 0
        found = [
            (max(begin, first), stop)
            for number in _bins(start, end)
            for begin, stop in self.chunks[chrom].get(number, ())
            if stop > first
        ]
        return (min(begin for begin, _ in found), max(stop for _, stop in found)) if found else None

    @property
    def first_record(self) -> int:
        """Virtual offset of the first record of the file: the header lies before it."""
        return min(begin for bins in self.chunks.values() for each in bins.values() for begin, _ in each)


def _bins(start: int, end: int) -> list[int]:
    """Numbers of the bins that records touching ``[start, end)`` may stand in."""
    found = [0]
    for first, shift in _BIN_SHIFTS:
        found += range(first + (start >> shift), first + ((end - 1) >> shift) + 1)
    return found


def read_index(path: Path) -> TabixIndex:
    """Read a ``.tbi`` file; KinescapeError where it is none."""
    try:
        raw = b"".join(content for _, content in _blocks(path.read_bytes(), 0))
        return _parsed(raw)
    except (struct.error, zlib.error, ValueError, IndexError) as problem:
        raise KinescapeError(f"{path.name}: is not a tabix index ({problem})") from None


def _parsed(raw: bytes) -> TabixIndex:
    if raw[:4] != b"TBI\x01":
        raise ValueError("another magic number")
    references, *_, length = struct.unpack_from("<8i", raw, 4)
    place = 36
    names = raw[place : place + length].rstrip(b"\0").decode().split("\0")
    place += length
    chunks: dict[str, dict[int, list[tuple[int, int]]]] = {}
    linear: dict[str, tuple[int, ...]] = {}
    for name in names[:references]:
        (bins,) = struct.unpack_from("<i", raw, place)
        place += 4
        chunks[name] = {}
        for _ in range(bins):
            number, count = struct.unpack_from("<Ii", raw, place)
            offsets = struct.unpack_from(f"<{2 * count}Q", raw, place + 8)
            place += 8 + 16 * count
            # Bin 37450 holds counts of records, not places.
            if number <= 37449:
                chunks[name][number] = list(zip(offsets[::2], offsets[1::2], strict=True))
        (intervals,) = struct.unpack_from("<i", raw, place)
        linear[name] = struct.unpack_from(f"<{intervals}Q", raw, place + 4)
        place += 4 + 8 * intervals
    return TabixIndex(chunks, linear)


def write_excerpt(url: str, index: TabixIndex, panel: Panel, path: Path, progress: Progress | None = None) -> None:
    """Write a plain VCF with the header of the remote file and its records that touch the panel's windows.

    Raises
    ------
    KinescapeError
        The server cannot be reached or sends no parts; the index does not belong to the file.
    """
    names = panel_names(panel)
    spans = []
    for chrom in index.chunks:
        for window in panel.windows:
            span = index.span(chrom, window.start, window.end) if names.get(chrom) == window.chrom else None
            if span is not None:
                spans.append(span)
    wanted = [(0, index.first_record), *_merged(spans)]
    total = sum((stop >> 16) - (begin >> 16) + LARGEST_BLOCK for begin, stop in wanted)
    done = 0

    def fetch(start: int, end: int) -> bytes:
        nonlocal done
        content = read_bytes(url, start, end)
        done += len(content)
        if progress is not None:
            progress(min(done, total), total)
        return content

    try:
        with path.open("wb") as handle:
            for begin, stop in wanted:
                for line in _lines(fetch, begin, stop):
                    if line.startswith(b"#") or _touches(line, panel, names):
                        handle.write(line + b"\n")
    except (zlib.error, struct.error, ValueError) as problem:
        raise KinescapeError(f"{url}: is not the bgzip file of its index ({problem})") from None


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping spans as one, so that no record is read twice."""
    merged: list[tuple[int, int]] = []
    for begin, stop in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((begin, stop))
    return merged


def _touches(line: bytes, panel: Panel, names: dict[str, str]) -> bool:
    cells = line.split(b"\t", 4)
    if len(cells) < 5:
        raise ValueError("a line without columns")
    chrom, start = names.get(cells[0].decode()), int(cells[1]) - 1
    end = start + len(cells[3])
    return any(each.chrom == chrom and each.start < end and start < each.end for each in panel.windows)


def _lines(fetch: Fetch, begin: int, stop: int) -> Iterator[bytes]:
    """The lines between two virtual offsets, which both lie at the start of a record (or at the file's start)."""
    rest = b""
    for offset, content in _blocks_between(fetch, begin >> 16, stop >> 16):
        first = begin & 0xFFFF if offset == begin >> 16 else 0
        last = stop & 0xFFFF if offset == stop >> 16 else len(content)
        *lines, rest = (rest + content[first:last]).split(b"\n")
        yield from lines
    if rest:
        raise ValueError("a record that does not end")


def _blocks_between(fetch: Fetch, first: int, last: int) -> Iterator[tuple[int, bytes]]:
    """(offset, content) of the blocks that begin at ``first`` to ``last``, fetched in pieces."""
    buffer, place, end = b"", first, last + LARGEST_BLOCK
    fetched = first
    while place <= last:
        if len(buffer) < LARGEST_BLOCK and fetched < end:
            piece = fetch(fetched, min(fetched + PIECE, end))
            # Fewer bytes than asked for: the file ends here.
            end = end if len(piece) == min(PIECE, end - fetched) else fetched + len(piece)
            fetched += len(piece)
            buffer += piece
            continue
        found = next(_blocks(buffer, place), None)
        if found is None:
            if place == last and not buffer:
                return
            raise ValueError("a block that does not end")
        yield found
        size = _block_size(buffer)
        buffer, place = buffer[size:], place + size


def _block_size(data: bytes) -> int:
    """Size of the block at the start of ``data``; 0 where not even its header is whole."""
    if len(data) < 18:
        return 0
    if data[:4] != b"\x1f\x8b\x08\x04" or data[12:14] != b"BC":
        raise ValueError("no block of bgzip")
    size: int = struct.unpack_from("<H", data, 16)[0] + 1
    return size


def _blocks(data: bytes, offset: int) -> Iterator[tuple[int, bytes]]:
    """(offset, content) of every whole block in ``data``, which begins at ``offset`` of its file."""
    place = 0
    while 0 < (size := _block_size(data[place : place + 18])) <= len(data) - place:
        block = data[place : place + size]
        content = zlib.decompress(block[18:-8], -zlib.MAX_WBITS)
        checksum, length = struct.unpack("<II", block[-8:])
        if zlib.crc32(content) != checksum or len(content) != length:
            raise ValueError("a block whose checksum is wrong")
        yield offset + place, content
        place += size
