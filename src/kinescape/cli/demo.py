"""``kinescape demo``: the whole way on simulated samples."""

from __future__ import annotations

import os
from pathlib import Path

import click

from kinescape.cli.lazy import FolderToAddTo
from kinescape.cli.progress import samples_progress
from kinescape.errors import EXIT_FAILURE, EXIT_OK


@click.command()
@click.option("-o", "--out", type=FolderToAddTo(), default=Path("demo-results"), show_default=True, help="Folder.")
@click.option("--threads", type=click.IntRange(min=1), default=None, help="Default: all cores.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same reads.")
@click.option("--quiet", is_flag=True, help="No progress display.")
def demo(out: Path, threads: int | None, seed: int, quiet: bool) -> int:
    """Simulate a relapse cohort shaped like that of Villa et al. 2024, analyse it, and compare with what was put in.

    All data are simulated; no line stands for a person.
    """
    from kinescape.cli.summary import print_comparison
    from kinescape.demo import compare, reads_folder
    from kinescape.engine.plan import RunPlan
    from kinescape.engine.run import run_samples
    from kinescape.records import Parameters
    from kinescape.sheet import read_sheet
    from kinescape.simulate.cohort import demo_specs, write_demo_cohort

    workers = threads or os.cpu_count() or 1
    names = [spec.sample for spec, _ in demo_specs()]
    with samples_progress(names, quiet, "simulating") as watch:
        cohort = write_demo_cohort(
            reads_folder(out), seed=seed, threads=workers, progress=lambda _done, _all, name: watch(name, "finished")
        )
    samples = read_sheet(cohort.sheet)
    plan = RunPlan(
        samples=samples,
        out=out,
        panel="alk-ros1",
        knowledge_base="alk-ros1",
        reference=None,
        parameters=Parameters(),
        threads=workers,
    )
    with samples_progress([each.info.sample for each in samples], quiet, "analysing") as watch:
        outcomes = run_samples(plan, watch)
    rows = compare(cohort.truths, outcomes)
    print_comparison(rows, outcomes, out)
    return EXIT_OK if all(row.as_expected for row in rows) else EXIT_FAILURE
