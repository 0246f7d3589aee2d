"""What jobs report: whole lines only, in whatever pieces the file system shows them."""

from __future__ import annotations

from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from kinescape.engine.events import Event, Follower, Monitor, Reporter, events_in

EVENTS = st.lists(
    st.builds(
        Event, st.text(max_size=8), st.sampled_from(["reading", "failed"]), st.none() | st.just("failed"), st.text()
    ),
    max_size=8,
)


@given(EVENTS, st.data())
def test_a_line_that_is_cut_short_did_not_happen(events: list[Event], data: st.DataObject) -> None:
    lines = [msgspec.json.encode(event) + b"\n" for event in events]
    content = b"".join(lines)
    cut = data.draw(st.integers(0, len(content)))
    whole = content[:cut].count(b"\n")
    # The last line may be there but for its end.
    assert events_in(content[:cut])[:whole] == events[:whole]
    assert len(events_in(content[:cut])) <= whole + 1


def test_what_comes_in_pieces_is_read_once(tmp_path: Path) -> None:
    follower = Follower(tmp_path)
    line = msgspec.json.encode(Event("a", "reading")) + b"\n"
    path = tmp_path / "0.jsonl"
    path.write_bytes(line[:7])
    assert follower.new_events() == []
    path.write_bytes(line + line[:3])
    assert follower.new_events() == [Event("a", "reading")]
    assert follower.new_events() == []
    path.write_bytes(line + line)
    assert follower.new_events() == [Event("a", "reading")]


def test_a_second_try_counts(tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []
    with Monitor(tmp_path, lambda *event: told.append(event), every=0.01) as monitor:
        reporter = Reporter(tmp_path / "3.jsonl")
        reporter.report(Event(process=17))
        reporter.report(Event("a", "failed", "failed", "no memory"))
        # The job was killed within a line; its successor goes on in the same file.
        with (tmp_path / "3.jsonl").open("ab") as handle:
            handle.write(b'{"sample":"a","sta')
        Reporter(tmp_path / "3.jsonl").report(Event("a", "finished", "done"))
    assert monitor.ended["a"].state == "done"
    assert monitor.processes == {17}
    assert told == [("a", "failed"), ("a", "finished")]
