"""`kinescape reproduce villa2024 --quick`: every part is run, and the table of claims says what it must."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kinescape.cli.main import main

pytestmark = [pytest.mark.slow, pytest.mark.aligners]

BY_THE_PAPERS_OWN_NUMBERS = {
    # What the words of the paper come to beside its Table 2 and its counts (docs/knowledge-base.md): five folds of
    # about one that the text calls moderate, two statements from earlier work, a source cited in two ways, and two
    # differences that Fisher's exact test does not tell from chance.
    "V02": "disagrees",
    "V07": "disagrees",
    "B05": "disagrees",
    "B06": "disagrees",
    "B07": "disagrees",
    "C02": "disagrees",
    "C04": "disagrees",
}
UNPUBLISHED = {"S05", "S14", "S17", "C05", "C06"}
"""A quick run lays out less depth; slices are not installed; times of patients are not published."""


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("reproduction") / "out"
    with pytest.MonkeyPatch.context() as patch:
        # What a developer has installed must not reach the tests.
        patch.setenv("KINESCAPE_ANNOTATION", str(tmp_path_factory.mktemp("annotation")))
        assert main(["reproduce", "villa2024", "-o", str(folder), "--quick", "--quiet"]) == 0
        yield folder


@pytest.fixture(scope="module")
def claims(out: Path) -> dict[str, dict[str, str]]:
    with (out / "claims.tsv").open(encoding="utf-8", newline="") as handle:
        return {row["claim"]: row for row in csv.DictReader(handle, delimiter="\t")}


def test_every_part_gives_back_what_was_published(claims: dict[str, dict[str, str]]) -> None:
    recovered = {name for name, row in claims.items() if row["basis"] in {"simulated", "chosen"}} - UNPUBLISHED
    chain = {"S15", "S16"}
    wrong = {name: claims[name]["ours"] for name in recovered - chain if claims[name]["verdict"] != "agrees"}
    assert not wrong


def test_what_stands_against_the_paper_is_said(claims: dict[str, dict[str, str]]) -> None:
    published = {name: row["verdict"] for name, row in claims.items() if row["basis"] == "published"}
    against = {name: verdict for name, verdict in published.items() if verdict == "disagrees"}
    assert against == BY_THE_PAPERS_OWN_NUMBERS
    assert "0.33" in claims["C04"]["ours"]
    assert "0.30" in claims["C02"]["ours"]


def test_what_cannot_be_tested_says_why(claims: dict[str, dict[str, str]]) -> None:
    silent = {name for name, row in claims.items() if row["verdict"] == "cannot be tested"}
    assert silent >= UNPUBLISHED
    assert all(claims[name]["note"] for name in silent)


def test_the_phases_are_those_of_the_paper(claims: dict[str, dict[str, str]]) -> None:
    assert claims["S09"]["ours"].startswith("cis")
    assert claims["S10"]["ours"].startswith("trans")
    assert claims["S11"]["ours"].startswith("undeterminable")


def test_not_detected_carries_its_limit(claims: dict[str, dict[str, str]]) -> None:
    for name in ("S12", "S13"):
        assert "not detected (limit 0." in claims[name]["ours"]


def test_the_chain_names_what_it_loses_and_why(claims: dict[str, dict[str, str]], out: Path) -> None:
    numbers = json.loads((out / "chain" / "SIM04-P1" / "numbers.json").read_text())
    assert {variant["put_in"]["name"] for variant in numbers["variants"]} == {"ALK:c.3522C>A", "ALK:c.3460G>A"}
    for variant in numbers["variants"]:
        assert [site["aligner"] for site in variant["sites"]] == ["bwa", "bowtie2"]
        assert variant["sites"][0]["state"] == "passes"
    assert claims["S16"]["verdict"] == "disagrees"


def test_every_claim_has_a_command_and_no_recommendation(claims: dict[str, dict[str, str]]) -> None:
    assert len(claims) == 54
    assert all(row["command"] for row in claims.values())
    text = " ".join(" ".join(row.values()) for row in claims.values()).lower()
    assert "wild-type" not in text
    assert "negative" not in text


def test_the_page_shows_all_of_it_and_loads_nothing(out: Path, claims: dict[str, dict[str, str]]) -> None:
    text = (out / "index.html").read_text(encoding="utf-8")
    assert "SIMULATED DATA" in text
    for name in claims:
        assert f">{name}<" in text
    for figure in (
        "Fig. 1a",
        "Fig. 1b",
        "Fig. 1c",
        "Fig. 1d",
        "Fig. 1e",
        "Fig. 2a",
        "Fig. 2b to o",
        "Table 2",
        "Patient 1",
    ):
        assert figure in text
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert len(text) < 20_000_000


def test_the_same_again_is_kept_and_equal(out: Path) -> None:
    before = (out / "claims.tsv").read_bytes(), (out / "index.html").read_bytes()
    assert main(["reproduce", "villa2024", "-o", str(out), "--quick", "--quiet"]) == 0
    assert ((out / "claims.tsv").read_bytes(), (out / "index.html").read_bytes()) == before


def test_a_folder_of_something_else_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.docx").write_text("years of work")
    assert main(["reproduce", "villa2024", "-o", str(tmp_path), "--quick"]) == 2
    assert "thesis.docx" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_the_deposit_is_asked_for_and_says_that_it_cannot_be_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("kinescape.deposit.ena.runs_of.__defaults__", ("http://127.0.0.1:9/filereport",))
    assert main(["reproduce", "villa2024", "-o", str(tmp_path / "out"), "--reads", "sra"]) == 1
    assert "cannot be reached" in capsys.readouterr().err


def test_real_reads_are_run_and_say_what_they_cannot_answer(out: Path, tmp_path: Path) -> None:
    """A sheet of reads takes the place of simulated ones; here two of the simulated samples stand for it."""
    lines = (out / "plasma" / "samples.csv").read_text().splitlines()
    rows = dict(zip(lines[0].split(","), zip(*(line.split(",") for line in lines[1:3]), strict=True), strict=True))
    sheet = out / "plasma" / "two.csv"
    sheet.write_text("sample,fastq_1,fastq_2\n" + "".join(
        f"run{number},{first},{second}\n"
        for number, (first, second) in enumerate(zip(rows["fastq_1"], rows["fastq_2"], strict=True))
    ))  # fmt: skip
    folder = tmp_path / "real"
    assert main(["reproduce", "villa2024", "-o", str(folder), "--quick", "--quiet", "--reads", str(sheet)]) == 0
    with (folder / "claims.tsv").open(encoding="utf-8", newline="") as handle:
        rows_of = {row["claim"]: row for row in csv.DictReader(handle, delimiter="\t")}
    assert rows_of["S01"]["verdict"] == "cannot be tested"
    assert rows_of["S17"]["verdict"] == "agrees"
    assert rows_of["V09"]["verdict"] == "agrees"
    assert "the reads are those that were given" in (folder / "index.html").read_text(encoding="utf-8")
