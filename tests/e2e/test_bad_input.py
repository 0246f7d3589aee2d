"""Bad input to ``kinescape run``: one clear error, the right exit code, nothing half-written, the others finish."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from e2e_samples import SHALLOW, Simulated

from kinescape.align.programs import find_program
from kinescape.cli.main import main

pytestmark = pytest.mark.aligners


def left_over(out: Path) -> list[str]:
    """Everything in the samples' folder that is not a whole sample."""
    return [path.name for path in (out / "samples").iterdir() if not (path / "report.html").exists()]


def run_pair(one: Path, two: Path, out: Path) -> int:
    return main(["run", "--fastq", str(one), str(two), "-o", str(out), "--sample", "S", *SHALLOW])


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("truncated", "gzip file is truncated"),
        ("missing", "no such file"),
        ("empty", "is empty"),
        ("fasta", "is FASTA"),
        ("unequal", "has 2 reads, its mate file"),
        ("swapped", "mates are swapped"),
        ("quality", "quality out of range"),
    ],
)
def test_faulty_files(
    fault: str, words: str, simulated: Simulated, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = tmp_path / "x_1.fastq.gz", tmp_path / "x_2.fastq.gz"
    shutil.copy(simulated.folder / "gap_R1.fastq.gz", one)
    shutil.copy(simulated.folder / "gap_R2.fastq.gz", two)
    if fault == "truncated":
        one.write_bytes(one.read_bytes()[:-1000])
    elif fault == "missing":
        two.unlink()
    elif fault == "empty":
        one.write_bytes(b"")
    elif fault == "fasta":
        one.write_text(">r\nACGT\n")
    elif fault == "unequal":
        one.write_text("@a\nACGT\n+\nIIII\n@b\nACGT\n+\nIIII\n")
        two.write_text("@a\nACGT\n+\nIIII\n")
    elif fault == "swapped":
        one, two = two, one
    elif fault == "quality":
        one.write_text("@a\nACGT\n+\nII\x07I\n")
    assert run_pair(one, two, tmp_path / "out") == 2
    errors = capsys.readouterr().err
    assert words in errors
    assert "x_" in errors
    assert "Traceback" not in errors
    assert left_over(tmp_path / "out") == []
    assert words.split(" (")[0] in (tmp_path / "out" / "index.html").read_text()


def test_other_samples_finish_and_the_exit_code_tells(
    simulated: Simulated, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad_1.fastq").write_text("@a\nACGT\n+\nIIII\n")
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(
        "sample,fastq_1,fastq_2\n"
        "bad,bad_1.fastq,absent_2.fastq\n"
        f"gap,{simulated.folder}/gap_R1.fastq.gz,{simulated.folder}/gap_R2.fastq.gz\n"
    )
    assert main(["run", str(sheet), "-o", str(tmp_path / "out"), *SHALLOW]) == 3
    captured = capsys.readouterr()
    assert "sample bad" in captured.err
    assert "absent_2.fastq: no such file" in captured.err
    assert "[sheet.csv, line 2]" in captured.err
    assert captured.out.startswith("gap")
    assert (tmp_path / "out" / "samples" / "gap" / "report.html").exists()
    assert left_over(tmp_path / "out") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sample,fastq_1\nA,x\n", "column 'fastq_2' is missing"),
        ("sample,fastq_1,fastq_2\nA,x,y\nA,z,w\n", "stands twice"),
    ],
)
def test_faulty_sheet_stops_before_anything_is_written(
    text: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(text)
    assert main(["run", str(sheet), "-o", str(tmp_path / "out")]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_absent_aligner(
    simulated: Simulated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    find_program.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["run", str(simulated.sheet), "-o", str(tmp_path / "out"), *SHALLOW]) == 2
    assert "'bwa' was not found on PATH" in capsys.readouterr().err
    find_program.cache_clear()


def test_output_that_cannot_be_a_folder(
    simulated: Simulated, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").write_text("a file")
    assert main(["run", str(simulated.sheet), "-o", str(tmp_path / "out"), *SHALLOW]) == 2
    assert "is a file; expected a folder to write to" in capsys.readouterr().err


def test_earlier_result_of_a_sample_that_fails_now_is_set_aside(
    simulated: Simulated, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = tmp_path / "x_1.fastq.gz", tmp_path / "x_2.fastq.gz"
    shutil.copy(simulated.folder / "gap_R1.fastq.gz", one)
    shutil.copy(simulated.folder / "gap_R2.fastq.gz", two)
    out = tmp_path / "out"
    assert run_pair(one, two, out) == 0
    one.write_bytes(one.read_bytes()[:-1000])
    assert run_pair(one, two, out) == 2
    assert "earlier result now lies in" in capsys.readouterr().err
    assert not (out / "samples" / "S").exists()
    assert (out / "superseded" / "S" / "report.html").exists()
    assert "truncated" in (out / "index.html").read_text()
    # Mended, and broken once more: both earlier results are kept.
    shutil.copy(simulated.folder / "gap_R1.fastq.gz", one)
    assert run_pair(one, two, out) == 0
    one.write_bytes(one.read_bytes()[:-1000])
    assert run_pair(one, two, out) == 2
    assert str(out / "superseded" / "S~2") in capsys.readouterr().err
    assert {path.name for path in (out / "superseded").iterdir()} == {"S", "S~2"}


@pytest.mark.parametrize(
    "option", [("--cfdna-ng", "nan"), ("--cfdna-ng", "inf"), ("--min-vaf", "nan"), ("--kb", ""), ("--panel", "")]
)
def test_options_that_say_nothing(
    option: tuple[str, str], simulated: Simulated, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [str(simulated.folder / f"gap_R{mate}.fastq.gz") for mate in (1, 2)]
    assert main(["run", "--fastq", *files, "-o", str(tmp_path / "out"), *option, "--quiet"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_neither_or_both_inputs(simulated: Simulated, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "-o", str(tmp_path)]) == 2
    assert main(["run", str(simulated.sheet), "--fastq", "a", "b", "-o", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("either a sample sheet or one pair") == 2
