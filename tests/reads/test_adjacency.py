"""Families of UMIs: against a slow, plain implementation of the published rule, and hand-made cases."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kinescape.reads.adjacency import group_umis


def code(umi: str) -> int:
    value = 0
    for base in umi:
        value = value << 2 | "ACGT".index(base)
    return value


def families(umis: list[str], edits: int = 1, groups: list[int] | None = None) -> list[set[int]]:
    """Sets of read numbers that are one family."""
    found = group_umis(
        np.array(groups or [0] * len(umis), np.int64), np.array([code(umi) for umi in umis]), len(umis[0]), edits
    )
    sets: dict[int, set[int]] = {}
    for read, family in enumerate(found.family.tolist()):
        sets.setdefault(family, set()).add(read)
    return sorted(sets.values(), key=min)


def plain_families(umis: list[str]) -> list[set[int]]:
    """Smith et al. 2017, written with loops over all pairs of UMIs."""
    count = Counter(umis)
    left = sorted(count, key=lambda umi: (-count[umi], umi))
    root: dict[str, str] = {}
    for first in left:
        if first in root:
            continue
        root[first] = first
        waiting = [first]
        while waiting:
            here = waiting.pop()
            for other in left:
                near = sum(one != two for one, two in zip(here, other, strict=True)) == 1
                if other not in root and near and count[here] >= 2 * count[other] - 1:
                    root[other] = first
                    waiting.append(other)
    sets: dict[str, set[int]] = {}
    for read, umi in enumerate(umis):
        sets.setdefault(root[umi], set()).add(read)
    return sorted(sets.values(), key=min)


def test_equal_umis_are_one_family() -> None:
    assert families(["ACGTACGT"] * 3 + ["TTTTTTTT"]) == [{0, 1, 2}, {3}]


def test_misread_umi_joins_the_larger_family_and_not_an_equal_one() -> None:
    assert families(["AAAA"] * 3 + ["AAAT"] * 2) == [{0, 1, 2, 3, 4}]
    assert families(["AAAA"] * 2 + ["AAAT"] * 2) == [{0, 1}, {2, 3}]
    assert families(["AAAA", "AAAT"]) == [{0, 1}]


def test_counts_decide_along_a_path() -> None:
    """The example of Smith et al., figure 1: ACGT 456, TCGT 2, CCGT 2, ACAT 72, ACAG 1, AAAT 90."""
    counts = {"ACGT": 456, "TCGT": 2, "CCGT": 2, "ACAT": 72, "ACAG": 1, "AAAT": 90}
    umis = [umi for umi, count in counts.items() for _ in range(count)]
    sizes = sorted(len(each) for each in families(umis))
    # AAAT lies one base from ACAT but was seen more often, so it is a molecule of its own.
    assert sizes == [90, 533]


def test_two_edits_are_two_molecules_unless_a_step_lies_between() -> None:
    assert len(families(["AAAA"] * 9 + ["AATT"])) == 2
    assert len(families(["AAAA"] * 9 + ["AAAT"] * 3 + ["AATT"])) == 1


def test_identity_strategy() -> None:
    assert families(["AAAA"] * 9 + ["AAAT"], edits=0) == [set(range(9)), {9}]


def test_places_are_apart() -> None:
    assert families(["AAAA", "AAAA", "AAAT"], groups=[0, 1, 1]) == [{0}, {1, 2}]


def test_absorbed_reads_are_counted() -> None:
    codes = np.array([code("AAAA")] * 5 + [code("AAAC")] * 2)
    found = group_umis(np.zeros(7, np.int64), codes, 4)
    assert (found.absorbed, found.root.tolist()) == (2, [code("AAAA")])


def test_no_reads() -> None:
    nothing = np.zeros(0, np.int64)
    assert len(group_umis(nothing, nothing, 8)) == 0


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text("ACGT", min_size=3, max_size=3), min_size=1, max_size=80))
def test_agrees_with_the_plain_rule(umis: list[str]) -> None:
    assert families(umis) == plain_families(umis)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("ACGT", min_size=4, max_size=4), min_size=1, max_size=60), st.randoms())
def test_order_of_reads_is_irrelevant(umis: list[str], random: object) -> None:
    order = list(range(len(umis)))
    random.shuffle(order)  # type: ignore[attr-defined]
    codes = np.array([code(umi) for umi in umis])
    group = codes % 2
    first, second = group_umis(group, codes, 4), group_umis(group[order], codes[order], 4)
    assert np.array_equal(first.family[order], second.family)
    assert np.array_equal(first.root, second.root)
