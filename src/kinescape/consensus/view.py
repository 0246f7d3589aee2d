"""The reads as one aligner placed them, for questions about a few variants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.columns.alleles import variant_alleles
from kinescape.columns.axis import BASES, Axis
from kinescape.columns.haplotype import spelled
from kinescape.columns.mate_gaps import Event
from kinescape.columns.placement import Placement
from kinescape.reads.pairs import ReadPairs
from kinescape.records import Variant


@dataclass(frozen=True)
class View:
    """Pairs, where one aligner put their mates, and the insertions and deletions that it shows."""

    pairs: ReadPairs
    axis: Axis
    placement: Placement
    events: Sequence[Event]

    def alleles(self, variants: Sequence[Variant]) -> NDArray[np.uint8]:
        """uint8[pairs, variants]: what every fragment shows, as ``columns/alleles.py`` codes it."""
        return variant_alleles(self.pairs, self.placement, self.axis, variants, self.events)

    def supporters(self, variant: Variant) -> NDArray[np.int64]:
        """int64[n]: distinct mates that show a variant (its first changed base, or its insertion or deletion)."""
        if len(variant.ref) != len(variant.alt):
            found = next((event.mates for event in self.events if event.variant == variant), None)
            return found if found is not None else np.zeros(0, np.int64)
        changed = zip(variant.ref, variant.alt, strict=True)
        offset = next(index for index, (one, two) in enumerate(changed) if one != two)
        column = self.axis.column(variant.chrom, variant.pos - 1 + offset)
        shows = (self.placement.column == column) & (self.placement.base == BASES.index(variant.alt[offset]))
        return np.unique(np.searchsorted(self.pairs.mates.offsets, np.flatnonzero(shows), side="right") - 1)

    def supporters_of_all(self, variants: Sequence[Variant]) -> NDArray[np.int64]:
        """int64[n]: distinct mates that show every one of the variants."""
        common = self.supporters(variants[0])
        for variant in variants[1:]:
            common = np.intersect1d(common, self.supporters(variant))
        return common

    def spelling(self, mates: NDArray[np.int64], start: int, end: int) -> tuple[str, float] | None:
        """What most of the mates' reads spell over ``[start, end)`` (0-based), and its share of those that span it."""
        reads = self.pairs.reads_per_mate()
        counts: dict[str, int] = {}
        for mate in mates.tolist():
            text = spelled(self.pairs, self.placement, mate, start, end)
            if text is not None:
                counts[text] = counts.get(text, 0) + int(reads[mate])
        if not counts:
            return None
        commonest = max(counts, key=lambda text: (counts[text], text))
        return commonest, counts[commonest] / sum(counts.values())
