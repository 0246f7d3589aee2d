"""Phenopackets, read back by the protobuf classes of the schema."""

from __future__ import annotations

import json

import pytest
from example_results import EXAMPLES, compound_cis, control, earlier_sample, no_calls, weak_call
from google.protobuf.json_format import Parse
from phenopackets import GenomicInterpretation, Phenopacket
from results_at_hand import odd

from kinescape.exports.phenopackets import packet_text, phenopackets
from kinescape.records import SampleResult


def read(*results: SampleResult, **more: object) -> list[Phenopacket]:
    packets = phenopackets(list(results), **more)  # type: ignore[arg-type]
    return [Parse(packet_text(packet), Phenopacket()) for packet in packets.values()]


@pytest.mark.parametrize("name", [*EXAMPLES, "odd"])
def test_protobuf_reads_every_packet(name: str) -> None:
    result = odd() if name == "odd" else EXAMPLES[name]()
    (packet,) = read(result)
    assert packet.subject.id == (result.sample.patient or result.sample.sample)
    (sample,) = packet.biosamples
    assert sample.id == result.sample.sample
    assert sample.sampled_tissue.id == "UBERON:0001969"
    assert "Research use only" in sample.description
    assert "SIMULATED" in packet.meta_data.created_by
    assert packet.meta_data.phenopacket_schema_version == "2.0"
    found = [call for call in result.calls if call.evidence != "filtered"]
    assert sum(len(i.diagnosis.genomic_interpretations) for i in packet.interpretations) == len(found)


def test_a_variant_has_its_names_vcf_and_vrs() -> None:
    (packet,) = read(compound_cis())
    told = {
        g.variant_interpretation.variation_descriptor.label: g
        for g in packet.interpretations[0].diagnosis.genomic_interpretations
    }
    found = told["ALK G1202R"]
    descriptor = found.variant_interpretation.variation_descriptor
    assert found.interpretation_status == GenomicInterpretation.InterpretationStatus.CANDIDATE
    assert {(e.syntax, e.value) for e in descriptor.expressions} == {
        ("hgvs.g", "NC_000002.12:g.29220747C>G"),
        ("hgvs.c", "NM_004304.5:c.3604G>C"),
        ("hgvs.p", "p.(Gly1202Arg)"),
    }
    record = descriptor.vcf_record
    assert (record.genome_assembly, record.chrom, record.pos, record.ref, record.alt) == (
        *("GRCh38", "chr2", 29220747),
        *("C", "G"),
    )
    assert record.filter == "PASS"
    location = descriptor.variation.allele.sequence_location
    assert location.sequence_id == "refseq:NC_000002.12"
    interval = location.sequence_interval
    assert (interval.start_number.value, interval.end_number.value) == (29220746, 29220747)  # 0-based, half-open
    assert descriptor.variation.allele.literal_sequence_expression.sequence == "G"
    assert descriptor.gene_context.value_id == "HGNC:427"


def test_weak_evidence_is_no_candidate() -> None:
    (packet,) = read(weak_call())
    told = {
        g.variant_interpretation.variation_descriptor.label: g.interpretation_status
        for g in packet.interpretations[0].diagnosis.genomic_interpretations
    }
    assert told["ALK E1154K"] == GenomicInterpretation.InterpretationStatus.UNKNOWN_STATUS


def test_what_was_not_seen_has_its_limit_and_what_was_not_looked_at_is_named() -> None:
    (packet,) = read(no_calls())
    text = packet.biosamples[0].description
    assert "Not detected (limits of detection 0.8" in text
    assert "Not on panel: ALK R214H" in text
    assert not packet.interpretations


def test_samples_of_a_patient_are_one_packet_and_therapies_are_known() -> None:
    (packet,) = read(earlier_sample(), compound_cis())
    assert [sample.id for sample in packet.biosamples] == ["SIM01-first", "SIM01-relapse"]
    assert [action.treatment.agent.label for action in packet.medical_actions] == ["crizotinib", "brigatinib"]
    assert packet.biosamples[1].time_of_collection.timestamp.ToJsonString() == "2023-05-11T00:00:00Z"
    assert packet.meta_data.created.ToJsonString() == "2023-05-11T00:00:00Z"


def test_the_disease_is_what_the_caller_states_and_else_unknown() -> None:
    (packet,) = read(compound_cis())
    assert packet.interpretations[0].diagnosis.disease.id == "NCIT:C17998"
    assert not packet.diseases
    stated = {"id": "NCIT:C2926", "label": "Lung Non-Small Cell Carcinoma"}
    (packet,) = read(compound_cis(), disease=stated)
    assert packet.interpretations[0].diagnosis.disease.id == packet.diseases[0].term.id == "NCIT:C2926"


def test_a_control_has_no_therapy_and_the_same_result_the_same_bytes() -> None:
    (packet,) = read(control())
    assert not packet.medical_actions
    assert phenopackets([control()]) == phenopackets([control()])
    assert json.loads(packet_text(phenopackets([control()])["SIM-control-1"]))["id"] == "SIM-control-1"
