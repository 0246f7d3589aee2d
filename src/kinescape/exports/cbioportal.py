"""A cBioPortal study of a run's samples: clinical tables, mutations, timeline, case lists, gene panels.

Formats and rules: https://docs.cbioportal.org/file-formats/ and the portal's validator (cbioportal-core,
``scripts/importer/validateData.py``). Only what the results know is written: no survival, no diagnosis; where no
sample has a date there is no timeline.

cBioPortal takes a gene that is profiled and has no mutation for unmutated. Therefore every sample is tied to a *gene
panel* that holds only the genes of which an amplicon was covered, and a sample that failed its gate counts as
sequenced only if something was found in it; where no sample counts there is no table of mutations. Below the level of a
gene the format has no word for "not looked at": the limits and gaps stand as attributes of the sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kinescape.cohort.agents import known_agents
from kinescape.cohort.cbioportal_files import Row, write_clinical, write_facts, write_rows
from kinescape.cohort.cbioportal_out import SPECIMEN_HEADER, TREATMENT_HEADER, TREATMENT_TYPES
from kinescape.errors import InputError
from kinescape.exports.cells import Value, cell
from kinescape.exports.maf import COLUMNS, maf_rows
from kinescape.exports.select import known_identifiers
from kinescape.exports.statements import RESEARCH_USE, SIMULATED, produced_by
from kinescape.output_folder import output_folder
from kinescape.palette import drug_in
from kinescape.records import SampleResult
from kinescape.report.view import silent_groups
from kinescape.report.wording import POSITION_STATES, SILENT_STATES

ALLOWED = "._-"
"""Beside letters and digits, the only signs of a patient's or sample's identifier (the validator's rule)."""
LONGEST = 255
"""Characters of a clinical value in the portal's database."""
BUILDS = {"GRCh38": "hg38", "GRCh37": "hg19"}

PATIENT_COLUMNS = (
    ("PATIENT_ID", "Patient Identifier", "Identifier of the patient", "STRING"),
    ("PATIENT_STATED", "Patient Stated", "Patient as the sample sheet names them", "STRING"),
    ("SAMPLE_COUNT", "Samples", "Samples of this study", "NUMBER"),
    ("SIMULATED", "Simulated", "YES: simulated data, not from a patient", "STRING"),
)
SAMPLE_COLUMNS = (
    ("PATIENT_ID", "Patient Identifier", "Identifier of the patient", "STRING"),
    ("SAMPLE_ID", "Sample Identifier", "Identifier of the sample", "STRING"),
    ("SAMPLE_STATED", "Sample Stated", "Sample as the sample sheet names it", "STRING"),
    ("SAMPLE_CLASS", "Sample Class", "What was sequenced", "STRING"),
    ("ROLE", "Role", "plasma: a patient's sample; control: a healthy control", "STRING"),
    ("TIMEPOINT", "Timepoint", "Why the sample was drawn", "STRING"),
    ("SAMPLE_DATE", "Date", "Date of the sample", "STRING"),
    ("THERAPY", "Therapy", "Therapy at sampling, as stated", "STRING"),
    ("THERAPY_LINE", "Therapy Line", "Line of therapy, as stated", "STRING"),
    ("CFDNA_NG", "cfDNA (ng)", "cfDNA put in, in nanograms", "NUMBER"),
    ("GATE", "Validity Gate", "Whether the sample can answer: pass, limited, fail", "STRING"),
    ("GATE_REASONS", "Gate Reasons", "Why it is limited or failed", "STRING"),
    ("KNOWN_POSITIONS_ASSESSED", "Known Positions Assessed", "Known changes that could be assessed", "NUMBER"),
    ("KNOWN_POSITIONS", "Known Positions", "Known changes on the list", "NUMBER"),
    ("LOD95_MAX", "Limit of Detection", "Highest limit of detection (95%) where nothing was detected", "NUMBER"),
    ("NOT_ASSESSED", "Not Assessed", "Known changes below depth, not covered or not on the panel, counted", "STRING"),
    ("STRONG_CALLS", "Strong Calls", "Findings that pass with both aligners", "NUMBER"),
    ("WEAK_CALLS", "Weak Calls", "Findings that pass with one aligner only", "NUMBER"),
    ("SIMULATED", "Simulated", "YES: simulated data, not from a patient", "STRING"),
    ("RESEARCH_USE", "Use", "What the data may be used for", "STRING"),
)
_NOTE = "NOTE"


@dataclass(frozen=True)
class Study:
    """The results under their identifiers."""

    identifier: str
    results: tuple[SampleResult, ...]
    samples: dict[str, str]
    """Name of a sample -> its SAMPLE_ID."""
    patients: dict[str, str]
    """Name of a patient (of the sample, where none is stated) -> PATIENT_ID."""

    def sample_id(self, result: SampleResult) -> str:
        return self.samples[result.sample.sample]

    def patient_id(self, result: SampleResult) -> str:
        return self.patients[_patient(result)]

    @property
    def simulated(self) -> bool:
        return any(result.simulated for result in self.results)


def export_study(results: Sequence[SampleResult], identifier: str, out: Path) -> None:
    """Write the study's folder.

    Raises
    ------
    InputError
        An identifier that cBioPortal does not take, or samples of different genomes.
    """
    if not identifier or not identifier.isascii() or not identifier.replace("_", "").isalnum():
        raise InputError("not an identifier of a study", found=identifier, expected="letters, digits and _")
    genomes = sorted({result.panel.genome for result in results})
    if len(genomes) > 1 or genomes[0] not in BUILDS:
        raise InputError(
            "samples of one study need one genome", found=", ".join(genomes), expected=" or ".join(sorted(BUILDS))
        )
    study = Study(
        identifier,
        tuple(results),
        known_identifiers([result.sample.sample for result in results], ALLOWED),
        known_identifiers([_patient(result) for result in results], ALLOWED),
    )
    with output_folder(out, "export") as folder:
        write_clinical(folder / "data_clinical_patient.txt", PATIENT_COLUMNS, _patient_rows(study))
        write_clinical(folder / "data_clinical_sample.txt", SAMPLE_COLUMNS, [_sample_row(study, r) for r in results])
        _write_meta(study, folder, BUILDS[genomes[0]])
        if any(_sequenced(result) for result in results):
            _write_mutations(study, folder)
        _write_timeline(study, folder)
        _write_panels(study, folder)


def _patient(result: SampleResult) -> str:
    return result.sample.patient or result.sample.sample


def _patient_rows(study: Study) -> list[Row]:
    rows = []
    for name, identifier in study.patients.items():
        mine = [result for result in study.results if _patient(result) == name]
        simulated = any(result.simulated for result in mine)
        cells = (identifier, mine[0].sample.patient, len(mine), "YES" if simulated else "NO")
        rows.append([_clinical_cell(value) for value in cells])
    return rows


def _sample_row(study: Study, result: SampleResult) -> Row:
    info, known = result.sample, result.known_positions
    silent = [
        f"{group.gene}: {len(group.positions)} {POSITION_STATES[group.state].lower()}"
        for group in silent_groups(result)
    ]
    limits = [k.lod95 for k in known if k.state == "not_detected" and k.lod95 is not None]
    cells = (
        *(study.patient_id(result), study.sample_id(result), info.sample, "cell-free DNA", info.role, info.timepoint),
        *(info.date, info.therapy, info.line, info.cfdna_ng, result.gate.status, "; ".join(result.gate.reasons)),
        *(sum(k.state not in SILENT_STATES for k in known), len(known), max(limits, default=None), "; ".join(silent)),
        *(sum(c.evidence == "strong" for c in result.calls), sum(c.evidence == "weak" for c in result.calls)),
        *("YES" if result.simulated else "NO", RESEARCH_USE),
    )
    return [_clinical_cell(value) for value in cells]


def _clinical_cell(value: Value) -> str:
    """A cell of a clinical table: no quotation marks, and no longer than the portal's database takes."""
    text = cell(value).replace('"', "'")
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _write_meta(study: Study, folder: Path, genome: str) -> None:
    label = "SIMULATED " if study.simulated else ""
    write_facts(
        folder / "meta_study.txt",
        type_of_cancer="nsclc" if all(result.sample.role == "plasma" for result in study.results) else "mixed",
        cancer_study_identifier=study.identifier,
        name=f"{label}plasma DNA, {study.identifier}",
        description=f"{SIMULATED + ' ' if study.simulated else ''}{len(study.results)} samples of plasma DNA; "
        f"{produced_by(study.results[0])}. {RESEARCH_USE}",
        add_global_case_list="true",
        reference_genome=genome,
    )
    for name, datatype in (("clinical_patient", "PATIENT_ATTRIBUTES"), ("clinical_sample", "SAMPLE_ATTRIBUTES")):
        _write_clinical_meta(study, folder, name, datatype)


def _write_clinical_meta(study: Study, folder: Path, name: str, datatype: str) -> None:
    write_facts(
        folder / f"meta_{name}.txt",
        cancer_study_identifier=study.identifier,
        genetic_alteration_type="CLINICAL",
        datatype=datatype,
        data_filename=f"data_{name}.txt",
    )


def _write_mutations(study: Study, folder: Path) -> None:
    rows: list[Row] = []
    for result in study.results:
        for row in maf_rows(result, study.sample_id(result)):
            row["Chromosome"] = str(row["Chromosome"]).removeprefix("chr")
            rows.append([cell(row.get(column)).replace('"', "'") for column in COLUMNS])
    write_rows(folder / "data_mutations.txt", list(COLUMNS), rows)
    write_facts(
        folder / "meta_mutations.txt",
        cancer_study_identifier=study.identifier,
        genetic_alteration_type="MUTATION_EXTENDED",
        datatype="MAF",
        stable_id="mutations",
        show_profile_in_analysis_tab="true",
        profile_name="Mutations in plasma",
        profile_description="Variants in cell-free DNA; weak evidence is flagged in FILTER and kinescape_evidence",
        data_filename="data_mutations.txt",
    )
    sequenced = [study.sample_id(result) for result in study.results if _sequenced(result)]
    (folder / "case_lists").mkdir()
    write_facts(
        folder / "case_lists" / "cases_sequenced.txt",
        cancer_study_identifier=study.identifier,
        stable_id=f"{study.identifier}_sequenced",
        case_list_name="Samples with mutation data",
        case_list_description=f"{len(sequenced)} of {len(study.results)} samples; failed samples are left out",
        case_list_category="all_cases_with_mutation_data",
        case_list_ids="\t".join(sequenced),
    )


def _sequenced(result: SampleResult) -> bool:
    """Whether the sample may count as looked at: its gate let it, or something was found nevertheless."""
    found = any(call.evidence != "filtered" for call in result.calls)
    return bool(_covered_genes(result)) and (found or result.gate.status != "fail")


def _covered_genes(result: SampleResult) -> tuple[str, ...]:
    return tuple(
        sorted({amplicon.gene for amplicon in result.amplicons if amplicon.state == "covered"} | _found(result))
    )


def _found(result: SampleResult) -> set[str]:
    return {c.consequence.gene for c in result.calls if c.evidence != "filtered" and c.consequence is not None}


def _write_panels(study: Study, folder: Path) -> None:
    """The genes of every sample, and the panels for the portal's own importer (``importGenePanel.pl``)."""
    rows: list[Row] = []
    panels: dict[str, tuple[str, ...]] = {}
    for result in study.results:
        if _sequenced(result):
            genes = _covered_genes(result)
            name = "_".join(("kinescape", result.panel.name.replace(" ", "-"), *genes))
            panels[name] = genes
            rows.append([study.sample_id(result), name])
    if not rows:
        return
    write_rows(folder / "data_gene_panel_matrix.txt", ["SAMPLE_ID", "mutations"], rows)
    write_facts(
        folder / "meta_gene_panel_matrix.txt",
        cancer_study_identifier=study.identifier,
        genetic_alteration_type="GENE_PANEL_MATRIX",
        datatype="GENE_PANEL_MATRIX",
        data_filename="data_gene_panel_matrix.txt",
    )
    (folder / "gene_panels").mkdir()
    for name, genes in sorted(panels.items()):
        write_facts(
            folder / "gene_panels" / f"{name}.txt",
            stable_id=name,
            description="Genes with a covered amplicon; only parts of them were sequenced",
            gene_list="\t".join(genes),
        )


def _write_timeline(study: Study, folder: Path) -> None:
    """Days count from a patient's first dated sample: the result knows no diagnosis."""
    treatments: list[Row] = []
    specimens: list[Row] = []
    first: dict[str, date] = {}
    dated = [(day, result) for result in study.results if (day := _day(result)) is not None]
    for day, result in sorted(dated, key=lambda pair: (pair[0], pair[1].sample.sample)):
        patient = study.patient_id(result)
        since = str((day - first.setdefault(patient, day)).days)
        specimens.append([patient, since, since, "SPECIMEN", study.sample_id(result), "Plasma", _DAY_ZERO])
        agent = _agent(result.sample.therapy)
        if agent:
            kind, name = agent
            treatments.append([patient, since, "", "TREATMENT", kind, name, "", "", _TREATED])
    for kind, header, rows in (("treatment", TREATMENT_HEADER, treatments), ("specimen", SPECIMEN_HEADER, specimens)):
        if rows:
            cells = [[_clinical_cell(value) for value in row] for row in rows]
            write_rows(folder / f"data_timeline_{kind}.txt", [*header, _NOTE], cells)
            _write_clinical_meta(study, folder, f"timeline_{kind}", "TIMELINE")


_DAY_ZERO = "day 0: the patient's first dated sample"
_TREATED = "therapy stated at sampling; its start and end are not known here"


def _day(result: SampleResult) -> date | None:
    try:
        return date.fromisoformat(result.sample.date.strip())
    except ValueError:
        return None


def _agent(therapy: str) -> tuple[str, str] | None:
    """(TREATMENT_TYPE, AGENT) of the therapy that a sample sheet states; None where it states none."""
    text = therapy.strip()
    if not text:
        return None
    agent = known_agents().get(text.lower()) or known_agents().get(drug_in(text) or "")
    return (TREATMENT_TYPES[agent.kind], agent.name.upper()) if agent else (TREATMENT_TYPES["other"], text)
