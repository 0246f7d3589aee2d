"""Export as Phenopackets v2 (https://phenopacket-schema.readthedocs.io), one JSON file per patient.

Disease, tissue, species and genes carry codes of public ontologies (NCIT, UBERON, NCBITaxon, HGNC); agents and
responses carry our own codes with their plain names. With dates every time is a timestamp. With days it is an age,
where the age at diagnosis is known; else it is left out, because a Phenopacket has no clock that starts at diagnosis.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from kinescape import __version__
from kinescape.cohort.json_numbers import Json
from kinescape.cohort.model import Cohort
from kinescape.cohort.response import best_responses
from kinescape.output_folder import output_folder

HGNC = {"ALK": "HGNC:427", "ROS1": "HGNC:10261"}
DISEASE: Json = {"id": "NCIT:C2926", "label": "Lung Non-Small Cell Carcinoma"}
PLASMA: Json = {"id": "UBERON:0001969", "label": "blood plasma"}
HUMAN: Json = {"id": "NCBITaxon:9606", "label": "Homo sapiens"}
SEXES = {"female": "FEMALE", "male": "MALE", "f": "FEMALE", "m": "MALE"}
REASONS = {"progression": "progressive disease", "toxicity": "toxicity", "death": "death", "choice": "patient's choice"}
RESPONSES = {"CR": "complete response", "PR": "partial response", "SD": "stable disease", "PD": "progressive disease",
             "NE": "not evaluable"}  # fmt: skip

RESOURCES = (
    ("ncit", "NCI Thesaurus", "http://purl.obolibrary.org/obo/ncit.owl", "NCIT", "http://purl.obolibrary.org/obo/NCIT_"),
    ("uberon", "Uberon", "http://purl.obolibrary.org/obo/uberon.owl", "UBERON", "http://purl.obolibrary.org/obo/UBERON_"),
    ("ncbitaxon", "NCBI Taxonomy", "http://purl.obolibrary.org/obo/ncbitaxon.owl", "NCBITaxon",
     "http://purl.obolibrary.org/obo/NCBITaxon_"),
    ("hgnc", "HGNC", "https://www.genenames.org", "HGNC", "https://www.genenames.org/data/gene-symbol-report/#!/hgnc_id/"),
    ("kinescape", "kinescape's own names", "urn:kinescape", "kinescape", "urn:kinescape:"),
)  # fmt: skip


def export_phenopackets(cohort: Cohort, out: Path) -> list[str]:
    """Write ``<patient>.json`` for every patient; returns the lines to print."""
    best = best_responses(cohort.responses, cohort.lines)
    with output_folder(out, "cohort export") as folder:
        for row in range(len(cohort.patients)):
            packet = phenopacket(cohort, row, best)
            text = json.dumps(packet, indent=1, ensure_ascii=False, allow_nan=False)
            name = "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in str(packet["id"]))
            (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    lines = [f"{len(cohort.patients)} phenopackets (schema 2.0)", f"written: {out}"]
    unknown = int(np.isnan(cohort.patients.age).sum()) if cohort.calendar == "days" else 0
    if unknown:
        lines.insert(1, f"note: {unknown} patients without age at diagnosis have no times (days are not in the schema)")
    return lines


def phenopacket(cohort: Cohort, row: int, best: dict[int, str]) -> Json:
    """One patient."""
    patients = cohort.patients
    name = str(patients.name[row])
    died = bool(patients.died[row])
    vital: Json = {"status": "DECEASED" if died else "ALIVE"}
    vital["survivalTimeInDays"] = int(patients.last_contact[row] - patients.diagnosis[row])
    death = _time(cohort, row, float(patients.last_contact[row]))
    if died and death:
        vital["timeOfDeath"] = death
    subject: Json = {"id": name, "vitalStatus": vital, "taxonomy": HUMAN}
    if str(patients.sex[row]).lower() in SEXES:
        subject["sex"] = SEXES[str(patients.sex[row]).lower()]
    onset = _time(cohort, row, float(patients.diagnosis[row]))
    return {
        "id": name,
        "subject": subject,
        "biosamples": [_biosample(cohort, sample) for sample in _rows(cohort.samples.patient, row)],
        "interpretations": _interpretations(cohort, row),
        "diseases": [{"term": DISEASE, **({"onset": onset} if onset else {})}],
        "medicalActions": [_action(cohort, line, best) for line in _rows(cohort.lines.patient, row)],
        "metaData": _meta(cohort),
    }


def _rows(owners: np.ndarray, row: int) -> list[int]:
    return [int(place) for place in np.flatnonzero(owners == row)]


def _own(code: str, label: str) -> Json:
    return {"id": f"kinescape:{code.replace(' ', '_')}", "label": label}


def _stamp(day: float) -> str:
    return f"{np.datetime64(int(day), 'D')}T00:00:00Z"


def _time(cohort: Cohort, patient: int, day: float) -> Json | None:
    if np.isnan(day):
        return None
    if cohort.calendar == "dates":
        return {"timestamp": _stamp(day)}
    age = float(cohort.patients.age[patient])
    if np.isnan(age):
        return None
    since = int(day - float(cohort.patients.diagnosis[patient]))
    return {"age": {"iso8601duration": f"P{int(age)}Y{since}D"}}


def _biosample(cohort: Cohort, sample: int) -> Json:
    samples = cohort.samples
    patient = int(samples.patient[sample])
    body: Json = {
        "id": str(samples.name[sample]),
        "individualId": str(cohort.patients.name[patient]),
        "description": f"{samples.timepoint[sample]}; {cohort.state(sample)}",
        "sampledTissue": PLASMA,
        "taxonomy": HUMAN,
    }
    drawn = _time(cohort, patient, float(samples.day[sample]))
    return {**body, "timeOfCollection": drawn} if drawn else body


def _action(cohort: Cohort, line: int, best: dict[int, str]) -> Json:
    lines = cohort.lines
    agent = str(lines.agent[line])
    treatment: Json = {"agent": _own(agent, agent)}
    start, stop = float(lines.start[line]), float(lines.stop[line])
    if cohort.calendar == "dates":
        end = stop if not np.isnan(stop) else float(cohort.patients.last_contact[lines.patient[line]])
        treatment["doseIntervals"] = [
            {
                "quantity": {"unit": _own("dose_not_recorded", "dose not recorded"), "value": 0},
                "scheduleFrequency": _own("schedule_not_recorded", "schedule not recorded"),
                "interval": {"start": _stamp(start), "end": _stamp(end)},
            }
        ]
    body: Json = {"treatment": treatment, "treatmentTarget": DISEASE}
    if best.get(line):
        body["responseToTreatment"] = _own(best[line], RESPONSES[best[line]])
    reason = str(lines.reason[line])
    if reason in REASONS:
        body["treatmentTerminationReason"] = _own(reason, REASONS[reason])
    return body


def _interpretations(cohort: Cohort, row: int) -> list[Json]:
    variants, samples = cohort.variants, cohort.samples
    found: list[Json] = []
    for place in np.flatnonzero(samples.patient[variants.sample] == row).tolist():
        gene, protein = str(variants.gene[place]), str(variants.protein[place])
        sample = str(samples.name[variants.sample[place]])
        descriptor: Json = {
            "id": f"{sample}-{gene}-{protein}",
            "label": f"{gene} {protein}",
            "description": f"allele fraction {float(variants.vaf[place]):g} in cell-free DNA",
            "moleculeContext": "protein",
            "expressions": [{"syntax": "hgvs.p", "value": f"p.{protein}"}],
        }
        if gene in HGNC:
            descriptor["geneContext"] = {"valueId": HGNC[gene], "symbol": gene}
        found.append(
            {
                "subjectOrBiosampleId": sample,
                "interpretationStatus": "UNKNOWN_STATUS",
                "variantInterpretation": {
                    "acmgPathogenicityClassification": "NOT_PROVIDED",
                    "therapeuticActionability": "UNKNOWN_ACTIONABILITY",
                    "variationDescriptor": descriptor,
                },
            }
        )
    if not found:
        return []
    name = str(cohort.patients.name[row])
    diagnosis = {"disease": DISEASE, "genomicInterpretations": found}
    return [{"id": f"{name}-variants", "progressStatus": "UNKNOWN_PROGRESS", "diagnosis": diagnosis}]


def _meta(cohort: Cohort) -> Json:
    """Creation time is the cohort's last day of follow-up, so that the same tables give the same bytes."""
    last = float(cohort.patients.last_contact.max()) if cohort.calendar == "dates" else 0.0
    keys = ("id", "name", "url", "namespacePrefix", "iriPrefix")
    label = "SIMULATED data; " if cohort.simulated else ""
    return {
        "created": _stamp(last),
        "createdBy": f"kinescape {__version__} ({label}created: last day of follow-up)",
        "resources": [{**dict(zip(keys, resource, strict=True)), "version": "not pinned"} for resource in RESOURCES],
        "phenopacketSchemaVersion": "2.0",
    }
