"""Packed codes and their counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinescape.columns.histogram import NO_QUALITY, CodeCounter, ColumnCounts, merged, pack_codes


def window(codes, counts, n=10, start=5):
    return ColumnCounts(
        contig="c",
        start=start,
        depth=np.full(n, 3),
        strand_counts=np.ones((n, 4, 2), dtype=np.int64),
        unknown=np.zeros(n, dtype=np.int64),
        group_code=np.asarray(codes, dtype=np.uint64),
        group_count=np.asarray(counts, dtype=np.int64),
    )


def test_a_code_gives_back_what_went_in():
    code = pack_codes([0, 7], [3, 1], [37, 2], [60, 255], [99, NO_QUALITY])
    counts = window(code, [1, 1])
    assert counts.group_position.tolist() == [0, 7]
    assert counts.group_base.tolist() == [3, 1]
    assert counts.group_qualities.tolist() == [[37, 60, 99, 255], [2, 255, 255, 255]]
    assert counts.indel_consensus.size == counts.size == 10


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 4)), max_size=300), st.integers(0, 300))
def test_counting_is_the_same_in_any_order_and_in_parts(pairs, cut):
    codes = np.array([p[0] for p in pairs], dtype=np.uint64)
    weights = np.array([p[1] for p in pairs], dtype=np.int64)
    whole, parts = CodeCounter(16), CodeCounter(16)
    whole.add(codes, weights)
    parts.add(codes[cut:][::-1], weights[cut:][::-1])
    parts.add(codes[:cut], weights[:cut])
    for one, other in zip(whole.sorted(), parts.sorted(), strict=True):
        assert one.tolist() == other.tolist()
    expected = {c: int(weights[codes == c].sum()) for c in np.unique(codes)}
    assert dict(zip(*whole.sorted(), strict=True)) == {c: n for c, n in expected.items() if n}


def test_every_code_counts_once_without_weights():
    counter = CodeCounter(16)
    counter.add(np.repeat(np.arange(1000, dtype=np.uint64) << np.uint64(34), 3))
    codes, counts = counter.sorted()
    assert codes.size == 1000
    assert (counts == 3).all()


def test_merging_adds_up():
    one, other = window([1, 5], [2, 3]), window([5, 9], [1, 1])
    both = merged([one, other])
    assert both.group_code.tolist() == [1, 5, 9]
    assert both.group_count.tolist() == [2, 4, 1]
    assert both.depth.tolist() == [6] * 10
    with pytest.raises(ValueError, match="same window"):
        merged([one, window([], [], start=6)])
