"""Phenopackets v2 (GA4GH): one packet per patient, with the samples and variants that the results know.

Schema: https://phenopacket-schema.readthedocs.io (2.0), variants as VRSATILE ``VariationDescriptor`` with a VRS
allele. A packet holds what was found; it has no word for "not detected above a limit" or "not covered". Those stand in
the description of the biosample, and what a reader must not conclude with them.

The result names no disease. The diagnosis carries the term that the caller states, else ``NCIT:C17998`` (Unknown).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

from kinescape.cohort.agents import known_agents
from kinescape.cohort.json_numbers import Json
from kinescape.cohort.phenopackets import HGNC, HUMAN, PLASMA, RESOURCES
from kinescape.coordinates import interval_to_zero_based
from kinescape.exports.names import accession, hgvs_coding, hgvs_genomic, hgvs_protein
from kinescape.exports.statements import produced_by, statement
from kinescape.palette import drug_in
from kinescape.records import Call, SampleResult
from kinescape.report.vcf import encoded
from kinescape.report.wording import GATE, POSITION_STATES, call_name, lod_range, percent

UNKNOWN_DISEASE: Json = {"id": "NCIT:C17998", "label": "Unknown"}
CELL_FREE_DNA: Json = {"id": "kinescape:cell-free_DNA", "label": "cell-free DNA"}
CREATED = "1970-01-01T00:00:00Z"
"""Creation time where no sample has a date: the schema wants one, and the same results must give the same bytes."""


def phenopackets(results: Sequence[SampleResult], disease: Json | None = None) -> dict[str, Json]:
    """Patient (or sample, where no patient is stated) -> packet."""
    owners: dict[str, list[SampleResult]] = {}
    for result in results:
        owners.setdefault(result.sample.patient or result.sample.sample, []).append(result)
    return {owner: _packet(owner, mine, disease) for owner, mine in owners.items()}


def packet_text(packet: Json) -> str:
    """The packet as JSON."""
    return json.dumps(packet, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _packet(owner: str, results: Sequence[SampleResult], disease: Json | None) -> Json:
    actions = [action for result in results if (action := _action(result, disease)) is not None]
    packet: Json = {
        "id": owner,
        "subject": {"id": owner, "taxonomy": HUMAN},
        "biosamples": [_biosample(owner, result) for result in results],
        "interpretations": [_interpretation(result, disease) for result in results if _found(result)],
        "metaData": _meta(results),
    }
    if disease is not None:
        packet["diseases"] = [{"term": disease}]
    if actions:
        packet["medicalActions"] = [action for n, action in enumerate(actions) if action not in actions[:n]]
    return packet


def _found(result: SampleResult) -> list[Call]:
    return sorted((call for call in result.calls if call.evidence != "filtered"), key=lambda call: call.variant)


def _time(result: SampleResult) -> str | None:
    try:
        return f"{date.fromisoformat(result.sample.date.strip()).isoformat()}T00:00:00Z"
    except ValueError:
        return None


def _own(code: str, label: str) -> Json:
    return {"id": f"kinescape:{encoded(code).replace(' ', '_')}", "label": label}


def _biosample(owner: str, result: SampleResult) -> Json:
    info = result.sample
    body: Json = {
        "id": info.sample,
        "individualId": owner,
        "description": _description(result),
        "sampledTissue": PLASMA,
        "sampleType": CELL_FREE_DNA,
        "taxonomy": HUMAN,
        "measurements": [_gate(result)],
    }
    drawn = _time(result)
    return {**body, "timeOfCollection": {"timestamp": drawn}} if drawn else body


def _gate(result: SampleResult) -> Json:
    return {
        "assay": _own("validity_gate", "validity gate of the sample"),
        "value": {"ontologyClass": _own(f"gate_{result.gate.status}", GATE[result.gate.status])},
    }


def _description(result: SampleResult) -> str:
    """What was not found with its limits, and what was not looked at: a packet has no other place for either."""
    known = result.known_positions
    parts = [statement([result]), f"Time point: {result.sample.timepoint or 'not stated'}."]
    parts.append(" ".join([f"Validity: {GATE[result.gate.status]}.", *result.gate.reasons]))
    for state, words in POSITION_STATES.items():
        names = [f"{k.gene} {k.protein}" for k in known if k.state == state]
        if names:
            limits = f" (limits of detection {lod_range(list(known))})" if state == "not_detected" else ""
            parts.append(f"{words}{limits}: {', '.join(names)}.")
    parts.append("Below depth, not covered and not on panel say nothing of the tumour.")
    return " ".join(parts)


def _action(result: SampleResult, disease: Json | None) -> Json | None:
    """The therapy at sampling; None where none is stated."""
    text = result.sample.therapy.strip()
    if not text:
        return None
    agent = known_agents().get(text.lower()) or known_agents().get(drug_in(text) or "")
    name = agent.name if agent else text
    body: Json = {"treatment": {"agent": _own(name, name)}}
    return {**body, "treatmentTarget": disease} if disease else body


def _interpretation(result: SampleResult, disease: Json | None) -> Json:
    return {
        "id": f"{result.sample.sample}-findings",
        "progressStatus": "COMPLETED",
        "diagnosis": {
            "disease": disease or UNKNOWN_DISEASE,
            "genomicInterpretations": [_genomic(call, result) for call in _found(result)],
        },
        "summary": statement([result]),
    }


def _status(call: Call) -> str:
    """A call that a person rejected after looking at its reads is no candidate any more; weak evidence is none yet."""
    if "reject" in call.inspected and "accept" not in call.inspected:
        return "REJECTED"
    return "CANDIDATE" if call.evidence == "strong" else "UNKNOWN_STATUS"


def _genomic(call: Call, result: SampleResult) -> Json:
    return {
        "subjectOrBiosampleId": result.sample.sample,
        # The program states what it found in reads; whether it explains the disease is not its to say.
        "interpretationStatus": _status(call),
        "variantInterpretation": {
            "acmgPathogenicityClassification": "NOT_PROVIDED",
            "therapeuticActionability": "UNKNOWN_ACTIONABILITY",
            "variationDescriptor": _descriptor(call, result),
        },
    }


def _descriptor(call: Call, result: SampleResult) -> Json:
    variant, named = call.variant, call.consequence
    names = (
        ("hgvs.g", hgvs_genomic(call, result.panel.genome)),
        ("hgvs.c", hgvs_coding(call)),
        ("hgvs.p", hgvs_protein(call)),
    )
    body: Json = {
        "id": f"{result.sample.sample}-{variant.name}",
        "label": call_name(call),
        "description": "; ".join(
            [
                f"{call.evidence} evidence" + (f": {call.reason}" if call.reason else ""),
                f"allele fraction {percent(call.vaf)} ({percent(call.vaf_low)} to {percent(call.vaf_high)})",
                "in cell-free DNA",
            ]
        ),
        "moleculeContext": "genomic",
        "expressions": [{"syntax": syntax, "value": value} for syntax, value in names if value],
        "vcfRecord": {
            "genomeAssembly": result.panel.genome,
            "chrom": variant.chrom,
            "pos": variant.pos,
            "id": ".",
            "ref": variant.ref,
            "alt": variant.alt,
            "qual": str(min((numbers.qual for numbers in call.by_aligner), default=0)),
            "filter": ";".join(call.filters) or "PASS",
            "info": f"AF={call.vaf:.6g};EVIDENCE={call.evidence}",
        },
        "vrsRefAlleleSeq": variant.ref,
        "extensions": [
            {"name": "kinescape-evidence", "value": call.evidence},
            {"name": "allele-fraction", "value": f"{call.vaf:.6g}"},
            {"name": "allele-fraction-interval", "value": f"{call.vaf_low:.6g}-{call.vaf_high:.6g}"},
        ],
    }
    if named is not None and named.gene in HGNC:
        body["geneContext"] = {"valueId": HGNC[named.gene], "symbol": named.gene}
    allele = _allele(call, result.panel.genome)
    return {**body, "variation": {"allele": allele}} if allele else body


def _allele(call: Call, genome: str) -> Json | None:
    """VRS 1.2: the interval is 0-based and half-open, the sequence stands in place of what it holds."""
    sequence = accession(call.variant.chrom, genome)
    if not sequence:
        return None
    start, end = interval_to_zero_based(call.variant.pos, call.variant.pos + len(call.variant.ref) - 1)
    # Protobuf's JSON writes 64-bit integers as text.
    return {
        "sequenceLocation": {
            "sequenceId": f"refseq:{sequence}",
            "sequenceInterval": {"startNumber": {"value": str(start)}, "endNumber": {"value": str(end)}},
        },
        "literalSequenceExpression": {"sequence": call.variant.alt},
    }


def _meta(results: Sequence[SampleResult]) -> Json:
    keys = ("id", "name", "url", "namespacePrefix", "iriPrefix")
    days = sorted(day for result in results if (day := _time(result)) is not None)
    origin = "date of the last sample" if days else "no sample has a date"
    return {
        "created": days[-1] if days else CREATED,
        "createdBy": f"{produced_by(results[0])} (created: {origin}). {statement(results)}",
        "resources": [{**dict(zip(keys, resource, strict=True)), "version": "not pinned"} for resource in RESOURCES],
        "phenopacketSchemaVersion": "2.0",
    }
