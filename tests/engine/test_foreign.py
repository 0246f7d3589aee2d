"""What a lab keeps in the folder that it names for results is never lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from engine_runs import SHALLOW, contents, make_samples, write_sheet

from kinescape.cli.main import main
from kinescape.engine.folder import set_aside, superseded_folders
from kinescape.engine.foreign import RUN_FILES, refuse_foreign_files, refuse_foreign_in_samples, refuse_inputs_inside
from kinescape.errors import InputError
from kinescape.sheet import is_sample_name


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One simulated sample and its sheet."""
    folder = tmp_path_factory.mktemp("lab")
    make_samples(folder, ["P1"])
    write_sheet(folder / "sheet.csv", ["P1"])
    return folder


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main([*map(str, arguments), "--quiet", *SHALLOW]) == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("verb", ["run", "batch"])
def test_reads_that_lie_in_the_place_of_a_result_stay(
    lab: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    reads = tmp_path / "samples" / "P1"
    reads.mkdir(parents=True)
    for mate in (1, 2):
        shutil.copy(lab / f"P1_R{mate}.fastq.gz", reads)
    (tmp_path / "sheet.csv").write_text(
        "sample,patient,fastq_1,fastq_2,simulated\nP1,P1,samples/P1/P1_R1.fastq.gz,samples/P1/P1_R2.fastq.gz,yes\n"
    )
    before = contents(tmp_path)
    said = refused(capsys, verb, tmp_path / "sheet.csv", "-o", tmp_path)
    assert "P1_R1.fastq.gz: is an input, and lies where results are written and replaced" in said
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", ["index.html", "provenance.json", "identity.tsv", "logs/sheet.csv"])
def test_a_sheet_with_the_name_of_a_result_stays(
    lab: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    sheet = tmp_path / name
    sheet.parent.mkdir(exist_ok=True)
    sheet.write_text((lab / "sheet.csv").read_text().replace("P1_R", f"{lab}/P1_R"))
    before = contents(tmp_path)
    assert "is an input" in refused(capsys, "run", sheet, "-o", tmp_path)
    assert contents(tmp_path) == before


def test_a_sheet_and_reads_beside_the_results_are_fine(lab: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    shutil.copytree(lab, work)
    assert main(["run", str(work / "sheet.csv"), "-o", str(work), "--quiet", *SHALLOW]) == 0
    assert (work / "P1_R1.fastq.gz").read_bytes() == (lab / "P1_R1.fastq.gz").read_bytes()
    # Kept, made anew with other parameters, and kept again.
    assert main(["run", str(work / "sheet.csv"), "-o", str(work), "--quiet", *SHALLOW]) == 0
    assert main(["run", str(work / "sheet.csv"), "-o", str(work), "--quiet", "--min-depth", "21"]) == 0


def test_notes_in_a_result_stay(lab: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["run", str(lab / "sheet.csv"), "-o", str(out), "--quiet", *SHALLOW]) == 0
    notes = out / "samples" / "P1" / "notes.txt"
    notes.write_text("mine")
    # What is unchanged is kept, notes and all.
    assert main(["run", str(lab / "sheet.csv"), "-o", str(out), "--quiet", *SHALLOW]) == 0
    capsys.readouterr()
    before = contents(out)
    assert main(["run", str(lab / "sheet.csv"), "-o", str(out), "--quiet", "--min-depth", "21"]) == 2
    assert "holds what kinescape did not write, and would be replaced; found 'notes.txt'" in capsys.readouterr().err
    assert contents(out) == before


def test_a_file_or_a_link_in_the_place_of_a_result_stays(tmp_path: Path) -> None:
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "a").write_text("mine")
    (tmp_path / "raw").mkdir()
    (tmp_path / "samples" / "b").symlink_to("../raw")
    for sample in "ab":
        with pytest.raises(InputError, match="would be replaced"):
            refuse_foreign_in_samples(tmp_path, [sample])
    refuse_foreign_in_samples(tmp_path, ["d"])


def test_every_result_that_is_set_aside_is_kept(tmp_path: Path) -> None:
    def fail(content: str) -> str:
        (tmp_path / "samples" / "s").mkdir(parents=True)
        (tmp_path / "samples" / "s" / "result.json").write_text(content)
        return set_aside(tmp_path, "s")

    superseded = tmp_path / "superseded"
    assert fail("first") == f" (its earlier result now lies in {superseded / 's'})"
    # The next lies beside it, and so does what somebody else put there.
    (superseded / "s~2").write_text("mine")
    assert fail("second").endswith(f"{superseded / 's~3'})")
    assert fail("third").endswith(f"{superseded / 's~4'})")
    assert set_aside(tmp_path, "s") == ""
    assert superseded_folders(tmp_path, "s") == tuple(superseded / name for name in ("s", "s~2", "s~3", "s~4"))
    kept = [(superseded / name / "result.json").read_text() for name in ("s", "s~3", "s~4")]
    assert kept == ["first", "second", "third"]
    assert (superseded / "s~2").read_text() == "mine"
    assert not is_sample_name("s~2")


@pytest.mark.parametrize("name", sorted(RUN_FILES))
def test_files_of_others_with_our_names_stay(tmp_path: Path, name: str) -> None:
    refuse_foreign_files(tmp_path, RUN_FILES)
    (tmp_path / name).write_text("mine")
    with pytest.raises(InputError, match="was not written by kinescape"):
        refuse_foreign_files(tmp_path, RUN_FILES)


def test_inputs_are_looked_for_behind_links(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "samples").mkdir(parents=True)
    (out / "samples" / "r.fastq").write_text("")
    (tmp_path / "link.fastq").symlink_to("out/samples/r.fastq")
    with pytest.raises(InputError, match="is an input"):
        refuse_inputs_inside(out, [tmp_path / "link.fastq"])
    refuse_inputs_inside(out, [tmp_path / "elsewhere.fastq", out / "r.fastq"])
