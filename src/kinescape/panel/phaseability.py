"""Which known positions a panel can see on the same molecule.

Two changes can be phased only when one sequenced molecule holds both: one amplicon whose insert spans them. A pair on
two amplicons is never spanned by this design; whether any design could depends on the length of the DNA fragments.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from kinescape.panel.model import KnownChange, Panel
from kinescape.panel.protein_change import parse_protein_change

FRAGMENT_BP = 176
"""Median length of circulating DNA fragments in Villa et al. 2024, Methods."""

Span = Literal["one amplicon", "two amplicons", "too far", "not on panel"]
"""``one amplicon``: each read pair spans both. ``two amplicons``: near enough for one fragment, but no amplicon holds
both. ``too far``: no fragment of the given length holds both. ``not on panel``: one of them lies on no amplicon."""


@dataclass(frozen=True)
class PositionGroup:
    """The known changes of one residue. ``first`` and ``last``: 0-based positions of their left- and rightmost base."""

    gene: str
    residue: str
    changes: tuple[str, ...]
    chrom: str
    first: int
    last: int
    amplicon: str | None


@dataclass(frozen=True)
class Pair:
    """Two position groups of one gene. ``distance_bp``: between their outermost bases, 1 for neighbours."""

    a: PositionGroup
    b: PositionGroup
    distance_bp: int
    span: Span


def position_groups(panel: Panel) -> tuple[PositionGroup, ...]:
    """Known changes gathered by residue, in the order of the protein; changes without a known variant are left out."""
    members: dict[tuple[str, int], list[KnownChange]] = {}
    for change in panel.known:
        if change.variants:
            members.setdefault((change.gene, parse_protein_change(change.protein).first), []).append(change)
    order = list(panel.genes)
    groups: list[PositionGroup] = []
    for (symbol, residue), changes in sorted(members.items(), key=lambda item: (order.index(item[0][0]), item[0][1])):
        variants = [variant for change in changes for variant in change.variants]
        names = {change.amplicon for change in changes}
        groups.append(
            PositionGroup(
                gene=symbol,
                residue=f"{panel.genes[symbol].protein[residue - 1]}{residue}",
                changes=tuple(change.protein for change in changes),
                chrom=panel.genes[symbol].chrom,
                first=min(variant.pos - 1 for variant in variants),
                last=max(variant.pos - 2 + len(variant.ref) for variant in variants),
                amplicon=names.pop() if len(names) == 1 else None,
            )
        )
    return tuple(groups)


def phaseable_pairs(panel: Panel, fragment_bp: int = FRAGMENT_BP) -> tuple[Pair, ...]:
    """Every pair of position groups of the same gene, and whether something sequenced can hold both."""
    pairs: list[Pair] = []
    for a, b in combinations(position_groups(panel), 2):
        if a.gene != b.gene:
            continue
        distance = max(a.last, b.last) - min(a.first, b.first)
        pairs.append(Pair(a, b, distance, _span(a, b, distance, fragment_bp)))
    return tuple(pairs)


def _span(a: PositionGroup, b: PositionGroup, distance: int, fragment_bp: int) -> Span:
    if a.amplicon is None or b.amplicon is None:
        return "not on panel"
    if a.amplicon == b.amplicon:
        return "one amplicon"
    return "too far" if distance + 1 > fragment_bp else "two amplicons"
