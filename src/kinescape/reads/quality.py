"""Read quality control: what the base qualities of one file look like, before any alignment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kinescape.compiled import kernel
from kinescape.errors import InputError

MAX_CYCLES = 1024
"""Cycles shown separately; longer reads are counted in the last one."""
LEVELS = 94
# Phred+64 (Illumina 1.3 to 1.7) read as Phred+33 gives qualities of 31 to 73 and none below.
_OFFSET_64_LOWEST = 31
_OFFSET_64_HIGHEST = 75
_HIGHEST_SHORT_READ_QUALITY = 60


@kernel
def _count(offsets: NDArray[np.int64], values: NDArray[np.uint8], table: NDArray[np.int64]) -> None:
    last = table.shape[0] - 1
    for read in range(offsets.shape[0] - 1):
        begin = offsets[read]
        for index in range(begin, offsets[read + 1]):
            table[min(index - begin, last), values[index]] += 1


class QualityTally:
    """Counts of qualities by cycle: int64[cycles, 94]."""

    def __init__(self) -> None:
        self._table = np.zeros((MAX_CYCLES, LEVELS), np.int64)
        self.reads = 0
        self.longest = 0

    def add(self, offsets: NDArray[np.int64], values: NDArray[np.uint8]) -> None:
        """Count the reads ``values[offsets[i] : offsets[i + 1]]``."""
        _count(offsets, values, self._table)
        self.reads += len(offsets) - 1
        self.longest = max(self.longest, int(np.diff(offsets).max(initial=0)))

    @property
    def by_quality(self) -> NDArray[np.int64]:
        """int64[94]: bases of each quality."""
        counts: NDArray[np.int64] = self._table.sum(axis=0)
        return counts

    @property
    def bases(self) -> int:
        return int(self._table.sum())

    def mean(self) -> float:
        """Mean quality over all bases."""
        counts = self.by_quality
        return float(counts @ np.arange(LEVELS) / max(1, counts.sum()))

    def at_least(self, quality: int) -> int:
        """Bases of at least this quality."""
        return int(self.by_quality[quality:].sum())

    def by_cycle(self) -> NDArray[np.float64]:
        """float64[cycles]: mean quality at each cycle."""
        table = self._table[: min(self.longest, MAX_CYCLES)]
        mean: NDArray[np.float64] = (table @ np.arange(LEVELS)) / np.maximum(1, table.sum(axis=1))
        return mean

    def refuse_wrong_offset(self, path: Path) -> None:
        """Raise :class:`InputError` where all qualities look like Phred+64."""
        seen = np.flatnonzero(self.by_quality)
        lowest, highest = int(seen[0]), int(seen[-1])
        if lowest >= _OFFSET_64_LOWEST and _HIGHEST_SHORT_READ_QUALITY < highest <= _OFFSET_64_HIGHEST:
            raise InputError(
                "qualities are out of range: they look like Phred+64 (Illumina 1.3 to 1.7)",
                file=path,
                found=f"{lowest} to {highest}",
                expected="Phred+33 (0 to 41 or so)",
            )
