"""`kinescape review`, called as a user does, on a run of two samples of one patient."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pysam
import pytest
from example_results import compound_cis, earlier_sample, panel, weak_call

from kinescape.cli.main import main
from kinescape.engine.history import write_pages_over_time
from kinescape.engine.plan import Outcome
from kinescape.panel.genome import contigs
from kinescape.records import SampleResult
from kinescape.report.index import render_index
from kinescape.report.result import write_result
from kinescape.report.vcf import write_vcf
from kinescape.review.calls import fingerprint

G1202R, L1196M = "chr2:29220747:C>G", "chr2:29220765:G>T"
NAME = "SIM01-relapse"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    results = [compound_cis(), earlier_sample(), weak_call()]
    for result in results:
        folder = tmp_path / "samples" / result.sample.sample
        write_result(folder / "result.json", result)
        write_vcf(folder / "variants.vcf.gz", result, contigs(panel()))
        (folder / "report.html").write_text("")
    write_pages_over_time(
        tmp_path,
        [
            Outcome(each.sample.sample, "done", tmp_path, patient=each.sample.patient, role=each.sample.role)
            for each in results
        ],
    )
    (tmp_path / "index.html").write_text(render_index(results))
    listed = [{"sample": result.sample.sample, "state": "done", "error": ""} for result in results]
    listed.append({"sample": "SIM99", "state": "failed", "error": "SIM99_R1.fastq.gz: truncated"})
    (tmp_path / "provenance.json").write_text(json.dumps({"samples": listed}))
    return tmp_path


def review(run: Path, *arguments: str) -> int:
    return main(["review", NAME, "-o", str(run), *arguments])


def verdict(run: Path, call: str, said: str, by: str = "R. Reader", note: str = "") -> int:
    return review(run, "--call", call, "--verdict", said, "--by", by, "--note", note)


def page(run: Path) -> str:
    return (run / "samples" / NAME / "report.html").read_text(encoding="utf-8")


def entries(run: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((run / "samples" / NAME / "review.json").read_text())["entries"]
    return found


def write_page_review(path: Path, result: SampleResult, **changes: object) -> Path:
    call = next(each for each in result.calls if each.variant.name == G1202R)
    entry = {
        "call": G1202R, "name": "ALK G1202R", "fingerprint": fingerprint(result, call), "verdict": "accept",
        "by": "P. Page", "note": "", "date": "2026-01-02T03:04:05Z", **changes,
    }  # fmt: skip
    sample = changes.get("sample", result.sample.sample)
    entry.pop("sample", None)
    path.write_text(json.dumps({"kinescape_review": "1.0", "sample": sample, "entries": [entry]}))
    return path


@pytest.mark.parametrize(
    "name",
    ["ALK:G1202R", "ALK G1202R", "alk:g1202r", "G1202R", "ALK:c.3604G>C", "c.3604G>C", G1202R, "chr2-29220747-C-G",
     "p.(Gly1202Arg)", "chr2:g.29220747C>G"],
)  # fmt: skip
def test_a_call_is_found_under_every_name_of_the_field(name: str, run: Path) -> None:
    assert verdict(run, name, "accept") == 0
    assert [entry["call"] for entry in entries(run)] == [G1202R]


def test_a_verdict_is_shown_on_the_page_in_the_vcf_and_on_the_runs_page(run: Path) -> None:
    before = page(run)
    assert "Over time" in before
    assert "inspected by R. Reader" not in before
    assert verdict(run, "ALK:G1202R", "accept", note="both strands") == 0
    (entry,) = entries(run)
    assert f"inspected by R. Reader on {entry['date'][:10]}: accept (both strands)" in page(run)
    assert "accepted on review" in page(run)
    assert "not inspected by eye yet" in page(run), "of the other call"
    assert page(run).count('id="course"') == 1, "the patient's other samples stay"
    with pysam.VariantFile(str(run / "samples" / NAME / "variants.vcf.gz")) as variants:
        said = {record.pos: record.info.get("INSPECTED") for record in variants}
    assert said[29220747].startswith("inspected by R. Reader")
    assert said[29220765] is None
    index = (run / "index.html").read_text()
    assert "1 of 2" in index
    assert "SIM99_R1.fastq.gz: truncated" in index, "a failed sample stays on the run's page"


def test_a_verdict_is_shown_where_its_sample_stands_beside_others(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = earlier_sample().sample.sample
    beside = run / "samples" / other / "report.html"
    course = beside.read_text().partition('id="course"')[2].partition("</section>")[0]
    assert NAME in course
    assert "inspected by" not in course
    before = (run / "samples" / other / "result.json").read_bytes()
    assert verdict(run, "ALK:G1202R", "reject", note="ends of reads") == 0
    said = f"inspected by R. Reader on {entries(run)[0]['date'][:10]}: reject (ends of reads)"
    assert str(beside) in capsys.readouterr().err
    for path in (beside, run / "samples" / NAME / "report.html"):
        course = path.read_text().partition('id="course"')[2].partition("</section>")[0]
        assert course.count(said) == 1, path
        assert "changes no state and no comparison" in course
    assert (run / "samples" / other / "result.json").read_bytes() == before
    again = tmp_path / "again.html"
    arguments = ["report", str(run / "samples" / other), "--history", str(run / "samples" / NAME), "-o", str(again)]
    assert main(arguments) == 0
    assert said in again.read_text()

    assert main(["timeline", str(run), "-o", str(tmp_path / "course")]) == 0
    assert f"[{said}]" in capsys.readouterr().out
    with (tmp_path / "course" / "timeline.tsv").open() as handle:
        rows = {(row["variant"], row["sample"]): row for row in csv.DictReader(handle, delimiter="\t")}
    assert rows["ALK G1202R", NAME]["inspected"] == said
    assert rows["ALK G1202R", NAME]["state"] == "detected", "a verdict changes no state"
    assert rows["ALK L1196M", NAME]["inspected"] == "."
    (patient,) = json.loads((tmp_path / "course" / "timeline.json").read_text())["patients"]
    steps = [step for each in patient["variants"] for step in each["steps"]]
    assert sorted(step["inspected"] for step in steps if step["inspected"]) == [said]

    review_file = run / "samples" / NAME / "review.json"
    review_file.write_text(review_file.read_text().replace("ends of reads", "changed by hand"))
    assert main(["timeline", str(run), "-o", str(tmp_path / "course")]) == 0
    told = capsys.readouterr().out
    assert "verdicts unknown: the review is faulty" in told
    assert "changed by hand" not in told


def test_a_rejected_call_stays_and_what_rests_on_it_says_so(run: Path) -> None:
    before = (run / "samples" / NAME / "result.json").read_bytes()
    drugs = page(run).count('class="chip resistance"')
    assert verdict(run, "ALK:G1202R", "reject", note="ends of reads only") == 0
    assert (run / "samples" / NAME / "result.json").read_bytes() == before
    assert page(run).count('class="chip resistance"') == drugs > 0
    assert "rejected on review" in page(run)
    assert "Rests on ALK G1202R, which was rejected on review by R. Reader" in page(run)
    assert "ALK G1202R: rejected on review" in (run / "index.html").read_text()


def test_the_last_word_of_each_reviewer_counts_and_nothing_is_lost(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verdict(run, "G1202R", "unsure")
    verdict(run, "G1202R", "reject", by="S. Second")
    verdict(run, "G1202R", "accept", by="r.  reader")
    capsys.readouterr()
    assert review(run, "--list") == 0
    listed = capsys.readouterr().out
    assert "reviewers disagree" in listed
    assert "unsure" not in listed
    assert [entry["verdict"] for entry in entries(run)] == ["unsure", "reject", "accept"]
    assert "1 earlier verdict" in page(run)
    verdict(run, "G1202R", "accept", by="S. Second")
    capsys.readouterr()
    review(run, "--list")
    assert "reviewers disagree" not in capsys.readouterr().out


def test_an_unknown_call_names_those_there_are(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verdict(run, "ALK:G1203R", "accept") == 2
    error = capsys.readouterr().err
    assert "'ALK:G1203R'" in error
    assert f"{G1202R} (ALK G1202R)" in error
    assert "Traceback" not in error
    assert not (run / "samples" / NAME / "review.json").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--call", "G1202R"],
        ["--call", "G1202R", "--verdict", "accept"],
        ["--call", "G1202R", "--verdict", "accept", "--by", "   "],
        ["--call", "G1202R", "--verdict", "accept", "--by", "a\nb"],
        ["--call", "G1202R", "--verdict", "accept", "--by", "x" * 101],
        ["--call", "G1202R", "--verdict", "accept", "--by", "x", "--note", "\x1b[2J"],
        ["--call", "G1202R", "--verdict", "fine", "--by", "x"],
        ["--list", "--call", "G1202R"],
        ["--import", "nowhere.json"],
    ],
)
def test_what_is_no_verdict_is_refused(arguments: list[str], run: Path) -> None:
    assert review(run, *arguments) == 2
    assert not (run / "samples" / NAME / "review.json").exists()


def test_an_unknown_sample_names_those_there_are(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["review", "SIM02", "-o", str(run), "--list"]) == 2
    assert NAME in capsys.readouterr().err
    assert main(["review", str(run), "--list"]) == 2
    assert main(["review", str(run / "samples" / NAME / "result.json"), "--list"]) == 0


def test_a_page_s_file_is_taken_once(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = write_page_review(tmp_path / "r.json", compound_cis())
    assert review(run, "--import", str(given)) == 0
    assert review(run, "--import", str(given)) == 0
    assert "0 of 1 verdicts are new" in capsys.readouterr().err
    assert [entry["by"] for entry in entries(run)] == ["P. Page"]
    assert "inspected by P. Page on 2026-01-02: accept" in page(run)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sample": "other"}, "review of another sample"),
        ({"call": "chr2:1:A>T"}, "$.entries[0].call"),
        ({"fingerprint": "0" * 64}, "changed since it was looked at"),
        ({"verdict": "maybe"}, "$.entries[0].verdict"),
        ({"by": ""}, "$.entries[0].by"),
        ({"by": "a\u202eb"}, "$.entries[0].by"),
        ({"note": "x" * 2001}, "$.entries[0].note"),
        ({"date": "yesterday"}, "$.entries[0].date"),
        ({"date": "2026-13-01T00:00:00Z"}, "$.entries[0].date"),
        ({"date": "2999-01-01T00:00:00Z"}, "$.entries[0].date"),
    ],
)
def test_a_page_s_file_that_does_not_fit_is_refused(
    changes: dict[str, object], said: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = write_page_review(tmp_path / "r.json", compound_cis(), **changes)
    assert review(run, "--import", str(given)) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "r.json" in error
    assert not (run / "samples" / NAME / "review.json").exists()


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"\xff\xfe", b'{"kinescape_review": "2.0", "sample": "a", "entries": []}']
)
def test_a_file_that_is_no_review_is_refused(
    content: bytes, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "r.json").write_bytes(content)
    assert review(run, "--import", str(tmp_path / "r.json")) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_hostile_words_do_nothing(run: Path) -> None:
    evil = "</script><script>alert(1)</script>\"'&=cmd|' /C calc'!A0"
    assert verdict(run, "G1202R", "reject", by=evil, note=f"{{{{ 7 * 7 }}}} {evil}") == 0
    text = page(run)
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>alert(1)" not in (run / "index.html").read_text()


def test_a_review_that_was_changed_by_hand_is_not_believed(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verdict(run, "G1202R", "reject")
    verdict(run, "L1196M", "accept")
    path = run / "samples" / NAME / "review.json"
    path.write_text(path.read_text().replace('"reject"', '"accept"'))
    assert review(run, "--list") == 2
    assert "was changed or taken out" in capsys.readouterr().err
    assert main(["report", str(path.parent)]) == 0
    assert "cannot be trusted and is not shown" in page(run)
    assert "accepted on review" not in page(run)


def test_verdicts_outlive_a_new_result_and_say_when_they_are_stale(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verdict(run, "G1202R", "reject")
    verdict(run, "L1196M", "accept")
    folder = run / "samples" / NAME
    result = compound_cis()
    # The same reads under a newer version: nothing changes for the reviewer.
    write_result(folder / "result.json", msgspec.structs.replace(result, kinescape_version="9.9"))
    assert main(["report", str(folder)]) == 0
    assert "rejected on review" in page(run)
    # Another outcome of G1202R.
    calls = tuple(
        msgspec.structs.replace(call, alt_fragments=call.alt_fragments + 1) if call.variant.name == G1202R else call
        for call in result.calls
    )
    write_result(folder / "result.json", msgspec.structs.replace(result, calls=calls))
    assert main(["report", str(folder)]) == 0
    assert "rejected on review" not in page(run)
    assert "stale: the call has changed since" in page(run)
    assert "accepted on review" in page(run)
    assert "Rests on ALK G1202R" not in page(run)
    # A result without the call: the verdict is still told.
    write_result(
        folder / "result.json",
        msgspec.structs.replace(result, calls=tuple(call for call in result.calls if call.variant.name != G1202R)),
    )
    capsys.readouterr()
    assert review(run, "--list") == 0
    assert "no call of this result any more" in capsys.readouterr().out


def test_two_reviewers_at_once_lose_no_verdict(run: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from kinescape.review.calls import find_call, new_entry
    from kinescape.review.entries import broken_link
    from kinescape.review.file import add_entries, read_review

    folder, result = run / "samples" / NAME, compound_cis()
    call = find_call(result.calls, "G1202R")

    def say(number: int) -> None:
        entry = new_entry(result, call, "accept", f"reader {number}", "")
        add_entries(folder, NAME, lambda _: [entry])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(say, range(24)))
    said = read_review(folder, NAME)
    assert {entry.by for entry in said.entries} == {f"reader {number}" for number in range(24)}
    assert broken_link(said) is None


def test_a_review_of_another_sample_is_refused(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verdict(run, "G1202R", "reject")
    other = run / "samples" / earlier_sample().sample.sample
    shutil.copy(run / "samples" / NAME / "review.json", other)
    assert main(["review", str(other), "--list"]) == 2
    assert "review of another sample" in capsys.readouterr().err
