"""FHIR R4: a Bundle after the Genomics Reporting guide (STU2), one DiagnosticReport per sample.

Every identifier is a UUID of version 5 made from the sample and what the resource says, so the same result gives the
same bytes. Nothing is stated that the result does not know: a patient is a bare identifier, a report has no performer.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import date

from kinescape.exports import fhir_codes as codes
from kinescape.exports.fhir_codes import Json
from kinescape.exports.fhir_observations import Observations
from kinescape.exports.fhir_parts import Parts
from kinescape.exports.statements import produced_by, statement
from kinescape.records import SampleResult
from kinescape.report.wording import GATE

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:kinescape:fhir")


def bundle_text(results: Sequence[SampleResult]) -> str:
    """The Bundle of ``results`` as JSON."""
    return json.dumps(bundle(results), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def bundle(results: Sequence[SampleResult]) -> Json:
    """A Bundle (``collection``) of the reports; a patient or program that several share stands in it once."""
    entries: dict[str, Json] = {}
    for result in results:
        for resource in resources_of(result):
            entries.setdefault(resource["id"], {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource})
    return {
        "resourceType": "Bundle",
        "id": str(uuid.uuid5(NAMESPACE, "\n".join(sorted(entries)))),
        "meta": _meta(results, None),
        "type": "collection",
        "entry": list(entries.values()),
    }


def resources_of(result: SampleResult) -> Iterator[Json]:
    """The resources of one sample: who, what was drawn, what was used, what was observed, and the report over it."""
    parts = Parts(result, NAMESPACE)
    patient, specimen = _patient(parts), _specimen(parts)
    devices = [_program(parts), *(_aligner(parts, n) for n in range(len(result.aligners)))]
    observations = Observations(parts).all()
    report = _report(parts, [each["id"] for each in observations])
    for resource in (patient, specimen, *devices, *observations, report):
        resource.setdefault("meta", {}).update(_meta([result], resource.get("meta")))
        yield resource
    provenance = _provenance(parts, report["id"], [each["id"] for each in observations])
    provenance["meta"] = _meta([result], None)
    yield provenance


def _meta(results: Sequence[SampleResult], meta: Json | None) -> Json:
    tags = [{"system": codes.OWN, "code": "research-use-only", "display": statement(results)}]
    if any(result.simulated for result in results):
        # HL7's own tag for data that is not a real patient's.
        tags.append(
            {
                "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
                "code": "HTEST",
                "display": "test health data",
            }
        )
    return {**(meta or {}), "tag": tags}


def _patient(parts: Parts) -> Json:
    info = parts.result.sample
    return {
        "resourceType": "Patient",
        "id": parts.patient_id,
        "identifier": [{"system": "urn:kinescape:patient", "value": parts.text(info.patient or info.sample)}],
    }


def _specimen(parts: Parts) -> Json:
    info = parts.result.sample
    notes = [f"{name}: {value}" for name, value in (
        ("role", info.role), ("time point", info.timepoint), ("therapy at sampling", info.therapy),
        ("line of therapy", info.line), ("cfDNA, ng", info.cfdna_ng), ("plasma, ml", info.plasma_ml),
    ) if value]  # fmt: skip
    body: Json = {
        "resourceType": "Specimen",
        "id": parts.specimen_id,
        "meta": {"profile": [codes.profile("specimen")]},
        "identifier": [{"system": "urn:kinescape:sample", "value": parts.text(info.sample)}],
        "type": codes.concept("http://terminology.hl7.org/CodeSystem/v2-0487", "PLAS", "Plasma"),
        "subject": parts.subject,
        "note": [{"text": parts.text(note)} for note in notes],
    }
    drawn = _day(info.date)
    return {**body, "collection": {"collectedDateTime": drawn}} if drawn else body


def _day(text: str) -> str | None:
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        return None


def _program(parts: Parts) -> Json:
    result = parts.result
    versions = [("kinescape", result.kinescape_version), ("panel", f"{result.panel.name} {result.panel.version}")]
    if result.knowledge_base is not None:
        base = result.knowledge_base
        versions.append(("knowledge base", f"{base.name} {base.version} ({base.date}), sha256 {base.sha256}"))
    return {
        "resourceType": "Device",
        "id": parts.device_id,
        "deviceName": [{"name": "kinescape", "type": "model-name"}],
        "type": {"text": "software"},
        "version": [{"type": {"text": name}, "value": parts.text(value)} for name, value in versions],
        "note": [{"text": statement([result])}],
    }


def _aligner(parts: Parts, number: int) -> Json:
    run = parts.result.aligners[number]
    return {
        "resourceType": "Device",
        "id": parts.uuid("aligner", run.aligner, run.version, run.arguments),
        "deviceName": [{"name": parts.text(run.aligner), "type": "model-name"}],
        "type": {"text": "software"},
        "version": [{"value": parts.text(run.version or "not stated")}],
        "note": [{"text": parts.text(f"arguments: {run.arguments or 'none'}")}],
    }


def _report(parts: Parts, observations: Sequence[str]) -> Json:
    result = parts.result
    conclusion = [f"Validity: {GATE[result.gate.status]}.", *result.gate.reasons]
    conclusion += [f"Not assessed: {each.what} ({each.reason})." for each in result.not_assessed]
    body: Json = {
        "resourceType": "DiagnosticReport",
        "id": parts.report_id,
        "meta": {"profile": [codes.profile("genomics-report")]},
        # A program's reading that nobody signed is never final.
        "status": "preliminary",
        "category": [codes.concept("http://terminology.hl7.org/CodeSystem/v2-0074", "GE", "Genetics")],
        "code": codes.concept(codes.LOINC, "81247-9", "Master HL7 genetic variant reporting panel"),
        "subject": parts.subject,
        "specimen": [{"reference": f"urn:uuid:{parts.specimen_id}"}],
        "result": [{"reference": f"urn:uuid:{each}"} for each in observations],
        "conclusion": parts.text(f"{statement([result])} {' '.join(conclusion)}"),
    }
    drawn = _day(result.sample.date)
    return {**body, "effectiveDateTime": drawn} if drawn else body


def _provenance(parts: Parts, report: str, observations: Sequence[str]) -> Json:
    result = parts.result
    return {
        "resourceType": "Provenance",
        "id": parts.uuid("provenance"),
        "target": [{"reference": f"urn:uuid:{each}"} for each in (report, *observations)],
        # FHIR wants a time of recording; a result has none, and says so.
        "_recorded": {
            "extension": [
                {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "not-applicable"}
            ]
        },
        "agent": [
            {
                "type": codes.concept(
                    "http://terminology.hl7.org/CodeSystem/provenance-participant-type", "assembler", "Assembler"
                ),
                "who": {"reference": f"urn:uuid:{parts.device_id}", "display": produced_by(result)},
            }
        ],
        "entity": [
            {
                "role": "source",
                "what": {
                    "identifier": {"system": "urn:kinescape:sha256", "value": each.sha256 or "not known"},
                    "display": parts.text(each.name),
                },
            }
            for each in result.inputs
        ],
    }
