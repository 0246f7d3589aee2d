"""One piece of work (a sample, a mutant, a simulation): its failure in one sentence, and its log."""

from __future__ import annotations

import contextlib
import datetime
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kinescape import __version__
from kinescape.engine.plan import State
from kinescape.engine.state import Gone
from kinescape.errors import InputError, KinescapeError
from kinescape.files import write_text

LOGS = "logs"
ENGINE = "engine"
"""Stem of the engine's own log there."""


def log_of(out: Path, name: str) -> Path:
    """Where the log of a sample or a task lies; no other file of the folder can have its name, since none of theirs
    begins with ``_``.
    """
    return out / LOGS / f"{'_' if name.lower() == ENGINE else ''}{name}.log"


class WorkLog:
    """When each stage began and how it ended, with clock times, which stand nowhere else."""

    def __init__(self, path: Path, what: str) -> None:
        self.path = path
        self._began = time.monotonic()
        self._lines = [f"{_now()}  kinescape {__version__}, {what}"]

    def say(self, text: str) -> None:
        """Add a line with the time of day and the seconds since the work began."""
        self._lines.append(f"{_now()}  {time.monotonic() - self._began:8.2f} s  {text}")

    def end(self, state: State, error: str = "") -> None:
        """Say how it ended and write the log. A log that cannot be written fails nothing."""
        self.say(state + (f": {error}" if error else ""))
        with contextlib.suppress(OSError):
            write_text(self.path, "\n".join(self._lines) + "\n")


@dataclass(frozen=True)
class End:
    """How a piece of work ended."""

    state: State
    error: str = ""
    bad_input: bool = False


def attempted(work: Callable[[], None], log: WorkLog, where: str = "") -> End:
    """Do a piece of work; a failure is an end, not an exception. The log is written.

    Parameters
    ----------
    where
        Where the input stands, in words, for the message of bad input.

    Raises
    ------
    Gone
        The run that this belongs to is over.
    """
    try:
        work()
        end = End("done")
    except InputError as problem:
        end = End("failed", f"{problem}" + (f" [{where}]" if where else ""), bad_input=True)
    except (KinescapeError, OSError, MemoryError) as problem:
        end = End("failed", str(problem) or type(problem).__name__)
    except Gone:
        raise
    except Exception as problem:
        # A fault of ours in one piece must not cost the others theirs; the log has where it was.
        log.say(traceback.format_exc())
        end = End("failed", f"unexpected {type(problem).__name__}: {problem} (see {log.path})")
    log.end(end.state, end.error)
    return end


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M:%SZ")
