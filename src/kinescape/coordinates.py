"""The only place that converts between coordinate bases.

Inside the program an interval is 0-based and half-open ``[start, end)``, as in BED and BAM. VCF, HGVS, sample pages
and everything a person reads are 1-based and inclusive.
"""

from __future__ import annotations

_COMPLEMENT = str.maketrans("ACGTNacgtnRYKMSWBDHVrykmswbdhv", "TGCANtgcanYRMKSWVHDByrmkswvhdb")


def to_one_based(position: int) -> int:
    """0-based position -> 1-based position."""
    return position + 1


def to_zero_based(position: int) -> int:
    """1-based position -> 0-based position."""
    return position - 1


def interval_to_one_based(start: int, end: int) -> tuple[int, int]:
    """0-based half-open ``[start, end)`` -> 1-based inclusive ``(first, last)``."""
    return start + 1, end


def interval_to_zero_based(first: int, last: int) -> tuple[int, int]:
    """1-based inclusive ``(first, last)`` -> 0-based half-open ``[start, end)``."""
    return first - 1, last


def reverse_complement(sequence: str) -> str:
    """The other strand, read 5' to 3'. IUPAC codes keep their meaning, case is kept."""
    return sequence.translate(_COMPLEMENT)[::-1]
