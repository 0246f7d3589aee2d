"""Reads that are identical in place, CIGAR, bases and qualities: what is costly is computed for one of them."""

from __future__ import annotations

import numpy as np

from kinescape.columns.aligned import QualityArray
from kinescape.columns.bam import IntArray
from kinescape.compiled import kernel


@kernel
def twins(
    todo: IntArray, start: IntArray, cigar_bounds: IntArray, cigar: IntArray,
    bounds: IntArray, bases: QualityArray, qualities: QualityArray,
) -> IntArray:  # fmt: skip
    """For each read the first one of ``todo`` with the same place, CIGAR, bases and qualities (itself, if none)."""
    capacity = 16
    while capacity < 2 * todo.size:
        capacity *= 2
    table = np.full(capacity, -1, dtype=np.int64)
    twin = np.empty(todo.size, dtype=np.int64)
    for position in range(todo.size):
        i = todo[position]
        # FNV-1a (Fowler, Noll, Vo), one step per base.
        digest = np.uint64(0xCBF29CE484222325) ^ np.uint64(start[i])
        for j in range(bounds[i], bounds[i + 1]):
            digest = (digest ^ np.uint64(qualities[j] * 8 + bases[j])) * np.uint64(0x100000001B3)
        slot = np.int64(digest >> np.uint64(32)) & (capacity - 1)
        while table[slot] >= 0 and not _same(table[slot], i, start, cigar_bounds, cigar, bounds, bases, qualities):
            slot = (slot + 1) & (capacity - 1)
        if table[slot] < 0:
            table[slot] = i
        twin[position] = table[slot]
    return twin


@kernel
def _same(
    a: int, b: int, start: IntArray, cigar_bounds: IntArray, cigar: IntArray,
    bounds: IntArray, bases: QualityArray, qualities: QualityArray,
) -> bool:  # fmt: skip
    length, operations = bounds[a + 1] - bounds[a], cigar_bounds[a + 1] - cigar_bounds[a]
    if start[a] != start[b] or length != bounds[b + 1] - bounds[b]:
        return False
    if operations != cigar_bounds[b + 1] - cigar_bounds[b]:
        return False
    for j in range(operations):
        if cigar[cigar_bounds[a] + j] != cigar[cigar_bounds[b] + j]:
            return False
    for j in range(length):
        if qualities[bounds[a] + j] != qualities[bounds[b] + j] or bases[bounds[a] + j] != bases[bounds[b] + j]:
            return False
    return True


@kernel
def copy_to_twins(
    todo: IntArray, twin: IntArray, bounds: IntArray,
    base: QualityArray, insertion: QualityArray, deletion: QualityArray,
) -> None:  # fmt: skip
    for position in range(todo.size):
        i, j = todo[position], twin[position]
        if i != j:
            base[bounds[i] : bounds[i + 1]] = base[bounds[j] : bounds[j + 1]]
            insertion[bounds[i] : bounds[i + 1]] = insertion[bounds[j] : bounds[j + 1]]
            deletion[bounds[i] : bounds[i + 1]] = deletion[bounds[j] : bounds[j + 1]]
