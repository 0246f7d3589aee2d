"""Pages of every kind, and a browser that cannot reach any network."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from open_pages import Opened, browser_without_network

from kinescape.cli.main import main
from kinescape.report.index import render_index
from kinescape.report.page import render_sample

for neighbour in ("report", "identity"):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / neighbour))


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Name -> file. Cohort and bench are made by the commands that a user runs."""
    from example_results import EXAMPLES, compound_cis, earlier_sample
    from run_of_counts import mixed_run

    folder = tmp_path_factory.mktemp("pages")
    texts = {name: render_sample(EXAMPLES[name]()) for name in ("weak_call", "below_depth", "compound_cis")}
    texts["course"] = render_sample(compound_cis(), (earlier_sample(),))
    texts["run"] = render_index([make() for make in EXAMPLES.values()], {"SIM99": "truncated gzip"}, mixed_run())
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    paths = {name: folder / f"{name}.html" for name in texts}
    assert main(["cohort", "template", "--example", "-o", str(folder / "tables")]) == 0
    assert main(["cohort", "summary", str(folder / "tables"), "-o", str(folder / "cohort"), "--formats", ""]) == 0
    # Villa et al. 2024, Table 2 (nM).
    truth = "variant,Crizotinib,Alectinib,Lorlatinib\nWT,90,19,1.8\nL1196P,2140,>3000,1854\nC1235R,191,50,1.8\n"
    (folder / "truth.csv").write_text(truth, encoding="utf-8")
    wells = str(folder / "wells.csv")
    assert main(["assay", "simulate", str(folder / "truth.csv"), "-o", wells, "--seed", "1", "--experiments", "2"]) == 0
    assert main(["assay", "fit", wells, "-o", str(folder / "assay"), "--pictures", "none"]) == 0
    return paths | {"cohort": folder / "cohort" / "cohort.html", "assay": folder / "assay" / "screen.html"}


@pytest.fixture(scope="module")
def opened(chromium: str) -> Iterator[Opened]:
    with browser_without_network(chromium) as one:
        yield one
