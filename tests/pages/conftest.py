"""Pages of every kind, and a browser that cannot reach any network."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "report"))

from example_results import EXAMPLES, compound_cis, earlier_sample
from open_pages import Opened, browser_without_network
from run_of_counts import mixed_run

from kinescape.cli.main import main
from kinescape.report.index import render_index
from kinescape.report.page import render_sample


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Name -> file. Cohort and bench are made by the commands that a user runs."""
    folder = tmp_path_factory.mktemp("pages")
    texts = {name: render_sample(EXAMPLES[name]()) for name in ("weak_call", "below_depth", "compound_cis")}
    texts["course"] = render_sample(compound_cis(), (earlier_sample(),))
    texts["run"] = render_index([make() for make in EXAMPLES.values()], {"SIM99": "truncated gzip"}, mixed_run())
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    paths = {name: folder / f"{name}.html" for name in texts}
    assert main(["cohort", "template", "--example", "-o", str(folder / "tables")]) == 0
    assert main(["cohort", "summary", str(folder / "tables"), "-o", str(folder / "cohort"), "--formats", ""]) == 0
    assert main(["assay", "template", "wells", "-o", str(folder / "wells.csv")]) == 0
    assert main(["assay", "fit", str(folder / "wells.csv"), "-o", str(folder / "assay"), "--pictures", "none"]) == 0
    return paths | {"cohort": folder / "cohort" / "cohort.html", "assay": folder / "assay" / "screen.html"}


@pytest.fixture(scope="session")
def opened(chromium: str) -> Iterator[Opened]:
    with browser_without_network(chromium) as one:
        yield one
