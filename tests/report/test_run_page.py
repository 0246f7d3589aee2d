"""The page of a run: every sample is on it, with what it found and what it could not."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from urllib.parse import unquote

import msgspec
import pytest
from example_results import EXAMPLES, HOSTILE, below_depth, compound_cis, control, no_calls, weak_call
from html_reader import Node, read_page

from kinescape.identity.check import check_run
from kinescape.report.index import render_index

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "identity"))

from run_of_counts import FIVE, counted, mixed_run


def cells(page: Node, sample: str) -> list[str]:
    table = page.one("table", id="samples")
    (row,) = [r for r in table.all("tr") if next(r.all("th", "td")).text.startswith(sample)]
    return [c.text for c in row.children if isinstance(c, Node)]


@pytest.fixture(scope="module")
def page() -> Node:
    return read_page(render_index([make() for make in EXAMPLES.values()], {"SIM99": "SIM99_R1.fastq.gz: truncated"}))


def test_every_sample_has_a_row_and_a_link(page: Node) -> None:
    links = [a.attributes["href"] for a in page.one("table", id="samples").all("a")]
    assert len(links) == len(EXAMPLES)
    assert links[0] == "samples/SIM01-relapse/report.html"
    assert all(link.startswith("samples/") and link.endswith("/report.html") and link.count("/") == 2 for link in links)
    assert unquote(links[-1]).removeprefix("samples/").removesuffix("/report.html") == HOSTILE


def test_a_row_says_gate_findings_drugs_and_limits(page: Node) -> None:
    row = cells(page, "SIM04-relapse")
    assert row[3] == "Pass"
    assert row[4] == "ALK F1174L 2.14% ALK E1154K 0.91% weak"
    assert row[5].startswith("Resistance: Ceritinib Reduced activity: Crizotinib, Lorlatinib")
    assert row[6].startswith("None found:")
    assert row[7:9] == ["57 of 64", "0.93–0.94%"]
    assert row[10] == "5.1"


def test_no_finding_is_never_bare(page: Node) -> None:
    assert cells(page, "SIM09-relapse")[4].startswith("none found above 0.8")
    assert cells(page, "SIM13-shallow")[4] == "cannot be assessed"
    text = page.text.lower()
    assert "negative" not in text
    assert "wild" not in text


def test_a_failed_sample_is_not_lost(page: Node) -> None:
    assert "SIM99 SIM99_R1.fastq.gz: truncated" in page.text
    assert "samples without a result 1" in page.text


def test_totals_count_plasma_and_controls_apart(page: Node) -> None:
    tiles = page.one("header").one("dl", **{"class": "tiles"}).text
    assert "plasma samples with a finding of strong evidence 5 of 8" in tiles
    assert "controls with a finding of strong evidence 0 of 1" in tiles
    assert "samples that pass the gate 6 of 9" in tiles


def test_rows_carry_what_the_filters_ask_for(page: Node) -> None:
    table = page.one("table", id="samples")
    found = [(r.attributes["data-gate"], r.attributes["data-role"]) for r in next(table.all("tbody")).all("tr")]
    assert found.count(("fail", "plasma")) == 1
    assert found.count(("pass", "control")) == 1
    offered = {(b.attributes["name"], b.attributes["value"]) for b in page.all("input") if "name" in b.attributes}
    assert offered == {("gate", g) for g, _ in found} | {("role", r) for _, r in found}


def test_only_simulated_samples_are_marked_in_a_mixed_run() -> None:
    real = msgspec.structs.replace(no_calls(), simulated=False)
    mixed = read_page(render_index([real, weak_call()]))
    assert "This run holds SIMULATED samples" in mixed.one("aside").text
    assert cells(mixed, "SIM04-relapse")[0].endswith("SIMULATED")
    assert cells(mixed, "SIM09-relapse")[0] == "SIM09-relapse"
    assert not list(read_page(render_index([real])).all("aside"))


def test_a_run_of_one_and_a_run_of_none() -> None:
    assert read_page(render_index([compound_cis()])).one("h1").text == "1 sample"
    assert read_page(render_index([])).one("h1").text == "0 samples"
    assert "cannot be assessed" in read_page(render_index([below_depth(), control()])).text


def test_the_same_results_give_the_same_page() -> None:
    assert render_index([compound_cis(), control()]) == render_index([compound_cis(), control()])


def test_the_background_of_the_controls_is_stated(page: Node) -> None:
    section = page.one("section", id="background").text
    assert "No background by site was given: limits rest on 0.0024 mismatches per base" in section
    assert control().sample.sample in section
    assert "No control is in this run" in read_page(render_index([compound_cis()])).one("section", id="background").text


def test_samples_that_do_not_fit_are_named() -> None:
    text = read_page(render_index([compound_cis()], {}, mixed_run())).one("section", id="identity").text
    assert "P2_a, P2_b said to be one patient (P2), but the germline genotypes are those of two people" in text
    assert "P5 holds about 0.9" in text
    assert "4 positions with a germline difference" in text
    tiles = (
        read_page(render_index([compound_cis()], {}, mixed_run())).one("header").one("dl", **{"class": "tiles"}).text
    )
    assert "swaps, mixtures or carry-over to look at (below) 3" in tiles


def test_what_cannot_be_told_is_not_called_in_order() -> None:
    alike = check_run([counted("a", "P1", FIVE), counted("b", "P1", FIVE)])
    text = read_page(render_index([compound_cis()], {}, alike)).one("section", id="identity").text
    assert "Whether samples were swapped cannot be told from the reads." in text
    assert "as far as it can be told" in text


def test_a_run_that_was_not_compared_says_nothing_of_it(page: Node) -> None:
    assert "Samples against each other" not in page.text


def test_five_hundred_samples_make_a_page_in_seconds() -> None:
    one = weak_call()
    many = [
        msgspec.structs.replace(one, sample=msgspec.structs.replace(one.sample, sample=f"S{number}"))
        for number in range(500)
    ]
    before = time.process_time()
    text = render_index(many)
    assert time.process_time() - before < 10
    assert text.count('<tr role="row" data-gate') == 500
    assert len(text) < 4_000_000
