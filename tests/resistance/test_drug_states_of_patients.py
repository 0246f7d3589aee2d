"""The cases of Villa et al. 2024 (npj Precision Oncology 8:29) by name, built from records."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from resistance_samples import ALK_POSITIONS, KB, PANEL, call_of, phase_of, positions

from kinescape.records import Call, DrugState, PhaseVerdict
from kinescape.resistance.states import drug_states

CLINICAL_FIVE = ("Crizotinib", "Ceritinib", "Alectinib", "Brigatinib", "Lorlatinib")
TESTED_SEVEN = (*CLINICAL_FIVE, "Zotizalkib", "Repotrectinib")


def states_of(
    calls: Sequence[Call], phases: Sequence[PhaseVerdict] = (), fusion: str = "EML4::ALK"
) -> dict[str, DrugState]:
    states = drug_states(KB, PANEL, calls, positions(calls), phases, fusion)
    return {state.drug: state for state in states}


def test_patient_1_compound_in_cis_resists_every_clinical_drug_by_its_own_record() -> None:
    a, b = call_of("L1196M", 0.04), call_of("G1202R", 0.04)
    states = states_of([a, b], [phase_of(a, b, "cis")])
    for drug in CLINICAL_FIVE:
        assert states[drug].state == "resistance"
        assert states[drug].variants == ("L1196M", "G1202R")
        deciding = states[drug].evidence[0]
        assert (deciding.variants, deciding.cis_required, deciding.fold) == (("L1196M", "G1202R"), True, "")
        assert "earlier paper" in deciding.note
    # Table 2 has no value of the two investigational drugs for it: that is not the same as no resistance.
    for drug in ("Zotizalkib", "Repotrectinib"):
        assert states[drug].state == "not_assessable"
        assert "effect on" in states[drug].summary


def test_patient_2_single_substitution_reduces_activity_of_five_drugs() -> None:
    states = states_of([call_of("L1198R", 0.03)])
    assert [states[drug].state for drug in TESTED_SEVEN] == ["reduced_activity"] * 5 + ["none_found"] * 2
    assert "seen under this drug" in " ".join(states["Crizotinib"].cautions)
    assert "fold 2.56" in states["Crizotinib"].summary


def test_patient_4_phase_undeterminable_shows_both_readings() -> None:
    a, b = call_of("E1154K", 0.01), call_of("F1174L", 0.03)
    reason = "1570 bp apart, longer than the fragments"
    states = states_of([a, b], [phase_of(a, b, "undeterminable", reason)])
    lorlatinib = states["Lorlatinib"]
    assert lorlatinib.state == "reduced_activity"
    assert "E1154K+F1174L, if on one molecule: reduced activity, fold 3.22" in lorlatinib.summary
    assert any(reason in caution for caution in lorlatinib.cautions)
    # 2.56 x 3.17 = 8.1 is nobody's measurement.
    assert "8.1" not in lorlatinib.summary
    assert states["Ceritinib"].state == "resistance"
    assert states["Brigatinib"].state == "none_found"


def test_patient_6_two_clones_in_trans_and_the_one_that_escapes() -> None:
    a, b = call_of("C1235R", 0.01), call_of("C1237Y", 0.03)
    states = states_of([a, b], [phase_of(a, b, "trans")])
    for drug in (*CLINICAL_FIVE, "Zotizalkib"):
        assert states[drug].state == "resistance"
        assert states[drug].variants == ("C1237Y",)
        assert "C1237Y (1 clone of 2 escapes)" in states[drug].summary
    assert states["Repotrectinib"].state == "reduced_activity"
    assert "C1235R (VAF 1.00%, not on the molecules of C1237Y): no loss of activity" in states["Brigatinib"].summary


@pytest.mark.parametrize(("patient", "change"), [(10, "D1232N"), (11, "T1211I")])
def test_patients_10_and_11_no_loss_of_activity_on_any_tested_drug(patient: int, change: str) -> None:
    states = states_of([call_of(change, 0.03)])
    for drug in TESTED_SEVEN:
        assert states[drug].state == "none_found"
        assert "assessed positions" in states[drug].summary
        assert "worst limit of detection" in states[drug].summary
    sensitised = [drug for drug in TESTED_SEVEN if "sensitised" in states[drug].summary]
    # T1211I: 0.36, 0.25 and 0.22 of the unmutated fusion; D1232N: 0.49, 0.42 and 0.46.
    assert len(sensitised) == 3, patient


def test_patient_14_gatekeeper_proline_resists_all_seven() -> None:
    states = states_of([call_of("L1196P", 0.03)])
    assert {states[drug].state for drug in TESTED_SEVEN} == {"resistance"}
    assert "fold >157.9" in states["Alectinib"].summary


def test_ros1_without_exon_40_says_which_position_was_not_assessed() -> None:
    crizotinib = states_of([], fusion="CD74::ROS1")["Crizotinib"]
    assert crizotinib.state == "none_found"
    assert crizotinib.assessed_positions == crizotinib.known_positions - 1
    assert any("no amplicon of this panel: G2101A" in caution for caution in crizotinib.cautions)


def test_a_sample_without_coverage_has_no_state() -> None:
    nothing = positions(states=dict.fromkeys(ALK_POSITIONS, "not_covered"))
    states = drug_states(KB, PANEL, [], nothing, [], "ALK")
    assert {state.state for state in states} == {"not_assessable"}
    assert all(state.assessed_positions == 0 for state in states)
