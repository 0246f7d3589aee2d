"""Progress in words: what is done, failed, running and waiting, and how long it will take."""

from __future__ import annotations

import time

import pytest

from kinescape.cli.progress import Tally, amount, downloads_progress, in_words, samples_progress


def test_lines_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with samples_progress(["a", "b", "c"]) as tell:
        for event in (("a", "kept"), ("b", "reading"), ("c", "reading"), ("b", "failed"), ("c", "finished")):
            tell(*event)
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert lines[0] == "samples [1/3] a kept (1 done, 2 waiting)"
    assert lines[1].startswith("samples [2/3] b failed (1 done, 1 failed, 1 running, about ")
    assert lines[2] == "samples [3/3] c (2 done, 1 failed)"


def test_a_sample_that_is_tried_again_is_counted_once() -> None:
    tally = Tally(2)
    for event in (("a", "reading"), ("a", "failed"), ("a", "reading"), ("a", "finished")):
        tally.tell(*event)
    assert tally.line().startswith("1 done, 1 waiting")
    assert tally.ended == 1


def test_time_left_counts_what_was_worked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    tally = Tally(10)
    for number in range(4):
        tally.tell(f"s{number}", "kept")
    assert tally.seconds_left() is None
    now += 20
    tally.tell("s4", "finished")
    tally.tell("s5", "finished")
    # Two in 20 s, four to go.
    assert tally.seconds_left() == pytest.approx(40)


def test_durations_in_words() -> None:
    assert [in_words(seconds) for seconds in (0.2, 40, 200, 9000)] == ["1 s", "40 s", "3 min", "2.5 h"]


def test_a_download_says_how_much_and_how_long(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    with downloads_progress() as show:
        told = show("clinvar.vcf.gz")
        assert capsys.readouterr().err == ""
        # 20 MB were there before; 40 MB come in 20 s, and 40 MB are left.
        told(20_000_000, 100_000_000)
        assert capsys.readouterr().err == "fetching clinvar.vcf.gz (100.0 MB)\n"
        now += 5
        told(50_000_000, 100_000_000)
        assert capsys.readouterr().err == ""
        now += 15
        told(60_000_000, 100_000_000)
        assert capsys.readouterr().err == "clinvar.vcf.gz: 60.0 MB of 100.0 MB, 2.0 MB/s, about 20 s left\n"
        # A server that does not say how much there is.
        told = show("unknown.gz")
        told(1000, None)
        now += 20
        told(41_000, None)
    assert capsys.readouterr().err == "fetching unknown.gz\nunknown.gz: 41.0 kB, 2.0 kB/s\n"
    with downloads_progress(quiet=True) as show:
        show("x")(1, 2)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_960, "1.0 MB"),
        (31_540_000, "31.5 MB"),
        (2.1e9, "2.10 GB"),
    ],
)
def test_amounts(size: float, words: str) -> None:
    assert amount(size) == words
