"""What a run keeps beside its results: reviews, provenance, the state of a run that died. Damage is told or mended."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

import msgspec
import pytest
from hostile_kit import BINARY, TREE, Bench, Damage, bench, damaged, damaged_json, hammer, refused_or_read, survives

from kinescape.engine.events import Event, Follower, Monitor, events_in
from kinescape.engine.state import Attempt, Gone, JobRow, Shared, attempt_in
from kinescape.errors import InputError
from kinescape.records import Parameters, SampleInfo
from kinescape.report.result import read_result
from kinescape.review.calls import fingerprint
from kinescape.review.entries import Review, ReviewEntry, extended
from kinescape.review.file import read_review
from kinescape.sheet import SheetSample

KEPT = Path(__file__).parents[1] / "data" / "results" / "1.0" / "ROS1_B.json"
AMOUNTS = ["few", pytest.param("many", marks=pytest.mark.slow)]
NAME = "ROS1_B"


@pytest.fixture(scope="module")
def entries() -> tuple[ReviewEntry, ...]:
    """Three verdicts on the calls of the kept result."""
    result = read_result(KEPT)
    said = (("reject", "R. Reader"), ("accept", "S. Second"), ("reject", "T. Third"))
    return tuple(
        ReviewEntry(
            call=call.variant.name,
            name="a call",
            fingerprint=fingerprint(result, call),
            verdict=verdict,  # type: ignore[arg-type]
            by=by,
            note="ends of reads",
            date="2026-01-02T03:04:05Z",
        )
        for call, (verdict, by) in zip((result.calls * 3)[:3], said, strict=True)
    )


def run_folder(folders: Bench, review: bytes | None = None) -> Path:
    """A run of one sample, with its provenance and its page."""
    result = folders.write(f"run/samples/{NAME}/result.json", KEPT.read_bytes())
    if review is not None:
        (result.parent / "review.json").write_bytes(review)
    samples = [{"sample": NAME, "state": "done", "error": "", "inputs": []}]
    folders.write("run/provenance.json", json.dumps({"samples": samples}).encode())
    folders.write("run/index.html", b"<html></html>")
    return result.parent


@pytest.mark.parametrize("amount", AMOUNTS)
def test_reviews(amount: str, entries: tuple[ReviewEntry, ...]) -> None:
    """A damaged review is refused by name and left alone; the page says that it is not shown."""
    whole = extended(Review(sample=NAME), entries)
    content = msgspec.json.encode(whole)
    call = entries[0].call

    def attack(folders: Bench, damages: list[Damage]) -> None:
        made = damaged_json(content, damages)
        folder = run_folder(folders, made)
        code, said = survives(["review", folder, "--list"], codes=(0, 2))
        believed = code == 0
        if believed:
            assert read_review(folder, NAME).entries in ((), whole.entries), "a changed verdict was believed"
        else:
            assert "review.json" in said
        assert survives(["report", folder])[0] == 0
        page = (folder / "report.html").read_text(encoding="utf-8")
        assert ("cannot be trusted and is not shown" in page) == (not believed)
        arguments = ["review", folder, "--call", call, "--verdict", "unsure", "--by", "U. Unsure"]
        assert survives(arguments, codes=(0, 2))[0] == (0 if believed else 2)
        if not believed:
            assert (folder / "review.json").read_bytes() == made, "what was damaged was written over"

    hammer(30 if amount == "few" else 150, TREE, attack)


@pytest.mark.parametrize("amount", AMOUNTS)
def test_files_of_verdicts_that_a_page_handed_out(amount: str, entries: tuple[ReviewEntry, ...]) -> None:
    content = msgspec.json.encode({"kinescape_review": "1.0", "sample": NAME, "entries": entries})

    def attack(folders: Bench, damages: list[Damage]) -> None:
        folder = run_folder(folders)
        given = folders.write("verdicts.json", damaged_json(content, damages))
        code, _ = survives(["review", folder, "--import", given], codes=(0, 2))
        assert (folder / "review.json").exists() == (code == 0)
        if code == 0:
            read_review(folder, NAME)

    hammer(30 if amount == "few" else 120, TREE, attack)


@pytest.mark.parametrize("amount", AMOUNTS)
def test_provenance_beside_a_verdict(amount: str, entries: tuple[ReviewEntry, ...]) -> None:
    """A verdict makes the run's page again of what its provenance lists; names that lead elsewhere are not followed."""
    listed = [{"sample": NAME, "state": "done"}, {"sample": "../../secret", "state": "done"}]
    content = json.dumps({"samples": listed}).encode()

    def attack(folders: Bench, damages: list[Damage]) -> None:
        folder = run_folder(folders)
        folders.write("secret/result.json", KEPT.read_bytes().replace(b'"ROS1_B"', b'"SECRET"', 1))
        (folder.parent.parent / "provenance.json").write_bytes(damaged_json(content, damages))
        survives(["review", folder, "--call", entries[0].call, "--verdict", "reject", "--by", "R"], codes=(0, 2))
        assert "SECRET" not in (folder.parent.parent / "index.html").read_text(encoding="utf-8")

    hammer(15 if amount == "few" else 100, TREE, attack)


def a_job(out: Path) -> tuple[Shared, list[JobRow], list[list[SheetSample]]]:
    shared = Shared(str(out), "panel", None, None, Parameters(), 1, None, None, None, True, None)
    sample = SheetSample(SampleInfo(sample="s"), out / "a_R1.fastq.gz", out / "a_R2.fastq.gz", False, "line 2")
    return shared, [JobRow(1, 400, 10, 1)], [[sample]]


@pytest.mark.parametrize("amount", AMOUNTS)
def test_what_a_job_is_told(amount: str) -> None:
    """A job whose orders were damaged ends with one line; it neither guesses nor writes."""

    def attack(folders: Bench, damages: list[Damage]) -> None:
        with attempt_in(folders.out) as attempt:
            attempt.write(*a_job(folders.out))
            path = (attempt.folder / "shared.json", attempt.folder / "members" / "0.json")[damages[0][3] % 2]
            path.write_bytes(damaged_json(path.read_bytes(), damages))
            refused_or_read(attempt.shared)
            refused_or_read(lambda: attempt.members(0, SheetSample))

    hammer(60 if amount == "few" else 500, TREE, attack)


def test_a_job_with_damaged_orders_says_so() -> None:
    with bench() as folders, attempt_in(folders.out) as attempt:
        attempt.write(*a_job(folders.out))
        (attempt.folder / "shared.json").write_bytes(b'{"out": 1')
        code, said = survives(["run-samples", attempt.folder, "0"])
        assert code == 1
        assert "shared.json: is damaged" in said


@pytest.mark.parametrize("amount", AMOUNTS)
def test_events(amount: str) -> None:
    events = [
        Event(process=4321),
        Event("s", "reading"),
        Event("s", "finished", "done"),
        Event("t", "failed", "failed", "x"),
    ]
    content = b"\n" + b"".join(msgspec.json.encode(each) + b"\n" for each in events)

    def attack(folders: Bench, damages: list[Damage]) -> None:
        made = damaged(content, damages)
        events_in(made)
        folders.write("events/0.jsonl", made)
        Follower(folders.given / "events").new_events()

    hammer(150 if amount == "few" else 1000, (*BINARY, "word", "line", "double line"), attack)


def test_no_event_can_make_the_driver_end_a_stranger(tmp_path: Path) -> None:
    """A group of number 1 means every process; others are no numbers for the system."""
    numbers = (1, -1, -4321, 2**22 + 1, 2**31, 2**63 - 1, 4321)
    (tmp_path / "0.jsonl").write_bytes(b"".join(msgspec.json.encode(Event(process=each)) + b"\n" for each in numbers))
    with Monitor(tmp_path, lambda *_: None) as monitor:
        pass
    assert monitor.processes == {4321}


@pytest.mark.parametrize("amount", AMOUNTS)
def test_what_a_dead_run_left(amount: str) -> None:
    """Whatever lies in OUT/.kinescape: the next run takes it away, and nothing else."""

    def attack(folders: Bench, damages: list[Damage]) -> None:
        folder = folders.out / ".kinescape" / "run-abcdefgh"
        folder.mkdir(parents=True)
        mine, other = Path(tempfile.mkdtemp(prefix="kinescape-run-abcdefgh-")), Path(tempfile.mkdtemp())
        try:
            content = (os.fsencode(mine), os.fsencode(other), b"/", b"..", b"", b"\0", b"\xff", b"/root")[
                damages[0][3] % 8
            ]
            (folder / "scratch").write_bytes(damaged(content, damages) if damages[0][2] % 2 else content)
            (folder / "shared.json").write_bytes(damaged(b'{"out": "x"}', damages))
            (folders.out / ".kinescape" / "run-file").write_bytes(b"x")
            (folders.out / ".kinescape" / "run-link").symlink_to(other)
            kept = folders.write("kept/result.json", b"{}")
            (folders.out / "samples").mkdir()
            (folders.out / "samples" / ".link").symlink_to(kept.parent)
            with attempt_in(folders.out) as attempt:
                assert [path.name for path in attempt.folder.parent.glob("run-*")] == [attempt.folder.name]
            assert not (folders.out / ".kinescape").exists()
            assert kept.read_bytes() == b"{}"
            assert other.is_dir()
        finally:
            shutil.rmtree(mine, ignore_errors=True)
            shutil.rmtree(other, ignore_errors=True)

    hammer(60 if amount == "few" else 400, BINARY, attack)


def test_places_where_a_file_should_be_a_folder_and_the_other_way_round() -> None:
    for what in (".kinescape", "samples", "logs"):
        with bench() as folders:
            folders.out.mkdir()
            (folders.out / what).write_text("in the way")
            sheet = folders.write("sheet.csv", b"sample,fastq_1,fastq_2\ns,a.fastq.gz,b.fastq.gz\n")
            code, said = survives(["run", sheet, "-o", folders.out, "--quiet"])
            assert code in (1, 2), said
            assert (folders.out / what).read_text() == "in the way"


def test_an_attempt_that_is_over_has_no_orders(tmp_path: Path) -> None:
    with pytest.raises(Gone):
        Attempt(tmp_path / "nowhere").shared()
    with attempt_in(tmp_path / "out"), pytest.raises(InputError), attempt_in(tmp_path / "out"):
        pass


@pytest.mark.parametrize(
    "content", [b"[" * 5000, b'{"samples":' + b"[" * 5000, b'{"a":' * 5000, b"\xff\xfe{}", b"\0" * 9]
)
def test_brackets_without_end(content: bytes, entries: tuple[ReviewEntry, ...]) -> None:
    with bench() as folders:
        folder = run_folder(folders, content)
        (folder.parent.parent / "provenance.json").write_bytes(content)
        assert survives(["review", folder, "--list"])[0] == 2
        survives(["timeline", folder.parent.parent, "-o", folders.out])
        assert survives(["collate", folder.parent.parent, "-o", folders.out / "all.duckdb"])[0] == 0
        (folder / "review.json").unlink()
        arguments = ["review", folder, "--call", entries[0].call, "--verdict", "reject", "--by", "R"]
        assert survives(arguments)[0] == 0
