"""The five tables of a cohort: their columns, what they mean, which values they take."""

from __future__ import annotations

from dataclasses import dataclass

from kinescape.cohort.agents import CLASSES

RECIST = ("CR", "PR", "SD", "PD", "NE")
IRECIST = ("iCR", "iPR", "iSD", "iUPD", "iCPD", "NE")
ALL_RESPONSES = tuple(dict.fromkeys(RECIST + IRECIST))
REASONS = ("progression", "toxicity", "death", "completed", "choice", "other", "ongoing")
TIMEPOINTS = ("relapse", "tbp", "baseline", "on_treatment", "other")
TESTED = ("yes", "no", "failed")
CRITERIA = ("RECIST 1.1", "iRECIST")


@dataclass(frozen=True)
class Field:
    """One column. ``kind``: text, time (a date or a day), flag (0/1), number, share (0 to 1), count, choice."""

    name: str
    kind: str
    meaning: str
    required: bool = True
    choices: tuple[str, ...] = ()


TABLES: dict[str, tuple[Field, ...]] = {
    "patients": (
        Field("patient", "text", "Identifier of the patient (a pseudonym), unique"),
        Field("gene", "text", "Driver gene of the fusion: ALK, ROS1 ..."),
        Field("diagnosis", "time", "Diagnosis of the disease; overall survival starts here"),
        Field("last_contact", "time", "Last day the patient was known to be alive, or the day of death"),
        Field("died", "flag", "1: died on last_contact (any cause); 0: alive then"),
        Field("fusion", "text", "Fusion, as EML4::ALK", required=False),
        Field("sex", "text", "Sex, as recorded", required=False),
        Field("age", "number", "Age at diagnosis, years", required=False),
        Field("simulated", "flag", "1: a simulated patient; every output then says so", required=False),
    ),
    "lines": (
        Field("patient", "text", "A patient of the table patients"),
        Field("agent", "text", "Agent or regimen: crizotinib, cisplatin+pemetrexed ..."),
        Field("start", "time", "First day of the agent; progression-free survival starts here"),
        Field("stop", "time", "Last day; empty while the line is running", required=False),
        Field("reason", "choice", "Why it was stopped", required=False, choices=REASONS),
        Field(
            "progression",
            "time",
            "Day of progression on this line; empty: none, or taken from responses. Treatment after it is treatment "
            "beyond progression",
            required=False,
        ),
        Field("class", "choice", "Needed for agents that are not in the list", required=False, choices=CLASSES),
    ),
    "responses": (
        Field("patient", "text", "A patient of the table patients"),
        Field("date", "time", "Day of the assessment"),
        Field("response", "choice", "Response at this assessment alone", choices=ALL_RESPONSES),
        Field("criteria", "choice", "Criteria; default RECIST 1.1", required=False, choices=CRITERIA),
    ),
    "samples": (
        Field("sample", "text", "Identifier of the sample, unique; joins the sequencing results"),
        Field("patient", "text", "A patient of the table patients"),
        Field("date", "time", "Day of the blood draw"),
        Field("timepoint", "choice", "Why it was drawn; tbp: during treatment beyond progression", choices=TIMEPOINTS),
        Field("line", "count", "Number of the therapy line (1: the patient's first, by start) at whose failure it was "
              "drawn; needed for relapse and tbp", required=False),
        Field("tested", "choice", "Whether sequencing gave a result; default: yes", required=False, choices=TESTED),
        Field("lod", "share", "Limit of detection as allele fraction, for 'none above the limit'", required=False),
    ),
    "variants": (
        Field("sample", "text", "A sample of the table samples"),
        Field("gene", "text", "Gene"),
        Field("protein", "text", "Change, as G1202R"),
        Field("vaf", "share", "Allele fraction, 0 to 1"),
    ),
}  # fmt: skip
"""Tables by name; ``responses`` and ``variants`` may be absent."""

OPTIONAL_TABLES = ("responses", "variants")
