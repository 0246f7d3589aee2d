"""Export to cBioPortal's file formats: clinical, timeline and mutation files of one study.

Formats: https://docs.cbioportal.org/file-formats/ . Days count from diagnosis. What cBioPortal has no column for stands
in columns of our own, so that an import gives back the same tables.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kinescape.cohort.cbioportal_files import Row, write_clinical, write_facts, write_rows
from kinescape.cohort.days import DAYS_PER_MONTH
from kinescape.cohort.model import Cohort
from kinescape.errors import InputError
from kinescape.output_folder import output_folder

TREATMENT_TYPES = {
    "tki": "Targeted Therapy",
    "chemotherapy": "Chemotherapy",
    "immunotherapy": "Immunotherapy",
    "other": "Other",
}

PATIENT_COLUMNS = (
    ("PATIENT_ID", "Patient Identifier", "Identifier of the patient", "STRING"),
    ("OS_STATUS", "Overall Survival Status", "Overall survival status", "STRING"),
    ("OS_MONTHS", "Overall Survival (Months)", "Months from diagnosis to death or last contact", "NUMBER"),
    ("LAST_CONTACT_DAY", "Last Contact Day", "Days from diagnosis to death or last contact", "NUMBER"),
    ("SEX", "Sex", "Sex", "STRING"),
    ("AGE", "Diagnosis Age", "Age at diagnosis in years", "NUMBER"),
    ("DRIVER_GENE", "Driver Gene", "Driver gene of the fusion", "STRING"),
    ("FUSION", "Fusion", "Fusion", "STRING"),
    ("SIMULATED", "Simulated", "YES: a simulated patient", "STRING"),
)

SAMPLE_COLUMNS = (
    ("PATIENT_ID", "Patient Identifier", "Identifier of the patient", "STRING"),
    ("SAMPLE_ID", "Sample Identifier", "Identifier of the sample", "STRING"),
    ("TIMEPOINT", "Timepoint", "Why the sample was drawn", "STRING"),
    ("THERAPY_LINE", "Therapy Line", "Number of the therapy line at whose failure it was drawn", "NUMBER"),
    ("TESTED", "Tested", "Whether sequencing gave a result", "STRING"),
    ("LIMIT_OF_DETECTION", "Limit of Detection", "Limit of detection as allele fraction", "NUMBER"),
)


def export_study(cohort: Cohort, study: str, out: Path) -> list[str]:
    """Write the study's folder; returns the lines to print."""
    if not study or not study.replace("_", "").isalnum():
        raise InputError("not an identifier of a study", found=study, expected="letters, digits and _")
    with output_folder(out, "cohort export") as folder:
        write_clinical(folder / "data_clinical_patient.txt", PATIENT_COLUMNS, _patient_rows(cohort))
        write_clinical(folder / "data_clinical_sample.txt", SAMPLE_COLUMNS, _sample_rows(cohort))
        write_rows(folder / "data_timeline_treatment.txt", TREATMENT_HEADER, _treatment_rows(cohort))
        write_rows(folder / "data_timeline_status.txt", STATUS_HEADER, _status_rows(cohort))
        write_rows(folder / "data_timeline_specimen.txt", SPECIMEN_HEADER, _specimen_rows(cohort))
        write_rows(folder / "data_mutations.txt", MUTATION_HEADER, _mutation_rows(cohort))
        _write_meta(cohort, study, folder)
    counts = f"{len(cohort.patients)} patients, {len(cohort.lines)} treatments, {len(cohort.samples)} samples"
    return [f"cBioPortal study {study}: {counts}, {cohort.variants.sample.size} mutations", f"written: {out}"]


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:g}"


def _since_diagnosis(cohort: Cohort, patient: int, day: float) -> str:
    return _number(day - float(cohort.patients.diagnosis[patient]))


def _patient_rows(cohort: Cohort) -> list[Row]:
    patients = cohort.patients
    rows = []
    for row in range(len(patients)):
        days = float(patients.last_contact[row] - patients.diagnosis[row])
        rows.append(
            [
                str(patients.name[row]),
                "1:DECEASED" if patients.died[row] else "0:LIVING",
                f"{days / DAYS_PER_MONTH:.2f}",
                f"{days:g}",
                str(patients.sex[row]),
                _number(float(patients.age[row])),
                str(patients.gene[row]),
                str(patients.fusion[row]),
                "YES" if patients.simulated[row] else "NO",
            ]
        )
    return rows


def _sample_rows(cohort: Cohort) -> list[Row]:
    samples = cohort.samples
    return [
        [
            str(cohort.patients.name[samples.patient[row]]),
            str(samples.name[row]),
            str(samples.timepoint[row]),
            str(cohort.lines.number[samples.line[row]]) if samples.line[row] >= 0 else "",
            str(samples.tested[row]),
            _number(float(samples.lod[row])),
        ]
        for row in range(len(samples))
    ]


TREATMENT_HEADER = [
    *("PATIENT_ID", "START_DATE", "STOP_DATE", "EVENT_TYPE"),
    *("TREATMENT_TYPE", "AGENT", "REASON_STOPPED", "PROGRESSION_DATE"),
]
STATUS_HEADER = ["PATIENT_ID", "START_DATE", "STOP_DATE", "EVENT_TYPE", "STATUS", "CRITERIA"]
SPECIMEN_HEADER = ["PATIENT_ID", "START_DATE", "STOP_DATE", "EVENT_TYPE", "SAMPLE_ID", "SPECIMEN_TYPE"]
MUTATION_HEADER = ["Hugo_Symbol", "Tumor_Sample_Barcode", "Variant_Classification", "HGVSp_Short", "VAF"]


def _treatment_rows(cohort: Cohort) -> list[Row]:
    lines = cohort.lines
    rows = []
    for row in range(len(lines)):
        patient = int(lines.patient[row])
        times = [
            _since_diagnosis(cohort, patient, float(day[row])) for day in (lines.start, lines.stop, lines.progression)
        ]
        rows.append(
            [
                str(cohort.patients.name[patient]),
                times[0],
                times[1],
                "TREATMENT",
                TREATMENT_TYPES[str(lines.kind[row])],
                str(lines.agent[row]).upper(),
                str(lines.reason[row]),
                times[2],
            ]
        )
    return rows


def _status_rows(cohort: Cohort) -> list[Row]:
    responses, patients = cohort.responses, cohort.patients
    rows = [
        [
            str(patients.name[responses.patient[row]]),
            _since_diagnosis(cohort, int(responses.patient[row]), float(responses.day[row])),
            "",
            "STATUS",
            str(responses.response[row]),
            str(responses.criteria[row]),
        ]
        for row in range(responses.day.size)
    ]
    for row in range(len(patients)):
        status = "DECEASED" if patients.died[row] else "LAST CONTACT"
        day = _since_diagnosis(cohort, row, float(patients.last_contact[row]))
        rows.append([str(patients.name[row]), day, "", "STATUS", status, ""])
    return rows


def _specimen_rows(cohort: Cohort) -> list[Row]:
    samples = cohort.samples
    return [
        [
            str(cohort.patients.name[samples.patient[row]]),
            _since_diagnosis(cohort, int(samples.patient[row]), float(samples.day[row])),
            "",
            "SPECIMEN",
            str(samples.name[row]),
            "Plasma",
        ]
        for row in range(len(samples))
    ]


def classification(protein: str) -> str:
    """The MAF's Variant_Classification of a protein change, as far as its name tells."""
    if "fs" in protein:
        return "Frame_Shift_Del" if "del" in protein else "Frame_Shift_Ins"
    if protein.endswith("*"):
        return "Nonsense_Mutation"
    if "del" in protein:
        return "In_Frame_Del"
    return "In_Frame_Ins" if "ins" in protein or "dup" in protein else "Missense_Mutation"


def _mutation_rows(cohort: Cohort) -> list[Row]:
    variants = cohort.variants
    return [
        [
            str(variants.gene[row]),
            str(cohort.samples.name[variants.sample[row]]),
            classification(str(variants.protein[row])),
            f"p.{variants.protein[row]}",
            _number(float(variants.vaf[row])),
        ]
        for row in range(variants.sample.size)
    ]


def _write_meta(cohort: Cohort, study: str, folder: Path) -> None:
    simulated = "SIMULATED " if cohort.simulated else ""
    write_facts(
        folder / "meta_study.txt",
        type_of_cancer="nsclc",
        cancer_study_identifier=study,
        name=f"{simulated}cohort {study}",
        description=f"{simulated}patients, lines of therapy and samples; written by kinescape; research use only",
        add_global_case_list="true",
    )
    for name, datatype in (("clinical_patient", "PATIENT_ATTRIBUTES"), ("clinical_sample", "SAMPLE_ATTRIBUTES"),
                           ("timeline_treatment", "TIMELINE"), ("timeline_status", "TIMELINE"),
                           ("timeline_specimen", "TIMELINE")):  # fmt: skip
        write_facts(
            folder / f"meta_{name}.txt",
            cancer_study_identifier=study,
            genetic_alteration_type="CLINICAL",
            datatype=datatype,
            data_filename=f"data_{name}.txt",
        )
    write_facts(
        folder / "meta_mutations.txt",
        cancer_study_identifier=study,
        genetic_alteration_type="MUTATION_EXTENDED",
        datatype="MAF",
        stable_id="mutations",
        show_profile_in_analysis_tab="true",
        profile_name="Mutations in plasma",
        profile_description="Protein changes in cell-free DNA",
        data_filename="data_mutations.txt",
    )
    tested = [str(name) for name in cohort.samples.name[cohort.samples.has_result].tolist()]
    lists = folder / "case_lists"
    lists.mkdir()
    write_facts(
        lists / "cases_sequenced.txt",
        cancer_study_identifier=study,
        stable_id=f"{study}_sequenced",
        case_list_name="Samples with a sequencing result",
        case_list_description=f"{len(tested)} samples",
        case_list_ids="\t".join(tested),
    )
