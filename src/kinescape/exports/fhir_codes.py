"""The codes that the FHIR export speaks in, and how our states map to them.

Guide: HL7 FHIR Genomics Reporting Implementation Guide, STU2 (2.0.0, FHIR R4), hl7.org/fhir/uv/genomics-reporting/STU2.
Answer lists are LOINC's: LL1971-2 (variant: LA9633-4, LA9634-2, LA18198-4, LA11884-6), LL378-1 (origin), LL5323-2
(counting of positions), LL1040-6 (assembly).
"""

from __future__ import annotations

from typing import Any

from kinescape.records import DrugStateName, KnownPosition, PhaseState

Json = dict[str, Any]

GUIDE = "http://hl7.org/fhir/uv/genomics-reporting"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
HGVS = "http://varnomen.hgvs.org"
HGNC = "http://www.genenames.org/geneId"
SEQUENCE_ONTOLOGY = "http://www.sequenceontology.org"
REFSEQ = "http://www.ncbi.nlm.nih.gov/refseq"
TBD = f"{GUIDE}/CodeSystem/tbd-codes-cs"
OWN = "urn:kinescape:codes"
"""Our own names, where no public code says the same."""

VERSION = "2.0.0"


def profile(name: str) -> str:
    """Canonical address of a profile of the guide, with the version that is meant."""
    return f"{GUIDE}/StructureDefinition/{name}|{VERSION}"


def concept(system: str, code: str, display: str = "", text: str = "") -> Json:
    """A CodeableConcept with one coding."""
    coding = {"system": system, "code": code, **({"display": display} if display else {})}
    return {"coding": [coding], **({"text": text} if text else {})}


PRESENT = concept(LOINC, "LA9633-4", "Present")
ABSENT = concept(LOINC, "LA9634-2", "Absent")
NO_CALL = concept(LOINC, "LA18198-4", "No call")
INDETERMINATE = concept(LOINC, "LA11884-6", "Indeterminate")

UNKNOWN_ORIGIN = concept(LOINC, "LA18197-6", "Unknown genomic origin")
"""No matched normal is read: neither germline origin nor clonal haematopoiesis is excluded."""
ONE_BASED = concept(LOINC, "LA30102-0", "1-based character counting")
ASSEMBLIES = {
    "GRCh37": concept(LOINC, "LA14029-5", "GRCh37"),
    "GRCh38": concept(LOINC, "LA26806-2", "GRCh38"),
}


def variant_value(known: KnownPosition) -> Json:
    """The answer for a known change in words of LL1971-2.

    *Absent* needs a look that could have found it: it is said only of ``not_detected``, which always carries a limit
    of detection, and the limit goes with it. What nobody could look at is *no call*.
    """
    if known.state == "detected":
        return PRESENT
    if known.state == "weak":
        return INDETERMINATE
    if known.state == "not_detected" and known.lod95 is not None:
        return ABSENT
    return NO_CALL


PHASES: dict[PhaseState, Json] = {
    "cis": concept(f"{GUIDE}/CodeSystem/sequence-phase-relationship-cs", "Cis", "Cis"),
    "trans": concept(f"{GUIDE}/CodeSystem/sequence-phase-relationship-cs", "Trans", "Trans"),
    "mixed": concept(f"{GUIDE}/CodeSystem/sequence-phase-relationship-cs", "Indeterminate", "Indeterminate"),
    "undeterminable": concept(f"{GUIDE}/CodeSystem/sequence-phase-relationship-cs", "Unknown", "Unknown"),
}
"""The guide has no word for clones that carry two changes together and apart; the text and a note name it."""

DRUGS: dict[DrugStateName, Json] = {
    "resistance": concept(LOINC, "LA6676-6", "Resistant"),
    "reduced_activity": concept(OWN, "reduced_activity", "Reduced activity"),
    "none_found": concept(OWN, "none_found", "No resistance found above the limits of detection"),
    "not_assessable": concept(OWN, "not_assessable", "Not assessable"),
}
"""``LA6677-4`` (Responsive) is never said: that no resistance was found is no claim of response."""

SEQUENCE_TERMS = {
    "SNP": ("SO:0001483", "SNV"),
    "DNP": ("SO:0002007", "MNV"),
    "TNP": ("SO:0002007", "MNV"),
    "ONP": ("SO:0002007", "MNV"),
    "INS": ("SO:0000667", "insertion"),
    "DEL": ("SO:0000159", "deletion"),
    "DELINS": ("SO:1000032", "delins"),
}
CONSEQUENCE_TERMS = {
    "missense": ("SO:0001583", "missense_variant"),
    "synonymous": ("SO:0001819", "synonymous_variant"),
    "nonsense": ("SO:0001587", "stop_gained"),
    "inframe_deletion": ("SO:0001822", "inframe_deletion"),
    "inframe_insertion": ("SO:0001821", "inframe_insertion"),
    "inframe_delins": ("SO:0001818", "protein_altering_variant"),
    "frameshift": ("SO:0001589", "frameshift_variant"),
    "start_lost": ("SO:0002012", "start_lost"),
    "stop_lost": ("SO:0001578", "stop_lost"),
    "splice_site": ("SO:0001629", "splice_site_variant"),
    "intronic": ("SO:0001627", "intron_variant"),
    "utr": ("SO:0001622", "UTR_variant"),
}
