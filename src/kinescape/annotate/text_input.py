"""Text files as people have them: plain, gzip or bgzip; a file that is cut off is an error and never a short file."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO, cast

from kinescape.errors import InputError

Compression = Literal["bgzip", "gzip", "none"]

BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block that ends every whole bgzip file (SAM/BAM format specification, section 4.1.2)."""
_GZIP = b"\x1f\x8b"
_GZIP_EXTRA_FIELD = 4


@dataclass(frozen=True)
class TextFile:
    """A file of lines and how it is compressed."""

    path: Path
    compression: Compression

    def lines(self) -> Iterator[tuple[int, str]]:
        """(1-based number, line without its end), to the end of the file.

        Raises
        ------
        InputError
            Truncated or damaged compression, a last line without end, not text.
        """
        number, line = 0, "\n"
        # isal reads gzip several times faster than zlib; gnomAD's files are large.
        from isal import igzip, isal_zlib

        opened: TextIO
        damaged = (gzip.BadGzipFile, zlib.error, cast("type[Exception]", isal_zlib.error))
        try:
            if self.compression == "none":
                opened = self.path.open("r", encoding="utf-8", newline="\n")
            else:
                opened = igzip.open(self.path, "rt", encoding="utf-8", newline="\n")  # type: ignore[no-untyped-call]
            with opened as handle:
                for line in handle:
                    number += 1
                    yield number, line.rstrip("\r\n")
        except EOFError:
            raise self._truncated(number, "its compressed data end too early") from None
        except damaged as problem:
            raise InputError(f"is damaged after line {number} ({problem})", file=self.path) from None
        except UnicodeDecodeError:
            raise InputError("is not UTF-8 text", file=self.path, line=number + 1) from None
        except OSError as problem:
            raise InputError(f"cannot be read ({problem.strerror or problem})", file=self.path) from None
        if not number:
            raise InputError("is empty", file=self.path)
        if not line.endswith("\n"):
            raise self._truncated(number, "its last line has no end")

    def _truncated(self, number: int, how: str) -> InputError:
        return InputError(f"is truncated: {how}", file=self.path, line=number or None, expected="a whole file")


def text_file(path: Path) -> TextFile:
    """Look at the first bytes of a file (and at the last, of bgzip).

    Raises
    ------
    InputError
        Missing, a folder, empty, a bgzip file without its end, or compressed in another way.
    """
    try:
        with path.open("rb") as handle:
            start = handle.read(18)
            size = handle.seek(0, 2)
            handle.seek(max(0, size - len(BGZF_END)))
            end = handle.read()
    except FileNotFoundError:
        raise InputError("no such file", file=path) from None
    except IsADirectoryError:
        raise InputError("is a folder", file=path, expected="a file") from None
    except OSError as problem:
        raise InputError(f"cannot be read ({problem.strerror})", file=path) from None
    if not start:
        raise InputError("is empty", file=path)
    for magic, name in ((b"PK\x03\x04", "zip"), (b"BZh", "bzip2"), (b"\xfd7zXZ", "xz"), (b"(\xb5/\xfd", "zstd")):
        if start.startswith(magic):
            raise InputError("is compressed", file=path, found=name, expected="bgzip, gzip or plain text")
    if not start.startswith(_GZIP):
        return TextFile(path, "none")
    if start[3:4] and start[3] & _GZIP_EXTRA_FIELD and start[12:14] == b"BC":
        if end != BGZF_END:
            raise InputError("is truncated: the block that ends a bgzip file is missing", file=path)
        return TextFile(path, "bgzip")
    return TextFile(path, "gzip")
