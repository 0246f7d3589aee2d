"""The positions that a panel looks at, in one row.

All amplicons together cover about a thousand positions, so columns are arrays over an *axis*: the union of the
amplicons (primers included), each contiguous stretch after the other. Amplicons that overlap share its positions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.panel.model import Amplicon, Panel

_BASE_CODE = np.full(256, 4, np.uint8)
for _code, _letter in enumerate(b"ACGT"):
    _BASE_CODE[_letter] = _code
BASE_CODES = _BASE_CODE
"""uint8[256]: ASCII base -> 0 (A), 1 (C), 2 (G), 3 (T); anything else 4."""
BASES = "ACGT"


@dataclass(frozen=True)
class Axis:
    """Positions of the panel.

    Attributes
    ----------
    chrom
        int16[positions]: number of the chromosome in ``chromosomes``.
    position
        int64[positions]: 0-based position on it.
    reference
        uint8[positions]: reference base (0 to 3).
    in_insert
        bool[positions]: between the primers of at least one amplicon.
    amplicon_offset
        int64[amplicons]: index on the axis of each amplicon's first base.
    """

    amplicons: tuple[Amplicon, ...]
    chromosomes: tuple[str, ...]
    chrom: NDArray[np.int16]
    position: NDArray[np.int64]
    reference: NDArray[np.uint8]
    in_insert: NDArray[np.bool_]
    amplicon_offset: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.position)

    def index(self, chrom: str, position: int) -> int | None:
        """Index of a 0-based chromosome position, None where no amplicon covers it."""
        for number, amplicon in enumerate(self.amplicons):
            if amplicon.chrom == chrom and amplicon.start <= position < amplicon.end:
                return int(self.amplicon_offset[number]) + position - amplicon.start
        return None

    def column(self, chrom: str, position: int) -> int:
        """Index of a 0-based chromosome position that is known to lie on an amplicon; KeyError where it does not."""
        index = self.index(chrom, position)
        if index is None:
            raise KeyError(f"{chrom}:{position + 1}")
        return index

    def insert(self, number: int) -> slice:
        """Axis indices of an amplicon's insert."""
        amplicon = self.amplicons[number]
        offset = int(self.amplicon_offset[number]) - amplicon.start
        return slice(offset + amplicon.insert_start, offset + amplicon.insert_end)


def panel_axis(panel: Panel) -> Axis:
    """The axis of a panel: amplicons in the order of chromosome and position."""
    amplicons = tuple(sorted(panel.amplicons, key=lambda each: (each.chrom, each.start, each.end)))
    chromosomes = tuple(sorted({amplicon.chrom for amplicon in amplicons}))
    stretches: list[tuple[str, int, int]] = []
    for amplicon in amplicons:
        if stretches and stretches[-1][0] == amplicon.chrom and amplicon.start < stretches[-1][2]:
            stretches[-1] = (amplicon.chrom, stretches[-1][1], max(stretches[-1][2], amplicon.end))
        else:
            stretches.append((amplicon.chrom, amplicon.start, amplicon.end))
    starts = np.cumsum([0] + [end - start for _, start, end in stretches])
    offsets = [
        next(
            int(starts[number]) + amplicon.start - start
            for number, (chrom, start, end) in enumerate(stretches)
            if chrom == amplicon.chrom and start <= amplicon.start and amplicon.end <= end
        )
        for amplicon in amplicons
    ]
    sequence = "".join(panel.bases(chrom, start, end) for chrom, start, end in stretches)
    in_insert = np.zeros(len(sequence), np.bool_)
    for offset, amplicon in zip(offsets, amplicons, strict=True):
        in_insert[offset + amplicon.insert_start - amplicon.start : offset + amplicon.insert_end - amplicon.start] = (
            True
        )
    return Axis(
        amplicons,
        chromosomes,
        np.concatenate([np.full(end - start, chromosomes.index(chrom), np.int16) for chrom, start, end in stretches]),
        np.concatenate([np.arange(start, end, dtype=np.int64) for _, start, end in stretches]),
        BASE_CODES[np.frombuffer(sequence.encode(), np.uint8)],
        in_insert,
        np.array(offsets, np.int64),
    )
