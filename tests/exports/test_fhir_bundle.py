"""The FHIR Bundle, read back by fhir.resources (R4B), and what each of our states is called in it."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from example_results import EXAMPLES, compound_cis, earlier_sample, no_calls, partly_shallow, trans_clones, weak_call
from fhir.resources.R4B.bundle import Bundle
from results_at_hand import odd

from kinescape.exports.fhir import bundle, bundle_text
from kinescape.records import SampleResult

LOINC = "http://loinc.org"
PRESENT, ABSENT, NO_CALL, INDETERMINATE = "LA9633-4", "LA9634-2", "LA18198-4", "LA11884-6"
OF_STATE = {
    "detected": PRESENT,
    "weak": INDETERMINATE,
    "not_detected": ABSENT,
    "below_depth": NO_CALL,
    "not_covered": NO_CALL,
    "not_on_panel": NO_CALL,
}


def read(result: SampleResult) -> Bundle:
    return Bundle.model_validate_json(bundle_text([result]))


def observations(parsed: Bundle, code: str) -> list[object]:
    found = [entry.resource for entry in parsed.entry]
    return [each for each in found if each.get_resource_type() == "Observation" and each.code.coding[0].code == code]


def component(observation: object, code: str) -> object:
    return next((each for each in observation.component or [] if each.code.coding[0].code == code), None)


@pytest.mark.parametrize("name", [*EXAMPLES, "odd"])
def test_fhir_resources_reads_every_bundle(name: str) -> None:
    result = odd() if name == "odd" else EXAMPLES[name]()
    parsed = read(result)
    kinds = Counter(entry.resource.get_resource_type() for entry in parsed.entry)
    assert kinds["DiagnosticReport"] == kinds["Patient"] == kinds["Specimen"] == kinds["Provenance"] == 1
    assert kinds["Device"] == 1 + len(result.aligners)
    urls = [entry.fullUrl for entry in parsed.entry]
    assert len(set(urls)) == len(urls)
    for reference in references(json.loads(bundle_text([result]))):
        assert reference in urls


def references(value: object) -> list[str]:
    if isinstance(value, dict):
        mine = [value["reference"]] if isinstance(value.get("reference"), str) else []
        return mine + [each for part in value.values() for each in references(part)]
    return [each for part in value for each in references(part)] if isinstance(value, list) else []


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_known_position_says_its_state_and_no_more(name: str) -> None:
    result = EXAMPLES[name]()
    parsed = read(result)
    variants = observations(parsed, "69548-6")
    assert variants
    notes = {each.note[0].text.split(":")[0]: each for each in variants if each.note}
    for known in result.known_positions:
        observation = notes.get(f"{known.gene} {known.protein}")
        if observation is None:
            assert known.state in ("detected", "weak")
            continue
        value = observation.valueCodeableConcept.coding[0]
        assert (value.system, value.code) == (LOINC, OF_STATE[known.state])
        limit = component(observation, "lod95")
        if known.state == "not_detected":
            assert float(limit.valueQuantity.value) == pytest.approx(known.lod95)
            assert any("limit of detection" in note.text for note in observation.note)
        else:
            assert limit is None


def test_absent_is_never_said_without_a_limit() -> None:
    for make in EXAMPLES.values():
        for observation in observations(read(make()), "69548-6"):
            if observation.valueCodeableConcept.coding[0].code == ABSENT:
                assert component(observation, "lod95") is not None


def test_a_finding_carries_its_names_and_numbers() -> None:
    result = compound_cis()
    call = next(c for c in result.calls if c.consequence and c.consequence.protein == "G1202R")
    found = next(
        each
        for each in observations(read(result), "69548-6")
        if component(each, "48005-3").valueCodeableConcept.coding[0].code == "p.(Gly1202Arg)"
    )
    assert found.valueCodeableConcept.coding[0].code == PRESENT
    assert found.meta.profile == ["http://hl7.org/fhir/uv/genomics-reporting/StructureDefinition/variant|2.0.0"]
    assert component(found, "48004-6").valueCodeableConcept.coding[0].code == "NM_004304.5:c.3604G>C"
    assert component(found, "81290-9").valueCodeableConcept.coding[0].code == "NC_000002.12:g.29220747C>G"
    assert component(found, "48018-6").valueCodeableConcept.coding[0].code == "HGNC:427"
    assert component(found, "62374-4").valueCodeableConcept.coding[0].code == "LA26806-2"
    assert float(component(found, "81258-6").valueQuantity.value) == pytest.approx(call.vaf)
    span = component(found, "81254-5").valueRange
    assert (int(span.low.value), int(span.high.value)) == (29220747, 29220747)
    assert component(found, "48002-0").valueCodeableConcept.coding[0].code == "LA18197-6"  # no normal was read


def test_weak_evidence_is_indeterminate() -> None:
    found = observations(read(weak_call()), "69548-6")
    told = {
        component(each, "48005-3").valueCodeableConcept.coding[0].code: each.valueCodeableConcept.coding[0].code
        for each in found
        if component(each, "81258-6")
    }
    assert told == {"p.(Phe1174Leu)": PRESENT, "p.(Glu1154Lys)": INDETERMINATE}


@pytest.mark.parametrize(("make", "code"), [(compound_cis, "Cis"), (trans_clones, "Trans"), (weak_call, "Unknown")])
def test_phase(make: object, code: str) -> None:
    result = make()  # type: ignore[operator]
    (phase,) = observations(read(result), "82120-7")
    assert phase.valueCodeableConcept.coding[0].code == code
    assert len(phase.derivedFrom) == 2


def test_amplicons_without_enough_reads_are_uncallable_regions() -> None:
    result = partly_shallow()
    regions = observations(read(result), "53041-0")
    told = {
        component(each, "81293-3").valueString.split(",")[0]: component(each, "uncallable-regions") for each in regions
    }
    assert {name for name, span in told.items() if span is not None} == {"ALK_E22", "ROS1_E38"}
    assert set(told) == {amplicon.name for amplicon in result.amplicons}


def test_no_drug_is_ever_called_responsive() -> None:
    for make in (compound_cis, no_calls, partly_shallow):
        result = make()
        text = bundle_text([result])
        assert "LA6677-4" not in text
        drugs = observations(Bundle.model_validate_json(text), "therapeutic-implication")
        assert len(drugs) == len(result.drugs)
        for observation, drug in zip(drugs, result.drugs, strict=True):
            value = component(observation, "predicted-therapeutic-implication").valueCodeableConcept
            assert (value.coding[0].code == "LA6676-6") == (drug.state == "resistance")
            assert component(observation, "51963-7").valueCodeableConcept.text == drug.drug
            assert observation.derivedFrom
            assert any("No drug is recommended" in note.text for note in observation.note)


def test_the_same_result_gives_the_same_bundle_and_another_input_another_report() -> None:
    assert bundle_text([compound_cis()]) == bundle_text([compound_cis()])
    ids = {entry["resource"]["id"] for entry in bundle([compound_cis()])["entry"]}
    others = {entry["resource"]["id"] for entry in bundle([trans_clones()])["entry"]}
    assert not (ids & others) - {e["resource"]["id"] for e in bundle([compound_cis()])["entry"] if "Device" in str(e)}


def test_two_samples_share_their_patient() -> None:
    parsed = Bundle.model_validate(bundle([compound_cis(), earlier_sample()]))
    kinds = Counter(entry.resource.get_resource_type() for entry in parsed.entry)
    assert (kinds["Patient"], kinds["Specimen"], kinds["DiagnosticReport"]) == (1, 2, 2)


def test_every_resource_says_research_use_and_simulated() -> None:
    for entry in bundle([compound_cis()])["entry"]:
        tags = {tag["code"]: tag["display"] for tag in entry["resource"]["meta"]["tag"]}
        assert "Research use only" in tags["research-use-only"]
        assert "HTEST" in tags
        assert entry["resource"].get("status", "preliminary") == "preliminary"
