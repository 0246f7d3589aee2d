"""Read structures: how many of a read's first bases are UMI, how many are to be skipped, and where the template begins.

The notation is that of fgbio: segments of a length and a letter, ``8M2S+T`` for eight bases of UMI (M, molecular
identifier), two skipped (S), the rest template (T); ``+T`` for template alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kinescape.errors import InputError

_SEGMENTS = re.compile(r"(?:[1-9]\d*[MS])*\+T")
_SEGMENT = re.compile(r"(\d+)([MS])")
_EXPECTED = "segments such as 8M2S+T: M is UMI, S is skipped, and +T (template, the rest of the read) stands last"


@dataclass(frozen=True)
class ReadStructure:
    """``umi`` are (start, length) of the UMI's segments, 0-based; ``prefix``: bases before the template."""

    text: str
    umi: tuple[tuple[int, int], ...]
    prefix: int

    @property
    def umi_length(self) -> int:
        return sum(length for _, length in self.umi)


def parse_read_structure(text: str) -> ReadStructure:
    """Read one structure.

    Raises
    ------
    InputError
        It is not a read structure, or not one that this program can follow (template last, of any length).
    """
    wanted = text.strip().upper()
    if not _SEGMENTS.fullmatch(wanted):
        raise InputError("read structure cannot be followed", found=text, expected=_EXPECTED)
    umi = []
    at = 0
    for length, kind in _SEGMENT.findall(wanted):
        if kind == "M":
            umi.append((at, int(length)))
        at += int(length)
    return ReadStructure(wanted, tuple(umi), at)


def parse_read_structures(text: str) -> tuple[ReadStructure, ReadStructure]:
    """``"8M+T +T"``: the structures of mate 1 and mate 2, with blanks between them.

    Raises
    ------
    InputError
        Not two structures, or no UMI in either.
    """
    parts = text.split()
    if len(parts) != 2:
        raise InputError("two read structures are needed", found=text, expected="one per mate, as in '8M+T +T'")
    first, second = parse_read_structure(parts[0]), parse_read_structure(parts[1])
    if not (first.umi or second.umi):
        raise InputError("read structures hold no UMI", found=text, expected="a segment M in at least one of them")
    return first, second
