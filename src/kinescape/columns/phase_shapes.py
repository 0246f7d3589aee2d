"""Which reads of a family lie alike: same first base, same gaps. Only such reads can be compared base by base."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.align.mates import MateAlignments
from kinescape.compiled import kernel

# FNV-1a (Fowler, Noll, Vo), 64 bit, over whole numbers.
_FNV_OFFSET = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)


@dataclass(frozen=True)
class MateShapes:
    """How every distinct mate lies.

    Attributes
    ----------
    key
        uint64[mates]: hash of ``five_prime`` and of all insertions and deletions.
    five_prime
        int64[mates]: where the mate's first base lies, clipped bases counted: 0-based on the chromosome, and for
        reverse mates one past it.
    inserted, deleted
        int64[mates]: bases.
    """

    key: NDArray[np.uint64]
    five_prime: NDArray[np.int64]
    inserted: NDArray[np.int64]
    deleted: NDArray[np.int64]

    @property
    def gaps(self) -> NDArray[np.int64]:
        """int64[mates]: bases inserted and deleted."""
        return self.inserted + self.deleted


def mate_shapes(alignments: MateAlignments) -> MateShapes:
    """The shapes of all distinct mates."""
    shapes = MateShapes(np.zeros(len(alignments), np.uint64), *np.zeros((3, len(alignments)), np.int64))
    _fill_shapes(alignments.start, alignments.reverse, alignments.operations, alignments.operation_start,
                 shapes.key, shapes.five_prime, shapes.inserted, shapes.deleted)  # fmt: skip
    return shapes


def in_phase(slot: NDArray[np.int64], keys: NDArray[np.uint64], gaps: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each read has the commonest shape of its slot (a family's side; -1: none).

    Of shapes alike in number, the one with fewer bases in gaps is taken, then the smaller hash: the order of the reads
    has no part in it.
    """
    reads = np.flatnonzero(slot >= 0)
    fits = np.zeros(len(slot), np.bool_)
    if len(reads) == 0:
        return fits
    order = reads[np.lexsort((keys[reads], slot[reads]))]
    new = np.ones(len(order), np.bool_)
    new[1:] = (slot[order][1:] != slot[order][:-1]) | (keys[order][1:] != keys[order][:-1])
    first = order[new]
    count = np.diff(np.append(np.flatnonzero(new), len(order)))
    ranked = np.lexsort((keys[first], gaps[first], -count, slot[first]))
    best = np.ones(len(ranked), np.bool_)
    best[1:] = slot[first][ranked][1:] != slot[first][ranked][:-1]
    chosen = np.zeros(len(first), np.bool_)
    chosen[ranked[best]] = True
    fits[order] = chosen[np.cumsum(new) - 1]
    return fits


@kernel
def _mixed(value: np.uint64, number: int) -> np.uint64:
    return (value ^ np.uint64(number)) * _FNV_PRIME


@kernel
def _fill_shapes(
    starts: NDArray[np.int64],
    reverse: NDArray[np.bool_],
    operations: NDArray[np.int64],
    operation_start: NDArray[np.int64],
    keys: NDArray[np.uint64],
    five_primes: NDArray[np.int64],
    inserted: NDArray[np.int64],
    deleted: NDArray[np.int64],
) -> None:
    for mate in range(starts.shape[0]):
        begin, end = operation_start[mate], operation_start[mate + 1]
        value = _FNV_OFFSET
        position = starts[mate]
        for step in range(begin, end):
            code, length = operations[step, 0], operations[step, 1]
            if code == 1 or code == 2 or code == 3:  # I, D, N
                value = _mixed(_mixed(_mixed(value, position), code), length)
                if code == 1:
                    inserted[mate] += length
                else:
                    deleted[mate] += length
            if code == 0 or code == 2 or code == 3 or code == 7 or code == 8:
                position += length
        five_prime = starts[mate]
        if reverse[mate]:
            five_prime = position
            if end > begin and operations[end - 1, 0] == 4:
                five_prime += operations[end - 1, 1]
        elif end > begin and operations[begin, 0] == 4:
            five_prime -= operations[begin, 1]
        five_primes[mate] = five_prime
        keys[mate] = _mixed(value, five_prime)
