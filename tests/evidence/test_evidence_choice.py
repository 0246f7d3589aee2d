"""Which fragments are drawn: never more than asked for, always the same, and as by chance."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kinescape.evidence.choose import _Chosen, rank


@given(st.lists(st.lists(st.integers(0, 199), unique=True), max_size=8), st.integers(1, 60), st.integers(0, 90))
def test_caps_and_the_limit_hold_and_more_room_keeps_what_was_drawn(
    candidates: list[list[int]], limit: int, cap: int
) -> None:
    small, large = _Chosen(200, limit), _Chosen(200, 10_000)
    for each in candidates:
        before = int(large.mask.sum())
        for chosen in (small, large):
            chosen.add(np.array(sorted(each), np.int64), cap)
        assert large.mask.sum() - before <= cap
        assert large.mask[each].sum() >= min(cap, len(each))
    assert small.mask.sum() <= limit
    assert not (small.mask & ~large.mask).any()


def test_a_draw_is_spread_over_the_file() -> None:
    drawn = np.argsort(rank(np.arange(100_000)))[:2000]
    quarters = np.bincount(drawn // 25_000, minlength=4)
    # Binomial(2000, 1/4): mean 500, standard deviation 19.4.
    assert (abs(quarters - 500) < 80).all()
    assert len(np.unique(rank(np.arange(100_000)))) == 100_000
