"""When changes are one event: the fragments decide."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kinescape.columns.alleles import ALTERNATIVE, MISSING, OTHER, REFERENCE
from kinescape.consensus.together import groups_of, on_same_fragments, shown_together


def alleles(*counts: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Two columns from (allele of one, allele of the other, fragments)."""
    rows = [(one, two) for one, two, times in counts for _ in range(times)]
    table = np.array(rows, np.uint8)
    return table[:, 0], table[:, 1]


def test_a_tenth_of_the_fragments_may_show_one_without_the_other() -> None:
    always = (REFERENCE, REFERENCE, 1000)
    assert on_same_fragments(*alleles((ALTERNATIVE, ALTERNATIVE, 50), (ALTERNATIVE, REFERENCE, 5), always))
    assert not on_same_fragments(*alleles((ALTERNATIVE, ALTERNATIVE, 50), (ALTERNATIVE, REFERENCE, 6), always))
    assert not on_same_fragments(*alleles((ALTERNATIVE, ALTERNATIVE, 50), (REFERENCE, ALTERNATIVE, 6), always))


def test_molecules_with_a_third_base_are_other_molecules() -> None:
    assert not on_same_fragments(*alleles((ALTERNATIVE, ALTERNATIVE, 50), (OTHER, ALTERNATIVE, 50)))


def test_fragments_that_cannot_tell_say_nothing() -> None:
    assert on_same_fragments(*alleles((ALTERNATIVE, ALTERNATIVE, 50), (ALTERNATIVE, MISSING, 400)))
    assert not on_same_fragments(*alleles((ALTERNATIVE, MISSING, 50), (MISSING, ALTERNATIVE, 50)))


def test_two_alternatives_of_one_site_never_join_through_a_third_change() -> None:
    site = {0: 10, 1: 10, 2: 11}
    groups = groups_of([0, 1, 2], lambda a, b: {a, b} != {0, 1}, lambda a, b: site[a] == site[b])
    assert groups == [[0, 2]]


@given(
    st.lists(st.lists(st.sampled_from([MISSING, REFERENCE, ALTERNATIVE, OTHER]), min_size=3, max_size=3), min_size=1)
)
def test_an_event_is_shown_only_where_all_its_changes_are(rows: list[list[int]]) -> None:
    seen = np.array(rows, np.uint8)
    for shown, row in zip(shown_together(seen), rows, strict=True):
        assert (shown == ALTERNATIVE) == (set(row) == {ALTERNATIVE})
        assert (shown == REFERENCE) == (set(row) == {REFERENCE})
        assert (shown == MISSING) == (MISSING in row)
