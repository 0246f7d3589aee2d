"""Read pairs -> molecules: families by place, orientation and UMI, and one consensus pair for each.

The consensus pairs are :class:`~kinescape.reads.pairs.ReadPairs` like any other, so everything behind works on
molecules without knowing it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kinescape.align.mates import MateAlignments
from kinescape.columns.axis import Axis
from kinescape.columns.consensus_pairs import FamilyReads, consensus_pairs
from kinescape.columns.phase_shapes import in_phase, mate_shapes
from kinescape.columns.placement import amplicons_of
from kinescape.errors import InputError
from kinescape.reads.adjacency import group_umis
from kinescape.reads.pairs import ReadPairs
from kinescape.reads.umi import Umis
from kinescape.records import UmiParameters, UmiQc

SHARED_SHARE = 0.1
"""Where more than this share of the UMIs of one orientation is found in the other, beyond chance, a UMI names the
molecule and not its strand. Without such sharing the share is 0; with it, it is one half at two pairs per family."""

Strategy = Literal["adjacency", "joined", "paired"]


@dataclass(frozen=True)
class Molecules:
    """``pairs``: one consensus pair per molecule. ``on_target``: share of the reads that lay on amplicons."""

    pairs: ReadPairs
    qc: UmiQc
    on_target: float


@dataclass(frozen=True)
class _Ends:
    """Pairs as their alignments show them, one element per pair.

    ``placed``: both mates on amplicons, on opposite strands. ``usable``: and with a UMI. ``turned``: mate 1 is the
    reverse one (F2R1). ``place``: number of the amplicons of the forward and the reverse mate.
    """

    usable: NDArray[np.bool_]
    turned: NDArray[np.bool_]
    place: NDArray[np.int64]
    placed: NDArray[np.bool_]
    on_target: float


def call_molecules(
    pairs: ReadPairs, alignments: MateAlignments, axis: Axis, umi: UmiParameters, end_mask: int = 0
) -> Molecules:
    """Make one consensus pair of the read pairs of each molecule.

    Parameters
    ----------
    pairs
        Read with their UMIs (``pairs.umis``).
    alignments
        The distinct mates' places, by any one aligner.
    end_mask
        Bases at the 3' end of every mate that will not be counted.

    Raises
    ------
    InputError
        No family is large enough.
    """
    umis = pairs.umis
    assert umis is not None  # noqa: S101 - read_pairs was asked for them
    ends = _ends(pairs, alignments, axis, umis)
    used = np.flatnonzero(ends.usable)
    turned = ends.turned[used]
    strategy = _strategy(umi, umis, ends.place[used], turned, umis.codes[used])
    group = 2 * ends.place[used] + (turned if strategy == "adjacency" else 0)
    families = group_umis(group, _family_codes(umis, umis.codes[used], turned, strategy), umis.bases, umi.edits)
    size = np.bincount(families.family, minlength=len(families))
    reverse = np.bincount(families.family, turned, minlength=len(families)).astype(np.int64)
    enough = size >= umi.min_reads
    if not enough.any():
        raise InputError(
            f"no molecule was read by {umi.min_reads} pairs",
            found=f"{len(used)} pairs with a UMI on the amplicons, {len(families)} families",
            expected="the library's own UMIs and enough read pairs of each molecule",
        )
    family = np.full(len(pairs), -1, np.int64)
    family[used] = np.where(enough, np.cumsum(enough) - 1, -1)[families.family]
    reads, dropped = _family_reads(pairs, alignments, family, ends.turned, 2 * reverse[enough] > size[enough])
    consensus = consensus_pairs(pairs, reads, umi, by_strand=strategy == "paired", overhang=end_mask)
    both = ((reverse > 0) & (reverse < size))[enough]
    qc = UmiQc(
        strategy=strategy,
        umi_length=umis.bases,
        pairs=len(pairs),
        pairs_without_umi=umis.without,
        pairs_low_quality_umi=umis.low_quality,
        pairs_not_placed=int((umis.usable & ~ends.placed).sum()),
        pairs_corrected=families.absorbed,
        families=len(families),
        molecules=int(enough.sum()),
        mean_family_size=round(float(size.mean()) if len(size) else 0.0, 3),
        singletons=round(float((size == 1).mean()) if len(size) else 0.0, 5),
        duplex=round(float(both.mean()) if len(both) else 0.0, 5) if strategy == "paired" else None,
        reads_out_of_phase=dropped,
        umi_space=round(float(np.unique(families.group, return_counts=True)[1].max(initial=0)) / 4.0**umis.bases, 7),
        background=0.0,
        family_sizes=tuple((number, count) for number, count in enumerate(np.bincount(size).tolist()) if count),
    )
    return Molecules(consensus, qc, ends.on_target)


def _ends(pairs: ReadPairs, alignments: MateAlignments, axis: Axis, umis: Umis) -> _Ends:
    amplicon = amplicons_of(pairs.mates, alignments, axis).astype(np.int64)
    one, two = amplicon[pairs.mate_1], amplicon[pairs.mate_2]
    turned = alignments.reverse[pairs.mate_1]
    placed = (one >= 0) & (two >= 0) & (turned != alignments.reverse[pairs.mate_2])
    place = np.where(turned, two, one) * len(axis.amplicons) + np.where(turned, one, two)
    on_target = float(((one >= 0).sum() + (two >= 0).sum()) / (2 * len(pairs)))
    return _Ends(placed & umis.usable, turned, place, placed, on_target)


def _strategy(
    umi: UmiParameters, umis: Umis, place: NDArray[np.int64], turned: NDArray[np.bool_], codes: NDArray[np.int64]
) -> Strategy:
    if umi.strategy != "auto":
        return umi.strategy
    if umis.two and umis.lengths[0] == umis.lengths[1]:
        return "paired"
    plain = _family_codes(umis, codes, turned, "joined")
    shared = expected = possible = 0.0
    for each in np.unique(place):
        here = place == each
        forward, reverse = (np.unique(plain[here & (turned == way)]) for way in (False, True))
        shared += len(np.intersect1d(forward, reverse, assume_unique=True))
        expected += len(forward) * len(reverse) / 4.0**umis.bases
        possible += min(len(forward), len(reverse))
    return "joined" if possible > 0 and shared - expected > SHARED_SHARE * possible else "adjacency"


def _family_codes(
    umis: Umis, codes: NDArray[np.int64], turned: NDArray[np.bool_], strategy: Strategy
) -> NDArray[np.int64]:
    """int64[pairs]: both UMIs as one number; for the paired strategy that of the forward mate first."""
    swap = turned & (strategy == "paired")
    first, second = np.where(swap, codes[:, 1], codes[:, 0]), np.where(swap, codes[:, 0], codes[:, 1])
    return np.asarray(first << np.int64(2 * umis.lengths[1]) | second)


def _family_reads(
    pairs: ReadPairs,
    alignments: MateAlignments,
    family: NDArray[np.int64],
    turned: NDArray[np.bool_],
    family_turned: NDArray[np.bool_],
) -> tuple[FamilyReads, int]:
    """The reads that lie as most of their family's reads of the same side do; and how many do not."""
    shapes = mate_shapes(alignments)
    mate = np.concatenate((pairs.mate_1, pairs.mate_2))
    slot = np.concatenate([np.where(family >= 0, 2 * family + side, -1) for side in (turned, ~turned)])
    fits = in_phase(slot, shapes.key[mate], shapes.gaps[mate])
    # All that fit have one shape, so any of them shows it.
    shown = np.zeros(2 * len(family_turned), np.int64)
    shown[slot[fits]] = mate[fits]
    forward, reverse = shown[0::2], shown[1::2]
    net = shapes.inserted - shapes.deleted
    gapped = np.stack((shapes.gaps[forward] > 0, shapes.gaps[reverse] > 0), axis=1)
    template = (
        shapes.five_prime[reverse] - shapes.five_prime[forward] + np.where(gapped[:, 0], net[forward], net[reverse])
    )
    ways = (fits[: len(pairs)], fits[len(pairs) :])
    return FamilyReads(family, turned, ways, family_turned, template, gapped), int(((slot >= 0) & ~fits).sum())
