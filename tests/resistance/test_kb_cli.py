"""`kinescape kb` and `kinescape reinterpret` as a user calls them: exit codes, text, files."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from resistance_samples import KB, PANEL, call_of, phase_of, positions

from kinescape.cli.main import main
from kinescape.records import (
    AlignerRun,
    Call,
    Gate,
    PanelReference,
    Parameters,
    PhaseVerdict,
    ReadQc,
    SampleInfo,
    SampleResult,
)
from kinescape.resistance.base import KnowledgeBase
from kinescape.resistance.states import drug_states

DATA = Path(__file__).parent.parent / "data" / "knowledge"
RAW = str(DATA / "raw_facts.tsv")
TABLE_2 = str(DATA / "villa2024_table2_ic50_nM.csv")


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[str], str]:
    """Exit code, lines of stdout, stderr."""
    code = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return code, captured.out.splitlines(), captured.err


def test_classify_prints_the_pan_resistant_variants_and_writes_the_table(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "classes.tsv"
    code, lines, remarks = run(capsys, "kb", "classify", TABLE_2, "--rules", "villa-2-10", "-o", out)
    assert (code, lines) == (0, ["L1196P", "C1237Y", "L1196M+G1202R"])
    assert "fold across studies" in remarks
    assert "resistant on all of Crizotinib, Brigatinib, Ceritinib, Alectinib, Lorlatinib" in remarks
    with out.open() as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    assert len(rows) == 70
    assert list(rows[0]) == ["variant", "drug", "ic50", "wt_ic50", "fold", "censored", "class"]
    classes = {(row["variant"], row["drug"]): row["class"] for row in rows}
    assert classes["T1211I", "Lorlatinib"] == "sensitised"
    assert classes["C1235R", "Brigatinib"] == "sensitive"


def test_classify_says_what_it_cannot_decide(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    table = tmp_path / "own.csv"
    table.write_text("variant,Lorlatinib,Alectinib,NVL-655\nWT,2,20,1\nG1202R,100,>3000,3\nE1154K,5,15,1\n")
    code, lines, remarks = run(capsys, "kb", "classify", table)
    assert (code, lines) == (0, [])
    assert "not decided, not tested: G1202R (Crizotinib, Brigatinib, Ceritinib)" in remarks
    assert "not in drugs.tsv, used as written: NVL-655" in remarks


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("kb", "classify", TABLE_2, "--rules", "villa"),
            "found 'villa'; expected one of villa-2-10",
        ),
        (
            ("kb", "classify", TABLE_2, "--pan", "all"),
            "found 'all'; expected one of five-clinical-alk",
        ),
        (("kb", "classify", RAW), "column 'variant' is missing"),
        (("kb", "show", "G1202"), "neither a mutation nor the id of a row"),
        (("kb", "show", "D1311V"), "nothing on record"),
        (("kb", "show", "G1202R", "--drug", "aspirin"), "unknown drug"),
        (("kb", "lint", "nowhere"), "no such knowledge base"),
        (("kb", "diff", "alk-ros1", "nowhere"), "no such knowledge base"),
        (("kb", "build", TABLE_2, "-o", "x"), "column 'row' is missing"),
        (("reinterpret", RAW, "--kb", "alk-ros1"), "is no result.json"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, lines, remarks = run(capsys, *arguments)
    assert (code, lines) == (2, [])
    assert message in remarks
    assert remarks.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_lint_exits_0_on_the_packaged_base_and_1_with_one_line_per_fault(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(capsys, "kb", "lint")[:2] == (0, [])
    assert run(capsys, "kb", "build", RAW, "-o", tmp_path / "raw")[0] == 0
    code, lines, remarks = run(capsys, "kb", "lint", tmp_path / "raw")
    assert code == 1
    assert len(lines) > 50
    assert all(line.startswith(f"{tmp_path / 'raw' / 'evidence.tsv'}:") for line in lines)
    assert f"{len(lines)} faults" in remarks
    assert run(capsys, "kb", "lint", RAW)[0] == 1


def test_build_does_not_overwrite_something_else(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    code, _, remarks = run(capsys, "kb", "build", RAW, "-o", tmp_path)
    assert code == 2
    assert "holds something else" in remarks
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_show_lists_rows_notes_and_comments(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, _ = run(capsys, "kb", "show", "L1196M/G1202R", "--drug", "PF-06463922")
    text = "\n".join(lines)
    assert code == 0
    assert "E0068" in lines[1]
    assert "earlier paper" in text
    assert "comment C012" in text
    assert run(capsys, "kb", "show", "E0180")[1][1].startswith("E0180  ROS1  G2032R")


def test_list_counts_rows(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, _ = run(capsys, "kb", "list")
    assert code == 0
    assert lines[0].startswith("alk-ros1 1.0.0 (2026-11-22)")
    assert any(line.split()[:3] == ["ALK", "L1196M+G1202R", "6"] for line in lines)


def test_diff_names_rows_variants_and_drugs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    newer = Path(shutil.copytree(KB.folder, tmp_path / "newer"))
    lines = (newer / "evidence.tsv").read_text().splitlines()
    kept = [line for line in lines if not line.startswith("E0106\t")]
    changed = [line.replace("unverified", "disputed") if line.startswith("E0235\t") else line for line in kept]
    (newer / "evidence.tsv").write_text("\n".join(changed) + "\n")
    code, said, _ = run(capsys, "kb", "diff", "alk-ros1", newer)
    assert code == 0
    assert "row E0106 removed: ROS1 G2032R Lorlatinib" in said
    assert "row E0235 changed: ALK G1202R Entrectinib (status)" in said
    assert any(line.startswith("ALK G1202R Entrectinib: resistant [") and "nothing on record" in line for line in said)
    assert said[-1] == "2 rows changed; meaning changes for 2 mutations and 2 drugs"
    assert run(capsys, "kb", "diff", "alk-ros1", "alk-ros1")[1][-1].startswith("0 rows changed")


def added(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Path:
    """An overlay that knows what lorlatinib does to L1198P."""
    table = tmp_path / "own.csv"
    table.write_text("variant,Entrectinib\nWT,10\nL1198P,500\n")
    common = ("--gene", "ALK", "--fusion", "EML4::ALK", "--system", "Ba/F3", "--source", "own", "--curator", "me")
    out = tmp_path / "overlay"
    code, lines, _ = run(capsys, "kb", "add", "--from", table, "-o", out, "--date", "2026-10-01", *common)
    assert code == 0
    assert lines[0].startswith(f"{out}: 1 row added")
    return out


def test_add_makes_an_overlay_that_lints_clean(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    overlay = added(capsys, tmp_path)
    assert run(capsys, "kb", "lint", overlay)[:2] == (0, [])
    assert "resistant  50" in run(capsys, "kb", "show", "L1198P", "--kb", overlay)[1][1]


def result_of(
    sample: str, calls: list[Call], phases: tuple[PhaseVerdict, ...], kb: KnowledgeBase, fusion: str = "EML4::ALK"
) -> SampleResult:
    known = positions(calls)
    quality = ReadQc(
        pairs=1,
        read_length_1=150,
        read_length_2=150,
        mean_quality_1=36.0,
        mean_quality_2=36.0,
        q30_fraction=0.9,
        adapter_fraction=0.0,
        distinct_mates=1,
        distinct_pairs=1,
        n_fraction=0.0,
        on_target_fraction=1.0,
    )
    run_of = AlignerRun(
        aligner="bwa",
        version="0.7.19",
        arguments="",
        tested_version=True,
        note="",
        distinct_mates=1,
        aligned_mates=1,
        aligned_reads=1,
    )
    return SampleResult(
        kinescape_version="0",
        simulated=True,
        sample=SampleInfo(sample=sample, extra={"fusion": fusion} if fusion else {}),
        inputs=(),
        panel=PanelReference(
            name=PANEL.name,
            version=PANEL.version,
            genome=PANEL.genome,
            sha256=PANEL.sha256,
            reference="embedded windows",
        ),
        knowledge_base=kb.reference,
        parameters=Parameters(),
        aligners=(run_of,),
        qc=quality,
        gate=Gate(status="pass", reasons=()),
        amplicons=(),
        coverage=(),
        calls=tuple(calls),
        known_positions=known,
        phases=phases,
        drugs=drug_states(kb, PANEL, calls, known, phases, fusion),
    )


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Two old results: one with a mutation that the newer base knows more of, one without any."""
    old = replace(KB, version="0.9.0", claims=tuple(claim for claim in KB.claims if claim.row != "E0077"))
    a, b = call_of("C1235R", 0.01), call_of("L1198P", 0.02)
    samples = [result_of("P01", [a, b], (phase_of(a, b, "trans"),), old), result_of("P02", [], (), old)]
    for result in samples:
        folder = tmp_path / "results" / "samples" / result.sample.sample
        folder.mkdir(parents=True)
        (folder / "result.json").write_bytes(msgspec.json.encode(result))
    return tmp_path / "results"


def test_reinterpret_lists_the_samples_that_change(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, results: Path
) -> None:
    before = {path: path.read_bytes() for path in results.rglob("*.json")}
    assert run(capsys, "reinterpret", results, "--kb", "alk-ros1")[1] == [
        "0 of 2 samples change under alk-ros1 1.0.0 (2026-11-22); 0 drug states stay and rest on other rows"
    ]
    overlay = added(capsys, tmp_path)
    out = tmp_path / "changes.tsv"
    code, lines, remarks = run(capsys, "reinterpret", results, "--kb", overlay, "-o", out)
    assert code == 0
    assert lines[0] == "P01\tALK\tEntrectinib\tnot_assessable -> resistance"
    assert lines[-1].startswith("1 of 2 samples change under overlay 1 (2026-10-01)")
    assert "L1198P (1 clone of 2 escapes)" in remarks
    assert out.read_text().splitlines()[1].split("\t")[:5] == [
        "P01",
        "ALK",
        "Entrectinib",
        "not_assessable",
        "resistance",
    ]
    assert {path: path.read_bytes() for path in results.rglob("*.json")} == before


def test_reinterpret_one_file_and_another_panel_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, results: Path
) -> None:
    path = next(results.rglob("P02/result.json"))
    text = path.read_text().replace(PANEL.sha256, "0" * 64)
    path.write_text(text)
    code, lines, remarks = run(capsys, "reinterpret", path, "--kb", "alk-ros1")
    assert code == 0
    assert lines[0].startswith("0 of 1 samples change")
    assert "P02: the panel is not the one of the run" in remarks


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"schema_version":"1.1"', '"schema_version":"2.0"', "other version of the schema; found '2.0'; expected 1.1"),
        ('"calls":[', '"calls":[7,', "does not follow the schema"),
        ('{"schema', '{{"schema', "is no result.json"),
        ('"name":"alk-ros1","version"', '"name":"egfr","version"', "no such panel"),
    ],
)
def test_broken_results_are_one_clear_error(
    capsys: pytest.CaptureFixture[str], results: Path, old: str, new: str, message: str
) -> None:
    path = next(results.rglob("P01/result.json"))
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    code, _, remarks = run(capsys, "reinterpret", results, "--kb", "alk-ros1")
    assert code == 2
    assert message in remarks


def test_reinterpret_an_empty_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, remarks = run(capsys, "reinterpret", tmp_path, "--kb", "alk-ros1")
    assert (code, "holds no result.json" in remarks) == (2, True)
