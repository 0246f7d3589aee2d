"""All samples of a sheet on one machine: one after the other in this process, or side by side in several.

A sample that fails leaves no half-written folder and does not stop the others.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import msgspec

from kinescape import __version__
from kinescape.align.programs import BOWTIE2, BWA, find_program
from kinescape.align.reference import genome_reference, window_reference
from kinescape.annotate.consult import load_annotations
from kinescape.call.background_file import write_background
from kinescape.columns.axis import panel_axis
from kinescape.engine.controls import learn_background, usable_background
from kinescape.engine.folder import finished_result, set_aside, write_sample
from kinescape.engine.history import reviews_of, write_pages_over_time
from kinescape.engine.identity import write_identity
from kinescape.errors import EXIT_FAILURE, InputError, KinescapeError
from kinescape.files import whole_folder, write_text
from kinescape.panel.load import load_panel
from kinescape.records import EvidenceCaps, Parameters, SampleResult
from kinescape.report.index import render_index
from kinescape.report.multiqc import multiqc_files
from kinescape.resistance.base import load_knowledge_base
from kinescape.sample import Workbench, analyse_sample
from kinescape.sheet import SheetSample

State = Literal["done", "kept", "failed"]
Watch = Callable[[str, str], None]
"""Called with (sample, stage); the stage is ``finished`` at the end."""
FINISHED = "finished"
BACKGROUND = "background.parquet"
MULTIQC = "multiqc"
"""Folder of the files that MultiQC finds."""


@dataclass(frozen=True)
class RunPlan:
    """What to run. Paths and names only, so that it can travel to other processes."""

    samples: tuple[SheetSample, ...]
    out: Path
    panel: str | Path
    knowledge_base: str | Path | None
    reference: Path | None
    parameters: Parameters
    threads: int = 1
    force: bool = False
    background: Path | None = None
    """File of ``kinescape background``."""
    background_from_samples: bool = False
    """Learn the background from the samples of the run; written to ``OUT/background.parquet`` first."""
    annotations: Path | None = None
    """Folder of annotation slices; None: the user's."""
    evidence: EvidenceCaps | None = field(default_factory=EvidenceCaps)
    """How many reads are kept for inspection by eye; None keeps none."""
    viewer: bool = True
    """Whether the pages hold the kept reads and their viewer."""


@dataclass(frozen=True)
class Outcome:
    """How one sample ended."""

    sample: str
    state: State
    result: SampleResult | None
    error: str = ""
    bad_input: bool = False


def workbench(plan: RunPlan) -> Workbench:
    """Load what all samples share; faults in it concern the whole run.

    Raises
    ------
    InputError
        Panel, knowledge base, annotation or reference is faulty, or an aligner is missing or of an untested version.
    """
    find_program(BWA)
    find_program(BOWTIE2)
    panel = load_panel(plan.panel)
    base = load_knowledge_base(plan.knowledge_base) if plan.knowledge_base is not None else None
    reference = genome_reference(panel, plan.reference) if plan.reference else window_reference(panel)
    annotations = load_annotations(plan.annotations, panel)
    bench = Workbench(panel, reference, base, plan.parameters, annotations=annotations, evidence=plan.evidence)
    if plan.background is None:
        return bench
    return replace(bench, background=usable_background(plan.background, bench))


def with_background_of_samples(plan: RunPlan, watch: Watch) -> RunPlan:
    """The plan with a background learned from its own samples, which is written into the run's folder."""
    bench = workbench(plan)
    _check_writable(plan.out)
    background = learn_background(plan.samples, bench, plan.threads, watch, from_samples=True)
    path = plan.out / BACKGROUND
    write_background(path, background, bench.panel, panel_axis(bench.panel))
    return replace(plan, background=path)


def run_samples(plan: RunPlan, watch: Watch = lambda sample, stage: None) -> tuple[Outcome, ...]:
    """Run all samples, then write the run's own pages.

    Returns
    -------
    tuple of Outcome
        In the order of the sheet.
    """
    if plan.background_from_samples:
        plan = with_background_of_samples(plan, watch)
    bench = workbench(plan)
    _check_writable(plan.out)
    workers = min(plan.threads, len(plan.samples))
    if workers <= 1 or not _processes_can_talk():
        outcomes = {sample.info.sample: _one(sample, plan, bench, plan.threads, watch) for sample in plan.samples}
    else:
        outcomes = dict(_side_by_side(plan, workers, watch))
    ordered = tuple(outcomes[sample.info.sample] for sample in plan.samples)
    _write_run_pages(plan, bench, ordered)
    return ordered


def _processes_can_talk() -> bool:
    """Whether this machine has the shared memory that several processes need; a bare container may lack it."""
    try:
        multiprocessing.get_context("forkserver").SimpleQueue().close()
    except OSError:
        return False
    return True


def _one(sample: SheetSample, plan: RunPlan, bench: Workbench, threads: int, watch: Watch) -> Outcome:
    """One sample, its failure turned into an outcome."""
    name = sample.info.sample
    try:
        kept = None if plan.force else finished_result(plan.out, sample, bench)
        if kept is not None:
            return Outcome(name, "kept", kept)
        analysis = analyse_sample(sample, bench, threads, lambda stage: watch(name, stage))
        write_sample(plan.out, analysis, bench.panel, plan.viewer)
        return Outcome(name, "done", analysis.result)
    except InputError as problem:
        where = f" [{sample.line}]" if sample.line else ""
        return Outcome(name, "failed", None, f"{problem}{where}{set_aside(plan.out, name)}", bad_input=True)
    except (KinescapeError, OSError, MemoryError) as problem:
        return Outcome(name, "failed", None, (str(problem) or type(problem).__name__) + set_aside(plan.out, name))
    finally:
        watch(name, FINISHED)


# What a worker process holds for all its samples.
_worker: dict[str, Any] = {}


def _end_with(driver: int) -> None:
    """End this worker, and with it its aligners, when the process that started the run is gone (killed, say)."""
    while True:
        time.sleep(1.0)
        try:
            os.kill(driver, 0)
        except ProcessLookupError:
            os._exit(EXIT_FAILURE)


def _start_worker(plan: RunPlan, threads: int, queue: Any, driver: int) -> None:
    # Ctrl-C is for the parent, which ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(driver,), daemon=True).start()
    _worker.update(plan=plan, bench=workbench(plan), threads=threads, queue=queue)


def _in_worker(sample: SheetSample) -> Outcome:
    queue = _worker["queue"]
    return _one(
        sample, _worker["plan"], _worker["bench"], _worker["threads"], lambda name, stage: queue.put((name, stage))
    )


def _side_by_side(plan: RunPlan, workers: int, watch: Watch) -> Iterator[tuple[str, Outcome]]:
    context = multiprocessing.get_context("forkserver")
    # The server imports once what every worker needs; the workers are forked from it.
    context.set_forkserver_preload(["kinescape.sample", "kinescape.engine.folder"])
    queue = context.SimpleQueue()
    listener = threading.Thread(target=_listen, args=(queue, watch), daemon=True)
    listener.start()
    threads = max(1, plan.threads // workers)
    pool = ProcessPoolExecutor(workers, context, _start_worker, (plan, threads, queue, os.getpid()))
    try:
        futures = {pool.submit(_in_worker, sample): sample.info.sample for sample in plan.samples}
        for future in as_completed(futures):
            yield futures[future], _outcome_of(future, futures[future])
    except BaseException:
        _end_workers(pool)
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        queue.put(None)
        listener.join(timeout=5)


def _outcome_of(future: Future[Outcome], sample: str) -> Outcome:
    try:
        return future.result()
    except BrokenProcessPool:
        return Outcome(
            sample, "failed", None, "its process was ended from outside (out of memory?); run again to resume"
        )


def _end_workers(pool: ProcessPoolExecutor) -> None:
    for process in list((pool._processes or {}).values()):
        process.terminate()


def _listen(queue: Any, watch: Watch) -> None:
    while (message := queue.get()) is not None:
        watch(*message)


def _check_writable(out: Path) -> None:
    try:
        (out / "samples").mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise InputError(f"cannot be made ({problem.strerror})", file=out, expected="a folder to write to") from None
    if not os.access(out / "samples", os.W_OK):
        raise InputError("cannot be written", file=out, expected="a folder to write to")


def _write_run_pages(plan: RunPlan, bench: Workbench, outcomes: Sequence[Outcome]) -> None:
    results = [outcome.result for outcome in outcomes if outcome.result is not None]
    write_pages_over_time(plan.out, results, plan.viewer)
    check = write_identity(plan.out, results)
    failed = {outcome.sample: outcome.error for outcome in outcomes if outcome.state == "failed"}
    # Also where every sample failed: the page of an earlier run must not stand for this one.
    write_text(plan.out / "index.html", render_index(results, failed, check, reviews_of(plan.out, results)))
    with whole_folder(plan.out / MULTIQC) as folder:
        for name, content in multiqc_files(results, check).items():
            write_text(folder / name, content)
    provenance = {
        "kinescape_version": __version__,
        "panel": {"name": bench.panel.name, "version": bench.panel.version, "sha256": bench.panel.sha256},
        "knowledge_base": {
            "name": bench.knowledge_base.name,
            "version": bench.knowledge_base.version,
            "sha256": bench.knowledge_base.sha256,
        }
        if bench.knowledge_base
        else None,
        "reference": bench.reference.description,
        "background": {
            "name": bench.background.name,
            "sha256": bench.background.sha256,
            "made_of": msgspec.to_builtins(bench.background.source),
        }
        if bench.background
        else None,
        "annotation": {"sources": bench.annotations.sources(), "sha256": bench.annotations.checksums()},
        "parameters": msgspec.to_builtins(plan.parameters),
        "programs": [
            {"name": program.name, "version": program.version, "note": program.note}
            for program in (find_program(BWA), find_program(BOWTIE2))
        ],
        "samples": [
            {
                "sample": outcome.sample,
                "state": "failed" if outcome.state == "failed" else "done",
                "error": outcome.error,
                "inputs": [msgspec.to_builtins(each) for each in outcome.result.inputs] if outcome.result else [],
            }
            for outcome in outcomes
        ],
    }
    encoded = msgspec.json.format(msgspec.json.encode(provenance), indent=2)
    write_text(plan.out / "provenance.json", encoded.decode() + "\n")
