"""Progress of long work on the terminal: a live display where there is one, plain lines where there is not."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

Progress = Callable[[int, int | None], None]
"""As :data:`kinescape.fetching.Progress`, which the help must not wait for."""
Watch = Callable[[str, str], None]
LAST_STAGES = ("finished", "kept", "failed")
SECONDS_BETWEEN_LINES = 15.0
"""Of a download, where the output is no terminal."""
LINES_AT_ONCE = 3
"""Samples named in the live display; the others are counted."""


class Tally:
    """Where each sample stands. A sample that is tried again stands where it was last seen."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.running: dict[str, str] = {}
        """Sample -> stage, of those at work."""
        self._last: dict[str, str] = {}
        self._counts: Counter[str] = Counter()
        self._began = time.monotonic()
        # Told by a thread that follows the jobs, and by those that check what is there.
        self._lock = threading.Lock()

    def tell(self, sample: str, stage: str) -> None:
        """Take in what is known of a sample."""
        with self._lock:
            if before := self._last.pop(sample, ""):
                self._counts[before] -= 1
            if stage in LAST_STAGES:
                self.running.pop(sample, None)
                self._last[sample] = stage
                self._counts[stage] += 1
            else:
                self.running[sample] = stage

    def count(self, *stages: str) -> int:
        """Samples whose last stage is one of these."""
        return sum(self._counts[stage] for stage in stages)

    @property
    def ended(self) -> int:
        """Samples that are done, kept or failed."""
        return self.count(*LAST_STAGES)

    def seconds_left(self) -> float | None:
        """Time left at the pace so far; None until a sample has been finished. What was kept took no time."""
        finished = self.count("finished", "failed")
        left = self.total - self.ended
        if not finished or not left:
            return None
        return (time.monotonic() - self._began) / finished * left

    def line(self) -> str:
        """``4 done, 1 failed, 2 running, 5 waiting, about 3 min left``."""
        running = len(self.running)
        parts = [f"{self.count('finished', 'kept')} done"]
        if failed := self.count("failed"):
            parts.append(f"{failed} failed")
        if running:
            parts.append(f"{running} running")
        if waiting := self.total - self.ended - running:
            parts.append(f"{waiting} waiting")
        if (left := self.seconds_left()) is not None:
            parts.append(f"about {in_words(left)} left")
        return ", ".join(parts)


def in_words(seconds: float) -> str:
    """``40 s``, ``3 min``, ``2.5 h``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@contextlib.contextmanager
def downloads_progress(quiet: bool = False) -> Iterator[Callable[[str], Progress]]:
    """Yield a function that gives the progress function of one file: bytes, of how many, and the time left, as far as
    the server says how many. Writes to stderr only."""
    if quiet:
        yield lambda name: lambda done, total: None
        return
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda name: Lines(name)
        return
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Display

    columns = (
        *(TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()),
        *(TimeRemainingColumn(), TextColumn("left")),
    )
    with Display(*columns, console=console, transient=True) as display:

        def show(name: str) -> Progress:
            # Seen with its first byte: what lies there already is not fetched.
            task = display.add_task(name, total=None, visible=False)
            return lambda done, total: display.update(task, completed=done, total=total, visible=done != total)

        yield show


class Lines:
    """A download where there is no terminal: a line at its beginning, and one now and then."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._began = self._said = 0.0
        self._there = 0

    def __call__(self, done: int, total: int | None) -> None:
        now = time.monotonic()
        if done < self._there:
            # The server has another file than what was there is a part of: begun anew.
            self._there = 0
        if not self._began:
            # What an earlier call had brought says nothing of the pace.
            self._began, self._there = now, done
            print(f"fetching {self.name}" + (f" ({amount(total)})" if total else ""), file=sys.stderr)  # noqa: T201
        elif now - self._said >= SECONDS_BETWEEN_LINES and done != total:
            print(self._line(done, total, now - self._began), file=sys.stderr, flush=True)  # noqa: T201
        else:
            return
        self._said = now

    def _line(self, done: int, total: int | None, seconds: float) -> str:
        pace = (done - self._there) / seconds if seconds > 0 else 0.0
        parts = [amount(done) + (f" of {amount(total)}" if total else ""), f"{amount(pace)}/s"]
        if total and pace > 0:
            parts.append(f"about {in_words((total - done) / pace)} left")
        return f"{self.name}: {', '.join(parts)}"


def amount(size: float) -> str:
    """``812 bytes``, ``4.2 kB``, ``31.5 MB``, ``2.10 GB`` (powers of ten)."""
    if size < 1000:
        return f"{size:.0f} bytes"
    if size < 999_950:
        return f"{size / 1e3:.1f} kB"
    return f"{size / 1e6:.1f} MB" if size < 999_950_000 else f"{size / 1e9:.2f} GB"


@contextlib.contextmanager
def samples_progress(samples: Sequence[str], quiet: bool = False, what: str = "samples") -> Iterator[Watch]:
    """Yield a function to be told (sample, stage) as the work goes on. Writes to stderr only."""
    if quiet:
        yield lambda sample, stage: None
        return
    from rich.console import Console

    console = Console(stderr=True)
    tally = Tally(len(samples))
    if not console.is_terminal:

        def say(sample: str, stage: str) -> None:
            tally.tell(sample, stage)
            if stage in LAST_STAGES:
                word = "" if stage == "finished" else f" {stage}"
                print(  # noqa: T201
                    f"{what} [{tally.ended}/{tally.total}] {sample}{word} ({tally.line()})", file=sys.stderr, flush=True
                )

        yield say
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Display

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[now]}"),
    )
    with Display(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=len(samples), now="")

        def show(sample: str, stage: str) -> None:
            tally.tell(sample, stage)
            named = [f"{name}: {now}" for name, now in list(tally.running.items())[-LINES_AT_ONCE:]]
            progress.update(task, completed=tally.ended, now="  ".join([tally.line(), *named]))

        yield show
