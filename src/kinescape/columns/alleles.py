"""What every fragment shows at a few chosen sites: mates merged, agreement demanded where they overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.columns.axis import BASES, Axis
from kinescape.columns.mate_gaps import Event
from kinescape.columns.placement import Placement
from kinescape.compiled import kernel
from kinescape.reads.pairs import ReadPairs
from kinescape.records import Variant

MISSING, REFERENCE, ALTERNATIVE, OTHER = 0, 1, 2, 3
MIN_QUALITY = 20
"""Base quality below which a mate does not speak (one error in a hundred); the other mate may."""


@dataclass(frozen=True)
class Site:
    """One base to look at: axis index, reference base and alternative base (0 to 3)."""

    column: int
    reference: int
    alternative: int


def variant_alleles(
    pairs: ReadPairs,
    placement: Placement,
    axis: Axis,
    variants: Sequence[Variant],
    events: Sequence[Event],
) -> NDArray[np.uint8]:
    """The allele of every pair for every variant, as :func:`fragment_alleles` codes it.

    Changes of several bases are looked up at their first changed base, insertions and deletions among ``events``.
    """
    seen = np.zeros((len(pairs), len(variants)), np.uint8)
    bases = [number for number, variant in enumerate(variants) if len(variant.ref) == len(variant.alt)]
    if bases:
        seen[:, bases] = fragment_alleles(pairs, placement, [_site(axis, variants[number]) for number in bases])
    by_variant = {event.variant: event for event in events}
    for number, variant in enumerate(variants):
        if len(variant.ref) != len(variant.alt):
            seen[:, number] = _event_alleles(pairs, placement, axis, variant, by_variant.get(variant))
    return seen


def _site(axis: Axis, variant: Variant) -> Site:
    offset = next(index for index, (one, two) in enumerate(zip(variant.ref, variant.alt, strict=True)) if one != two)
    return Site(
        axis.column(variant.chrom, variant.pos - 1 + offset),
        BASES.index(variant.ref[offset]),
        BASES.index(variant.alt[offset]),
    )


def _event_alleles(
    pairs: ReadPairs, placement: Placement, axis: Axis, variant: Variant, event: Event | None
) -> NDArray[np.uint8]:
    """uint8[pairs]: a mate speaks if it spans the change and a base on either side."""
    anchor = axis.column(variant.chrom, variant.pos - 1)
    spans = (placement.first <= anchor) & (anchor + len(variant.ref) < placement.last)
    by_mate = np.where(spans, np.uint8(REFERENCE), np.uint8(MISSING))
    if event is not None:
        by_mate[event.mates] = ALTERNATIVE
    one, two = by_mate[pairs.mate_1], by_mate[pairs.mate_2]
    merged = np.where(one == MISSING, two, one)
    merged[(one != MISSING) & (two != MISSING) & (one != two)] = MISSING
    return merged


def fragment_alleles(
    pairs: ReadPairs, placement: Placement, sites: Sequence[Site], min_quality: int = MIN_QUALITY
) -> NDArray[np.uint8]:
    """The allele of every pair at every site.

    Returns
    -------
    uint8[pairs, sites]
        0 missing (not spanned, low quality, or the mates disagree), 1 reference, 2 alternative, 3 another base.
    """
    seen = np.zeros((len(pairs), len(sites)), np.uint8)
    where = _bases_at(pairs, placement, sites)
    table = np.array([[site.reference, site.alternative] for site in sites], np.int64).reshape(-1, 2)
    done = 0
    for one, two in zip(pairs.qualities_1, pairs.qualities_2, strict=True):
        count = len(one.start) - 1
        part = slice(done, done + count)
        for numbers, chunk in ((pairs.mate_1[part], one), (pairs.mate_2[part], two)):
            _merge_mate(numbers, chunk.start, chunk.values, where, placement.base, pairs.mates.offsets, table,
                        min_quality, seen[part])  # fmt: skip
        done += count
    # The kernel marks a disagreement so that a third look cannot mend it; for the caller it is missing.
    seen[seen > OTHER] = MISSING
    return seen


def _bases_at(pairs: ReadPairs, placement: Placement, sites: Sequence[Site]) -> NDArray[np.int32]:
    """int32[mates, sites]: index of the base that lies on each site within its mate, -1 where none does."""
    where = np.full((len(pairs.mates), len(sites)), -1, np.int32)
    offsets = pairs.mates.offsets
    for number, site in enumerate(sites):
        bases = np.flatnonzero(placement.column == site.column)
        mates = np.searchsorted(offsets, bases, side="right") - 1
        where[mates, number] = bases - offsets[mates]
    return where


@kernel
def _merge_mate(
    numbers: NDArray[np.int32],
    start: NDArray[np.int64],
    values: NDArray[np.uint8],
    where: NDArray[np.int32],
    base: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    table: NDArray[np.int64],
    min_quality: int,
    seen: NDArray[np.uint8],
) -> None:
    disagreement = 4
    for read in range(numbers.shape[0]):
        mate = numbers[read]
        for site in range(table.shape[0]):
            index = where[mate, site]
            if index < 0 or values[start[read] + index] < min_quality:
                continue
            letter = base[offsets[mate] + index]
            if letter == table[site, 0]:
                allele = 1
            elif letter == table[site, 1]:
                allele = 2
            else:
                allele = 3
            if seen[read, site] == 0:
                seen[read, site] = allele
            elif seen[read, site] != allele:
                seen[read, site] = disagreement
