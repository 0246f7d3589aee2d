"""Which called changes lie on the same fragments: the one criterion by which changes become an event."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from kinescape.columns.alleles import ALTERNATIVE, MISSING, OTHER, REFERENCE

MOST_APART = 0.1
"""Share of either change's fragments that may show it without the other (errors and chimeras)."""


def on_same_fragments(one: NDArray[np.uint8], two: NDArray[np.uint8]) -> bool:
    """Whether the fragments that show one of two changes show the other one as well.

    Parameters
    ----------
    one, two
        uint8[pairs]: alleles of every fragment, as ``columns/alleles.py`` codes them.
    """
    a, b = one == ALTERNATIVE, two == ALTERNATIVE
    not_a, not_b = (one == REFERENCE) | (one == OTHER), (two == REFERENCE) | (two == OTHER)
    both = int((a & b).sum())
    return both > 0 and max(int((a & not_b).sum()), int((not_a & b).sum())) <= MOST_APART * both


def groups_of(
    numbers: Sequence[int], fits: Callable[[int, int], bool], collide: Callable[[int, int], bool]
) -> list[list[int]]:
    """Numbers chained by pairs that fit, leaving out a pair whose groups hold two members that collide."""
    groups = [[number] for number in numbers]
    for index, one in enumerate(numbers):
        for two in numbers[index + 1 :]:
            left = next(group for group in groups if one in group)
            right = next(group for group in groups if two in group)
            if left is right or not fits(one, two) or any(collide(a, b) for a in left for b in right):
                continue
            left.extend(right)
            groups.remove(right)
    return [sorted(group) for group in groups if len(group) > 1]


def shown_together(seen: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8[pairs]: the allele of an event whose changes are the columns of ``seen``.

    Alternative where all are shown, reference where none is, another allele where a part is; missing where one of them
    cannot be told.
    """
    event = np.full(len(seen), OTHER, np.uint8)
    event[(seen == ALTERNATIVE).all(axis=1)] = ALTERNATIVE
    event[(seen == REFERENCE).all(axis=1)] = REFERENCE
    event[(seen == MISSING).any(axis=1)] = MISSING
    return event
