"""One sample of a run: analysed and written whole, or its failure in one sentence; and its log."""

from __future__ import annotations

import contextlib
import datetime
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from kinescape import __version__
from kinescape.engine.folder import write_sample
from kinescape.engine.plan import FINISHED, Outcome, Watch, outcome_of
from kinescape.engine.state import Gone
from kinescape.errors import InputError, KinescapeError
from kinescape.files import write_text
from kinescape.sample import Workbench, analyse_sample
from kinescape.sheet import SheetSample

LOGS = "logs"
ENGINE = "engine"
"""Stem of the engine's own log there."""


def run_sample(
    sample: SheetSample,
    out: Path,
    bench: Workbench,
    threads: int,
    watch: Watch,
    viewer: bool = True,
    before_writing: Callable[[], None] = lambda: None,
) -> Outcome:
    """Analyse one sample and write its folder; a failure is an outcome, not an exception.

    Parameters
    ----------
    viewer
        Whether the page holds the kept reads and their viewer.
    before_writing
        Called when the analysis is done and nothing is written yet; may raise to keep it from being written.
    """
    name = sample.info.sample
    log = SampleLog(out, name)

    def tell(stage: str) -> None:
        log.say(stage)
        watch(name, stage)

    try:
        analysis = analyse_sample(sample, bench, threads, tell)
        tell("writing")
        before_writing()
        write_sample(out, analysis, bench.panel, viewer)
        outcome = outcome_of(sample, "done", out)
    except InputError as problem:
        where = f" [{sample.line}]" if sample.line else ""
        outcome = outcome_of(sample, "failed", out, f"{problem}{where}", bad_input=True)
    except (KinescapeError, OSError, MemoryError) as problem:
        outcome = outcome_of(sample, "failed", out, str(problem) or type(problem).__name__)
    except Gone:
        raise
    except Exception as problem:
        # A fault of ours in one sample must not cost the others theirs; the log has where it was.
        log.say(traceback.format_exc())
        outcome = outcome_of(sample, "failed", out, f"unexpected {type(problem).__name__}: {problem} (see {log.path})")
    log.end(outcome)
    watch(name, FINISHED if outcome.state == "done" else "failed")
    return outcome


def log_of(out: Path, sample: str) -> Path:
    """Where a sample's log lies; no other file of the folder can have its name, since no sample's begins with ``_``."""
    return out / LOGS / f"{'_' if sample.lower() == ENGINE else ''}{sample}.log"


class SampleLog:
    """``OUT/logs/SAMPLE.log``: when each stage began and how it ended. The sample's own folder knows no clock."""

    def __init__(self, out: Path, sample: str) -> None:
        self.path = log_of(out, sample)
        self._began = time.monotonic()
        self._lines = [f"{_now()}  kinescape {__version__}, sample {sample}"]

    def say(self, text: str) -> None:
        """Add a line with the time of day and the seconds since the sample began."""
        self._lines.append(f"{_now()}  {time.monotonic() - self._began:8.2f} s  {text}")

    def end(self, outcome: Outcome) -> None:
        """Say how it ended and write the log. A log that cannot be written fails no sample."""
        self.say(outcome.state + (f": {outcome.error}" if outcome.error else ""))
        with contextlib.suppress(OSError):
            write_text(self.path, "\n".join(self._lines) + "\n")


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M:%SZ")
