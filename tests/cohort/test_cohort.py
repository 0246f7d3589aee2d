"""The data model: checks, derived values, counts of the simulated cohort, exchange formats, pictures."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import numpy as np
import pytest

from kinescape.cli.main import main
from kinescape.cohort.load import load_cohort, read_cohort
from kinescape.cohort.outcomes import line_states, progression_free
from kinescape.cohort.response import best_response, progression_day
from kinescape.errors import InputError


def edit(folder: Path, table: str, old: str, new: str) -> None:
    path = folder / f"{table}.csv"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def line_of(folder: Path, table: str, start: str) -> int:
    lines = (folder / f"{table}.csv").read_text().splitlines()
    return next(number for number, text in enumerate(lines, 1) if text.startswith(start))


def summarised(folder: Path, out: Path, *options: str) -> dict:
    assert main(["cohort", "summary", str(folder), "--formats", "", "-o", str(out), *options]) == 0
    return json.loads((out / "summary.json").read_text())


def test_every_count_of_the_paper_comes_out(cohort_folder, tmp_path, capsys) -> None:
    body = summarised(cohort_folder, tmp_path / "out")
    counts = body["counts"]
    assert body["simulated"] is True
    assert body["patients"]["n"] == 15
    assert body["patients"]["by_gene"] == {"ALK": 12, "ROS1": 3}
    assert body["patients"]["first_line_inhibitor"] == 5
    assert counts["samples"] == {"all": 19, "relapse": 18, "tbp": 1}
    relapse = counts["relapse_samples"]
    assert (relapse["mutated"], relapse["tested"]) == (7, 18)
    assert (counts["patients"]["mutated"], counts["patients"]["tested"]) == (7, 15)
    pair = counts["crizotinib_against_second_generation"]["groups"]
    assert round(100 * pair["crizotinib"]["share"]) == 17
    assert round(100 * pair["second generation"]["share"]) == 50
    later = counts["by_previous_tkis"]["groups"]
    assert (later["first TKI"]["tested"], later["more than one TKI"]["tested"]) == (9, 9)
    assert round(100 * later["first TKI"]["share"]) == 22
    assert round(100 * later["more than one TKI"]["share"]) == 56
    assert counts["by_previous_tkis"]["exact_p"] == pytest.approx(10656 / 31824)
    assert counts["by_gene"]["groups"]["ROS1"]["mutated"] == 0
    assert body["variants"]["distinct"] == 10
    assert body["lines"]["treatment_beyond_progression"] == 1
    out = capsys.readouterr().out
    assert "SIMULATED" in out
    assert "7/18 (39%" in out


def test_headline_refusal_and_alternatives(cohort_folder, tmp_path) -> None:
    body = summarised(cohort_folder, tmp_path / "out")
    pfs = body["pfs"]["by_mutation"]
    assert pfs["headline"]["test"] == "permutation log-rank test inside strata"
    assert pfs["exact"]["method"] == "exact"
    assert pfs["logrank"]["p"] is None
    assert pfs["cox"]["method"].startswith("Firth")
    assert any("only lines that failed" in note for note in pfs["notes"])
    assert body["os"]["ever_mutated_from_diagnosis"]["refused"] is True
    assert "immortal-time bias" in body["os"]["ever_mutated_from_diagnosis"]["reason"]
    for key in ("from_sample", "delayed_entry", "time_varying"):
        assert body["os"][key]["estimable"]
    ros1 = body["pfs"]["by_mutation_and_gene"]["ROS1"]
    assert ros1["headline"]["p"] is None
    assert ros1["headline"]["reason"] == "one group: nothing is compared"
    assert body["pfs"]["by_line"]["headline"]["p"] is None


def test_order_of_rows_never_matters(cohort_folder, tmp_path) -> None:
    first = summarised(cohort_folder, tmp_path / "one")
    random = np.random.default_rng(1)
    for path in cohort_folder.glob("*.csv"):
        header, *rows = path.read_text().splitlines()
        random.shuffle(rows)
        path.write_text("\n".join([header, *rows]) + "\n")
    second = summarised(cohort_folder, tmp_path / "two")
    assert first["counts"] == second["counts"]
    for path in (("pfs", "by_mutation"), ("os", "from_sample"), ("os", "time_varying")):
        one, two = first[path[0]][path[1]], second[path[0]][path[1]]
        for key in ("headline", "medians", "groups", "risk_table"):
            assert one[key] == two[key]


@pytest.mark.parametrize(
    ("table", "start", "column", "value", "what"),
    [
        ("lines", "SIM02,crizotinib", "stop", "2001-01-01", "stop before start"),
        ("samples", "SIM02-P1", "date", "2039-01-01", "sample outside follow-up: after last contact"),
        ("samples", "SIM02-P1", "date", "2001-01-01", "sample outside follow-up: before diagnosis"),
        ("lines", "SIM02,crizotinib", "stop", "", "two open lines"),
        ("variants", "SIM02-P1", "sample", "SIM99-P1", "unknown sample"),
        ("patients", "SIM02", "died", "2", "event is not 0 or 1"),
        ("patients", "SIM02", "diagnosis", "17", "a number among dates"),
        ("lines", "SIM02,crizotinib", "start", "2015-02-30", "not a date of the calendar"),
        ("lines", "SIM02,crizotinib", "agent", "aspirinib", "unknown agent"),
        ("lines", "SIM02,crizotinib", "patient", "SIM77", "unknown patient"),
        ("samples", "SIM02-P1", "line", "9", "no therapy line of that number"),
        ("samples", "SIM02-P1", "line", "", "at whose failure"),
        ("samples", "SIM02-P1", "tested", "no", "a variant of a sample that was not tested"),
        ("samples", "SIM03-P2", "sample", "SIM03-P1", "sample stands twice"),
        ("variants", "SIM02-P1", "vaf", "1.5", "out of range"),
        ("responses", "SIM02", "response", "XX", "unknown value"),
        ("responses", "SIM02", "response", "iPR", "do not belong together"),
        ("patients", "SIM02", "gene", "", "empty cell"),
    ],
)
def test_faults_are_named_by_file_line_and_column(
    cohort_folder, capsys, tmp_path, table: str, start: str, column: str, value: str, what: str
) -> None:
    path = cohort_folder / f"{table}.csv"
    lines = path.read_text().splitlines()
    number = line_of(cohort_folder, table, start)
    cells = lines[number - 1].split(",")
    cells[lines[0].split(",").index(column)] = value
    lines[number - 1] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n")
    assert main(["cohort", "check", str(cohort_folder)]) == 2
    error = capsys.readouterr().err
    assert what in error
    assert re.search(r"\.csv, line \d+, column ", error)
    if what not in {"sample stands twice", "a variant of a sample that was not tested"}:
        assert f"{table}.csv, line {number}, column {column}: " in error
    assert main(["cohort", "summary", str(cohort_folder), "-o", str(tmp_path / "no")]) == 2
    assert not (tmp_path / "no").exists()


def test_check_lists_all_faults_and_says_when_there_are_none(cohort_folder, capsys) -> None:
    assert main(["cohort", "check", str(cohort_folder)]) == 0
    assert "15 patients, 45 lines, 19 samples, 11 variants: no fault found" in capsys.readouterr().out
    edit(cohort_folder, "patients", ",1,CD74", ",7,CD74")
    edit(cohort_folder, "samples", ",relapse,", ",never,")
    assert main(["cohort", "check", str(cohort_folder)]) == 2
    assert "2 faults" in capsys.readouterr().err


def test_missing_table_and_folder(cohort_folder, tmp_path) -> None:
    (cohort_folder / "lines.csv").unlink()
    with pytest.raises(InputError, match="table 'lines' is missing"):
        load_cohort(cohort_folder)
    with pytest.raises(InputError, match="no such folder or workbook"):
        load_cohort(tmp_path / "absent")


def test_cohorts_without_patients_lines_or_samples(cohort_folder, tmp_path, capsys) -> None:
    for table in ("lines", "responses", "samples", "variants"):
        path = cohort_folder / f"{table}.csv"
        path.write_text(path.read_text().splitlines()[0] + "\n")
    out = tmp_path / "out"
    assert main(["cohort", "summary", str(cohort_folder), "--formats", "svg", "-o", str(out)]) == 0
    body = json.loads((out / "summary.json").read_text())
    assert body["counts"]["relapse_samples"]["share"] is None
    assert body["pfs"]["by_mutation"]["estimable"] is False
    path = cohort_folder / "patients.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    assert main(["cohort", "check", str(cohort_folder)]) == 2
    assert "holds no patients" in capsys.readouterr().err
    path.write_bytes(b"\x00\x01\xff")
    assert main(["cohort", "check", str(cohort_folder)]) == 2
    assert main(["cohort", "check", str(path.with_suffix(".xlsx"))]) == 2


def test_optional_tables_may_be_absent(cohort_folder, tmp_path) -> None:
    (cohort_folder / "variants.csv").unlink()
    body = summarised(cohort_folder, tmp_path / "out", "--no-page")
    assert body["counts"]["relapse_samples"]["mutated"] == 0
    assert body["pfs"]["by_mutation"]["headline"]["p"] is None


def test_untested_samples_are_neither_mutated_nor_without(cohort_folder, tmp_path) -> None:
    edit(cohort_folder, "samples", "SIM05-P1", "SIM05-P1")
    text = (cohort_folder / "samples.csv").read_text()
    (cohort_folder / "samples.csv").write_text(re.sub(r"(SIM05-P1,.*),yes,", r"\1,failed,", text))
    cell = summarised(cohort_folder, tmp_path / "out")["counts"]["by_inhibitor"]["groups"]["crizotinib"]
    assert (cell["mutated"], cell["none_above_limit"], cell["not_tested"], cell["tested"]) == (1, 4, 1, 5)


def test_excel_and_days_give_the_same_summary(cohort_folder, tmp_path, capsys) -> None:
    first = summarised(cohort_folder, tmp_path / "one")
    assert main(["cohort", "template", "--example", "--excel", "-o", str(tmp_path / "book")]) == 0
    assert summarised(tmp_path / "book" / "cohort.xlsx", tmp_path / "two") == first
    assert main(["cohort", "export", str(cohort_folder), "--format", "cbioportal", "-o", str(tmp_path / "cb")]) == 0
    assert main(["cohort", "import", str(tmp_path / "cb"), "-o", str(tmp_path / "back")]) == 0
    back = summarised(tmp_path / "back", tmp_path / "three")
    assert back["calendar"] == "days"
    assert {**back, "calendar": "dates"} == first


def test_cbioportal_files(cohort_folder, tmp_path) -> None:
    out = tmp_path / "cb"
    assert main(["cohort", "export", str(cohort_folder), "--format", "cbioportal", "-o", str(out)]) == 0
    clinical = (out / "data_clinical_patient.txt").read_text().splitlines()
    assert [line[0] for line in clinical[:4]] == ["#"] * 4
    assert clinical[4].split("\t")[:3] == ["PATIENT_ID", "OS_STATUS", "OS_MONTHS"]
    assert "meta_study.txt" in {path.name for path in out.iterdir()}
    assert "p.G1202R" in (out / "data_mutations.txt").read_text()
    for meta in out.glob("meta_*.txt"):
        facts = dict(line.split(": ", 1) for line in meta.read_text().splitlines())
        assert "data_filename" not in facts or (out / facts["data_filename"]).exists()
    assert main(["cohort", "import", str(tmp_path / "absent"), "-o", str(tmp_path / "x")]) == 2


def test_foreign_cbioportal_study(tmp_path, capsys) -> None:
    study = tmp_path / "study"
    study.mkdir()
    (study / "data_clinical_patient.txt").write_text(
        "#a\n#b\n#c\n#1\nPATIENT_ID\tOS_STATUS\tOS_MONTHS\tSEX\nP1\t1:DECEASED\t20\tMale\nP2\t0:LIVING\t10\tFemale\n"
    )
    (study / "data_clinical_sample.txt").write_text("#a\nPATIENT_ID\tSAMPLE_ID\nP1\tS1\nP2\tS2\n")
    (study / "data_timeline_treatment.txt").write_text(
        "PATIENT_ID\tSTART_DATE\tSTOP_DATE\tEVENT_TYPE\tTREATMENT_TYPE\tAGENT\n"
        "P1\t10\t300\tTREATMENT\tTargeted Therapy\tALECTINIB\nP2\t-5\t\tTREATMENT\tChemotherapy\tDocetaxel\n"
    )
    (study / "data_timeline_specimen.txt").write_text(
        "PATIENT_ID\tSTART_DATE\tSTOP_DATE\tEVENT_TYPE\tSAMPLE_ID\nP1\t302\t\tSPECIMEN\tS1\nP1\t5\t\tLAB_TEST\t\n"
    )
    (study / "data_mutations.txt").write_text(
        "Hugo_Symbol\tTumor_Sample_Barcode\tHGVSp_Short\tt_alt_count\tt_ref_count\nALK\tS1\tp.G1202R\t5\t95\n"
    )
    assert main(["cohort", "import", str(study), "-o", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert "left out: 1 x event LAB_TEST" in printed
    assert "left out: 1 x sample without a day" in printed
    cohort = load_cohort(tmp_path / "out")
    assert cohort.lines.kind.tolist() == ["tki", "chemotherapy"]
    assert cohort.variants.vaf.tolist() == [0.05]
    assert cohort.patients.diagnosis.tolist() == [0.0, -5.0]


def test_phenopackets(cohort_folder, tmp_path) -> None:
    out = tmp_path / "pp"
    assert main(["cohort", "export", str(cohort_folder), "--format", "phenopackets", "-o", str(out)]) == 0
    packets = [json.loads(path.read_text()) for path in sorted(out.glob("*.json"))]
    assert len(packets) == 15
    first = packets[0]
    assert first["metaData"]["phenopacketSchemaVersion"] == "2.0"
    assert "SIMULATED" in first["metaData"]["createdBy"]
    found = first["interpretations"][0]["diagnosis"]["genomicInterpretations"]
    labels = {one["variantInterpretation"]["variationDescriptor"]["label"] for one in found}
    assert labels == {"ALK L1196M", "ALK G1202R"}
    prefixes = {resource["namespacePrefix"] for resource in first["metaData"]["resources"]}
    codes = set(re.findall(r'"id": "([A-Za-z]+):', json.dumps(first)))
    assert codes <= prefixes


def test_results_join_by_sample(cohort_folder, tmp_path) -> None:
    (cohort_folder / "variants.csv").unlink()
    run = tmp_path / "run" / "samples" / "SIM01-P1"
    run.mkdir(parents=True)
    (run / "result.json").write_bytes(msgspec.json.encode(sample_result("SIM01-P1", "SIM01")))
    body = summarised(cohort_folder, tmp_path / "out", "--results", str(tmp_path / "run"))
    assert body["counts"]["relapse_samples"]["mutated"] == 1
    assert body["variants"]["patients_by_variant"] == {"ALK G1202R": 1}
    assert "1 of 19 samples joined to sequencing results" in body["notes"]


def test_result_of_another_patient_is_refused(cohort_folder, tmp_path, capsys) -> None:
    (cohort_folder / "variants.csv").unlink()
    run = tmp_path / "run" / "samples" / "SIM01-P1"
    run.mkdir(parents=True)
    (run / "result.json").write_bytes(msgspec.json.encode(sample_result("SIM01-P1", "OTHER")))
    arguments = ["cohort", "summary", str(cohort_folder), "--results", str(tmp_path / "run"), "-o", str(tmp_path / "o")]
    assert main(arguments) == 2
    assert "result of another patient" in capsys.readouterr().err
    (run / "result.json").write_text("{}")
    assert main(arguments) == 2
    assert "is not a result of kinescape" in capsys.readouterr().err


def sample_result(sample: str, patient: str) -> object:
    """The smallest result that says: G1202R strong, a synonymous call beside it."""
    from kinescape import records as r

    def call(protein: str, kind: str) -> r.Call:
        return r.Call(
            variant=r.Variant(chrom="chr2", pos=29220765, ref="C", alt="T"),
            consequence=r.Consequence(
                gene="ALK", transcript="t", exon=23, hgvs_g="g", hgvs_c="c", hgvs_p="p", protein=protein, kind=kind
            ),
            evidence="strong", filters=(), reason="", vaf=0.05, vaf_low=0.04, vaf_high=0.06, by_aligner=(),
        )  # fmt: skip

    return r.SampleResult(
        kinescape_version="0", simulated=True, sample=r.SampleInfo(sample=sample, patient=patient), inputs=(),
        panel=r.PanelReference(name="p", version="1", genome="GRCh38", sha256="", reference="embedded windows"),
        knowledge_base=None, parameters=r.Parameters(), aligners=(),
        qc=r.ReadQc(
            pairs=1, read_length_1=1, read_length_2=1, mean_quality_1=1, mean_quality_2=1, q30_fraction=1,
            adapter_fraction=0, distinct_mates=1, distinct_pairs=1, n_fraction=0, on_target_fraction=1,
        ),
        gate=r.Gate(status="pass", reasons=()), amplicons=(), coverage=(),
        calls=(call("G1202R", "missense"), call("L1196L", "synonymous")), known_positions=(),
    )  # fmt: skip


def test_best_response_needs_confirmation() -> None:
    nan = float("nan")
    assert best_response([(50, "PR"), (100, "PR")], 0, nan) == "PR"
    assert best_response([(50, "PR"), (70, "SD")], 0, nan) == "SD"
    assert best_response([(30, "PR"), (50, "PR")], 0, nan) == "SD"
    assert best_response([(20, "SD")], 0, nan) == "NE"
    assert best_response([(20, "PR"), (30, "PD")], 0, 30) == "PD"
    assert best_response([(50, "CR"), (90, "PR")], 0, nan) == "PR"
    assert best_response([(50, "iPR"), (90, "iCR")], 0, nan) == "PR"
    assert best_response([], 0, nan) == ""


def test_progression_by_irecist_needs_confirmation() -> None:
    assert progression_day([(50, "iSD"), (100, "iUPD"), (130, "iCPD")]) == 100
    assert np.isnan(progression_day([(100, "iUPD"), (130, "iPR")]))
    assert progression_day([(100, "iUPD"), (130, "iPR"), (200, "iUPD")]) == 200
    assert progression_day([(80, "PR"), (90, "PD")]) == 90


def test_derived_lines(cohort_folder) -> None:
    cohort = load_cohort(cohort_folder)
    mine = np.flatnonzero(cohort.patients.name[cohort.lines.patient] == "SIM14")
    assert cohort.lines.agent[mine].tolist()[1:] == ["crizotinib", "ceritinib", "lorlatinib"]
    assert cohort.lines.number[mine].tolist() == [1, 2, 3, 4]
    assert cohort.lines.tki_number[mine].tolist() == [0, 1, 2, 3]
    assert line_states(cohort)[mine].tolist() == [-1, -1, 0, 1]
    time, event = progression_free(cohort)
    assert (time > 0).all()
    assert event[cohort.lines.is_tki & ~np.isnan(cohort.lines.progression)].all()


def test_overlapping_inhibitors_are_a_fault(cohort_folder) -> None:
    text = (cohort_folder / "lines.csv").read_text().splitlines()
    number = line_of(cohort_folder, "lines", "SIM02,crizotinib")
    following = text[number].split(",")
    cells = text[number - 1].split(",")
    cells[3] = str(np.datetime64(following[2]) + 3)
    text[number - 1] = ",".join(cells)
    (cohort_folder / "lines.csv").write_text("\n".join(text) + "\n")
    _, problems = read_cohort(cohort_folder)
    assert any("overlaps the next one" in str(problem) for problem in problems)


def test_pictures_and_page(cohort_folder, tmp_path) -> None:
    out = tmp_path / "out"
    assert main(["cohort", "summary", str(cohort_folder), "--formats", "svg", "--order", "gene", "-o", str(out)]) == 0
    names = {path.stem for path in out.glob("*.svg")}
    expected = {"swimmer", "counts_by_inhibitor", "shares", "oncoprint", "timelines", "pfs_by_mutation", "pfs_by_line"}
    assert names >= expected | {"pfs_by_mutation_ALK", "os", "os_from_sample", "os_delayed_entry", "os_time_varying"}
    assert "SIMULATED" in (out / "swimmer.svg").read_text()
    page = (out / "cohort.html").read_text()
    assert "/*DATA*/" not in page
    assert re.findall(r"(?:src|href)=", page) == []
    assert set(re.findall(r"https?://[^\"' ]+", page)) <= {"http://www.w3.org/2000/svg"}
    data = json.loads(re.search(r"const D = (\{.*\});", page).group(1).replace("<\\/", "</"))
    assert len(data["patients"]) == 15
    assert sum(len(one["samples"]) for one in data["patients"]) == 19
    assert main(["cohort", "summary", str(cohort_folder), "--formats", "gif", "-o", str(tmp_path / "no")]) == 2


def test_template_describes_every_column(tmp_path) -> None:
    assert main(["cohort", "template", "-o", str(tmp_path / "t")]) == 0
    text = (tmp_path / "t" / "COLUMNS.md").read_text()
    header = (tmp_path / "t" / "samples.csv").read_text().strip().split(",")
    assert all(f"| {column} |" in text for column in header)


@pytest.mark.slow
def test_defaults_keep_their_level_where_naive_analyses_do_not() -> None:
    from kinescape.cohort.null_study import study

    found = study(15, 300, permutations=199, seed=3)
    rates = {name: rate for name, (rate, _) in found.items()}
    for name, rate in rates.items():
        if "default" in name:
            # 300 cohorts: five percent has a standard error of 1.3%.
            assert rate <= 0.09, name
    assert rates["PFS, plain log-rank (naive)"] > 0.09
    assert rates["OS ever mutated from diagnosis (naive, refused)"] > 0.09
