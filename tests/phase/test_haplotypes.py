"""Combinations of three variants, and the order in which a nested chain was acquired."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from kinescape.phase.haplotypes import acquisition_order, haplotypes_of
from kinescape.records import Haplotype, PhaseVerdict

NAMES = ["chr2:10:A>C", "chr2:20:A>C", "chr2:30:A>C"]


def verdicts(state: str = "cis") -> list[PhaseVerdict]:
    return [
        PhaseVerdict(variant_a=a, variant_b=b, n11=1, n10=0, n01=0, n00=0, verdict=state, reason="",  # type: ignore[arg-type]
                     cis_fraction=None, ci_low=None, ci_high=None)
        for a, b in combinations(NAMES, 2)
    ]  # fmt: skip


def fragments(counts: dict[tuple[int, ...], int]) -> np.ndarray:
    """uint8[pairs, 3] with 1 for the reference and 2 for the alternative."""
    return np.repeat([[1 + bit for bit in kind] for kind in counts], list(counts.values()), axis=0).astype(np.uint8)


def found(counts: dict[tuple[int, ...], int], phases: list[PhaseVerdict] | None = None) -> tuple[Haplotype, ...]:
    return haplotypes_of(NAMES, fragments(counts), phases or verdicts(), [8e-4] * 3, None)


def test_a_nested_chain_and_its_order() -> None:
    kinds = {(0, 0, 0): 9000, (1, 0, 0): 500, (1, 1, 0): 300, (1, 1, 1): 200, (0, 1, 1): 1, (0, 0, 1): 4}
    haplotypes = found(kinds)
    assert [(len(each.variants), each.fragments) for each in haplotypes] == [(1, 500), (2, 300), (3, 200)]
    assert haplotypes[0].share == pytest.approx(500 / 10_005, abs=1e-6)
    assert haplotypes[0].low < haplotypes[0].share < haplotypes[0].high
    assert acquisition_order(haplotypes) == tuple((name,) for name in NAMES)


def test_branches_have_no_order_and_inseparable_changes_are_one_step() -> None:
    assert acquisition_order(found({(0, 0, 0): 9000, (1, 1, 0): 300, (1, 0, 1): 300})) is None
    together = found({(0, 0, 0): 9000, (1, 0, 0): 300, (1, 1, 1): 300})
    assert acquisition_order(together) == ((NAMES[0],), (NAMES[1], NAMES[2]))


def test_an_undeterminable_pair_gives_no_list() -> None:
    assert found({(0, 0, 0): 9000, (1, 1, 1): 300}, verdicts("undeterminable")) == ()


def test_a_fragment_that_misses_a_site_is_not_counted() -> None:
    seen = fragments({(0, 0, 0): 1000, (1, 1, 1): 100})
    seen[-40:, 2] = 0
    (only,) = haplotypes_of(NAMES, seen, verdicts(), [8e-4] * 3, 5000)
    assert (only.fragments, only.share) == (60, pytest.approx(60 / 1060, abs=1e-6))
