"""Ctrl-C and SIGTERM while the engine runs: every job of the run ends, quickly."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable

from kinescape.engine.events import Monitor
from kinescape.engine.state import Attempt

GRACE = 2.0
"""Seconds for a job to take back what it has begun to write."""


class Interrupts:
    """Within the block a signal ends the jobs at once, whatever Python and the engine are doing.

    Snakemake waits for running jobs on SIGTERM, and leaves it to the terminal to tell them of a Ctrl-C. The signal's
    number is therefore also read by a thread of ours (``signal.set_wakeup_fd``), which tells the jobs.
    """

    def __init__(self, attempt: Attempt, monitor: Monitor, cancel: Callable[[], None] | None = None) -> None:
        """``cancel`` takes the jobs of this run from a cluster's queue; None where they are processes here."""
        self.happened = threading.Event()
        self._attempt, self._monitor, self._cancel = attempt, monitor, cancel
        self._left = threading.Event()
        self._main = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> Interrupts:
        if self._main:
            self._listen, self._wake = socket.socketpair()
            self._wake.setblocking(False)
            self._before = signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
            self._handlers = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
            self._thread = threading.Thread(target=self._wait, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            self.happened.set()
        self._left.set()
        if self._main:
            signal.set_wakeup_fd(self._before)
            for number, handler in self._handlers.items():
                signal.signal(number, handler)
            self._wake.close()
            self._thread.join(timeout=GRACE + 2)
            self._listen.close()
        if kind is not None:
            self._end_jobs()

    def raise_again(self) -> None:
        """What Snakemake takes for its own ends our run as well."""
        if self.happened.is_set():
            raise KeyboardInterrupt

    def _wait(self) -> None:
        while numbers := self._listen.recv(64):
            if signal.SIGINT in numbers or signal.SIGTERM in numbers:
                self.happened.set()
                if signal.SIGTERM in numbers:
                    # Snakemake would wait for its jobs; a Ctrl-C it takes at its word.
                    self._interrupt()
                self._end_jobs()
                # Having cancelled its jobs it waits for its next look at the queue, which may be minutes away.
                while not self._left.wait(GRACE):
                    self._interrupt()
                return

    def _interrupt(self) -> None:
        # A signal to the thread itself: it may be waiting for a lock, which only a real one interrupts.
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def _end_jobs(self) -> None:
        self._attempt.stop()
        if self._cancel is not None:
            self._cancel()
            return
        # A job reports its process when it begins; look once more for one that has just begun.
        for number, wait in ((signal.SIGTERM, GRACE), (signal.SIGKILL, 0.0)):
            limit = time.monotonic() + wait
            told: set[int] = set()
            while True:
                alive = {each for each in self._monitor.processes if _group_exists(each)}
                for process in alive - told:
                    told.add(process)
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.killpg(process, number)
                if not alive or time.monotonic() > limit:
                    break
                time.sleep(0.05)


def _group_exists(process: int) -> bool:
    try:
        os.killpg(process, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
