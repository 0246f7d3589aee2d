"""Alignments of distinct mates as arrays, and the reading of them from an aligner's SAM output."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.align.reference import Contig
from kinescape.errors import KinescapeError

UNPLACED = -1
_CIGAR = re.compile(rb"(\d+)([MIDNSHP=X])")
CIGAR_CODES = {letter: code for code, letter in enumerate(b"MIDNSHP=X")}
"""Operation letter -> code, as in BAM (SAM specification, section 4.2)."""
_UNMAPPED, _REVERSE, _SECONDARY, _SUPPLEMENTARY = 0x4, 0x10, 0x100, 0x800


@dataclass(frozen=True)
class MateAlignments:
    """The primary alignment of every distinct mate, by one aligner.

    Attributes
    ----------
    chromosomes
        Names that ``chrom`` counts in.
    chrom
        int16[mates]: chromosome, -1 where the mate was not placed.
    start
        int64[mates]: first aligned base, 0-based on the chromosome.
    end
        int64[mates]: one past the last aligned base.
    reverse
        bool[mates]: aligned to the minus strand.
    mapping_quality
        uint8[mates].
    operations, operation_start
        int64[any, 2] of (code, length), and int64[mates + 1]: the CIGAR of mate m is
        ``operations[operation_start[m] : operation_start[m + 1]]``, in the direction of the plus strand.
    """

    aligner: str
    chromosomes: tuple[str, ...]
    chrom: NDArray[np.int16]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    reverse: NDArray[np.bool_]
    mapping_quality: NDArray[np.uint8]
    operations: NDArray[np.int64]
    operation_start: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.chrom)


def alignments_from_sam(aligner: str, lines: Iterable[bytes], mates: int, contigs: dict[str, Contig]) -> MateAlignments:
    """Read SAM lines whose query names are the numbers of distinct mates.

    Secondary and supplementary lines are left out: a mate counts once, where the aligner placed it first.

    Raises
    ------
    KinescapeError
        The aligner's output is cut short.
    """
    places = {name.encode(): contig for name, contig in contigs.items()}
    chromosomes = tuple(sorted({contig.chrom for contig in contigs.values()}))
    chrom_number = {name: number for number, name in enumerate(chromosomes)}
    chrom = np.full(mates, UNPLACED, np.int16)
    start = np.zeros(mates, np.int64)
    end = np.zeros(mates, np.int64)
    reverse = np.zeros(mates, np.bool_)
    quality = np.zeros(mates, np.uint8)
    cigar_of = np.zeros(mates, np.int64)
    cigars: dict[bytes, int] = {b"*": 0}
    parsed: list[list[tuple[int, int]]] = [[]]
    spans = [0]
    seen = 0
    for line in lines:
        if line.startswith(b"@"):
            continue
        try:
            name, flags, contig_name, position, mapping_quality, cigar, _ = line.split(b"\t", 6)
        except ValueError:
            raise KinescapeError(f"{aligner} wrote a line that is not SAM: it was stopped before its end") from None
        flag = int(flags)
        if flag & (_SECONDARY | _SUPPLEMENTARY):
            continue
        seen += 1
        place = places.get(contig_name)
        if flag & _UNMAPPED or place is None:
            continue
        mate = int(name)
        number = cigars.get(cigar)
        if number is None:
            number = cigars[cigar] = len(parsed)
            operations = [(CIGAR_CODES[letter[0]], int(length)) for length, letter in _CIGAR.findall(cigar)]
            parsed.append(operations)
            spans.append(sum(length for code, length in operations if code in (0, 2, 3, 7, 8)))
        chrom[mate] = chrom_number[place.chrom]
        start[mate] = place.start + int(position) - 1
        end[mate] = start[mate] + spans[number]
        reverse[mate] = bool(flag & _REVERSE)
        quality[mate] = int(mapping_quality)
        cigar_of[mate] = number
    if seen != mates:
        raise KinescapeError(f"{aligner} returned {seen} of {mates} mates: it was stopped before its end")
    counts = np.array([len(operations) for operations in parsed], np.int64)
    operation_start = np.zeros(mates + 1, np.int64)
    np.cumsum(counts[cigar_of], out=operation_start[1:])
    flat = [operation for number in cigar_of.tolist() for operation in parsed[number]]
    operations_array = np.array(flat, np.int64).reshape(-1, 2)
    return MateAlignments(aligner, chromosomes, chrom, start, end, reverse, quality, operations_array, operation_start)
