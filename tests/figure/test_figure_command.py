"""``kinescape figure``: every picture in every format, the same bytes each time, at the width asked for."""

from __future__ import annotations

import re
import struct
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "report"))

from kinescape.cli.main import main
from kinescape.figure.catalogue import ENTRIES, SOURCES
from kinescape.report.result import write_result


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One source for every picture, made by the commands that a user runs. SIMULATED."""
    from example_results import compound_cis, earlier_sample

    folder = tmp_path_factory.mktemp("sources")
    for result in (compound_cis(), earlier_sample()):
        place = folder / "run" / "samples" / result.sample.sample
        place.mkdir(parents=True)
        write_result(place / "result.json", result)
    sample = folder / "run" / "samples" / compound_cis().sample.sample
    assert main(["cohort", "template", "--example", "-o", str(folder / "tables")]) == 0
    truth = "variant,Crizotinib,Lorlatinib\nWT,90,1.8\nL1196P,2140,1854\n"
    (folder / "truth.csv").write_text(truth, encoding="utf-8")
    wells = folder / "wells.csv"
    command = ["assay", "simulate", str(folder / "truth.csv"), "-o", str(wells), "--seed", "1", "--experiments", "2"]
    assert main(command) == 0
    for kind in ("growth", "blot"):
        assert main(["assay", "template", kind, "-o", str(folder / f"{kind}.csv")]) == 0
    found = {entry.name: folder / "tables" for entry in ENTRIES if entry.source == "COHORT"}
    found |= {entry.name: sample for entry in ENTRIES if entry.source == "RESULT"}
    return found | {"timeline": folder / "run", "curves": wells, "ic50": wells, "growth": folder / "growth.csv",
                    "blot": folder / "blot.csv"}  # fmt: skip


def draw(name: str, source: Path, path: Path, *more: str) -> Path:
    drug = ["--drug", "crizotinib"] if name == "curves" else []
    assert main(["figure", name, str(source), "-o", str(path), *drug, *more]) == 0
    return path


DRAWN = [entry.name for entry in ENTRIES if entry.name not in ("background", "plate", "blot-lanes")]
"""The others need a background, plates or an image; they have tests of their own below or elsewhere."""


@pytest.mark.parametrize("name", DRAWN)
def test_every_picture_is_drawn_and_is_svg(name: str, sources: dict[str, Path], tmp_path: Path) -> None:
    one = draw(name, sources[name], tmp_path / "one.svg", "--width-mm", "180").read_bytes()
    other = draw(name, sources[name], tmp_path / "other.svg", "--width-mm", "180").read_bytes()
    assert one == other
    root = ET.fromstring(one)
    assert root.attrib["width"] == "180.000mm"
    assert b"var(--" not in one
    assert not re.search(rb"<dc:date|20\d\d-\d\d-\d\dT", one)


@pytest.mark.parametrize("name", ["lod-strip", "ic50"])
def test_pdf_and_png_have_the_size_asked_for_and_the_same_bytes(
    name: str, sources: dict[str, Path], tmp_path: Path
) -> None:
    png = draw(name, sources[name], tmp_path / "a.png", "--width-mm", "85", "--dpi", "300").read_bytes()
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    assert width == pytest.approx(85 / 25.4 * 300, abs=2)
    assert height > 50
    assert png == draw(name, sources[name], tmp_path / "b.png", "--width-mm", "85", "--dpi", "300").read_bytes()
    pdf = draw(name, sources[name], tmp_path / "a.pdf", "--width-mm", "85").read_bytes()
    assert pdf.startswith(b"%PDF-")
    box = re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", pdf)
    assert box is not None
    assert float(box[1]) == pytest.approx(85 / 25.4 * 72, abs=0.5)
    assert pdf == draw(name, sources[name], tmp_path / "b.pdf", "--width-mm", "85").read_bytes()


def test_a_picture_that_leaves_its_page_says_whose_it_is(sources: dict[str, Path], tmp_path: Path) -> None:
    text = draw("lollipop", sources["lollipop"], tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "SIMULATED DATA · research use only" in text
    assert sources["lollipop"].name in text


def test_the_gene_can_be_chosen(sources: dict[str, Path], tmp_path: Path) -> None:
    ros1 = draw("lod-strip", sources["lod-strip"], tmp_path / "a.svg", "--gene", "ROS1").read_text(encoding="utf-8")
    assert "Limits of detection, ROS1" in ros1
    assert "Limits of detection, ALK" in draw("lod-strip", sources["lod-strip"], tmp_path / "b.svg").read_text("utf-8")


def test_the_list_names_every_picture(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["figure", "list"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {entry.name} " in shown for entry in ENTRIES)
    assert all(f"{source}: " in shown for source in SOURCES)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no-such-picture", "RESULT", "-o", "x.svg"], "no picture of that name"),
        (["lollipop", "RESULT", "-o", "x.gif"], "unknown format of a picture"),
        (["lollipop", "nowhere.json", "-o", "x.svg"], "no such file"),
        (["lollipop", "RESULT", "-o", "x.svg", "--gene", "EGFR"], "gene is not in the result"),
        (["lollipop", "RESULT", "RESULT", "-o", "x.svg"], "made from one source"),
        (["blot-lanes", "RESULT", "-o", "x.svg"], "how many lanes"),
        (["swimmer", "RESULT", "-o", "x.svg"], ""),
        (["curves", "WELLS", "-o", "x.svg"], "which drug?"),
        (["lollipop", "-o", "x.svg"], "needs a source"),
        (["lollipop", "RESULT", "-o", "x.png", "--dpi", "7"], "not in the range"),
    ],
)
def test_wrong_use_is_one_clear_error_and_leaves_nothing(
    arguments: list[str],
    said: str,
    sources: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    places = {"RESULT": str(sources["lollipop"]), "WELLS": str(sources["curves"])}
    assert main(["figure", *(places.get(each, each) for each in arguments)]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
