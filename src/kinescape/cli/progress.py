"""Progress of long work on the terminal: a live display where there is one, plain lines where there is not."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

Watch = Callable[[str, str], None]
LAST_STAGES = ("finished", "kept", "failed")
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
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[now]}"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=len(samples), now="")

        def show(sample: str, stage: str) -> None:
            tally.tell(sample, stage)
            named = [f"{name}: {now}" for name, now in list(tally.running.items())[-LINES_AT_ONCE:]]
            progress.update(task, completed=tally.ended, now="  ".join([tally.line(), *named]))

        yield show
