"""Import of a cBioPortal study: clinical, timeline and mutation files become the five tables, in days.

Days are those of the study's timeline (usually since diagnosis). Where the study came from our own export nothing is
lost; of other studies the driver gene and why a sample was drawn are often not known, and are then said to be unknown.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from kinescape.cohort.agents import known_agents
from kinescape.cohort.days import DAYS_PER_MONTH
from kinescape.cohort.load import read_cohort
from kinescape.cohort.simulate import Row, write_tables
from kinescape.cohort.tables_format import IRECIST, REASONS, RECIST, TABLES, TESTED, TIMEPOINTS
from kinescape.errors import InputError
from kinescape.output_folder import output_folder
from kinescape.tables import Row as TableRow
from kinescape.tables import read_table

KIND_OF_TREATMENT = {"targeted therapy": "tki", "chemotherapy": "chemotherapy", "immunotherapy": "immunotherapy"}


def import_study(study: Path, out: Path) -> list[str]:
    """Read the study's folder and write the tables; returns the lines to print."""
    if not study.is_dir():
        raise InputError("no such folder", file=study, expected="a cBioPortal study with data_clinical_patient.txt")
    tables: dict[str, list[Row]] = {name: [] for name in TABLES}
    left_out: Counter[str] = Counter()
    specimen_days: dict[str, str] = {}
    for path in sorted(study.glob("data_timeline*.txt")):
        for row in read_table(path, required=("PATIENT_ID", "START_DATE", "EVENT_TYPE"), delimiter="\t"):
            _take_event(row, tables, specimen_days, left_out)
    earliest = _earliest(tables)
    for row in read_table(study / "data_clinical_patient.txt", required=("PATIENT_ID",), delimiter="\t"):
        tables["patients"].append(_patient(row, earliest.get(row.text("PATIENT_ID"), 0.0)))
    for row in read_table(study / "data_clinical_sample.txt", required=("PATIENT_ID", "SAMPLE_ID"), delimiter="\t"):
        if row.text("SAMPLE_ID") in specimen_days:
            tables["samples"].append(_sample(row, specimen_days[row.text("SAMPLE_ID")]))
        else:
            left_out["sample without a day in the timeline"] += 1
    mutations = next((path for name in ("data_mutations.txt", "data_mutations_extended.txt")
                      if (path := study / name).exists()), None)  # fmt: skip
    if mutations is not None:
        _take_mutations(mutations, tables, left_out)
    with output_folder(out, "cohort import") as folder:
        write_tables(tables, folder)
    _, problems = read_cohort(out)
    lines = [f"{name}: {len(rows)} rows" for name, rows in tables.items()]
    lines += [f"left out: {count} x {what}" for what, count in sorted(left_out.items())]
    if problems:
        lines.append(f"{len(problems)} faults in the imported tables; see: kinescape cohort check {out}")
    return [*lines, f"written: {out}"]


def _earliest(tables: dict[str, list[Row]]) -> dict[str, float]:
    """First day of any event of each patient."""
    found: dict[str, float] = {}
    for name, column in (("lines", "start"), ("responses", "date")):
        for row in tables[name]:
            found[row["patient"]] = min(found.get(row["patient"], 0.0), float(row[column]))
    return found


def _take_event(
    row: TableRow, tables: dict[str, list[Row]], specimen_days: dict[str, str], left_out: Counter[str]
) -> None:
    kind = row.text("EVENT_TYPE").upper()
    row.number("START_DATE")
    if kind == "TREATMENT" and row.text("AGENT", ""):
        tables["lines"].append(_line(row))
    elif kind == "SPECIMEN" and row.text("SAMPLE_ID", ""):
        specimen_days[row.text("SAMPLE_ID")] = row.text("START_DATE")
    elif kind == "STATUS" and row.text("STATUS", "") in (*RECIST, *IRECIST):
        response = row.text("STATUS")
        default = "iRECIST" if response.startswith("i") else "RECIST 1.1"
        tables["responses"].append(
            {
                "patient": row.text("PATIENT_ID"),
                "date": row.text("START_DATE"),
                "response": response,
                "criteria": row.text("CRITERIA", default),
            }
        )
    elif kind == "STATUS" and row.text("STATUS", "") in {"DECEASED", "LAST CONTACT"}:
        return  # stands in the clinical file
    else:
        left_out[f"event {kind} {row.text('STATUS', '')}".strip()] += 1


def _line(row: TableRow) -> Row:
    agent = row.text("AGENT")
    known = known_agents().get(agent.lower())
    kind = KIND_OF_TREATMENT.get(row.text("TREATMENT_TYPE", "").lower(), "other")
    reason = row.text("REASON_STOPPED", "")
    return {
        "patient": row.text("PATIENT_ID"),
        "agent": known.name if known else agent.lower().replace(",", "+"),
        "start": row.text("START_DATE"),
        "stop": row.text("STOP_DATE", ""),
        "reason": reason if reason in REASONS else "",
        "progression": row.text("PROGRESSION_DATE", ""),
        "class": "" if known else kind,
    }


def _patient(row: TableRow, earliest: float) -> Row:
    status = row.text("OS_STATUS")
    died = status.upper().endswith("DECEASED") or status.startswith("1")
    if row.text("LAST_CONTACT_DAY", ""):
        last = row.number("LAST_CONTACT_DAY")
    else:
        last = float(round(row.number("OS_MONTHS") * DAYS_PER_MONTH))
    age = row.text("AGE", "")
    return {
        "patient": row.text("PATIENT_ID"),
        "gene": row.text("DRIVER_GENE", "unknown"),
        "diagnosis": f"{min(0.0, earliest):g}",
        "last_contact": f"{last:g}",
        "died": str(int(died)),
        "fusion": row.text("FUSION", ""),
        "sex": row.text("SEX", "").lower(),
        "age": age,
        "simulated": "1" if row.text("SIMULATED", "").upper() == "YES" else "0",
    }


def _sample(row: TableRow, day: str) -> Row:
    timepoint, tested = row.text("TIMEPOINT", "other"), row.text("TESTED", "yes")
    return {
        "sample": row.text("SAMPLE_ID"),
        "patient": row.text("PATIENT_ID"),
        "date": day,
        "timepoint": timepoint if timepoint in TIMEPOINTS else "other",
        "line": row.text("THERAPY_LINE", ""),
        "tested": tested if tested in TESTED else "yes",
        "lod": row.text("LIMIT_OF_DETECTION", ""),
    }


def _take_mutations(path: Path, tables: dict[str, list[Row]], left_out: Counter[str]) -> None:
    known = {row["sample"] for row in tables["samples"]}
    required = ("Hugo_Symbol", "Tumor_Sample_Barcode", "HGVSp_Short")
    for row in read_table(path, required=required, delimiter="\t"):
        fraction = _fraction(row)
        if row.text("Tumor_Sample_Barcode") not in known or not row.text("HGVSp_Short", "") or fraction is None:
            left_out["mutation without sample, protein change or allele fraction"] += 1
            continue
        tables["variants"].append(
            {
                "sample": row.text("Tumor_Sample_Barcode"),
                "gene": row.text("Hugo_Symbol"),
                "protein": row.text("HGVSp_Short").removeprefix("p."),
                "vaf": f"{fraction:g}",
            }
        )


def _fraction(row: TableRow) -> float | None:
    """Allele fraction, from its column or from the read counts of the MAF."""
    if row.text("VAF", ""):
        return row.number("VAF")
    if row.text("t_alt_count", "") and row.text("t_ref_count", ""):
        alt, ref = row.number("t_alt_count"), row.number("t_ref_count")
        return alt / (alt + ref) if alt > 0 else None
    return None
