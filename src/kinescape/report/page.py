"""The HTML page of one sample, made from its result alone.

The page is one file without any outside part: style, script and pictures stand in it, and a content security policy
that names their hashes forbids everything else, the network above all. All text from the result is escaped by the
template engine. The same result gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from kinescape.errors import InputError
from kinescape.records import NOT_CONSULTED, Call, SampleResult
from kinescape.report import view
from kinescape.report.beside import NOTHING_BESIDE, Beside
from kinescape.report.course import course_of
from kinescape.report.environment import environment, whole_page
from kinescape.report.figures import lod_strip, lollipop
from kinescape.report.figures.axis import genes_of
from kinescape.report.figures.phase import phase_picture
from kinescape.report.figures.reads import insert_lengths, quality_by_cycle
from kinescape.report.figures.time_course import time_course
from kinescape.report.inspection import IGV_VERSION, inspection_of
from kinescape.report.wording import SILENT_STATES, lod_range
from kinescape.review.states import reviewed

SECTIONS = (
    ("gate", "Validity"),
    ("drugs", "Drugs"),
    ("findings", "Findings"),
    ("phase", "Clones and phase"),
    ("course", "Over time"),
    ("not-assessed", "Not assessed"),
    ("known", "Known positions"),
    ("limits", "Limits of detection"),
    ("map", "Protein and coverage"),
    ("filtered", "Filtered candidates"),
    ("inspection", "Reads in IGV"),
    ("reads", "Reads"),
    ("methods", "Methods and versions"),
)
"""(id, name) of the sections, in the order of the page."""

USUAL_SOURCES = ("gnomAD", "ClinVar", "BoostDM", "CIViC")
"""Sources that a reader expects beside a finding; where a result names none, each is "not consulted"."""


def render_sample(
    result: SampleResult,
    history: tuple[SampleResult, ...] = (),
    given: tuple[str, ...] = (),
    beside: Beside = NOTHING_BESIDE,
) -> str:
    """The page of ``result``.

    Parameters
    ----------
    result
        The sample.
    history
        Other samples of the same patient, in any order; they are shown beside the findings.
    given
        Names of all samples of the patient in the order that counts where not every sample has a date.
    beside
        What lies beside the result: reads for inspection by eye, and what people said of them.

    Raises
    ------
    InputError
        A sample of the history belongs to another patient, or none is named.
    """
    _check_history(result, history)
    inspection = inspection_of(result, beside)
    result = reviewed(result, inspection.review)
    course = course_of(result, history, given)
    picture = time_course(course) if course else None
    silent = sum(k.state in SILENT_STATES for k in result.known_positions)
    context: dict[str, Any] = {
        "r": result,
        "sections": [(id_, name) for id_, name in SECTIONS if id_ != "course" or course],
        "genes": genes_of(result) or ["no gene"],
        "facts": view.facts_of(result),
        "tiles": view.tiles_of(result),
        "drug_groups": view.drug_groups(result),
        "is_current": view.is_current,
        "strong": view.calls_with(result, "strong"),
        "weak": view.calls_with(result, "weak"),
        "filtered": view.calls_with(result, "filtered"),
        "annotations_of": annotations_of,
        "limits": lod_range(list(result.known_positions)),
        "silent": silent,
        "silent_groups": view.silent_groups(result),
        "state_counts": view.state_counts(result.known_positions),
        "phases": view.phase_rows(result),
        "phase_picture": phase_picture(result),
        "acquisition": view.acquisition_orders(result),
        "course": course,
        "course_picture": picture,
        "pictures": _pictures(result),
        "read_facts": view.read_facts(result),
        "read_pictures": [p for p in (quality_by_cycle(result.qc), insert_lengths(result.qc)) if p],
        "parameters": view.parameter_facts(result),
        "inspection": inspection,
        "igv_version": IGV_VERSION,
    }
    template = environment().get_template("sample.html")
    return whole_page(template, context, _running_foot(result), ("inspection.js",), inspection.trusted)


def annotations_of(call: Call, result: SampleResult) -> list[tuple[str, str]]:
    """(source, what it says) for every source of the run, in the order of their names."""
    sources = {*result.annotation_sources, *call.annotations} or set(USUAL_SOURCES)
    return [(source, call.annotations.get(source) or NOT_CONSULTED) for source in sorted(sources, key=str.lower)]


def _check_history(result: SampleResult, history: tuple[SampleResult, ...]) -> None:
    for other in history:
        if not result.sample.patient or other.sample.patient != result.sample.patient:
            raise InputError(
                f"sample '{other.sample.sample}' cannot be shown beside '{result.sample.sample}': not the same patient",
                found=other.sample.patient or "no patient",
                expected=f"patient '{result.sample.patient}'" if result.sample.patient else "a patient on both",
            )
        if other.sample.sample == result.sample.sample:
            raise InputError(f"sample '{other.sample.sample}' stands in its own history", expected="other samples")


@dataclass(frozen=True)
class GenePictures:
    """The two pictures of one gene, and what had no place in each."""

    gene: str
    limits: Markup | None
    findings: Markup | None
    known_not_drawn: list[str]
    findings_not_drawn: list[str]


def _pictures(result: SampleResult) -> list[GenePictures]:
    return [
        GenePictures(
            gene,
            lod_strip.lod_strip(result, gene),
            lollipop.lollipop(result, gene),
            lod_strip.not_drawn(result, gene),
            lollipop.not_drawn(result, gene),
        )
        for gene in genes_of(result)
    ]


def _running_foot(result: SampleResult) -> str:
    """What stands at the foot of every printed page: whose it is must be readable on each."""
    parts = [result.sample.sample, result.sample.patient, "kinescape, research use only"]
    if result.simulated:
        parts.append("SIMULATED DATA")
    return " · ".join(part if len(part) <= 60 else part[:59] + "…" for part in parts if part)
