"""What all resources of one sample share: identifiers, references, components."""

from __future__ import annotations

import re
import uuid

from kinescape.exports.fhir_codes import LOINC, UCUM, Json, concept
from kinescape.records import SampleResult
from kinescape.report.wording import visible

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


class Parts:
    """Makes the parts of one sample's resources."""

    def __init__(self, result: SampleResult, namespace: uuid.UUID) -> None:
        self.result = result
        self.namespace = namespace
        info = result.sample
        self.patient_id = str(uuid.uuid5(namespace, f"patient\0{info.patient or info.sample}"))
        # The inputs are in it: two analyses of other reads under one name are not the same report.
        self._sample = "\0".join(
            [info.sample, info.patient, result.kinescape_version, *(i.sha256 for i in result.inputs)]
        )
        self.specimen_id = str(uuid.uuid5(namespace, f"specimen\0{info.patient}\0{info.sample}"))
        base = result.knowledge_base.sha256 if result.knowledge_base else ""
        self.device_id = str(
            uuid.uuid5(namespace, f"program\0{result.kinescape_version}\0{result.panel.sha256}\0{base}")
        )
        self.report_id = self.uuid("report")

    def uuid(self, *what: str) -> str:
        """The identifier of a part of this sample's report."""
        return str(uuid.uuid5(self.namespace, "\0".join([self._sample, *what])))

    @property
    def subject(self) -> Json:
        return {"reference": f"urn:uuid:{self.patient_id}"}

    def text(self, text: str) -> str:
        """Text of FHIR: without control characters and blanks at its ends, never empty."""
        return visible(_CONTROL.sub(" ", text)).strip() or "not stated"

    def observation(self, identifier: str, profile: str, code: Json, value: Json | None, *components: Json) -> Json:
        """An Observation of category laboratory."""
        body: Json = {
            "resourceType": "Observation",
            "id": identifier,
            "meta": {"profile": [profile]},
            "status": "preliminary",
            "category": [
                concept("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory", "Laboratory")
            ],
            "code": code,
            "subject": self.subject,
            "specimen": {"reference": f"urn:uuid:{self.specimen_id}"},
            "device": {"reference": f"urn:uuid:{self.device_id}"},
        }
        if value is not None:
            body["valueCodeableConcept"] = value
        if components:
            body["component"] = list(components)
        return body


def component(code: Json, **value: object) -> Json:
    """``component(code, valueString="A")``."""
    return {"code": code, **value}


def loinc(code: str, display: str) -> Json:
    return concept(LOINC, code, display)


def fraction(value: float) -> Json:
    """A share as a Quantity of UCUM's ``1``."""
    return {"value": round(value, 8), "unit": "relative frequency of a particular allele in the specimen",
            "system": UCUM, "code": "1"}  # fmt: skip


def count(value: int, unit: str) -> Json:
    return {"value": value, "unit": unit, "system": UCUM, "code": "1"}
