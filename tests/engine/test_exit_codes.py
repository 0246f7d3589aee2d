"""How a run says by its exit code what became of its samples."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from engine_runs import SHALLOW, Sheet, run

from kinescape.cli.samples import exit_code_of
from kinescape.engine.plan import Outcome

DONE, KEPT = Outcome("a", "done", Path()), Outcome("b", "kept", Path())
BAD, BROKEN = Outcome("c", "failed", Path(), "no such file", bad_input=True), Outcome("d", "failed", Path(), "no space")


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        *(((DONE, KEPT), 0), ((DONE, BAD), 3), ((KEPT, BROKEN), 3), ((DONE, BAD, BROKEN), 3)),
        *(((BAD,), 2), ((BAD, BAD), 2), ((BROKEN,), 1), ((BAD, BROKEN), 1)),
    ],
)
def test_all_some_or_none(outcomes: tuple[Outcome, ...], code: int) -> None:
    assert exit_code_of(outcomes) == code


@pytest.mark.aligners
@pytest.mark.parametrize("command", ["run", pytest.param("batch", marks=pytest.mark.slow)])
def test_a_sheet_of_which_nothing_can_be_read(command: str, tmp_path: Path) -> None:
    lines = [f"s{number},s{number}_R1.fastq.gz,s{number}_R2.fastq.gz" for number in range(3)]
    (tmp_path / "sheet.csv").write_text("\n".join(["sample,fastq_1,fastq_2", *lines, ""]))
    done = run(command, tmp_path / "sheet.csv", "-o", tmp_path / "out", code=2)
    errors = [line for line in done.stderr.splitlines() if line.startswith("kinescape: error: sample ")]
    assert len(errors) == 3
    assert all("no such file" in line and "[sheet.csv, line " in line for line in errors)
    # The run's page says it, too, and no page of an earlier run stands for this one.
    assert (tmp_path / "out" / "index.html").read_text().count("no such file") >= 3


@pytest.mark.slow
@pytest.mark.aligners
def test_one_of_two_fails_and_its_earlier_result_is_set_aside(sheet: Sheet, tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for name in ("s0", "s1"):
        shutil.copytree(sheet.expected / "samples" / name, out / "samples" / name)
        for mate in (1, 2):
            shutil.copy(sheet.folder / f"{name}_R{mate}.fastq.gz", folder)
    (folder / "sheet.csv").write_text("".join(sheet.path.read_text().splitlines(keepends=True)[:3]))
    (folder / "s1_R2.fastq.gz").write_bytes(b"")
    done = run("run", folder / "sheet.csv", "-o", out, *SHALLOW, code=3)
    assert f"(its earlier result now lies in {out / 'superseded' / 's1'})" in done.stderr
    assert not (out / "samples" / "s1").exists()
    before = (out / "superseded" / "s1" / "result.json").read_bytes()
    assert before == (sheet.expected / "samples" / "s1" / "result.json").read_bytes()
    # What lies there is no result of this run: collate does not take it.
    collated = run("collate", out, "-o", tmp_path / "all.duckdb")
    assert "1 samples in" in collated.stdout
