"""One sample of a run: analysed and written whole, or its failure in one sentence; and its log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kinescape.engine.folder import write_sample
from kinescape.engine.log import WorkLog, attempted, log_of
from kinescape.engine.plan import FINISHED, Outcome, Watch, outcome_of
from kinescape.sample import Workbench, analyse_sample
from kinescape.sheet import SheetSample


def run_sample(
    sample: SheetSample,
    out: Path,
    bench: Workbench,
    threads: int,
    watch: Watch,
    viewer: bool = True,
    before_writing: Callable[[], None] = lambda: None,
) -> Outcome:
    """Analyse one sample and write its folder; a failure is an outcome, not an exception.

    Parameters
    ----------
    viewer
        Whether the page holds the kept reads and their viewer.
    before_writing
        Called when the analysis is done and nothing is written yet; may raise to keep it from being written.
    """
    name = sample.info.sample
    log = WorkLog(log_of(out, name), f"sample {name}")

    def tell(stage: str) -> None:
        log.say(stage)
        watch(name, stage)

    def work() -> None:
        analysis = analyse_sample(sample, bench, threads, tell)
        tell("writing")
        before_writing()
        write_sample(out, analysis, bench.panel, viewer)

    end = attempted(work, log, sample.line)
    watch(name, FINISHED if end.state == "done" else "failed")
    return outcome_of(sample, end.state, out, end.error, end.bad_input)
