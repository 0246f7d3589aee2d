"""Pages of patients with several samples: each shows the others of the same run under "over time"."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kinescape.engine.folder import PAGE, sample_folder
from kinescape.files import write_text
from kinescape.records import SampleResult
from kinescape.report.beside import read_beside
from kinescape.report.page import render_sample
from kinescape.review.entries import Review
from kinescape.review.file import review_or_fault

COURSE_MARK = 'id="course"'
"""Stands in a page that shows other samples."""


def write_pages_over_time(out: Path, results: Sequence[SampleResult], viewer: bool = True) -> None:
    """Render the pages of samples whose patient has others, now that all are known.

    ``results`` stand in the order of the sheet. The pages depend on the results alone, not on which of them were kept
    from an earlier run; a page that still shows samples which are no longer there is made anew.
    """
    members: dict[str, list[SampleResult]] = {}
    for result in results:
        if result.sample.patient and result.sample.role == "plasma":
            members.setdefault(result.sample.patient, []).append(result)
    for samples in members.values():
        given = tuple(each.sample.sample for each in samples)
        for result in samples:
            page = sample_folder(out, result.sample.sample) / PAGE
            there = page.read_text(encoding="utf-8")
            if len(samples) == 1 and COURSE_MARK not in there:
                continue
            history = tuple(other for other in samples if other is not result)
            beside = read_beside(page.parent, result, viewer)
            text = render_sample(result, history, given, beside)
            if text != there:
                write_text(page, text)


def reviews_of(out: Path, results: Sequence[SampleResult]) -> dict[str, tuple[Review, str]]:
    """Sample -> what people said of its calls, and what is wrong with the file where it is faulty."""
    names = [result.sample.sample for result in results]
    return {name: review_or_fault(sample_folder(out, name), name) for name in names}
