"""What stands beside the samples of a run: its index, its provenance, and the pages that show a patient's course.

Results are read from their folders one at a time, so that memory does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from kinescape import __version__
from kinescape.align.programs import BOWTIE2, BWA, find_program
from kinescape.engine.history import write_pages_over_time
from kinescape.engine.plan import Outcome, RunPlan
from kinescape.files import write_text
from kinescape.records import SampleResult
from kinescape.report.index import render_index
from kinescape.sample import Workbench


def write_run_pages(plan: RunPlan, bench: Workbench, outcomes: Sequence[Outcome]) -> None:
    """Write ``index.html``, ``provenance.json`` and the pages over time of ``plan.out``."""
    rows: list[dict[str, Any]] = []

    def results() -> Iterator[SampleResult]:
        for outcome in outcomes:
            result = outcome.result
            rows.append(_provenance_of(outcome, result))
            if result is not None:
                yield result

    failed = {outcome.sample: outcome.error for outcome in outcomes if outcome.state == "failed"}
    # Also where every sample failed: the page of an earlier run must not stand for this one.
    index = render_index(results(), failed)
    write_pages_over_time(plan.out, outcomes)
    write_text(plan.out / "index.html", index)
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
