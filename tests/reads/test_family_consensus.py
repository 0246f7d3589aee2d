"""Consensus bases and qualities against the formula written out, and its properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinescape.reads.family_consensus import FamilyPile, consensus_model

N = 4


def consensus(
    reads: list[tuple[int, int]], *, lanes: list[int] | None = None, min_reads: int = 1, min_quality: int = 0
) -> tuple[int, int]:
    """Base and quality of one position that ``reads`` show as (base, quality)."""
    pile = FamilyPile(1, 2 if lanes else 1, 1, consensus_model(45, 40, 10, min_quality, min_reads))
    codes = np.array([base for base, _ in reads], np.uint8)
    slots = np.array(lanes or [0] * len(reads), np.int64) * 2
    starts = np.arange(len(reads) + 1, dtype=np.int64)
    qualities = np.array([quality for _, quality in reads], np.uint8)
    pile.add(slots, np.arange(len(reads), dtype=np.int32), starts, qualities, starts, codes)
    bases, called = pile.call()
    return int(bases[0, 0]), int(called[0, 0])


def by_formula(reads: list[tuple[int, int]]) -> tuple[int, float]:
    """The model of the module's text, in plain probabilities."""

    def two(a: float, b: float) -> float:
        return a * (1 - b) + (1 - a) * b + 2 / 3 * a * b

    products = [1.0] * 4
    for base, quality in reads:
        error = two(10 ** (-quality / 10), 1e-4)
        products = [p * (1 - error if base == b else error / 3) for b, p in enumerate(products)]
    best = max(range(4), key=products.__getitem__)
    wrong = sum(p for b, p in enumerate(products) if b != best) / sum(products)
    return best, -10 * math.log10(two(wrong, 10**-4.5))


@pytest.mark.parametrize(
    "reads", [[(0, 30)], [(2, 20)] * 2, [(1, 37), (1, 12)], [(3, 30), (3, 30), (0, 35)], [(0, 11), (1, 12), (1, 13)]]
)
def test_follows_the_formula(reads: list[tuple[int, int]]) -> None:
    base, quality = by_formula(reads)
    assert consensus(reads) == (base, math.floor(quality + 0.001))


def test_agreeing_reads_reach_the_error_before_the_umi_and_not_more() -> None:
    assert consensus([(1, 38)] * 20) == (1, 45)


def test_equal_disagreement_is_no_call() -> None:
    assert consensus([(0, 30), (1, 30)])[0] == N
    assert consensus([(0, 38), (1, 30)], min_quality=20)[0] == N


def test_low_qualities_n_and_too_few_reads() -> None:
    assert consensus([(0, 9)] * 5)[0] == N
    assert consensus([(N, 30)] * 5)[0] == N
    assert consensus([(0, 30)], min_reads=2)[0] == N
    assert consensus([(0, 30), (0, 5)], min_reads=2)[0] == N
    assert consensus([(0, 30), (0, 30)], min_reads=2)[0] == 0


def test_strands_that_agree_add_up_and_strands_that_differ_are_no_call() -> None:
    both = [(2, 38)] * 6
    assert consensus(both, lanes=[0, 0, 0, 1, 1, 1]) == (2, 90)
    assert consensus(both, lanes=[0] * 6) == (2, 45)
    # Five reads of one strand do not outvote one of the other: damage lies on one strand.
    assert consensus([(2, 38)] * 5 + [(3, 38)], lanes=[0] * 5 + [1])[0] == N


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 41)), min_size=1, max_size=30), st.randoms())
def test_order_of_reads_is_irrelevant(reads: list[tuple[int, int]], random: object) -> None:
    mixed = list(reads)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert consensus(reads) == consensus(mixed)


@settings(max_examples=60, deadline=None)
@given(st.integers(10, 41), st.integers(1, 10))
def test_more_agreement_is_never_less_quality(quality: int, reads: int) -> None:
    assert consensus([(0, quality)] * (reads + 1))[1] >= consensus([(0, quality)] * reads)[1]
