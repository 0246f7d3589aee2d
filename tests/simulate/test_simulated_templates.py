"""Sequences with changes in them, against plain replacement of text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinescape.errors import InputError
from kinescape.records import Variant
from kinescape.simulate.changes import Change
from kinescape.simulate.templates import NOT_A_BASE, TemplateBank, encode

START = 1000
BASES = st.text("ACGT", min_size=1, max_size=4)


def change(start: int, end: int, alt: str) -> Change:
    return Change(Variant(chrom="c", pos=start + 1, ref="A", alt=alt or "A"), start, end, alt)


def test_codes() -> None:
    assert encode("ACGTacgtN-").tolist() == [0, 1, 2, 3, 0, 1, 2, 3, NOT_A_BASE, NOT_A_BASE]


@given(st.text("ACGT", min_size=30, max_size=60), st.data())
def test_changes_replace_what_they_say(reference: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(1, len(reference) - 1), min_size=2, max_size=6, unique=True)))
    changes, at = [], 0
    for left, right in zip(cuts[::2], cuts[1::2], strict=False):
        end = data.draw(st.integers(left, right))
        changes.append(change(START + left, START + end, data.draw(st.text("ACGT", max_size=4))))
    bank = TemplateBank(tuple(changes))
    number = bank.number("a", reference, START, tuple(range(len(changes))))
    expected = reference
    for each in reversed(changes):
        expected = expected[: each.start - START] + each.alt + expected[each.end - START :]
    flat = bank.flat()
    assert flat.codes[flat.start[number] :][: flat.length[number]].tolist() == encode(expected).tolist()
    place = flat.place[flat.place_start[number] :][: len(reference)]
    touched = {p for each in changes for p in range(each.start - START, each.end - START)}
    for at, where in enumerate(place.tolist()):
        if at not in touched:
            assert expected[where] == reference[at]
        else:
            assert -1 <= where < len(expected)


def test_a_template_is_made_once() -> None:
    bank = TemplateBank((change(1002, 1003, "T"),))
    assert bank.number("a", "AAAAAA", START, ()) == 0
    assert bank.number("a", "AAAAAA", START, (0,)) == 1
    assert bank.number("a", "AAAAAA", START, ()) == 0
    assert bank.number("b", "AAAAAA", START, ()) == 2
    assert bank.add_fragments([np.zeros(5, np.uint8)]).tolist() == [3]
    flat = bank.flat()
    assert flat.start.tolist() == [0, 6, 12, 18]
    assert flat.length.tolist() == [6, 6, 6, 5]
    assert bank.carried == [(), (0,), (), ()]


def test_a_reference_with_unknown_bases_is_refused() -> None:
    with pytest.raises(InputError, match="not A, C, G or T"):
        TemplateBank(()).number("a", "AANAA", START, ())
