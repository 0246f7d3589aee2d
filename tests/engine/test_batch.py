"""`kinescape batch` on this machine: real jobs of the engine, the same bytes as one sample after the other."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import pytest
from engine_runs import SHALLOW, Sheet, contents, processes_of, run, start, until, write_sheet

from kinescape.cli.main import main

pytestmark = pytest.mark.aligners
SLOW = pytest.mark.slow


def test_the_same_bytes_as_one_after_the_other_wherever_it_is_written(sheet: Sheet, tmp_path: Path) -> None:
    # Nothing of this path may mean anything to a shell, to Snakemake's wildcards or to its parser.
    out = tmp_path / "$(touch made) `touch made` 'out' \"of\" {job} # & ;"
    here = sorted(Path().iterdir())
    done = run("batch", sheet.path, "-o", out, "--jobs", "2", "--group-size", "2", *SHALLOW)
    assert contents(out) == contents(sheet.expected)
    assert sorted(Path().iterdir()) == here
    assert sorted(path.name for path in out.iterdir()) == [
        *("contamination.tsv", "identity.tsv", "index.html", "logs", "multiqc", "provenance.json", "samples"),
    ]
    assert {path.name for path in (out / "logs").iterdir()} == {"engine.log", *(f"{name}.log" for name in sheet.names)}
    assert "interpreting" in (out / "logs" / "s1.log").read_text()
    assert done.stderr.splitlines()[-1].startswith("samples [4/4]")
    assert done.stdout.splitlines()[-1] == f"open {out / 'index.html'}"
    assert not list(tmp_path.rglob("made"))


@SLOW
def test_a_failing_sample_costs_only_itself_and_says_why(sheet: Sheet, tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    shutil.copytree(sheet.folder, folder, ignore=shutil.ignore_patterns("expected"))
    broken = folder / "s1_R2.fastq.gz"
    broken.write_bytes(broken.read_bytes()[:-4000])
    (folder / "s2_R1.fastq.gz").unlink()
    done = run("batch", folder / "sheet.csv", "-o", out, "--group-size", "4", *SHALLOW, code=3)
    assert "sample s1: " in done.stderr
    assert "s1_R2.fastq.gz" in done.stderr
    assert "[sheet.csv, line 4]" in done.stderr
    assert {path.name for path in (out / "samples").iterdir()} == {"s0", "s3"}
    states = {each["sample"]: each for each in json.loads((out / "provenance.json").read_text())["samples"]}
    assert [states[name]["state"] for name in sheet.names] == ["done", "failed", "failed", "done"]
    assert "s1_R2.fastq.gz" in (out / "index.html").read_text()
    # Bad input is not tried again: the job has settled it.
    assert "Trying to restart" not in (out / "logs" / "engine.log").read_text()
    # Mended, the same command runs the two that are missing and ends with the same bytes.
    for name in ("s1_R2.fastq.gz", "s2_R1.fastq.gz"):
        shutil.copy(sheet.folder / name, folder / name)
    again = run("batch", folder / "sheet.csv", "-o", out, "--group-size", "4", *SHALLOW)
    assert again.stderr.count(" kept (") == 2
    assert contents(out) == contents(sheet.expected)


@SLOW
def test_a_profile_of_ones_own_is_read_and_a_wrong_one_is_refused(
    sheet: Sheet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile, out = tmp_path / "profile", tmp_path / "out"
    profile.mkdir()
    (profile / "config.yaml").write_text("executor: local\njobs: 2\nlatency-wait: 1\n")
    arguments = ("batch", sheet.path, "-o", out, "--profile", profile, "--group-size", "2", *SHALLOW)
    run(*arguments)
    assert contents(out) == contents(sheet.expected)
    (profile / "config.yaml").write_text("exekutor: local\n")
    for given, said in (
        (profile, "exekutor"),
        (tmp_path / "none", "expected slurm, kubernetes, or a folder with a config.yaml"),
    ):
        assert main(["batch", str(sheet.path), "-o", str(tmp_path / "o"), "--profile", str(given), *SHALLOW]) == 2
        assert said in capsys.readouterr().err


@SLOW
def test_an_interrupt_ends_everything_quickly_and_says_how_to_resume(sheet: Sheet, tmp_path: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        out = tmp_path / str(number)
        arguments = ("batch", sheet.path, "-o", out, "--jobs", "2", "--group-size", "2", *SHALLOW)
        process = start(*arguments)
        # One sample is done, and the next of its job has just begun.
        until(lambda out=out: any((out / "samples").glob("s*")))  # type: ignore[misc]
        process.send_signal(number)
        printed, said = process.communicate(timeout=10)
        assert process.returncode == 130, (number, printed, said)
        assert "of 4 samples are done and kept in" in said
        assert "the same command resumes" in said
        assert "Traceback" not in said
        assert processes_of(out) == []
        assert sorted(path.name for path in out.iterdir()) == ["logs", "samples"]
        assert not list((out / "samples").glob(".*"))
    run(*arguments)
    assert contents(out) == contents(sheet.expected)


@SLOW
def test_a_second_run_into_the_same_folder_is_refused(sheet: Sheet, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = start("batch", sheet.path, "-o", out, *SHALLOW)
    until(lambda: any((out / ".kinescape").glob("run-*")))
    refused = run("run", sheet.path, "-o", out, *SHALLOW, code=2)
    assert "another run is writing here" in refused.stderr
    first.communicate(timeout=120)
    assert first.returncode == 0
    assert contents(out) == contents(sheet.expected)


@SLOW
def test_run_starts_the_engine_where_that_pays(sheet: Sheet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kinescape.engine.packing.SECONDS_PER_SAMPLE", 100.0)
    out = tmp_path / "out"
    assert main(["run", str(sheet.path), "-o", str(out), "--threads", "2", "--quiet", *SHALLOW]) == 0
    assert (out / "logs" / "engine.log").exists()
    assert contents(out) == contents(sheet.expected)
    assert not (sheet.expected / "logs" / "engine.log").exists()


@SLOW
def test_a_sheet_that_lost_a_sample_loses_it_from_the_pages_too(sheet: Sheet, tmp_path: Path) -> None:
    out, shorter = tmp_path / "out", tmp_path / "in"
    shutil.copytree(sheet.expected, out)
    shutil.copytree(sheet.folder, shorter, ignore=shutil.ignore_patterns("expected"))
    write_sheet(shorter / "sheet.csv", sheet.names[:3])
    done = run("batch", shorter / "sheet.csv", "-o", out, *SHALLOW)
    assert done.stderr.count(" kept (") == 3
    # The result stays, and the user is told; collate takes it and marks it.
    assert "not of this run: 1 other sample lies in" in done.stderr
    assert "left as before: s3 (collate" in done.stderr.splitlines()[-1]
    assert (out / "samples" / "s3" / "result.json").read_bytes() == (
        sheet.expected / "samples" / "s3" / "result.json"
    ).read_bytes()
    collated = run("collate", out, "-o", tmp_path / "all.duckdb")
    assert "4 samples in" in collated.stdout
    assert "not in their run's sheet any more: 1 of them" in collated.stdout
    assert "s3/report.html" not in (out / "index.html").read_text()
    assert 'id="course"' not in (out / "samples" / "s2" / "report.html").read_text()
    assert 'id="course"' in (out / "samples" / "s0" / "report.html").read_text()
