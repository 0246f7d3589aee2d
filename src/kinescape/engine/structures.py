"""A plan of screens and simulations as jobs of the engine: many mutants with many drugs, here or on a cluster.

What is done is decided by the results alone: a row of a screen is kept if it was made of the same everything, a
simulation goes on from its own checkpoints.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from kinescape import __version__
from kinescape.engine.foreign import refuse_foreign_files
from kinescape.engine.packing import RUNTIME_BASE_MINUTES, RUNTIME_SLACK, dealt
from kinescape.engine.plan import Watch
from kinescape.engine.profile import Dispatch, Place, place_of
from kinescape.engine.state import Attempt, JobRow, attempt_in
from kinescape.engine.structure_work import SharedStructures
from kinescape.errors import InputError
from kinescape.files import sha256_of, writable_folder, write_text
from kinescape.structure.batch.heatmap import MOST_MUTANTS, PICTURE, draw_heatmap
from kinescape.structure.batch.plan import Task
from kinescape.structure.batch.requests import Settings, protocol_of, screen_request, simulation_request, site_key
from kinescape.structure.batch.results import (
    SCREEN,
    SIMULATIONS,
    SUMMARY,
    Result,
    arm_folder,
    matrix_of,
    screen_table,
    simulation_table,
    summary_table,
)
from kinescape.structure.batch.rows import kept_row
from kinescape.structure.dynamics.run import is_finished
from kinescape.structure.screen.run import label_of
from kinescape.structure.screen.table import empty_row

VERB = "run-structures"
MARKS = {SCREEN: b"kinescape", SUMMARY: b"kinescape", SIMULATIONS: b"kinescape", PICTURE: b"<svg"}
"""What the files of a batch hold near their beginning."""
PROVENANCE = "provenance.json"
PREPARE_SECONDS, SECONDS_PER_START = 8.0, 34.0
"""CPU seconds of a screen: the wild type once for each job, then each start of a row (2XP2 with crizotinib, L1198R: 7.8
for the wild type; rows of two starts 40 to 110, 67 on average)."""
SCREEN_MB, REDUCED_MB, FULL_MB = 500, 1000, 2000
"""Memory asked for. On 2XP2 a screen takes 210 MiB, and building the whole system in water 300 MiB; a GPU's driver adds
memory of its own, which was not measured."""
CPU_NS_PER_DAY, GPU_NS_PER_DAY, SIMULATION_SLACK = 2.0, 100.0, 2.0
"""Speed expected of a simulation (a pocket was measured with 2.4 to 5.5 on one thread; the GPU's is a guess), and how
much longer a cluster is asked for. A simulation that is ended for its time goes on in the next try."""
SHORTEST_MINUTES, LONGEST_MINUTES = 30, 24 * 60
GPU_PRIORITY = 40
"""Above all others, which are logarithms of seconds: a GPU is not left waiting. One number makes them one rule."""


@dataclass(frozen=True)
class StructurePlan:
    """What to run: a plan that has been checked (:func:`kinescape.structure.batch.check.checked`)."""

    tasks: tuple[Task, ...]
    out: Path
    cores: int = 1
    source: Path | None = None
    """The plan's file, for the record; None: given as options."""


def run_structures(
    plan: StructurePlan, watch: Watch = lambda name, stage: None, dispatch: Dispatch | None = None
) -> tuple[Result, ...]:
    """Run what is left of a plan, then write its tables and the picture.

    Parameters
    ----------
    dispatch
        Where the jobs go; ``gpus`` is how many with a GPU run side by side.

    Returns
    -------
    tuple of Result
        In the order of the plan.

    Raises
    ------
    InputError
        The output cannot be written, another run writes there, or the profile is faulty.
    KinescapeError
        The engine could start no job.
    """
    out = plan.out.absolute()
    dispatch = dispatch or Dispatch()
    # Before anything is written: a refused profile leaves no folder behind.
    place = place_of(dispatch, plan.cores, out)
    writable_folder(out)
    refuse_foreign_files(out, MARKS)
    with attempt_in(out) as attempt:
        results = _there_already(plan.tasks, out, watch)
        left = [task for task in plan.tasks if task.name not in results]
        if left:
            with attempt.scratch() if dispatch.local else contextlib.nullcontext():
                results |= _run(attempt, left, out, dispatch, place, watch)
        ordered = tuple(results[task.name] for task in plan.tasks)
        _write(plan, out, ordered)
    return ordered


def _there_already(tasks: Sequence[Task], out: Path, watch: Watch) -> dict[str, Result]:
    """What needs no job: results that are kept, mutants that cannot be modelled, folders of other simulations."""
    settings = Settings()
    found: dict[str, Result] = {}
    for task in tasks:
        result = None
        if task.refused:
            result = Result(task, "done", row=_without_numbers(task, task.refused))
        elif task.kind == "screen":
            row = kept_row(out, task, settings.of(task))
            result = Result(task, "kept", row=row) if row is not None else None
        else:
            try:
                if is_finished(simulation_request(task), arm_folder(out, task)):
                    result = Result(task, "kept")
            except InputError as problem:
                result = Result(task, "failed", str(problem), bad_input=True)
        if result is not None:
            found[task.name] = result
            watch(task.name, "kept" if result.state != "failed" else "failed")
    return found


def _run(
    attempt: Attempt, tasks: Sequence[Task], out: Path, dispatch: Dispatch, place: Place, watch: Watch
) -> dict[str, Result]:
    # Snakemake is imported only by a run that needs it.
    from kinescape.engine.workflow import run_jobs

    jobs = jobs_of(tasks, dispatch, place)
    members = [of_job for _, of_job in jobs]
    shared = SharedStructures(
        str(out), dispatch.threads, (dispatch.gpus or 0) if place.local else 0, os.getpid() if place.local else None
    )
    attempt.write(shared, [row for row, _ in jobs], members)
    names = [[task.name for task in of_job] for of_job in members]
    ended = run_jobs(attempt, names, dispatch, place, watch, out, VERB)
    settings = Settings()
    results = {}
    for task in tasks:
        event = ended[task.name]
        state, error = event.state or "failed", event.error
        row = None
        if task.kind == "screen":
            row = kept_row(out, task, settings.of(task)) if state != "failed" else None
            if row is None:
                state, error = "failed", error or "its row is not there"
                row = _without_numbers(task, f"failed: {error}")
        results[task.name] = Result(task, state, error, event.bad_input, row)
    return results


def jobs_of(tasks: Sequence[Task], dispatch: Dispatch, place: Place) -> list[tuple[JobRow, list[Task]]]:
    """Tasks as jobs with what each asks for: a simulation is a job, rows of a screen share jobs and their wild type.

    The largest first, so that none starts last and alone; those with a GPU before all.
    """
    jobs = [_simulation(task, dispatch.threads) for task in tasks if task.kind == "simulate"]
    sites: dict[tuple[object, ...], list[Task]] = {}
    for task in tasks:
        if task.kind == "screen":
            sites.setdefault(site_key(task), []).append(task)
    for of_site in sites.values():
        work = [_seconds(task) for task in of_site]
        wild_types = PREPARE_SECONDS * (2 if of_site[0].atp_model else 1)
        at_once = max(1, place.at_once // len(sites))
        start = dispatch.start + wild_types
        for members in dealt(work, at_once, start=start, group_size=dispatch.group_size, fill=place.local):
            seconds = wild_types + sum(work[index] for index in members)
            minutes = math.ceil(RUNTIME_BASE_MINUTES + RUNTIME_SLACK * seconds / 60)
            row = JobRow(dispatch.threads, SCREEN_MB, minutes, int(math.log2(1 + seconds)))
            # In the order of the plan, which is the order in which people look.
            jobs.append((row, [of_site[index] for index in sorted(members)]))
    return sorted(jobs, key=lambda job: (-job[0].priority, -job[0].minutes))


def _seconds(task: Task) -> float:
    return SECONDS_PER_START * task.replicas * (2 if task.atp_model else 1)


def _simulation(task: Task, threads: int) -> tuple[JobRow, list[Task]]:
    protocol = protocol_of(task)
    full = task.protocol == "full"
    nanoseconds = task.replicas * (protocol.time_ns + (protocol.heat_ps + protocol.nvt_ps + protocol.npt_ps) / 1000)
    days = nanoseconds / (GPU_NS_PER_DAY if full else CPU_NS_PER_DAY)
    minutes = min(max(SHORTEST_MINUTES, math.ceil(SIMULATION_SLACK * days * 24 * 60)), LONGEST_MINUTES)
    priority = GPU_PRIORITY if full else int(math.log2(1 + 60 * minutes))
    row = JobRow(threads, FULL_MB if full else REDUCED_MB, minutes, priority, gpu=1 if full else 0)
    return row, [task]


def _without_numbers(task: Task, status: str) -> dict[str, str]:
    return empty_row(task.mutation, label_of(screen_request(task).drug), " ".join(status.split()))


def _write(plan: StructurePlan, out: Path, results: Sequence[Result]) -> None:
    """The tables, the picture and the record; what an earlier plan left of them does not stand for this one."""
    matrix = matrix_of(results)
    simulations = any(each.task.kind == "simulate" for each in results)
    files: dict[str, str | None] = {
        SCREEN: screen_table(results) if matrix.drugs else None,
        SUMMARY: summary_table(matrix) if matrix.drugs else None,
        SIMULATIONS: simulation_table(results, out) if simulations else None,
        PROVENANCE: msgspec.json.format(msgspec.json.encode(_provenance(plan, results)), indent=2).decode() + "\n",
    }
    for name, text in files.items():
        if text is None:
            (out / name).unlink(missing_ok=True)
        else:
            write_text(out / name, text)
    if matrix.drugs and len(matrix.mutations) <= MOST_MUTANTS:
        draw_heatmap(matrix, out / PICTURE)
    else:
        (out / PICTURE).unlink(missing_ok=True)


def _provenance(plan: StructurePlan, results: Sequence[Result]) -> dict[str, Any]:
    import openmm

    files = {path for task in plan.tasks for path in (task.structure, task.atp_model, task.parameters) if path}
    return {
        "kinescape_version": __version__,
        "research_use_only": True,
        "what": "models, not measurements",
        "openmm": openmm.Platform.getOpenMMVersion(),
        "plan": {"name": plan.source.name, "sha256": sha256_of(plan.source)} if plan.source else None,
        "inputs": [
            {"name": path.name, "sha256": sha256_of(path), "bytes": path.stat().st_size} for path in sorted(files)
        ],
        "tasks": [_task_record(each) for each in results],
    }


def _task_record(result: Result) -> dict[str, Any]:
    """The line of the plan as it was understood, and how it ended."""
    asked = {
        name: value.name if isinstance(value, Path) else value
        for name, value in asdict(result.task).items()
        if name not in ("file", "line")
    }
    return {**asked, "state": "failed" if result.state == "failed" else "done", "error": result.error}
