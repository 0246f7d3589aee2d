"""Pages of patients with several samples: each shows the others of the same run under "over time"."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kinescape.engine.folder import PAGE, sample_folder
from kinescape.engine.plan import Outcome
from kinescape.files import write_text
from kinescape.records import SampleResult
from kinescape.report.page import render_sample

COURSE_MARK = 'id="course"'
"""Stands in a page that shows other samples."""


def write_pages_over_time(out: Path, outcomes: Sequence[Outcome]) -> None:
    """Render the pages of samples whose patient has others, now that all are known.

    ``outcomes`` stand in the order of the sheet. The pages depend on the results alone, not on which of them were kept
    from an earlier run; a page that still shows samples which are no longer there is made anew. The results of one
    patient are in memory at a time.
    """
    members: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.patient and outcome.role == "plasma" and outcome.state != "failed":
            members.setdefault(outcome.patient, []).append(outcome)
    for of_patient in members.values():
        if len(of_patient) > 1 or _shows_others(out, of_patient[0].sample):
            _write_pages(out, [result for outcome in of_patient if (result := outcome.result) is not None])


def _shows_others(out: Path, sample: str) -> bool:
    return COURSE_MARK in (sample_folder(out, sample) / PAGE).read_text(encoding="utf-8")


def _write_pages(out: Path, samples: Sequence[SampleResult]) -> None:
    given = tuple(each.sample.sample for each in samples)
    for result in samples:
        history = tuple(other for other in samples if other is not result)
        text = render_sample(result, history, given)
        page = sample_folder(out, result.sample.sample) / PAGE
        if text != page.read_text(encoding="utf-8"):
            write_text(page, text)
