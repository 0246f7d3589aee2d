"""What allele fractions alone allow for pairs that no fragment spans."""

from __future__ import annotations

import pytest

from kinescape.phase.pairs import bounds_by_fractions
from kinescape.records import Call, Variant


def call(position: int, vaf: float, half: float) -> Call:
    return Call(
        variant=Variant(chrom="chr2", pos=position, ref="A", alt="C"),
        consequence=None,
        evidence="strong",
        filters=(),
        reason="",
        vaf=vaf,
        vaf_low=vaf - half,
        vaf_high=vaf + half,
        by_aligner=(),
    )


def test_rarer_change_may_lie_wholly_on_the_molecules_of_the_commoner() -> None:
    said = bounds_by_fractions(call(1, 0.02, 0.003), call(2000, 0.031, 0.004))
    assert "not phasing" in said
    assert "0% to 100% of the molecules with chr2:1:A>C may carry chr2:2000:A>C" in said
    assert "some with chr2:2000:A>C do not carry chr2:1:A>C" in said


def test_fractions_that_do_not_differ_leave_both_open() -> None:
    said = bounds_by_fractions(call(1, 0.02, 0.006), call(2000, 0.024, 0.006))
    assert "do not carry" not in said


@pytest.mark.parametrize(("a", "b", "least"), [(0.9, 0.7, "82%"), (0.99, 0.98, "96%")])
def test_two_common_changes_must_share_molecules(a: float, b: float, least: str) -> None:
    assert f"{least} to 100%" in bounds_by_fractions(call(1, a, 0.01), call(2000, b, 0.01))
