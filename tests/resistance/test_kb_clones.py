"""Clones from calls and phasing verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from resistance_samples import KB, call_of, phase_of

from kinescape.records import Call, PhaseState, PhaseVerdict
from kinescape.resistance.clones import Clones, clones_of, findings_of


def clones(calls: Sequence[Call], phases: Sequence[PhaseVerdict] = ()) -> Clones:
    return clones_of(findings_of(calls, "ALK", KB.rules.germline), phases)


def names(result: Clones) -> list[str]:
    return [clone.name for clone in result.clones]


def test_cis_is_one_clone_and_trans_are_two() -> None:
    a, b = call_of("L1196M"), call_of("G1202R")
    assert names(clones([a, b], [phase_of(a, b, "cis")])) == ["L1196M+G1202R"]
    apart = clones([a, b], [phase_of(b, a, "trans")])
    assert names(apart) == ["L1196M", "G1202R"]
    assert apart.clones[0].apart == ("G1202R",)
    assert apart.possible == ()


def test_a_pair_without_a_verdict_is_undeterminable() -> None:
    result = clones([call_of("E1154K"), call_of("F1174L")])
    assert names(result) == ["E1154K", "F1174L"]
    assert result.clones[0].undetermined == ("F1174L",)
    assert result.possible == (("E1154K", "F1174L"),)


def test_mixed_gives_the_compound_and_both_single_clones() -> None:
    a, b = call_of("F1174L"), call_of("G1202R")
    assert names(clones([a, b], [phase_of(a, b, "mixed")])) == ["F1174L+G1202R", "F1174L", "G1202R"]


def test_nested_compound_keeps_its_earlier_clone() -> None:
    a, b = call_of("L1196M", 0.05), call_of("G1202R", 0.01)
    result = clones([a, b], [phase_of(a, b, "cis")])
    assert names(result) == ["L1196M+G1202R", "L1196M"]
    assert "earlier clone" in result.clones[1].basis
    # Overlapping intervals prove no earlier clone.
    c = call_of("G1202R", 0.045)
    assert names(clones([a, c], [phase_of(a, c, "cis")])) == ["L1196M+G1202R"]


def test_one_change_with_two_partners_in_trans_is_two_compounds_without_an_invented_parent() -> None:
    a, b, c = call_of("L1196M", 0.05), call_of("G1202R", 0.03), call_of("D1203N", 0.02)
    phases = [phase_of(a, b, "cis"), phase_of(a, c, "cis"), phase_of(b, c, "trans")]
    assert names(clones([a, b, c], phases)) == ["L1196M+G1202R", "L1196M+D1203N"]


def test_two_nucleotide_ways_of_one_change_are_one_finding() -> None:
    a, b = call_of("F1174L", 0.01, base="A"), call_of("F1174L", 0.02, base="C")
    (clone,) = clones([a, b]).clones
    assert clone.vaf == pytest.approx(0.03)


def test_weak_filtered_synonymous_and_foreign_calls_are_no_findings() -> None:
    calls = [
        call_of("G1202R", evidence="weak"),
        call_of("L1196M", evidence="filtered"),
        call_of("E1210K", kind="synonymous"),
        call_of("G2032R", gene="ROS1"),
    ]
    assert clones(calls).clones == ()


CHANGES = ("E1154K", "F1174L", "L1196M", "G1202R", "D1203N", "G1269A")
VERDICTS: tuple[PhaseState, ...] = ("cis", "trans", "mixed", "undeterminable")


@settings(deadline=None)
@given(data=st.data())
def test_every_change_is_in_a_clone_and_no_clone_joins_what_is_apart(data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(CHANGES), min_size=1, unique=True))
    calls = [call_of(change, data.draw(st.floats(0.006, 0.3))) for change in chosen]
    verdict = {pair: data.draw(st.sampled_from(VERDICTS)) for pair in combinations(range(len(calls)), 2)}
    phases = [phase_of(calls[i], calls[j], state) for (i, j), state in verdict.items()]
    result = clones(data.draw(st.permutations(calls)), data.draw(st.permutations(phases)))
    assert {change for clone in result.clones for change in clone.changes} == set(chosen)
    state_of = {frozenset((chosen[i], chosen[j])): state for (i, j), state in verdict.items()}
    for clone in result.clones:
        for pair in combinations(clone.changes, 2):
            assert state_of[frozenset(pair)] in {"cis", "mixed"}
    for group in result.possible:
        assert all(state_of[frozenset(pair)] != "trans" for pair in combinations(group, 2))
    assert result == clones(calls, phases)
