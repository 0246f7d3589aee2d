"""Insertions and deletions at every position, as counts; the companion of the base histogram.

An event stands at its anchor, the last position before it. A read says something about insertions and deletions at
every position it spans: the event that follows there, or that none does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from kinescape.columns.histogram import CodeArray, CodeCounter, IntArray

Kind = Literal["insertion", "deletion"]

KINDS: tuple[Kind, Kind] = ("insertion", "deletion")
"""Order of the kind axis. In packed codes the kind stands in the place of the base."""


@dataclass(frozen=True, eq=False)
class IndelAllele:
    """One insertion or deletion.

    Attributes
    ----------
    offset
        0-based window offset of the anchor.
    kind, sequence
        What is inserted or deleted, letters on the reference's strand.
    forward, reverse
        Reads with it, by strand.
    group_code, group_count
        uint64[g], int64[g]: packed indel quality (in the place of the base quality), mapping quality, alignment
        quality of the gap, source quality; see :func:`kinescape.columns.histogram.pack_codes`.
    """

    offset: int
    kind: Kind
    sequence: str
    forward: int
    reverse: int
    group_code: CodeArray
    group_count: IntArray

    @property
    def count(self) -> int:
        """Reads with the event."""
        return self.forward + self.reverse

    def moved(self, by: int) -> IndelAllele:
        """The same event ``by`` positions further on."""
        codes = self.group_code.astype(np.int64) + (by << 34)
        return replace(self, offset=self.offset + by, group_code=codes.astype(np.uint64))


@dataclass(frozen=True, eq=False)
class IndelCounts:
    """Events over the window of a :class:`kinescape.columns.histogram.ColumnCounts`.

    Attributes
    ----------
    without
        int64[n, 2]: spanning reads in which no event follows, by strand (forward, reverse).
    tails
        int64[n]: reads whose last aligned base stands here; they cannot show an event.
    group_code, group_count
        uint64[g], int64[g], ascending: packed qualities of the reads without event, base 0 for insertion quality and
        1 for deletion quality.
    alleles
        All events, by offset, kind, sequence.
    """

    without: IntArray
    tails: IntArray
    group_code: CodeArray
    group_count: IntArray
    alleles: tuple[IndelAllele, ...]


def merged_indels(parts: Sequence[IndelCounts]) -> IndelCounts:
    """The counts of all parts together; all must cover the same window."""
    counter = CodeCounter()
    for part in parts:
        counter.add(part.group_code, part.group_count)
    codes, counts = counter.sorted()
    return IndelCounts(
        without=np.sum([part.without for part in parts], axis=0),
        tails=np.sum([part.tails for part in parts], axis=0),
        group_code=codes,
        group_count=counts,
        alleles=merged_alleles([allele for part in parts for allele in part.alleles]),
    )


def merged_alleles(alleles: Sequence[IndelAllele]) -> tuple[IndelAllele, ...]:
    """Equal events become one; the order is by offset, kind and sequence."""
    together: dict[tuple[int, int, str], list[IndelAllele]] = {}
    for allele in alleles:
        key = (allele.offset, KINDS.index(allele.kind), allele.sequence)
        together.setdefault(key, []).append(allele)
    merged = []
    for (offset, kind, sequence), parts in sorted(together.items()):
        codes, inverse = np.unique(np.concatenate([part.group_code for part in parts]), return_inverse=True)
        counts = np.zeros(codes.size, dtype=np.int64)
        np.add.at(counts, inverse, np.concatenate([part.group_count for part in parts]))
        merged.append(
            IndelAllele(
                offset,
                KINDS[kind],
                sequence,
                sum(part.forward for part in parts),
                sum(part.reverse for part in parts),
                codes,
                counts,
            )
        )
    return tuple(merged)


def indel_consensus(size: int, counts: IndelCounts) -> npt.NDArray[np.bool_]:
    """bool[size]: the indel qualities of one event outweigh those of all reads without one."""
    outweighed = np.zeros(size, dtype=np.bool_)
    if not counts.alleles:
        return outweighed
    weight = np.zeros((size, 2), dtype=np.int64)
    position = (counts.group_code >> np.uint64(34)).astype(np.int64)
    kind = ((counts.group_code >> np.uint64(32)) & np.uint64(3)).astype(np.int64)
    np.add.at(weight, (position, kind), _indel_quality(counts.group_code) * counts.group_count)
    for allele in counts.alleles:
        event = int(_indel_quality(allele.group_code) @ allele.group_count)
        outweighed[allele.offset] |= event > weight[allele.offset, KINDS.index(allele.kind)]
    return outweighed


def _indel_quality(codes: CodeArray) -> IntArray:
    return ((codes >> np.uint64(24)) & np.uint64(255)).astype(np.int64)
