"""``kinescape structure batch``: many mutants with many drugs as jobs of the engine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kinescape.cli.lazy import FolderToAddTo
from kinescape.cli.progress import LAST_STAGES, samples_progress
from kinescape.errors import InputError

if TYPE_CHECKING:
    from kinescape.engine.profile import Dispatch
    from kinescape.engine.structures import StructurePlan
    from kinescape.structure.batch.plan import Task
    from kinescape.structure.batch.results import Result

PATH = click.Path(path_type=Path)
MOST_SHOWN = 40
"""Mutants whose numbers are printed; of more the files are named."""


@click.command()
@click.argument("plan", type=PATH, required=False)
@click.option("-o", "--out", type=FolderToAddTo(), required=True, help="Folder for the results; a batch in it goes on.")
@click.option("--structures", help="In place of PLAN: structure files, comma-separated, each with ...")
@click.option("--ligands", help="... each of these ligands (residue names) and ...")
@click.option("--mutations", help="... each of these mutations; + joins a compound. WT in simulations.")
@click.option("--task", type=click.Choice(["screen", "simulate"]), help="What is done with them.  [default: screen]")
@click.option(
    "--profile",
    metavar="slurm|kubernetes|DIR",
    help="Where the jobs run: a cluster by name, or a folder with a Snakemake profile.  [default: this machine]",
)
@click.option("--cores", type=click.IntRange(min=1), help="Cores of this machine to use.  [default: all]")
@click.option("--jobs", type=click.IntRange(min=1), help="Jobs at a time.  [default: by the cores; on a cluster 100]")
@click.option(
    "--gpus",
    type=click.IntRange(min=0),
    help="Jobs with a GPU at a time.  [default: the GPUs that OpenMM finds here; on a cluster 0]",
)
@click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True, help="Threads of each job.")
@click.option(
    "--group-size", type=click.IntRange(min=1), help="Mutants per job.  [default: as many as make its start cheap]"
)
@click.option(
    "--retries",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Tries after the first for a job that was ended from outside, each with more memory and time.",
)
@click.option("--quiet", is_flag=True, help="No progress display.")
def batch(
    plan: Path | None,
    out: Path,
    structures: str | None,
    ligands: str | None,
    mutations: str | None,
    task: str | None,
    profile: str | None,
    cores: int | None,
    jobs: int | None,
    gpus: int | None,
    threads: int,
    group_size: int | None,
    retries: int,
    quiet: bool,
) -> int:
    """Screen or simulate all mutants of PLAN as jobs, side by side on this machine or on a cluster.

    PLAN is a table (TSV): structure, ligand, mutation, task (screen or simulate), and if wanted name, chain, seed,
    replicas, place, atp_model, atp_ligand, parameters, smiles, protocol, nanoseconds, equilibrate_ps, frame_ps, sites.
    All of it is checked before anything is calculated. Stopped at any moment, the same command resumes. Without a GPU
    simulations are the reduced protocol's, and are called so. Models, not measurements; research use only.
    """
    from kinescape.engine.profile import Dispatch
    from kinescape.engine.structures import StructurePlan
    from kinescape.structure.batch.check import checked, wants_a_gpu

    tasks = _tasks(plan, {"--structures": structures, "--ligands": ligands, "--mutations": mutations}, task)
    if gpus is None:
        gpus = _gpus_here() if profile is None and wants_a_gpu(tasks) else 0
    cores = cores or os.cpu_count() or 1
    if jobs is None and profile is None:
        jobs = max(1, cores // threads)
    ready = StructurePlan(checked(tasks, gpus), out, cores, plan)
    return _run(ready, quiet, Dispatch(profile, jobs, threads, group_size, retries, gpus))


def _tasks(plan: Path | None, given: dict[str, str | None], task: str | None) -> tuple[Task, ...]:
    from kinescape.structure.batch.plan import crossed, read_plan

    named = [name for name, value in given.items() if value is not None]
    if plan is not None:
        if named or task:
            raise click.UsageError(f"PLAN or {', '.join(named or ['--task'])}, not both.")
        return read_plan(plan)
    if len(named) < len(given):
        raise click.UsageError("A PLAN is needed, or --structures, --ligands and --mutations together.")
    files, drugs, mutants = (
        [each.strip() for each in (value or "").split(",") if each.strip()] for value in given.values()
    )
    for name, each in zip(given, (files, drugs, mutants), strict=True):
        if not each:
            raise InputError(f"{name} names nothing", found=given[name], expected="names, comma-separated")
    return crossed(files, drugs, mutants, "simulate" if task == "simulate" else "screen")


def _gpus_here() -> int:
    """Asked in a process that ends, so that this one holds no memory of a GPU while its jobs use it."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from kinescape.structure.dynamics.platforms import accelerators_here

    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(accelerators_here).result()


def _run(plan: StructurePlan, quiet: bool, dispatch: Dispatch) -> int:
    from kinescape.cli.samples import exit_code_of
    from kinescape.engine.structures import run_structures

    ended: dict[str, str] = {}
    names = [task.name for task in plan.tasks]
    try:
        with samples_progress(names, quiet, "tasks") as show:

            def watch(name: str, stage: str) -> None:
                if stage in LAST_STAGES:
                    ended[name] = stage
                show(name, stage)

            results = run_structures(plan, watch, dispatch)
    except KeyboardInterrupt:
        done = sum(stage != "failed" for stage in ended.values())
        click.echo(
            f"stopped: {done} of {len(names)} tasks are done and kept in {plan.out}; the same command resumes", err=True
        )
        raise
    _tell(results, plan.out)
    return exit_code_of(results)


def _tell(results: Sequence[Result], out: Path) -> None:
    """The numbers if they are few, every failure, and what lies where."""
    from kinescape.cli.tables import print_table
    from kinescape.structure.batch.results import in_words, matrix_of

    matrix = matrix_of(results)
    if 0 < len(matrix.mutations) <= MOST_SHOWN:
        rows = [
            [mutation, *(in_words(matrix.cells.get((mutation, drug))).partition(":")[0] for drug in matrix.drugs)]
            for mutation in matrix.mutations
        ]
        print_table("", ["kcal/mol", *matrix.drugs], rows)
    for each in results:
        if each.state == "failed":
            click.echo(f"kinescape: error: {each.task.name}: {each.error}", err=True)
    click.echo("; ".join(_counts(results)) + f"; in {out}: {', '.join(_there(out))} (research use only)")


def _counts(results: Sequence[Result]) -> list[str]:
    from kinescape.structure.batch.requests import protocol_of

    parts = []
    screens = [each for each in results if each.row is not None]
    if screens:
        done = sum(each.state != "failed" and not each.task.refused for each in screens)
        refused = sum(bool(each.task.refused) for each in screens)
        parts.append(f"{done} of {len(screens)} mutants screened" + (f" ({refused} not modellable)" if refused else ""))
    arms = [each for each in results if each.task.kind == "simulate"]
    for reduced, word in ((False, "full"), (True, "reduced")):
        # By what the tables say of them: the paper's protocol made shorter is a reduced one.
        such = [each for each in arms if protocol_of(each.task).reduced == reduced]
        if such:
            done = sum(each.state != "failed" for each in such)
            parts.append(f"{done} of {len(such)} simulations done ({word} protocol)")
    if failed := sum(each.state == "failed" for each in results):
        parts.append(f"{failed} failed")
    return parts


def _there(out: Path) -> list[str]:
    from kinescape.structure.batch.heatmap import PICTURE
    from kinescape.structure.batch.results import ARMS, SCREEN, SIMULATIONS, SUMMARY

    return [name for name in (SCREEN, SUMMARY, PICTURE, SIMULATIONS, ARMS) if (out / name).exists()]
