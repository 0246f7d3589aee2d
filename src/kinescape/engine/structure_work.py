"""The screens and simulations of one job, as the job's process does them.

Nothing here imports OpenMM before a GPU has been claimed: which devices a process sees is settled when it first looks.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from kinescape.engine.events import Event
from kinescape.engine.log import WorkLog, attempted, log_of
from kinescape.engine.plan import FINISHED, Watch
from kinescape.engine.state import Attempt
from kinescape.engine.worker import Named
from kinescape.errors import InputError, KinescapeError

if TYPE_CHECKING:
    from kinescape.structure.batch.plan import Task
    from kinescape.structure.dynamics.replica import Progress
    from kinescape.structure.screen.prepare import Prepared

VISIBLE = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL")
"""By which a process is told its devices: NVIDIA's (CUDA and OpenCL), AMD's HIP, AMD's OpenCL."""


class SharedStructures(msgspec.Struct, frozen=True):
    """What all jobs with structures need. ``gpus``: devices of this machine to be shared out; 0 on a cluster."""

    out: str
    threads: int
    gpus: int
    driver: int | None


def structure_work(attempt: Attempt, job: int) -> Sequence[Named]:
    """The screens or the simulation of a job."""
    shared = attempt.shared_as(SharedStructures)
    if shared.gpus > 1 and attempt.rows()[job].gpu:
        _claim_device(attempt, shared.gpus)
    from kinescape.structure.batch.plan import Task

    wild_types = _WildTypes()
    work: list[Named] = []
    for task in attempt.members(job, Task):
        do = partial(_screen, wild_types) if task.kind == "screen" else _simulate
        work.append((task.name, partial(_run, attempt, shared, do, task)))
    return work


Do = Callable[[Attempt, SharedStructures, "Task", Callable[[str], None], WorkLog], None]


def _run(attempt: Attempt, shared: SharedStructures, do: Do, task: Task, watch: Watch) -> Event:
    log = WorkLog(log_of(Path(shared.out), task.name), f"{task.kind} {task.name}")

    def tell(stage: str) -> None:
        log.say(stage)
        watch(task.name, stage)

    end = attempted(lambda: do(attempt, shared, task, tell, log), log, f"{task.file}, line {task.line}")
    return Event(task.name, FINISHED if end.state == "done" else "failed", end.state, end.error, end.bad_input)


class _WildTypes:
    """Prepared wild types of this process: the tasks of a job share them. What failed once fails again at once."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], list[Prepared] | KinescapeError] = {}

    def of(self, task: Task, say: Callable[[str], None]) -> list[Prepared]:
        from kinescape.structure.batch.requests import screen_request, site_key
        from kinescape.structure.screen.run import prepared_site

        key = site_key(task)
        if key not in self._known:
            request = screen_request(task)
            sites = [site for site in (request.drug, request.nucleotide) if site is not None]
            try:
                self._known[key] = [prepared_site(site, task.seed, say) for site in sites]
            except KinescapeError as problem:
                self._known[key] = problem
        found = self._known[key]
        if isinstance(found, KinescapeError):
            raise found
        return found


def _screen(
    wild_types: _WildTypes,
    attempt: Attempt,
    shared: SharedStructures,
    task: Task,
    tell: Callable[[str], None],
    log: WorkLog,
) -> None:
    from kinescape.structure.batch.requests import Settings
    from kinescape.structure.batch.rows import write_row
    from kinescape.structure.mutations import parse_mutations
    from kinescape.structure.screen.run import calculated_row

    settings = Settings().of(task)
    tell("preparing")
    sites = wild_types.of(task, log.say)
    tell("calculating")
    row = calculated_row(sites, task.mutation, parse_mutations(task.mutation), task.replicas, task.seed)
    if row["status"] != "done":
        raise KinescapeError(row["status"].removeprefix("failed: "))
    attempt.check()
    write_row(Path(shared.out), task, settings, row)


def _simulate(
    attempt: Attempt, shared: SharedStructures, task: Task, tell: Callable[[str], None], log: WorkLog
) -> None:
    from kinescape.structure.batch.requests import simulation_request
    from kinescape.structure.batch.results import arm_folder
    from kinescape.structure.dynamics.platforms import choose_platform, is_accelerated
    from kinescape.structure.dynamics.run import run_arm

    platform = "CPU"
    if task.protocol == "full":
        platform = choose_platform("auto")
        if not is_accelerated(platform):
            raise KinescapeError(
                "its job asked for a GPU, and OpenMM finds none that works there (CUDA, HIP or OpenCL); "
                "protocol reduced runs without"
            )
    told = [""]

    def progress(number: int, now: Progress) -> None:
        tenth = int(10 * now.done_ps / now.total_ps) if now.total_ps else 10
        stage = f"replica {number}/{task.replicas} {now.stage} {10 * tenth}%"
        if stage != told[0]:
            told[0] = stage
            # A run that is over is left here, between two blocks of steps; what is on disk goes on from there.
            attempt.check()
            tell(stage)

    request = simulation_request(task, platform, shared.threads)
    tell("preparing")
    try:
        run_arm(request, arm_folder(Path(shared.out), task), log.say, progress)
    except InputError as problem:
        if problem.what == "another process runs this replica":
            # A job of an earlier run on another machine that has not seen yet that its run is over.
            raise KinescapeError(f"{problem}: run again when it has ended") from None
        raise


def _claim_device(attempt: Attempt, gpus: int) -> None:
    """Take one of this machine's devices for as long as this process lives."""
    given = os.environ.get(VISIBLE[0], "")
    names = [each.strip() for each in given.split(",") if each.strip()] or [str(number) for number in range(gpus)]
    while True:
        for number in range(gpus):
            handle = os.open(attempt.folder / f"gpu-{number}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(handle)
                continue
            # More jobs than devices share them.
            for variable in VISIBLE:
                os.environ[variable] = names[number % len(names)]
            return
        attempt.check()
        time.sleep(0.2)
