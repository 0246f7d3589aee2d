"""The jobs of a run, through Snakemake: the one module that drives it. We write no scheduler."""

from __future__ import annotations

import contextlib
import importlib
import itertools
import logging
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kinescape.engine.events import Event, Monitor
from kinescape.engine.interrupt import Interrupts
from kinescape.engine.log import ENGINE, LOGS, log_of
from kinescape.engine.plan import Watch
from kinescape.engine.profile import Dispatch, Place
from kinescape.engine.state import Attempt
from kinescape.errors import KinescapeError
from kinescape.files import write_text
from kinescape.web import printable

SNAKEFILE = Path(__file__).with_name("workflow.smk")
ENGINE_LOG = f"{ENGINE}.log"
_SLURM_NAME = "SLURM run ID: "
"""What the plugin logs; the rest is the name that all its jobs of this run bear."""
_EXCEPTION = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*(Error|Exception|Exit|Gone|Warning)(: |$)")
LONGEST_CAUSE = 400
_SEEN_LATER = 10.0
"""Seconds until a shared file system shows what another machine wrote (NFS keeps attributes for some seconds)."""


def run_jobs(
    attempt: Attempt,
    jobs: Sequence[Sequence[str]],
    dispatch: Dispatch,
    place: Place,
    watch: Watch,
    out: Path,
    verb: str,
) -> dict[str, Event]:
    """Run the jobs that have been written into the attempt (:meth:`.Attempt.write`).

    Parameters
    ----------
    jobs
        Names of what each job does, in the order of the attempt's rows. No name stands twice.
    out
        The run's folder: Snakemake's log goes to its logs.
    verb
        The hidden verb of ``kinescape`` that does a job; it is called with the attempt's folder and the job's number.

    Returns
    -------
    dict
        Name -> how it ended; every name has an entry, whose ``state`` is set.

    Raises
    ------
    KinescapeError
        The engine could start no job at all; the message says why.
    KeyboardInterrupt
        Ctrl-C or SIGTERM; every job of this run has been ended or taken from the queue.
    """
    names = {name for of_job in jobs for name in of_job}
    log = out / LOGS / ENGINE_LOG
    log.parent.mkdir(exist_ok=True)
    with Monitor(attempt.folder / "events", watch) as monitor, _Keeper(log) as keeper:
        with Interrupts(attempt, monitor, None if place.local else keeper.cancel) as interrupts:
            _snakemake(attempt, dispatch, place, verb, keeper)
        engine_errors = keeper.errors
    interrupts.raise_again()
    if not place.local:
        monitor.look_until(lambda: names <= monitor.ended.keys(), _SEEN_LATER if not engine_errors else 1.0)
    if not monitor.ended and engine_errors and not any(attempt.output(job).exists() for job in range(len(jobs))):
        raise KinescapeError(f"no job could be started: {cause_of(engine_errors)} (see {log})")
    ended = {}
    for number, of_job in enumerate(jobs):
        for name in of_job:
            event = monitor.ended.get(name)
            ended[name] = event if event is not None else _ended_from_outside(name, attempt, number, out, watch)
    return ended


_FOLLOWS = re.compile(
    r"Error in (rule|group) |Exiting because a job execution failed|"
    r"(WorkflowError: )?At least one job did not complete successfully"
)
"""What Snakemake logs after a failure of any kind."""
_WHERE = re.compile(r"^Exception in run_job for rule \w+: |^Job submission failed with exception: ")


def cause_of(errors: Sequence[str]) -> str:
    """The first of Snakemake's errors that says why, on one line and without its tracebacks and calls."""
    told = next((each for each in errors if not _FOLLOWS.match(each)), errors[-1])
    lines = [line.strip() for line in _WHERE.sub("", told).splitlines()]
    # What a program said stands on lines that begin with its name; what follows is the call and the script.
    kept = itertools.takewhile(lambda line: not line.startswith(("Traceback", "sbatch call:", "sbatch script:")), lines)
    return printable("; ".join(line for line in kept if line), LONGEST_CAUSE)


def _ended_from_outside(name: str, attempt: Attempt, job: int, out: Path, watch: Watch) -> Event:
    """How a job ended that reported no end: by an error of its own that it printed, or else from outside."""
    printed = attempt.output(job).read_text(errors="replace") if attempt.output(job).is_file() else ""
    said, bad_input = last_words(printed)
    error = said or "its job was ended from outside (memory, time or the machine); run again to resume"
    with contextlib.suppress(OSError):
        write_text(log_of(out, name), f"{error}\nThe job printed:\n{printed}")
    watch(name, "failed")
    return Event(name, "failed", "failed", error, bad_input)


def last_words(printed: str) -> tuple[str, bool]:
    """The error with which a job ended by itself, and whether it is one of the input or of the command's use.

    Empty where what it printed last is no error of its own: then it was ended from outside (killed, out of memory or
    time, or its machine failed).
    """
    lines = [line.rstrip() for line in printed.splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    for words, bad_input in (("kinescape: error: ", True), ("Error: ", True), ("kinescape: failed: ", False)):
        if last.startswith(words):
            return f"its job could not begin: {last.removeprefix(words)}", bad_input
    began = max((place for place, line in enumerate(lines) if line.startswith("Traceback (most recent")), default=None)
    # The last line that is not indented says what was raised; a kill leaves no such line.
    if began is not None and not last.startswith((" ", "\t")) and len(lines) > began + 1 and _EXCEPTION.match(last):
        return f"its job ended with an error of the program: {last[:500]}", False
    return "", False


def _snakemake(attempt: Attempt, dispatch: Dispatch, place: Place, verb: str, keeper: _Keeper) -> None:
    """Drive Snakemake; what it logs, its errors included, goes to the keeper."""
    profile = place.profile
    from snakemake.api import SnakemakeApi
    from snakemake.logging import logger
    from snakemake.scheduling.greedy import SchedulerSettings as GreedySettings
    from snakemake.settings.enums import Quietness, RerunTrigger
    from snakemake.settings.types import (
        ConfigSettings,
        DAGSettings,
        ExecutionSettings,
        OutputSettings,
        ResourceSettings,
        SchedulingSettings,
    )

    # Jobs print into files of their own; Snakemake would hand them the standard output that was there when it was
    # imported, which in a notebook or under a test is none.
    importlib.import_module("snakemake.shell").STDOUT = None  # type: ignore[attr-defined]
    # Errors of jobs are reported by the jobs; what Snakemake prints goes to its own log.
    quiet = OutputSettings(quiet={Quietness.ALL}, enable_file_logging=False)
    with _third_party_warnings(), SnakemakeApi(quiet) as api:
        for handler in list(logger.handlers):
            logger.removeHandler(handler)
        logger.addHandler(keeper)
        try:
            workflow = api.workflow(
                resource_settings=ResourceSettings(**_resources(dispatch, place)),
                config_settings=ConfigSettings(
                    config={
                        "attempt": str(attempt.folder.absolute()),
                        "verb": verb,
                        # Elsewhere the interpreter may lie at another place; there it is the one that runs Snakemake.
                        "python": sys.executable if profile is None else "",
                    }
                ),
                snakefile=SNAKEFILE,
                workdir=attempt.folder.absolute(),
                **_storage(profile, attempt),
            )
            dag = workflow.dag(DAGSettings(rerun_triggers=frozenset({RerunTrigger.MTIME}), force_incomplete=True))
            dag.execute_workflow(
                executor=profile.executor if profile else "local",
                execution_settings=ExecutionSettings(
                    keep_going=True,
                    lock=False,
                    retries=max(dispatch.retries, profile.retries or 0) if profile else dispatch.retries,
                    latency_wait=profile.latency_wait if profile else 3,
                    keep_metadata=False,
                ),
                scheduling_settings=SchedulingSettings(scheduler="greedy"),
                scheduler_settings=GreedySettings(),
                **_remote(profile),
            )
        except KeyboardInterrupt:
            raise
        except Exception as problem:
            # A failed job is an exception as well; what it cost is told by the events.
            keeper.note(f"{type(problem).__name__}: {problem}")


def _resources(dispatch: Dispatch, place: Place) -> dict[str, Any]:
    profile = place.profile
    gpus = {} if dispatch.gpus is None else {"gpu": dispatch.gpus}
    if place.local:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000
        return {
            "cores": place.at_once * dispatch.threads,
            "resources": {"mem_mb": max(1000, int(memory * 0.9)), **gpus},
        }
    return {
        "nodes": place.at_once,
        "local_cores": profile.local_cores,
        "max_threads": profile.max_threads,
        "resources": {**{name: each.value for name, each in profile.resources.items()}, **gpus},
        "overwrite_resources": profile.set_resources,
        "default_resources": profile.default_resources,
    }


def _storage(profile: Any, attempt: Attempt) -> dict[str, Any]:
    """Where there is no shared file system but a mounted volume (Kubernetes), markers travel by a storage provider."""
    if profile is None or not profile.default_storage_provider:
        return {}
    from snakemake.settings.types import StorageSettings
    from snakemake_interface_storage_plugins.registry import StoragePluginRegistry

    provider = profile.default_storage_provider
    return {
        "storage_settings": StorageSettings(
            default_storage_provider=provider,
            default_storage_prefix=profile.default_storage_prefix or str(attempt.folder / "storage"),
            shared_fs_usage=profile.shared_fs_usage,
        ),
        "storage_provider_settings": StoragePluginRegistry().collect_settings(profile),
    }


def _remote(profile: Any) -> dict[str, Any]:
    if profile is None or profile.executor == "local":
        return {}
    from snakemake.settings.types import RemoteExecutionSettings
    from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

    return {
        "executor_settings": ExecutorPluginRegistry().get_plugin(profile.executor).get_settings(profile),
        "remote_execution_settings": RemoteExecutionSettings(
            container_image=profile.container_image,
            envvars=profile.envvars,
            max_status_checks_per_second=profile.max_status_checks_per_second,
            seconds_between_status_checks=profile.seconds_between_status_checks,
            precommand=profile.precommand,
        ),
    }


class _Keeper(logging.Handler):
    """Keeps what Snakemake logs in a file, and its errors at hand."""

    def __init__(self, path: Path) -> None:
        super().__init__(logging.INFO)
        self.errors: list[str] = []
        self._slurm_name = ""
        self._path = path

    def __enter__(self) -> _Keeper:
        self._file = self._path.open("w", encoding="utf-8", errors="replace")
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR and record.msg:
            # The plugins hand the reason over beside the message.
            reason = getattr(record, "rule_msg", None)
            self.errors += [str(each).strip() for each in (reason, record.getMessage()) if each]
            if reason:
                self._write(str(reason).strip())
        if record.msg:
            text = record.getMessage()
            if text.startswith(_SLURM_NAME):
                self._slurm_name = text.removeprefix(_SLURM_NAME).strip()
            self._write(self.format(record))

    def cancel(self) -> None:
        """Take every job of this run from SLURM's queue: the plugin forgets those that it is just asking about."""
        if self._slurm_name:
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(["scancel", f"--name={self._slurm_name}"], capture_output=True, timeout=60, check=False)

    def note(self, text: str) -> None:
        """Keep an exception."""
        self.errors.append(text)
        self._write(text)

    def _write(self, text: str) -> None:
        # A full disk must not end the run for the sake of its log.
        with contextlib.suppress(OSError, ValueError):
            print(text, file=self._file, flush=True)


@contextlib.contextmanager
def _third_party_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
