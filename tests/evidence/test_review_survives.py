"""A review outlives another run of its sample, a failed one included."""

from __future__ import annotations

import gzip
import json

import pytest
from evidence_runs import Kept

from kinescape.cli.main import main

pytestmark = pytest.mark.aligners


def test_a_rerun_keeps_the_review_and_marks_what_changed(kept: Kept) -> None:
    folder = kept.run("reviewed")
    arguments = ["review", str(folder), "--verdict", "reject", "--by", "R. Reader", "--call"]
    assert main([*arguments, "ALK:G1202R"]) == 0
    kept.run("reviewed", "--force")
    page = (folder / "report.html").read_text()
    assert "rejected on review" in page
    assert page == (main(["report", str(folder)]), (folder / "report.html").read_text())[1]
    # Other counts: the primers' bases and the ends of the reads are counted now.
    kept.run("reviewed", "--end-mask", "40")
    entries = json.loads((folder / "review.json").read_text())["entries"]
    assert len(entries) == 1
    page = (folder / "report.html").read_text()
    assert "stale: the call has changed since" in page
    assert "rejected on review" not in page


def test_a_failed_run_sets_the_review_aside_and_the_next_one_takes_it_back(kept: Kept) -> None:
    folder = kept.run("broken")
    assert main(["review", str(folder), "--verdict", "accept", "--by", "R. Reader", "--call", "ALK:G1202R"]) == 0
    bad = kept.folder / "bad_R1.fastq.gz"
    bad.write_bytes(gzip.compress(b"@a\nACGT\n+\nII\n"))
    arguments = [*kept.arguments[:2], str(bad), *kept.arguments[3:], "-o", str(kept.folder / "broken")]
    assert main(arguments) == 2
    assert not folder.exists()
    kept.run("broken")
    assert "accepted on review" in (folder / "report.html").read_text()
