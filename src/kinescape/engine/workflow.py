"""The jobs of a run, through Snakemake: the one module that drives it. We write no scheduler."""

from __future__ import annotations

import contextlib
import importlib
import logging
import math
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kinescape.engine.events import Monitor
from kinescape.engine.interrupt import Interrupts
from kinescape.engine.one import ENGINE, LOGS, log_of
from kinescape.engine.packing import Job, pack, size_of
from kinescape.engine.plan import Outcome, RunPlan, Watch, outcome_of
from kinescape.engine.profile import Dispatch, read_profile
from kinescape.engine.state import Attempt, JobRow, Shared
from kinescape.errors import InputError, KinescapeError
from kinescape.files import write_text
from kinescape.panel.load import panel_folder
from kinescape.resistance.base import find_folder
from kinescape.sheet import SheetSample

SNAKEFILE = Path(__file__).with_name("workflow.smk")
ENGINE_LOG = f"{ENGINE}.log"
_SLURM_NAME = "SLURM run ID: "
"""What the plugin logs; the rest is the name that all its jobs of this run bear."""
_PLAIN_PATH = re.compile(r"[\w/.+@%,:= -]+")
_SEEN_LATER = 10.0
"""Seconds until a shared file system shows what another machine wrote (NFS keeps attributes for some seconds)."""


def run_jobs(
    attempt: Attempt, plan: RunPlan, samples: Sequence[SheetSample], dispatch: Dispatch, watch: Watch
) -> dict[str, Outcome]:
    """Run samples as jobs of the engine.

    Returns
    -------
    dict
        Sample -> how it ended; every one of ``samples`` has an entry.

    Raises
    ------
    InputError
        The profile cannot be read, or the path of the output is nothing for a cluster.
    KinescapeError
        The engine could start no job at all; the message says why.
    KeyboardInterrupt
        Ctrl-C or SIGTERM; every job of this run has been ended or taken from the queue.
    """
    profile = read_profile(dispatch.profile) if dispatch.profile is not None else None
    at_once = dispatch.jobs or (profile.jobs if profile else max(1, plan.threads // dispatch.threads))
    local = profile is None or profile.executor == "local"
    if not local and not _PLAIN_PATH.fullmatch(str(plan.out)):
        raise InputError(
            "a cluster cannot take this path: its submission goes through shells of its own",
            found=str(plan.out),
            expected="letters, digits, spaces and the signs . _ - + @ % , : =",
        )
    sizes = [size_of(sample) for sample in samples]
    jobs = pack(sizes, at_once, start=dispatch.start, group_size=dispatch.group_size)
    members = [[samples[index] for index in job.samples] for job in jobs]
    attempt.write(_shared(plan, dispatch.threads, local), _rows(jobs, dispatch.threads), members)
    log = plan.out / LOGS / ENGINE_LOG
    log.parent.mkdir(exist_ok=True)
    with Monitor(attempt.folder / "events", watch) as monitor, _Keeper(log) as keeper:
        with Interrupts(attempt, monitor, None if local else keeper.cancel) as interrupts:
            _snakemake(attempt, dispatch, at_once, profile, keeper)
        engine_errors = keeper.errors
    interrupts.raise_again()
    names = {sample.info.sample for sample in samples}
    if not local:
        monitor.look_until(lambda: names <= monitor.ended.keys(), _SEEN_LATER if not engine_errors else 1.0)
    if not monitor.ended and engine_errors and not any(attempt.output(job).exists() for job in range(len(jobs))):
        raise KinescapeError(f"no job could be started: {engine_errors[-1]} (see {log})")
    outcomes = {}
    for number, of_job in enumerate(members):
        for sample in of_job:
            event = monitor.ended.get(sample.info.sample)
            outcomes[sample.info.sample] = (
                outcome_of(sample, event.state, plan.out, event.error, event.bad_input)
                if event is not None and event.state is not None
                else _ended_from_outside(sample, attempt, number, plan.out, watch)
            )
    return outcomes


def _ended_from_outside(sample: SheetSample, attempt: Attempt, job: int, out: Path, watch: Watch) -> Outcome:
    """A sample whose job reported no end: killed, out of memory or time, or its machine failed."""
    name = sample.info.sample
    printed = attempt.output(job).read_text(errors="replace") if attempt.output(job).is_file() else ""
    error = "its job was ended from outside (memory, time or the machine); run again to resume"
    with contextlib.suppress(OSError):
        write_text(log_of(out, name), f"{error}\nThe job printed:\n{printed}")
    watch(name, "failed")
    return outcome_of(sample, "failed", out, error)


def _shared(plan: RunPlan, threads: int, local: bool) -> Shared:
    def absolute(path: Path | None) -> str | None:
        return str(path.absolute()) if path is not None else None

    base = plan.knowledge_base
    return Shared(
        out=str(plan.out.absolute()),
        panel=str(panel_folder(plan.panel).absolute()),
        knowledge_base=str(find_folder(base).absolute()) if base is not None else None,
        reference=absolute(plan.reference),
        parameters=plan.parameters,
        threads=threads,
        background=absolute(plan.background),
        annotations=absolute(plan.annotations),
        evidence=plan.evidence,
        viewer=plan.viewer,
        driver=os.getpid() if local else None,
    )


def _rows(jobs: Sequence[Job], threads: int) -> list[JobRow]:
    # Large jobs first, so that none starts last and alone.
    return [JobRow(threads, job.mem_mb, job.minutes, int(math.log2(1 + job.seconds))) for job in jobs]


def _snakemake(attempt: Attempt, dispatch: Dispatch, at_once: int, profile: Any, keeper: _Keeper) -> None:
    """Drive Snakemake; what it logs, its errors included, goes to the keeper."""
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
                resource_settings=ResourceSettings(**_resources(dispatch, at_once, profile)),
                config_settings=ConfigSettings(
                    config={
                        "attempt": str(attempt.folder.absolute()),
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
            # A failed job is an exception as well; which samples it cost is told by their events.
            keeper.note(f"{type(problem).__name__}: {problem}")


def _resources(dispatch: Dispatch, at_once: int, profile: Any) -> dict[str, Any]:
    if profile is None or profile.executor == "local":
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000
        return {"cores": at_once * dispatch.threads, "resources": {"mem_mb": max(1000, int(memory * 0.9))}}
    return {
        "nodes": at_once,
        "local_cores": profile.local_cores,
        "max_threads": profile.max_threads,
        "resources": profile.resources,
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
            self.errors.append(str(record.getMessage()).strip())
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
