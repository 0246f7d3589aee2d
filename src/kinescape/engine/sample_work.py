"""The samples of one job, as the job's process does them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from kinescape.engine.events import Event
from kinescape.engine.one import run_sample
from kinescape.engine.plan import FINISHED, RunPlan, Watch, workbench
from kinescape.engine.state import Attempt, Shared
from kinescape.engine.worker import Named
from kinescape.sample import Workbench
from kinescape.sheet import SheetSample


def sample_work(attempt: Attempt, job: int) -> Sequence[Named]:
    """The samples of a job, ready to be run one after the other with what they share."""
    shared = attempt.shared()
    bench = workbench(_plan(shared))
    return [
        (sample.info.sample, partial(_run, attempt, shared, bench, sample))
        for sample in attempt.members(job, SheetSample)
    ]


def _run(attempt: Attempt, shared: Shared, bench: Workbench, sample: SheetSample, tell: Watch) -> Event:
    outcome = run_sample(sample, Path(shared.out), bench, shared.threads, tell, shared.viewer, attempt.check)
    last = FINISHED if outcome.state == "done" else "failed"
    return Event(outcome.sample, last, outcome.state, outcome.error, outcome.bad_input)


def _plan(shared: Shared) -> RunPlan:
    def path(given: str | None) -> Path | None:
        return Path(given) if given is not None else None

    return RunPlan(
        samples=(),
        out=Path(shared.out),
        panel=shared.panel,
        knowledge_base=shared.knowledge_base,
        reference=path(shared.reference),
        parameters=shared.parameters,
        threads=shared.threads,
        background=path(shared.background),
        annotations=path(shared.annotations),
        evidence=shared.evidence,
        viewer=shared.viewer,
    )
