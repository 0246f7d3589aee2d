"""A folder or file that a user names for results never costs anything that is not ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinescape.cli.main import main
from kinescape.errors import InputError
from kinescape.output_folder import check_output_folder, output_folder

COMMAND = "assay fit"


def write(path: Path, text: str = "1", command: str = COMMAND) -> None:
    with output_folder(path, command) as folder:
        (folder / "pictures").mkdir()
        (folder / "pictures" / "a.svg").write_text(text)
        (folder / "table.tsv").write_text(text)


def names(folder: Path) -> set[str]:
    return {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}


def test_the_same_command_replaces_what_it_wrote(tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    write(out)
    write(out, "2")
    assert (out / "table.tsv").read_text() == "2"
    assert names(out) == {"table.tsv", "pictures/a.svg", ".kinescape-files"}
    assert [each.name for each in out.parent.iterdir()] == ["out"]


@pytest.mark.parametrize("foreign", ["wells.csv", "pictures/mine.png", ".hidden", "notes/"])
def test_what_others_put_there_stays(tmp_path: Path, foreign: str) -> None:
    out = tmp_path / "out"
    write(out)
    if foreign.endswith("/"):
        (out / foreign).mkdir()
    else:
        (out / foreign).write_text("mine")
    with pytest.raises(InputError, match=foreign.rstrip("/")):
        write(out, "2")
    assert (out / foreign).exists()
    assert (out / "table.tsv").read_text() == "1"


def test_a_changed_result_stays(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out)
    (out / "table.tsv").write_text("edited by hand")
    with pytest.raises(InputError, match=r"table\.tsv"):
        write(out, "2")
    assert (out / "table.tsv").read_text() == "edited by hand"


def test_the_result_of_another_command_stays(tmp_path: Path) -> None:
    write(tmp_path / "out")
    with pytest.raises(InputError, match="what `assay qc` did not write"):
        write(tmp_path / "out", "2", "assay qc")


@pytest.mark.parametrize("listed", ["", "[]", "{}", '{"command": "assay fit", "files": 3}', "[" * 100_000])
def test_a_damaged_list_is_not_believed(tmp_path: Path, listed: str) -> None:
    out = tmp_path / "out"
    write(out)
    (out / ".kinescape-files").write_text(listed)
    with pytest.raises(InputError, match="did not write"):
        write(out, "2")


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "table.tsv").exists()


def test_the_folder_one_is_in_and_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "a.txt").write_text("mine")
    monkeypatch.chdir(tmp_path / "here")
    for path, said in ((".", "folder that you are in"), ("..", "folder that you are in"), ("../a.txt", "is a file")):
        with pytest.raises(InputError, match=said):
            check_output_folder(Path(path), COMMAND)
    with pytest.raises(InputError, match="is a file"):
        check_output_folder(Path("../a.txt/out"), COMMAND)
    assert (tmp_path / "a.txt").read_text() == "mine"


def test_an_interrupted_writer_leaves_the_earlier_result(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out)

    def broken() -> None:
        with output_folder(out, COMMAND) as folder:
            (folder / "table.tsv").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert (out / "table.tsv").read_text() == "1"
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def test_the_wells_of_a_screen_survive_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wells = tmp_path / "project" / "wells.csv"
    wells.parent.mkdir()
    wells.write_text("experiment,variant,drug,dose,dose_unit,replicate,signal\n")
    before = wells.read_bytes()
    for out in (wells.parent, wells):
        assert main(["assay", "fit", str(wells), "-o", str(out)]) == 2
        assert "wells.csv" in capsys.readouterr().err
    assert wells.read_bytes() == before


def test_no_command_writes_over_its_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "truth.tsv"
    table.write_text("mine")
    (tmp_path / "link.tsv").symlink_to(table)
    assert main(["assay", "simulate", str(table), "-o", str(tmp_path / "link.tsv"), "--seed", "1"]) == 2
    assert "is an input and would be overwritten" in capsys.readouterr().err
    assert table.read_text() == "mine"
