"""``kinescape timeline``: tables and pictures from results on disk."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from timeline_samples import sample

from kinescape.cli.main import main
from kinescape.report.result import write_result


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run's folder: patient P with two samples whose sheet order is not that of their names, and a single one."""
    out = tmp_path / "run"
    relapse = sample("z_relapse", {"E1154K": 0.017, "F1174L": 0.036}, therapy="lorlatinib")
    beyond = sample("a_beyond", {"F1174L": 0.014}, therapy="lorlatinib")
    alone = sample("alone", {"L1196M": 0.02}, patient="Q")
    for each in (relapse, beyond, alone):
        write_result(out / "samples" / each.sample.sample / "result.json", each)
    listed = [{"sample": name} for name in ("z_relapse", "a_beyond", "alone")]
    (out / "provenance.json").write_text(json.dumps({"samples": listed}))
    return out


def test_tables_and_picture(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["timeline", str(run), "-o", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert "ALK E1154K: z_relapse baseline 1.70% -> a_beyond cleared (LoD95" in printed
    assert "ALK F1174L: z_relapse baseline 3.60% -> a_beyond falling 1.40%" in printed
    with (tmp_path / "out" / "timeline.tsv").open() as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    assert [(row["variant"], row["sample"], row["change"]) for row in rows if row["order"] == "2"] == [
        ("ALK F1174L", "a_beyond", "falling"),
        ("ALK E1154K", "a_beyond", "cleared"),
    ]
    gone = rows[-1]
    assert gone["vaf"] == "."
    assert float(gone["lod95"]) < 0.017
    (patient,) = json.loads((tmp_path / "out" / "timeline.json").read_text())["patients"]
    assert (patient["patient"], patient["ordered_by"]) == ("P", "as given")
    assert patient["variants"][1]["steps"][1]["change"] == "cleared"
    apart = "ALK E1154K was cleared in a_beyond while ALK F1174L stayed"
    assert apart in printed
    assert "not by phasing" in patient["told_apart_by_time"][0]
    svg = (tmp_path / "out" / "timeline-P.svg").read_text()
    for words in ("lorlatinib", "F1174L", "SIMULATED", "falling"):
        assert words in svg
    assert main(["timeline", str(run), "-o", str(tmp_path / "again")]) == 0
    for path in (tmp_path / "out").iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_single_files_in_the_order_given(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(run / "samples" / name / "result.json") for name in ("a_beyond", "z_relapse")]
    assert main(["timeline", *files, "-o", str(tmp_path / "out")]) == 0
    assert "ALK E1154K: a_beyond not found (LoD95" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("what", "words"),
    [("alone", "no patient has two or more"), ("twice", "given twice"), ("nothing", "no such file"),
     ("empty", "holds no result.json")],
)  # fmt: skip
def test_bad_input(what: str, words: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    given = {
        "alone": [run / "samples" / "alone"],
        "twice": [run, run / "samples" / "a_beyond"],
        "nothing": [tmp_path / "absent"],
        "empty": [tmp_path / "empty"],
    }[what]
    assert main(["timeline", *map(str, given), "-o", str(tmp_path / "out")]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
