"""Where consensus mates meet: every position of the molecule counted once, none lost, gaps left whole."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kinescape.columns.junction import LEAST_KEPT, kept_lengths
from kinescape.columns.phase_shapes import in_phase


def kept(
    forward: int, reverse: int, template: int, gaps: tuple[bool, bool] = (False, False), overhang: int = 8
) -> list[int]:
    lengths = np.array([[forward, reverse]])
    found: list[int] = kept_lengths(lengths, np.array([template]), np.array([gaps]), overhang)[0].tolist()
    return found


def test_mates_meet_in_the_middle() -> None:
    assert kept(150, 150, 180) == [98, 98]
    assert kept(150, 150, 181, overhang=0) == [90, 91]


def test_mates_that_hardly_overlap_stay() -> None:
    assert kept(150, 150, 290) == [150, 150]
    assert kept(150, 150, 400) == [150, 150]


def test_a_short_mate_leaves_the_rest_to_the_other() -> None:
    assert kept(150, 60, 180) == [136, 60]


def test_the_mate_that_shows_a_gap_stays_whole() -> None:
    assert kept(150, 150, 180, (True, False)) == [150, LEAST_KEPT]
    assert kept(150, 150, 180, (False, True)) == [LEAST_KEPT, 180 + 16 - LEAST_KEPT]
    assert kept(150, 150, 230, (True, True)) == [150, 96]


@given(st.integers(60, 151), st.integers(60, 151), st.integers(100, 320), st.integers(0, 12))
def test_nothing_is_lost_and_nothing_counted_twice(forward: int, reverse: int, template: int, overhang: int) -> None:
    one, two = kept(forward, reverse, template, overhang=overhang)
    assert one <= forward
    assert two <= reverse
    before = min(template, forward - overhang) + min(template, reverse - overhang)
    counted = (one - overhang) + (two - overhang)
    assert counted >= min(template, before) or (one, two) == (forward, reverse)
    if min(one, two) > LEAST_KEPT:
        assert counted <= template


def test_out_of_phase_reads_are_left_out_by_majority_then_by_fewer_gaps() -> None:
    slot = np.array([0, 0, 0, 1, 1, -1])
    key = np.array([7, 7, 9, 5, 3, 7], np.uint64)
    gaps = np.array([3, 3, 0, 0, 1, 0])
    assert in_phase(slot, key, gaps).tolist() == [True, True, False, True, False, False]
