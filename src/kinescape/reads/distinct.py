"""Distinct mate sequences: each is kept once, and every read remembers which one it is.

In deep amplicon sequencing about one mate in eleven is distinct; aligning those alone, once each, is what makes two
aligners affordable. Qualities are never shared: they stay with the reads (``reads/pairs.py``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kinescape.compiled import kernel

_FIRST_SLOTS = 1 << 16
_FIRST_BYTES = 1 << 22
# FNV-1a (Fowler, Noll, Vo), 64 bit; equality is always decided on the bases themselves.
_FNV_OFFSET = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)


@kernel
def _intern(
    buffer: NDArray[np.uint8],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
    table: NDArray[np.int64],
    hashes: NDArray[np.uint64],
    arena: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    count: int,
    numbers: NDArray[np.int32],
) -> int:
    """Give each sequence its number; returns the new count. ``offsets[n+1] - offsets[n]`` is the length of number n."""
    mask = np.int64(table.shape[0] - 1)
    for read in range(starts.shape[0]):
        start = starts[read]
        length = lengths[read]
        value = _FNV_OFFSET
        for index in range(start, start + length):
            value = (value ^ np.uint64(buffer[index])) * _FNV_PRIME
        value ^= value >> np.uint64(29)
        slot = np.int64(value & np.uint64(mask))
        while True:
            number = table[slot]
            if number < 0:
                begin = offsets[count]
                for index in range(length):
                    arena[begin + index] = buffer[start + index]
                offsets[count + 1] = begin + length
                hashes[count] = value
                table[slot] = count
                numbers[read] = count
                count += 1
                break
            if hashes[number] == value and offsets[number + 1] - offsets[number] == length:
                begin = offsets[number]
                same = True
                for index in range(length):
                    if arena[begin + index] != buffer[start + index]:
                        same = False
                        break
                if same:
                    numbers[read] = number
                    break
            slot = (slot + 1) & mask
    return count


@kernel
def _refill(table: NDArray[np.int64], hashes: NDArray[np.uint64], count: int) -> None:
    mask = np.int64(table.shape[0] - 1)
    for number in range(count):
        slot = np.int64(hashes[number] & np.uint64(mask))
        while table[slot] >= 0:
            slot = (slot + 1) & mask
        table[slot] = number


class DistinctSequences:
    """A growing set of sequences, numbered from 0 in order of first appearance."""

    def __init__(self) -> None:
        self._table = np.full(_FIRST_SLOTS, -1, np.int64)
        self._hashes = np.empty(_FIRST_SLOTS // 2, np.uint64)
        self._offsets = np.zeros(_FIRST_SLOTS // 2 + 1, np.int64)
        self._arena = np.empty(_FIRST_BYTES, np.uint8)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def lengths(self) -> NDArray[np.int64]:
        """int64[n]: bases of each sequence."""
        return np.diff(self._offsets[: self._count + 1])

    @property
    def offsets(self) -> NDArray[np.int64]:
        """int64[n + 1]: where each sequence starts in :attr:`bases`."""
        return self._offsets[: self._count + 1]

    @property
    def bases(self) -> NDArray[np.uint8]:
        """uint8: all sequences in one row, as ASCII."""
        return self._arena[: self._offsets[self._count]]

    def sequence(self, number: int) -> str:
        return self._arena[self._offsets[number] : self._offsets[number + 1]].tobytes().decode("ascii")

    def add(
        self, buffer: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64]
    ) -> NDArray[np.int32]:
        """Number the sequences ``buffer[start : start + length]``.

        Returns
        -------
        int32[reads]
            The number of each.
        """
        self._reserve(len(starts), int(lengths.sum()))
        numbers = np.empty(len(starts), np.int32)
        self._count = _intern(
            buffer, starts, lengths, self._table, self._hashes, self._arena, self._offsets, self._count, numbers
        )
        return numbers

    def _reserve(self, reads: int, bases: int) -> None:
        """Room for ``reads`` more sequences of ``bases`` in all, the table never more than half full."""
        needed = self._count + reads
        if needed > len(self._hashes):
            capacity = 1 << (needed - 1).bit_length()
            self._hashes = np.resize(self._hashes, capacity)
            offsets = np.zeros(capacity + 1, np.int64)
            offsets[: self._count + 1] = self._offsets[: self._count + 1]
            self._offsets = offsets
            self._table = np.full(2 * capacity, -1, np.int64)
            _refill(self._table, self._hashes, self._count)
        used = int(self._offsets[self._count])
        if used + bases > len(self._arena):
            arena = np.empty(1 << (used + bases - 1).bit_length(), np.uint8)
            arena[:used] = self._arena[:used]
            self._arena = arena
