"""Three and more variants on one amplicon: which combinations the fragments show, where every pair has a verdict.

Fragments that show every site of a group are counted by what they carry together. The list is made only for groups in
which each pair was judged cis, trans or mixed: counts of a group that holds an undeterminable pair would say more than
its pairs do. Combinations that errors and chimeras of the commoner ones explain are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from kinescape.call.interval import allele_fraction_interval
from kinescape.columns.alleles import ALTERNATIVE, REFERENCE
from kinescape.phase.likelihood import PhaseErrors
from kinescape.records import Haplotype, PhaseVerdict

SMALLEST_GROUP = 3
LIKELY_ERROR = 3.0
"""A combination is kept where it is seen more often than this many standard deviations above what errors leave."""


def haplotypes_of(
    names: Sequence[str],
    seen: NDArray[np.uint8],
    phases: Sequence[PhaseVerdict],
    backgrounds: Sequence[float],
    molecules: int | None,
) -> tuple[Haplotype, ...]:
    """The combinations of every group of three or more variants, the commonest first within a group.

    Parameters
    ----------
    names
        Variant names, one for each column of ``seen``.
    seen
        uint8[pairs, variants]: allele of every fragment, as ``columns/alleles.py`` codes it.
    backgrounds
        Share of reference molecules read as each variant.
    molecules
        Input genome copies, None when unknown.
    """
    verdicts = {frozenset((each.variant_a, each.variant_b)): each.verdict for each in phases}
    found: list[Haplotype] = []
    for group in _groups(names, verdicts):
        columns = [names.index(name) for name in group]
        found += _combinations(group, seen[:, columns], [backgrounds[each] for each in columns], molecules)
    return tuple(found)


def _groups(names: Sequence[str], verdicts: Mapping[frozenset[str], str]) -> list[tuple[str, ...]]:
    """Sets of variants whose every pair is determined; a variant joins the first group it fits, in order."""
    groups: list[list[str]] = []
    for name in names:
        for group in groups:
            if all(verdicts.get(frozenset((name, other)), "undeterminable") != "undeterminable" for other in group):
                group.append(name)
                break
        else:
            groups.append([name])
    return [tuple(group) for group in groups if len(group) >= SMALLEST_GROUP]


def _combinations(
    group: tuple[str, ...], seen: NDArray[np.uint8], backgrounds: Sequence[float], molecules: int | None
) -> list[Haplotype]:
    shown = ((seen == ALTERNATIVE) | (seen == REFERENCE)).all(axis=1)
    carried = seen[shown] == ALTERNATIVE
    total = len(carried)
    codes = carried @ (1 << np.arange(len(group)))
    counts = np.bincount(codes, minlength=1 << len(group))
    ordered = sorted(range(1, len(counts)), key=lambda code: (-int(counts[code]), code))
    kept: list[Haplotype] = []
    chimera, loss = PhaseErrors(0.0, 0.0).chimera, PhaseErrors(0.0, 0.0).loss
    for code in ordered:
        count = int(counts[code])
        expected = _by_error(code, counts, backgrounds, chimera, loss)
        if count <= expected + LIKELY_ERROR * max(1.0, expected**0.5):
            continue
        share = count / total
        low, high = allele_fraction_interval(share, total, molecules)
        members = tuple(name for number, name in enumerate(group) if code >> number & 1)
        kept.append(
            Haplotype(group=group, variants=members, fragments=count, share=round(share, 6), low=low, high=high)
        )
    return kept


def _by_error(code: int, counts: NDArray[np.int64], backgrounds: Sequence[float], chimera: float, loss: float) -> float:
    """Fragments with this combination that other combinations leave by one wrong base or one chimera."""
    total = float(counts.sum())
    expected = 0.0
    for number, background in enumerate(backgrounds):
        neighbour = code ^ (1 << number)
        expected += float(counts[neighbour]) * (background if code >> number & 1 else loss)
    # A chimera takes its left part from one molecule and its right part from another.
    size = len(backgrounds)
    for cut in range(1, size):
        low_mask = (1 << cut) - 1
        kinds = np.arange(len(counts))
        left = float(counts[(kinds & low_mask) == (code & low_mask)].sum())
        right = float(counts[(kinds & ~low_mask) == (code & ~low_mask)].sum())
        expected += chimera / (size - 1) * left * right / total
    return expected


def acquisition_order(haplotypes: Sequence[Haplotype]) -> tuple[tuple[str, ...], ...] | None:
    """The steps of a nested chain, the earliest change first; None where the combinations branch.

    Each haplotype must hold all changes of the smaller ones: then a step is what it adds to them. Changes that always
    come together are one step, because nothing tells which was first.
    """
    sets = sorted({frozenset(each.variants) for each in haplotypes}, key=len)
    if not sets or any(not small < large for small, large in combinations(sets, 2)):
        return None
    steps: list[tuple[str, ...]] = []
    before: frozenset[str] = frozenset()
    order = list(haplotypes[0].group)
    for each in sets:
        steps.append(tuple(sorted(each - before, key=order.index)))
        before = each
    return tuple(steps)
