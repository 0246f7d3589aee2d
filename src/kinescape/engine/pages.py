"""What stands beside the samples of a run: its index, its provenance, the samples against each other, MultiQC's files,
and the pages that show a patient's course.

Results are read from their folders one at a time, so that memory does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast, overload

import msgspec

from kinescape import __version__
from kinescape.align.programs import BOWTIE2, BWA, find_program
from kinescape.engine.history import reviews_of, write_pages_over_time
from kinescape.engine.identity import write_identity
from kinescape.engine.plan import Outcome, RunPlan
from kinescape.files import whole_folder, write_text
from kinescape.records import SampleResult
from kinescape.report.index import render_index
from kinescape.report.multiqc import multiqc_files
from kinescape.sample import Workbench

MULTIQC = "multiqc"


class Results(Sequence[SampleResult]):
    """The results of a run in the order of the sheet, read from their folders whenever they are asked for."""

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        self._outcomes = [outcome for outcome in outcomes if outcome.state != "failed"]

    def __len__(self) -> int:
        return len(self._outcomes)

    @overload
    def __getitem__(self, place: int) -> SampleResult: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[SampleResult]: ...
    def __getitem__(self, place: int | slice) -> SampleResult | Sequence[SampleResult]:
        if isinstance(place, slice):
            return Results(self._outcomes[place])
        return cast(SampleResult, self._outcomes[place].result)


def write_run_pages(plan: RunPlan, bench: Workbench, outcomes: Sequence[Outcome]) -> None:
    """Write ``index.html``, ``provenance.json``, what the samples say of each other, and the pages over time."""
    results = Results(outcomes)
    failed = {outcome.sample: outcome.error for outcome in outcomes if outcome.state == "failed"}
    write_pages_over_time(plan.out, outcomes, plan.viewer)
    check = write_identity(plan.out, results)
    reviews = reviews_of(plan.out, (outcome.sample for outcome in outcomes if outcome.state != "failed"))
    # Also where every sample failed: the page of an earlier run must not stand for this one.
    write_text(plan.out / "index.html", render_index(results, failed, check, reviews))
    with whole_folder(plan.out / MULTIQC) as folder:
        for name, content in multiqc_files(results, check).items():
            write_text(folder / name, content)
    rows = [_provenance_of(outcome, outcome.result) for outcome in outcomes]
    encoded = msgspec.json.format(msgspec.json.encode(_provenance(plan, bench, rows)), indent=2)
    write_text(plan.out / "provenance.json", encoded.decode() + "\n")


def _provenance_of(outcome: Outcome, result: SampleResult | None) -> dict[str, Any]:
    return {
        "sample": outcome.sample,
        "state": "failed" if outcome.state == "failed" else "done",
        "error": outcome.error,
        "inputs": [msgspec.to_builtins(each) for each in result.inputs] if result else [],
    }


def _provenance(plan: RunPlan, bench: Workbench, samples: list[dict[str, Any]]) -> dict[str, Any]:
    return {
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
        "reference_sha256": bench.reference.sha256,
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
        "samples": samples,
    }
