"""Pages of patients with several samples: each shows the others of the same run under "over time"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from kinescape.engine.folder import PAGE, sample_folder
from kinescape.engine.plan import Outcome
from kinescape.files import write_text
from kinescape.records import SampleResult
from kinescape.report.beside import read_beside
from kinescape.report.page import render_sample
from kinescape.review.entries import Review
from kinescape.review.file import review_or_fault
from kinescape.review.shown import with_verdicts

COURSE_MARK = 'id="course"'
"""Stands in a page that shows other samples."""


def write_pages_over_time(out: Path, outcomes: Sequence[Outcome], viewer: bool = True) -> None:
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
            results = [result for outcome in of_patient if (result := outcome.result) is not None]
            _write_pages(out, results, viewer)


def _shows_others(out: Path, sample: str) -> bool:
    return COURSE_MARK in (sample_folder(out, sample) / PAGE).read_text(encoding="utf-8")


def _write_pages(out: Path, samples: Sequence[SampleResult], viewer: bool) -> None:
    given = tuple(each.sample.sample for each in samples)
    shown = {each.sample.sample: with_verdicts(each, sample_folder(out, each.sample.sample)) for each in samples}
    for result in samples:
        history = tuple(shown[other.sample.sample] for other in samples if other is not result)
        page = sample_folder(out, result.sample.sample) / PAGE
        text = render_sample(result, history, given, read_beside(page.parent, result, viewer))
        if text != page.read_text(encoding="utf-8"):
            write_text(page, text)


def reviews_of(out: Path, names: Iterable[str]) -> dict[str, tuple[Review, str]]:
    """Sample -> what people said of its calls, and what is wrong with the file where it is faulty."""
    return {name: review_or_fault(sample_folder(out, name), name) for name in names}
