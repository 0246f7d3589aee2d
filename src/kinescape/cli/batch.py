"""``kinescape batch``: a whole sheet as jobs of the engine, here or on a cluster."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from kinescape.cli.analysis_options import analysis_options, plan_of
from kinescape.cli.lazy import FolderToAddTo
from kinescape.errors import InputError


@click.command()
@click.argument("sheet", type=click.Path(path_type=Path))
@click.option("-o", "--out", required=True, type=FolderToAddTo(), help="Folder for the results.")
@click.option(
    "--profile",
    metavar="slurm|kubernetes|DIR",
    help="Where the jobs run: a cluster by name, or a folder with a Snakemake profile.  [default: this machine]",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    help="Jobs at a time.  [default: as many as the cores allow; on a cluster 100 or what the profile says]",
)
@click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True, help="Threads of each job.")
@click.option(
    "--group-size",
    type=click.IntRange(min=1),
    help="Samples per job.  [default: as many as make a job's start cost little]",
)
@click.option(
    "--retries",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Tries after the first for a job that was ended from outside, each with more memory and time.",
)
@analysis_options
@click.option("--force", is_flag=True, help="Run again what is already there.")
@click.option("--quiet", is_flag=True, help="No progress display.")
def batch(
    sheet: Path,
    out: Path,
    profile: str | None,
    jobs: int | None,
    threads: int,
    group_size: int | None,
    retries: int,
    force: bool,
    quiet: bool,
    **options: Any,
) -> int:
    """Analyse the samples of SHEET as jobs, side by side on this machine or on a cluster.

    The results are those of `kinescape run`, byte for byte. Stopped at any moment, the same command resumes: only what
    is missing or changed is run.
    """
    from kinescape.cli.samples import run_and_tell
    from kinescape.engine.foreign import refuse_inputs_inside
    from kinescape.engine.profile import Dispatch
    from kinescape.sheet import read_sheet

    if profile == "":
        # Path("") would be a profile in the current folder.
        raise InputError("empty value of --profile", expected="slurm, kubernetes, or a folder with a config.yaml")
    samples = read_sheet(sheet)
    refuse_inputs_inside(out, [sheet])
    plan = plan_of(samples, out, max(threads, (jobs or 0) * threads) if jobs else os.cpu_count() or 1, force, options)
    return run_and_tell(plan, quiet, Dispatch(profile, jobs, threads, group_size, retries))
