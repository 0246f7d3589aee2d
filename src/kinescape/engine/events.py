"""What a job reports while it runs: one line of JSON per event, appended to a file that the driver reads along.

A file works on one machine and on a cluster's shared file system alike. A line that is cut short (a full disk, a kill)
is no line: what was not reported whole did not happen.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from kinescape.engine.plan import State, Watch


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line. ``state`` is set with a sample's last stage; ``process`` when a job begins."""

    sample: str = ""
    stage: str = ""
    state: State | None = None
    error: str = ""
    bad_input: bool = False
    process: int = 0


_LARGEST_PROCESS = 1 << 22
"""Largest number of a process (Linux, PID_MAX_LIMIT): what is beyond is no process, and no number for the system."""
_DECODER = msgspec.json.Decoder(Event)


class Reporter:
    """The job's end: every event is on disk when :meth:`report` returns."""

    def __init__(self, path: Path) -> None:
        # Not made anew when it is gone: the attempt is then over.
        self._handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
        # A job that was ended within a line leaves none for its successor to continue.
        os.write(self._handle, b"\n")

    def report(self, event: Event) -> None:
        """Append one line."""
        os.write(self._handle, msgspec.json.encode(event) + b"\n")


class Follower:
    """The driver's end: reads what has been appended to the files of a folder since the last look."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, int] = {}
        self._seen: dict[str, int] = {}

    def new_events(self) -> list[Event]:
        """Every whole line since the last call."""
        events: list[Event] = []
        try:
            entries = list(os.scandir(self._folder))
        except FileNotFoundError:
            return events
        for entry in entries:
            if not entry.name.endswith(".jsonl"):
                continue
            size = entry.stat().st_size
            if size != self._seen.get(entry.name, 0):
                self._seen[entry.name] = size
                events += self._lines(Path(entry.path))
        return events

    def _lines(self, path: Path) -> list[Event]:
        with path.open("rb") as handle:
            handle.seek(self._read.get(path.name, 0))
            content = handle.read()
        whole = content.rfind(b"\n") + 1
        self._read[path.name] = self._read.get(path.name, 0) + whole
        return events_in(content[:whole])


def events_in(content: bytes) -> list[Event]:
    """The events of a file's content; lines that are not whole are left out."""
    events = []
    for line in content.split(b"\n"):
        if line.strip(b"\0 "):
            try:
                events.append(_DECODER.decode(line))
            except (msgspec.MsgspecError, ValueError, RecursionError):
                continue
    return events


class Monitor:
    """A thread that follows the jobs, tells the watch, and keeps how each sample ended."""

    def __init__(self, folder: Path, watch: Watch, every: float = 0.25) -> None:
        self.ended: dict[str, Event] = {}
        self.began: set[str] = set()
        self.processes: set[int] = set()
        self._follower = Follower(folder)
        self._watch = watch
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Monitor:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._look()

    def look_until(self, done: Callable[[], bool], seconds: float) -> None:
        """After the end, look on for a while: shared file systems show what other machines wrote a little later."""
        limit = time.monotonic() + seconds
        while not done() and time.monotonic() < limit:
            self._look()
            time.sleep(self._every)

    def _follow(self) -> None:
        while not self._stop.wait(self._every):
            self._look()

    def _look(self) -> None:
        for event in self._follower.new_events():
            if event.process:
                # 1 as a group means every process there is.
                if 1 < event.process <= _LARGEST_PROCESS:
                    self.processes.add(event.process)
                continue
            self.began.add(event.sample)
            if event.state is not None:
                self.ended[event.sample] = event
            self._watch(event.sample, event.stage)
