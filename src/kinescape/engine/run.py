"""All samples of a sheet: one after the other in this process, or as jobs of the engine.

A sample that fails leaves no half-written folder and does not stop the others.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from kinescape.call.background_file import write_background
from kinescape.columns.axis import panel_axis
from kinescape.engine.controls import learn_background
from kinescape.engine.folder import finished_result, set_aside
from kinescape.engine.foreign import RUN_FILES, refuse_foreign_files, refuse_foreign_in_samples, refuse_inputs_inside
from kinescape.engine.one import run_sample
from kinescape.engine.packing import engine_pays, size_of
from kinescape.engine.pages import write_run_pages
from kinescape.engine.plan import Outcome, RunPlan, Watch, outcome_of, workbench
from kinescape.engine.profile import Dispatch, Place, place_of
from kinescape.engine.state import Attempt, attempt_in
from kinescape.files import writable_folder
from kinescape.sample import Workbench
from kinescape.sheet import SheetSample

BACKGROUND = "background.parquet"
CHECKED_AT_ONCE = 4
"""Threads that compare checksums of what is there already; more do not read a disk faster."""


def run_samples(
    plan: RunPlan, watch: Watch = lambda sample, stage: None, dispatch: Dispatch | None = None
) -> tuple[Outcome, ...]:
    """Run all samples, then write the run's own pages.

    Parameters
    ----------
    dispatch
        How the engine starts jobs. None: on this machine, and only where that ends sooner than without the engine.

    Returns
    -------
    tuple of Outcome
        In the order of the sheet.

    Raises
    ------
    InputError
        What all samples share is faulty, the profile is refused, or another run writes to the same folder.
    KinescapeError
        The engine could start no job.
    """
    plan = replace(plan, out=plan.out.absolute())
    # Before anything is written: a refused profile leaves no folder behind.
    place = place_of(dispatch or Dispatch(), plan.threads, plan.out)
    bench = workbench(plan)
    for folder in (plan.out, plan.out / "samples"):
        writable_folder(folder)
    refuse_inputs_inside(plan.out, (path for each in plan.samples for path in (each.fastq_1, each.fastq_2)))
    refuse_foreign_files(plan.out, RUN_FILES)
    with attempt_in(plan.out) as attempt:
        if plan.background_from_samples:
            plan = _with_background_of_samples(plan, bench, watch)
            bench = workbench(plan)
        outcomes = {} if plan.force else _kept(plan, bench, watch)
        to_do = [sample for sample in plan.samples if sample.info.sample not in outcomes]
        refuse_foreign_in_samples(plan.out, (sample.info.sample for sample in to_do))
        outcomes |= _run(attempt, plan, bench, to_do, watch, dispatch, place)
        ordered = tuple(_without_earlier(outcomes[sample.info.sample]) for sample in plan.samples)
        write_run_pages(plan, bench, ordered)
    return ordered


def _run(
    attempt: Attempt,
    plan: RunPlan,
    bench: Workbench,
    samples: Sequence[SheetSample],
    watch: Watch,
    dispatch: Dispatch | None,
    place: Place,
) -> dict[str, Outcome]:
    if not samples:
        return {}
    here = dispatch is None or dispatch.local
    with attempt.scratch() if here else contextlib.nullcontext():
        if dispatch is None and not engine_pays([size_of(sample) for sample in samples], plan.threads):
            return {
                sample.info.sample: run_sample(sample, plan.out, bench, plan.threads, watch, plan.viewer)
                for sample in samples
            }
        # Snakemake is imported only by a run that needs it.
        from kinescape.engine.sample_jobs import run_sample_jobs

        return run_sample_jobs(attempt, plan, samples, dispatch or Dispatch(), place, watch)


def _kept(plan: RunPlan, bench: Workbench, watch: Watch) -> dict[str, Outcome]:
    """The samples whose results are there already, made of the same everything."""

    def check(sample: SheetSample) -> Outcome | None:
        if finished_result(plan.out, sample, bench) is None:
            return None
        watch(sample.info.sample, "kept")
        return outcome_of(sample, "kept", plan.out)

    with ThreadPoolExecutor(CHECKED_AT_ONCE) as pool:
        return {outcome.sample: outcome for outcome in pool.map(check, plan.samples) if outcome is not None}


def _without_earlier(outcome: Outcome) -> Outcome:
    """An earlier result of a sample that failed now would look like the new one."""
    if outcome.state != "failed":
        return outcome
    return replace(outcome, error=outcome.error + set_aside(outcome.out, outcome.sample))


def _with_background_of_samples(plan: RunPlan, bench: Workbench, watch: Watch) -> RunPlan:
    """The plan with a background learned from its own samples, which is written into the run's folder."""
    background = learn_background(plan.samples, bench, plan.threads, watch, from_samples=True)
    path = plan.out / BACKGROUND
    write_background(path, background, bench.panel, panel_axis(bench.panel))
    return replace(plan, background=path)
