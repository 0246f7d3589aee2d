"""What the engine starts: the samples of one job, one after the other, in a process of its own."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from kinescape.engine.events import Event, Reporter, events_in
from kinescape.engine.one import run_sample
from kinescape.engine.plan import LAST_STAGES, RunPlan, workbench
from kinescape.engine.state import Attempt, Shared
from kinescape.errors import EXIT_FAILURE, EXIT_OK
from kinescape.sheet import SheetSample


def run_job(folder: Path, job: int) -> int:
    """Run the samples of job ``job`` of the attempt in ``folder``.

    Returns
    -------
    int
        0 when every sample has ended in a way that another try would not change (bad input included), else 1, so that
        the engine tries again.

    Raises
    ------
    Gone
        The attempt is over; nothing was written since.
    """
    attempt = Attempt(folder)
    shared = attempt.shared()
    with ExitStack() as stack:
        if shared.driver is not None:
            stack.enter_context(attempt.at_work())
            _live_with(shared.driver)
        earlier = events_in(attempt.events(job).read_bytes()) if attempt.events(job).exists() else []
        reporter = Reporter(attempt.events(job))
        reporter.report(Event(process=os.getpid()))
        bench = workbench(_plan(shared))
        failed = False
        for sample in _still_to_do(attempt.samples(job), earlier):
            attempt.check()

            def tell(name: str, stage: str) -> None:
                if stage not in LAST_STAGES:
                    reporter.report(Event(name, stage))

            outcome = run_sample(sample, Path(shared.out), bench, shared.threads, tell, shared.viewer, attempt.check)
            last = "finished" if outcome.state == "done" else "failed"
            reporter.report(Event(outcome.sample, last, outcome.state, outcome.error, outcome.bad_input))
            failed |= outcome.state == "failed" and not outcome.bad_input
    return EXIT_FAILURE if failed else EXIT_OK


def _plan(shared: Shared) -> RunPlan:
    def path(given: str | None) -> Path | None:
        return Path(given) if given is not None else None

    return RunPlan(
        samples=(),
        out=Path(shared.out),
        panel=shared.panel,
        knowledge_base=shared.knowledge_base,
        reference=path(shared.reference),
        parameters=shared.parameters,
        threads=shared.threads,
        background=path(shared.background),
        annotations=path(shared.annotations),
        evidence=shared.evidence,
        viewer=shared.viewer,
    )


def _still_to_do(samples: Sequence[SheetSample], earlier: Sequence[Event]) -> list[SheetSample]:
    """The samples that an earlier try of the same job has not settled; the one that it broke off in comes last."""
    settled = {event.sample for event in earlier if event.state == "done" or event.bad_input}
    begun = {event.sample for event in earlier if event.sample}
    left = [sample for sample in samples if sample.info.sample not in settled]
    return sorted(left, key=lambda sample: sample.info.sample in begun)


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
