"""Rules of cBioPortal's loader and validator, as far as a study of ours can break them.

Sources: docs.cbioportal.org/file-formats (File-Formats.md) and cbioportal-core, ``scripts/importer``:
``cbioportal_common.py`` (META_FIELD_MAP) and ``validateData.py`` (ClinicalValidator, MutationsExtendedValidator with
the MAF checks #6 to #13, TimelineValidator, GenePanelMatrixValidator, case lists). Written anew after reading them.
"""

from __future__ import annotations

import re
from pathlib import Path

REQUIRED_META = {
    "study": {"cancer_study_identifier", "type_of_cancer", "name", "description"},
    "clinical": {"cancer_study_identifier", "genetic_alteration_type", "datatype", "data_filename"},
    "mutations": {
        *("cancer_study_identifier", "genetic_alteration_type", "datatype", "stable_id", "data_filename"),
        *("show_profile_in_analysis_tab", "profile_name", "profile_description"),
    },
    "case_list": {
        *("cancer_study_identifier", "stable_id", "case_list_name", "case_list_description", "case_list_ids"),
    },
}
ALLOWED_META = {
    "study": {"citation", "pmid", "groups", "add_global_case_list", "tags_file", "reference_genome"},
    "clinical": set(),
    "mutations": {
        "normal_samples_list",
        "swissprot_identifier",
        "gene_panel",
        "variant_classification_filter",
        "namespaces",
    },
    "case_list": {"case_list_category"},
}
CLASSIFICATIONS = {
    *("Frame_Shift_Del", "Frame_Shift_Ins", "In_Frame_Del", "In_Frame_Ins", "Missense_Mutation", "Nonsense_Mutation"),
    *("Splice_Site", "Translation_Start_Site", "Nonstop_Mutation", "Targeted_Region", "De_novo_Start_InFrame"),
    *("De_novo_Start_OutOfFrame", "Silent", "Intron", "3'UTR", "3'Flank", "5'UTR", "5'Flank", "IGR", "RNA"),
    *("Splice_Region", "Fusion", "Unknown"),
}
IDENTIFIER = re.compile(r"[A-Za-z0-9_.\-]+")
NULL_VALUES = {"[not applicable]", "[not available]", "[pending]", "[discrepancy]", "[completed]", "[null]", "", "na"}


def faults(study: Path) -> list[str]:
    """Every rule that the study's folder breaks."""
    found: list[str] = []
    meta = {path.name: facts_of(path, found) for path in sorted(study.glob("meta_*.txt"))}
    identifier = meta["meta_study.txt"].get("cancer_study_identifier", "")
    for name, facts in meta.items():
        kind = "study" if name == "meta_study.txt" else "mutations" if name == "meta_mutations.txt" else "clinical"
        _check_fields(name, kind, facts, found)
        if facts.get("cancer_study_identifier") != identifier:
            found.append(f"{name}: another study")
        if kind != "study" and not (study / facts["data_filename"]).is_file():
            found.append(f"{name}: its data file is not there")
    patients, _ = _clinical(study / "data_clinical_patient.txt", ["PATIENT_ID"], found)
    of_samples, samples = _clinical(study / "data_clinical_sample.txt", ["PATIENT_ID", "SAMPLE_ID"], found)
    if set(of_samples) - set(patients):
        found.append("a sample's patient is not in the patient file")
    mutations = study / "data_mutations.txt"
    if mutations.is_file() != ("meta_mutations.txt" in meta):
        found.append("mutations: data and meta file do not go together")
    mutated = _mutations(mutations, set(samples), found) if mutations.is_file() else set()
    listed = _case_lists(study, identifier, set(samples), found)
    if mutated - listed:
        found.append("a sample with mutations is not in the case list of sequenced samples")
    _timelines(study, set(patients), found)
    _panels(study, set(samples), listed, found)
    return found


def facts_of(path: Path, found: list[str]) -> dict[str, str]:
    facts = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        key, colon, value = line.partition(":")
        if not colon or key != key.strip() or key in facts:
            found.append(f"{path.name}: malformed line {line!r}")
        facts[key] = value.strip()
    return facts


def _check_fields(name: str, kind: str, facts: dict[str, str], found: list[str]) -> None:
    missing = REQUIRED_META[kind] - facts.keys()
    unknown = facts.keys() - REQUIRED_META[kind] - ALLOWED_META[kind]
    found += [f"{name}: {field} is missing" for field in missing] + [f"{name}: {field} is unknown" for field in unknown]
    found += [f"{name}: {field} is empty" for field, value in facts.items() if not value]


def table_of(path: Path, found: list[str], skip: int = 0) -> tuple[list[str], list[dict[str, str]]]:
    """Header and rows of a tab-separated file; general rules of every data file."""
    text = path.read_text(encoding="utf-8")
    if "\r" in text or not text.endswith("\n"):
        found.append(f"{path.name}: line ends")
    lines = text.split("\n")[:-1][skip:]
    header = lines[0].split("\t")
    if len(set(header)) != len(header):
        found.append(f"{path.name}: a column stands twice")
    rows = []
    for number, line in enumerate(lines[1:], skip + 2):
        cells = line.split("\t")
        if not line.strip():
            found.append(f"{path.name}, line {number}: blank line")
        if len(cells) != len(header):
            found.append(f"{path.name}, line {number}: {len(cells)} cells, {len(header)} columns")
        if any(cell != cell.strip() for cell in cells):
            found.append(f"{path.name}, line {number}: blanks around a cell")
        if any(cell.startswith('"') and cell.endswith('"') and len(cell) > 1 for cell in cells):
            found.append(f"{path.name}, line {number}: quoted cell")
        rows.append(dict(zip(header, cells, strict=False)))
    return header, rows


def _clinical(path: Path, required: list[str], found: list[str]) -> tuple[list[str], list[str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    heads = [line for line in lines if line.startswith("#")]
    if len(heads) != 4 or lines[:4] != heads:
        found.append(f"{path.name}: not four lines of definitions on top")
    header, rows = table_of(path, found, skip=4)
    kinds = dict(zip(header, heads[2].lstrip("#").split("\t"), strict=True))
    priorities = heads[3].lstrip("#").split("\t")
    found += [
        f"{path.name}: a definition is missing"
        for head in heads
        if len(head.split("\t")) != len(header) or any(not cell.strip("#").strip() for cell in head.split("\t"))
    ]
    if any(not re.fullmatch(r"-?\d+", priority) for priority in priorities):
        found.append(f"{path.name}: a priority is no number")
    for name in header:
        if kinds[name] not in ("STRING", "NUMBER", "BOOLEAN"):
            found.append(f"{path.name}: {name} has no datatype")
        if not re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
            found.append(f"{path.name}: {name} is not in capitals, digits and _")
    found += [f"{path.name}: {name} is missing" for name in required if name not in header]
    keys = [row[required[-1]] for row in rows]
    if len(set(keys)) != len(keys):
        found.append(f"{path.name}: {required[-1]} stands twice")
    for row in rows:
        for name in required:
            if not IDENTIFIER.fullmatch(row[name]):
                found.append(f"{path.name}: {name} {row[name]!r} has other signs than letters, digits, . _ -")
        for name, value in row.items():
            if (
                kinds[name] == "NUMBER"
                and value.lower() not in NULL_VALUES
                and not re.fullmatch(r"[<>]?=?-?\d+(\.\d+)?([eE][+-]?\d+)?", value)
            ):
                found.append(f"{path.name}: {name} {value!r} is no number")
            if len(value) > 255:
                found.append(f"{path.name}: {name} is longer than 255 characters")
    return [row["PATIENT_ID"] for row in rows], keys


def _mutations(path: Path, samples: set[str], found: list[str]) -> set[str]:
    header, rows = table_of(path, found)
    needed = ("Tumor_Sample_Barcode", "Hugo_Symbol", "Variant_Classification", "HGVSp_Short", "NCBI_Build")
    found += [f"{path.name}: {name} is missing" for name in needed if name not in header]
    seen = set()
    for row in rows:
        where = f"{path.name}, {row['HGVSp_Short'] or row['Start_Position']}"
        key = tuple(
            row[name]
            for name in (
                *("Entrez_Gene_Id", "Chromosome", "Start_Position", "End_Position", "Variant_Classification"),
                *("Tumor_Seq_Allele2", "HGVSp_Short", "Tumor_Sample_Barcode"),
            )
        )
        if key in seen:
            found.append(f"{where}: stands twice")
        seen.add(key)
        if row["Tumor_Sample_Barcode"] not in samples:
            found.append(f"{where}: sample is not in the clinical file")
        if not row["Hugo_Symbol"] or row["Variant_Classification"] not in CLASSIFICATIONS:
            found.append(f"{where}: gene or classification")
        if row["NCBI_Build"] not in ("GRCh37", "GRCh38"):
            found.append(f"{where}: NCBI_Build")
        if not re.fullmatch(r"\d{1,2}|X|Y|MT", row["Chromosome"]):
            found.append(f"{where}: Chromosome {row['Chromosome']}")
        if any(sign in row["HGVSp_Short"] for sign in ",;") or "p." in row["HGVSp_Short"][1:]:
            found.append(f"{where}: HGVSp_Short holds more than one change")
        if len(row["HGVSp_Short"]) > 255:
            found.append(f"{where}: HGVSp_Short is longer than 255 characters")
        found += [
            f"{where}: {name} is no whole number"
            for name in ("t_alt_count", "t_ref_count", "n_alt_count", "n_ref_count", "Start_Position", "End_Position")
            if not re.fullmatch(r"\d+", row[name]) and not (row[name] in ("", ".") and "count" in name)
        ]
        if row["Validation_Status"].lower() not in (
            "",
            "untested",
            "inconclusive",
            "valid",
            "invalid",
            "na",
            "unknown",
        ):
            found.append(f"{where}: Validation_Status")
        if row["Mutation_Status"].lower() in ("none", "loh", "wildtype"):
            found.append(f"{where}: this Mutation_Status is not loaded")
        found += [f"{where}: {what}" for what in maf_faults(row)]
    return {row["Tumor_Sample_Barcode"] for row in rows}


def maf_faults(row: dict[str, str]) -> list[str]:
    """Checks #6, #10 and #11 of the MAF specification, as the validator makes them."""
    found = []
    ref, first, second = row["Reference_Allele"], row["Tumor_Seq_Allele1"], row["Tumor_Seq_Allele2"]
    start, end, kind = int(row["Start_Position"]), int(row["End_Position"]), row["Variant_Type"]
    if any(set(allele) - set("-ACGT") or not allele for allele in (ref, first, second)):
        found.append("an allele holds other signs than - A C G T")
    if start > end:
        found.append("start after end")
    if kind == "INS" and not (end - start == 1 or end - start + 1 == len(ref)):
        found.append("insertion: positions")
    if kind == "INS" and len(ref) > max(len(first), len(second)):
        found.append("insertion: lengths")
    if kind == "DEL" and (end - start + 1 != len(ref) or len(ref) < max(len(first), len(second))):
        found.append("deletion: positions or lengths")
    lengths = {"SNP": {1}, "DNP": {2}, "TNP": {3}, "ONP": set(range(4, 1000))}
    if kind in lengths and ({len(ref), len(first), len(second)} - lengths[kind] or "-" in ref + first + second):
        found.append("substitution: lengths")
    if kind not in (*lengths, "INS", "DEL"):
        found.append(f"Variant_Type {kind}")
    return found


def _case_lists(study: Path, identifier: str, samples: set[str], found: list[str]) -> set[str]:
    listed: set[str] = set()
    ids = set()
    for path in sorted((study / "case_lists").glob("*.txt")):
        facts = facts_of(path, found)
        _check_fields(path.name, "case_list", facts, found)
        if not facts["stable_id"].startswith(f"{identifier}_") or facts["stable_id"] in ids:
            found.append(f"{path.name}: stable_id")
        ids.add(facts["stable_id"])
        members = facts["case_list_ids"].split("\t")
        if len(set(members)) != len(members) or set(members) - samples:
            found.append(f"{path.name}: a sample stands twice or is unknown")
        listed |= set(members)
    if (study / "data_mutations.txt").is_file() and f"{identifier}_sequenced" not in ids:
        found.append("a study with mutations needs the case list _sequenced")
    return listed


def _timelines(study: Path, patients: set[str], found: list[str]) -> None:
    for path in sorted(study.glob("data_timeline_*.txt")):
        header, rows = table_of(path, found)
        if header[:4] != ["PATIENT_ID", "START_DATE", "STOP_DATE", "EVENT_TYPE"]:
            found.append(f"{path.name}: first columns")
        for row in rows:
            if row["PATIENT_ID"] not in patients:
                found.append(f"{path.name}: unknown patient")
            if not re.fullmatch(r"-?\d+", row["START_DATE"]) or not re.fullmatch(r"(-?\d+)?", row["STOP_DATE"]):
                found.append(f"{path.name}: a date is no whole number of days")
            if row["STOP_DATE"] and int(row["STOP_DATE"]) < int(row["START_DATE"]):
                found.append(f"{path.name}: stops before it starts")
            if not row["EVENT_TYPE"]:
                found.append(f"{path.name}: no EVENT_TYPE")


def _panels(study: Path, samples: set[str], listed: set[str], found: list[str]) -> None:
    path = study / "data_gene_panel_matrix.txt"
    if not path.is_file():
        return
    header, rows = table_of(path, found)
    if header != ["SAMPLE_ID", "mutations"]:
        found.append(f"{path.name}: columns")
    known = {facts_of(each, found)["stable_id"] for each in (study / "gene_panels").glob("*.txt")}
    found += [
        f"{path.name}: unknown sample or panel"
        for row in rows
        if row["SAMPLE_ID"] not in samples or row["mutations"] not in known or not row["mutations"]
    ]
    if {row["SAMPLE_ID"] for row in rows} != listed:
        found.append(f"{path.name}: samples are not those of the case list")
