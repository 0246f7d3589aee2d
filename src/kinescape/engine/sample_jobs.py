"""The samples of a run as jobs of the engine: what the jobs are given, and what their ends say of the samples."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path

from kinescape.engine.packing import Job, pack, size_of
from kinescape.engine.plan import Outcome, RunPlan, Watch, outcome_of
from kinescape.engine.profile import Dispatch, Place
from kinescape.engine.state import Attempt, JobRow, Shared
from kinescape.engine.workflow import run_jobs
from kinescape.panel.load import panel_folder
from kinescape.resistance.base import find_folder
from kinescape.sheet import SheetSample

VERB = "run-samples"


def run_sample_jobs(
    attempt: Attempt, plan: RunPlan, samples: Sequence[SheetSample], dispatch: Dispatch, place: Place, watch: Watch
) -> dict[str, Outcome]:
    """Run samples as jobs of the engine; ``place`` is what :func:`.profile.place_of` made of ``dispatch``.

    Returns
    -------
    dict
        Sample -> how it ended; every one of ``samples`` has an entry.

    Raises
    ------
    KinescapeError, KeyboardInterrupt
        As :func:`.workflow.run_jobs`.
    """
    sizes = [size_of(sample) for sample in samples]
    jobs = pack(sizes, place.at_once, start=dispatch.start, group_size=dispatch.group_size)
    members = [[samples[index] for index in job.samples] for job in jobs]
    attempt.write(_shared(plan, dispatch.threads, place.local), _rows(jobs, dispatch.threads), members)
    names = [[sample.info.sample for sample in of_job] for of_job in members]
    ended = run_jobs(attempt, names, dispatch, place, watch, plan.out, VERB)
    outcomes = {}
    for sample in samples:
        event = ended[sample.info.sample]
        state = event.state or "failed"
        outcomes[sample.info.sample] = outcome_of(sample, state, plan.out, event.error, event.bad_input)
    return outcomes


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
