"""What the engine starts: the work of one job, piece by piece, in a process of its own."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from kinescape.engine.events import Event, Reporter, events_in
from kinescape.engine.plan import LAST_STAGES, Watch
from kinescape.engine.state import Attempt, Driven
from kinescape.errors import EXIT_FAILURE, EXIT_OK

Action = Callable[[Watch], Event]
"""Does one piece of work, telling the stages it passes; returns how it ended (an event with a ``state``)."""
Named = tuple[str, Action]
Opener = Callable[[Attempt, int], Sequence[Named]]
"""From an attempt and a job's number to the job's work, in order; called once the job is known to the driver."""


def run_job(folder: Path, job: int, opened: Opener) -> int:
    """Do the work of job ``job`` of the attempt in ``folder``.

    Returns
    -------
    int
        0 when everything has ended in a way that another try would not change (bad input included), else 1, so that
        the engine tries again.

    Raises
    ------
    Gone
        The attempt is over; nothing was written since.
    """
    attempt = Attempt(folder)
    driver = attempt.shared_as(Driven).driver
    with ExitStack() as stack:
        if driver is not None:
            stack.enter_context(attempt.at_work())
            _live_with(driver)
        earlier = events_in(attempt.events(job).read_bytes()) if attempt.events(job).exists() else []
        reporter = Reporter(attempt.events(job))
        reporter.report(Event(process=os.getpid()))
        failed = False
        for name, action in _still_to_do(opened(attempt, job), earlier):
            attempt.check()

            def tell(name: str, stage: str) -> None:
                if stage not in LAST_STAGES:
                    reporter.report(Event(name, stage))

            end = action(tell)
            reporter.report(end)
            failed |= end.state == "failed" and not end.bad_input
    return EXIT_FAILURE if failed else EXIT_OK


def _still_to_do(work: Sequence[Named], earlier: Sequence[Event]) -> list[Named]:
    """What an earlier try of the same job has not settled; what it broke off in comes last."""
    settled = {event.sample for event in earlier if event.state == "done" or event.bad_input}
    begun = {event.sample for event in earlier if event.sample}
    left = [each for each in work if each[0] not in settled]
    return sorted(left, key=lambda each: each[0] in begun)


def _live_with(driver: int) -> None:
    """Lead a process group of our own, which the driver can end as a whole, and end it when the driver is gone."""
    os.setsid()
    signal.signal(signal.SIGTERM, _interrupted)
    # Ctrl-C is for the driver, which ends its jobs.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(driver,), daemon=True).start()


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _end_with(driver: int) -> None:
    began = _began(driver)
    while began is not None and _began(driver) == began:
        time.sleep(0.5)
    # The aligners are of our group and end with it.
    os.killpg(0, signal.SIGKILL)


def _began(process: int) -> str | None:
    """When a process began, so that another of the same number is not taken for it; None when there is none."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        # Without /proc there is no telling; the number alone must do.
        return None if Path("/proc/self").exists() or not _alive(process) else "alive"
    # State and start time; a zombie is gone.
    return None if fields[0] == "Z" else fields[19]


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
