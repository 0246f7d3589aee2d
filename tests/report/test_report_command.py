"""`kinescape report`, called as a user does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from example_results import compound_cis, earlier_sample, trans_clones

from kinescape.cli.main import main
from kinescape.report.page import render_sample
from kinescape.report.result import write_result


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_result(tmp_path / "sample" / "result.json", compound_cis())
    return tmp_path / "sample"


def test_the_page_lands_beside_the_result(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(folder)]) == 0
    assert capsys.readouterr().out == f"{folder / 'report.html'}\n"
    assert (folder / "report.html").read_text(encoding="utf-8") == render_sample(compound_cis())


def test_a_file_an_output_and_a_history(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_result(tmp_path / "earlier.json", earlier_sample())
    page = tmp_path / "new" / "page.html"
    arguments = ["report", str(folder / "result.json"), "-o", str(page), "--history", str(tmp_path / "earlier.json")]
    assert main(arguments) == 0
    assert page.read_text(encoding="utf-8") == render_sample(compound_cis(), (earlier_sample(),))


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out)["$id"] == "urn:kinescape:schema:result:1.1"


@pytest.mark.parametrize("what", ["missing", "broken", "other patient", "no argument"])
def test_bad_input_is_one_line_and_leaves_nothing(
    what: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["report", str(folder)]
    if what == "missing":
        arguments = ["report", str(tmp_path / "nowhere")]
    elif what == "broken":
        (folder / "result.json").write_text((folder / "result.json").read_text()[:-500])
    elif what == "other patient":
        write_result(tmp_path / "other.json", trans_clones())
        arguments += ["--history", str(tmp_path / "other.json")]
    else:
        arguments = ["report"]
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    told = {
        "missing": "no such file",
        "broken": "result.json: is not JSON",
        "other patient": "not the same patient",
        "no argument": "RESULT is missing",
    }[what]
    assert told in printed.err
    assert "Traceback" not in printed.err
    assert not (folder / "report.html").exists()
