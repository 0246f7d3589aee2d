"""How rows are weighed, and the two properties that every change of the weighing must keep."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from resistance_samples import KB, PANEL, call_of, phase_of, positions

from kinescape.records import DrugState
from kinescape.resistance.base import KnowledgeBase
from kinescape.resistance.changes import in_order
from kinescape.resistance.claims import DIRECTIONS, FULL_LENGTH, KINDS, STATUSES, Claim
from kinescape.resistance.effects import SEVERITY, Severity, effect_on
from kinescape.resistance.states import drug_states

TEMPLATE = next(claim for claim in KB.claims if claim.row == "E0122")


def claim(
    direction: str,
    variants: str = "G1202R",
    kind: str = "preclinical",
    status: str = "verified",
    fusion: str = "EML4::ALK",
    row: str = "X1",
) -> Claim:
    parts = tuple(variants.split("+"))
    return replace(
        TEMPLATE,
        row=row,
        variants=parts,
        cis_required=len(parts) > 1,
        direction=direction,
        kind=kind,
        status=status,
        fusion=fusion,
        drug="Lorlatinib",
        source=f"source of {row}",
    )


def severity(*claims: Claim, changes: tuple[str, ...] = ("G1202R",)) -> Severity:
    return effect_on(claims, changes).severity


def test_clinical_goes_before_in_vitro_and_the_disagreement_is_kept() -> None:
    rows = (claim("resistant", row="X1"), claim("sensitive", kind="clinical_trial", row="X2"))
    effect = effect_on(rows, ("G1202R",))
    assert effect.severity is Severity.NONE
    assert [row.row for row in effect.deciding] == ["X2"]
    assert effect.conflicting


def test_the_worst_of_equal_rows_counts_and_a_review_does_not_outrank_a_measurement() -> None:
    assert severity(claim("reduced", row="X1"), claim("resistant", row="X2")) is Severity.RESISTANT
    assert severity(claim("sensitive"), claim("resistant", kind="review", row="X2")) is Severity.NONE


def test_unverified_rows_make_worse_and_never_better() -> None:
    better = claim("sensitive", kind="clinical_trial", status="unverified", row="X2")
    worse = claim("resistant", kind="clinical_trial", status="unverified", row="X2")
    assert severity(claim("resistant"), better) is Severity.RESISTANT
    assert severity(claim("sensitive"), worse) is Severity.RESISTANT


def test_disputed_observed_and_unclear_rows_decide_nothing() -> None:
    assert severity(claim("resistant", status="disputed")) is Severity.UNKNOWN
    assert effect_on([claim("observed")], ("G1202R",)).basis == "observed"
    assert severity(claim("unclear")) is Severity.UNKNOWN


def test_fusion_goes_before_full_length_receptor() -> None:
    rows = (claim("resistant", fusion=FULL_LENGTH), claim("sensitive", row="X2"))
    assert severity(*rows) is Severity.NONE
    assert severity(rows[0]) is Severity.RESISTANT


def test_the_substitution_goes_before_the_residue() -> None:
    residue = claim("resistant", "I1171(any)")
    assert severity(residue, changes=("I1171N",)) is Severity.RESISTANT
    assert severity(residue, claim("sensitive", "I1171N", row="X2"), changes=("I1171N",)) is Severity.NONE
    assert severity(residue, changes=("F1174L",)) is Severity.UNKNOWN


def test_a_compound_counts_by_its_own_record_even_where_that_is_better() -> None:
    rows = [claim("resistant", "C1156Y"), claim("sensitive", "C1156Y+L1198F", row="X2")]
    assert severity(*rows, changes=("C1156Y", "L1198F")) is Severity.NONE
    assert severity(*rows, changes=("C1156Y",)) is Severity.RESISTANT


def test_a_compound_without_a_record_shows_its_members_and_is_never_called_fine() -> None:
    mild = [claim("sensitive", "L1196M"), claim("sensitive", "G1202R", row="X2")]
    assert severity(*mild, changes=("L1196M", "G1202R")) is Severity.UNKNOWN
    effect = effect_on([claim("reduced", "L1196M")], ("L1196M", "G1202R"))
    assert (effect.severity, effect.basis) == (Severity.REDUCED, "members")


def test_two_reduced_members_stay_reduced() -> None:
    rows = [claim("reduced", "E1154K"), claim("reduced", "F1174L", row="X2")]
    assert severity(*rows, changes=("E1154K", "F1174L")) is Severity.REDUCED


VARIANTS = ("G1202R", "L1196M", "I1171N", "I1171(any)", "L1196M+G1202R", "L1196M+G1202R+G1269A", "any")
CLONES = (("G1202R",), ("I1171N",), ("L1196M", "G1202R"), ("L1196M", "G1202R", "G1269A"), ("I1171N", "G1202R"))


@st.composite
def claims(draw: st.DrawFn, directions: tuple[str, ...] = DIRECTIONS, row: str = "") -> Claim:
    return claim(
        draw(st.sampled_from(directions)),
        draw(st.sampled_from(VARIANTS)),
        draw(st.sampled_from(KINDS)),
        draw(st.sampled_from(STATUSES)),
        draw(st.sampled_from(("EML4::ALK", FULL_LENGTH, ""))),
        row or f"X{draw(st.integers(0, 10_000))}",
    )


some_claims = st.lists(claims(), max_size=8, unique_by=lambda row: row.row)


@settings(deadline=None)
@given(rows=some_claims, extra=claims(row="NEW"), clone=st.sampled_from(CLONES))
def test_a_row_makes_a_drug_look_better_only_by_saying_so(
    rows: list[Claim], extra: Claim, clone: tuple[str, ...]
) -> None:
    before, after = effect_on(rows, clone), effect_on([*rows, extra], clone)
    says = SEVERITY.get(extra.direction)
    if says is None or extra.status == "disputed" or extra.class_level:
        assert after.severity == before.severity
    else:
        assert after.severity >= min(before.severity, says)


@settings(deadline=None)
@given(data=st.data(), clone=st.sampled_from(CLONES))
def test_the_order_of_rows_never_matters(data: st.DataObject, clone: tuple[str, ...]) -> None:
    rows = data.draw(some_claims)
    assert effect_on(rows, clone) == effect_on(data.draw(st.permutations(rows)), clone)


BADNESS = {"none_found": 0, "not_assessable": 1, "reduced_activity": 2, "resistance": 3}


def states(kb: KnowledgeBase, changes: tuple[str, ...], verdict: str) -> dict[str, DrugState]:
    calls = [call_of(change) for change in changes]
    phases = [phase_of(calls[0], other, verdict) for other in calls[1:]]  # type: ignore[arg-type]
    found = drug_states(kb, PANEL, calls, positions(calls), phases, "ALK")
    return {state.drug: state for state in found}


@settings(deadline=None)
@given(
    extra=claims(directions=("resistant", "reduced", "observed", "unclear"), row="NEW"),
    changes=st.sampled_from([(), ("G1202R",), ("L1196M", "G1202R"), ("I1171N",), ("L1196M", "G1202R", "G1269A")]),
    verdict=st.sampled_from(["cis", "trans", "undeterminable", "mixed"]),
)
def test_evidence_against_a_drug_improves_its_state_to_nothing_better_than_it_says(
    extra: Claim, changes: tuple[str, ...], verdict: str
) -> None:
    more = replace(KB, claims=(*KB.claims, extra))
    before, after = states(KB, changes, verdict), states(more, changes, verdict)
    # A clinical row that says "reduced" may stand above a resistant measurement, and then the state is what it says.
    says = BADNESS["reduced_activity"] if extra.direction == "reduced" else BADNESS["resistance"]
    assert BADNESS[after["Lorlatinib"].state] >= min(BADNESS[before["Lorlatinib"].state], says)
    assert {drug: state for drug, state in before.items() if drug != "Lorlatinib"} == {
        drug: state for drug, state in after.items() if drug != "Lorlatinib"
    }


@settings(deadline=None, max_examples=15)
@given(seed=st.randoms(use_true_random=False))
def test_the_order_of_a_whole_base_never_matters(seed: object) -> None:
    shuffled = list(KB.claims)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    other = replace(KB, claims=tuple(shuffled))
    for changes in (("E1154K", "F1174L"), ("I1171T",)):
        assert states(KB, changes, "undeterminable") == states(other, changes, "undeterminable")


@pytest.mark.parametrize("changes", [("C1156Y", "L1198F"), ("L1198F", "C1156Y")])
def test_the_order_of_calls_never_matters(changes: tuple[str, ...]) -> None:
    found = states(KB, changes, "cis")
    assert found["Crizotinib"].state == "none_found"
    assert found["Lorlatinib"].state == "resistance"
    assert found["Lorlatinib"].variants == in_order(changes)
