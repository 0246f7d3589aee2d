"""After a verdict: the sample's page, its VCF and the run's page are made again, so that all show it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pysam

from kinescape.engine.folder import PAGE, POSITIONS, PRINT, RESULT, VARIANTS, sample_folder
from kinescape.engine.history import COURSE_MARK, reviews_of
from kinescape.engine.identity import write_identity
from kinescape.errors import InputError
from kinescape.exports.pdf import write_pdf
from kinescape.files import write_text
from kinescape.identity.check import IdentityCheck
from kinescape.records import SampleResult
from kinescape.report.beside import read_beside
from kinescape.report.index import render_index
from kinescape.report.page import render_sample
from kinescape.report.result import read_result
from kinescape.report.vcf import write_vcf
from kinescape.review.entries import Review
from kinescape.review.shown import with_verdicts
from kinescape.review.states import reviewed
from kinescape.sheet import is_sample_name

INDEX, PROVENANCE = "index.html", "provenance.json"


class _Sample(msgspec.Struct):
    sample: str
    state: str = "done"
    error: str = ""


class _Provenance(msgspec.Struct):
    """What counts here of a run's ``provenance.json``."""

    samples: list[_Sample]


def find_sample(given: Path, out: Path | None) -> Path:
    """The folder of a sample: a folder or ``result.json`` as it is given, or a sample's name within the run ``out``.

    Raises
    ------
    InputError
        There is no result.
    """
    folder = given if out is None else sample_folder(out, str(given))
    if folder.name == RESULT and folder.is_file():
        folder = folder.parent
    if (folder / RESULT).is_file():
        return folder
    expected = f"a folder with {RESULT}"
    if out is not None and (out / "samples").is_dir():
        names = sorted(path.parent.name for path in (out / "samples").glob(f"*/{RESULT}"))
        expected = f"one of {', '.join(names)}" if names else "a run with results"
        raise InputError("no such sample", file=out, found=str(given), expected=expected)
    raise InputError(
        "holds no result", file=folder, expected=expected + (", or a sample's name with -o" if out is None else "")
    )


def show_review(folder: Path, result: SampleResult, review: Review) -> list[Path]:
    """Make again what shows ``review``; returns the files.

    Pages keep the patient's other samples and the viewer as they stand in them now. Those of other samples that show
    this one are made again, too.
    """
    written = [folder / PAGE]
    run = folder.parent.parent
    listed = _listed(run) if folder.parent.name == "samples" else None
    results = _results(run, listed) if listed is not None else []
    _write_page(folder, result, run, results)
    for other in results:
        place = sample_folder(run, other.sample.sample)
        if _beside_each_other(result, other) and COURSE_MARK in _page(place):
            _write_page(place, other, run, results)
            written.append(place / PAGE)
    if (folder / VARIANTS).is_file():
        with pysam.VariantFile(str(folder / VARIANTS)) as variants:
            contigs = [(str(each.name), each.length or 0) for each in variants.header.contigs.values()]
        write_vcf(folder / VARIANTS, reviewed(result, review), contigs)
        written.append(folder / VARIANTS)
    if (folder / PRINT).is_file():
        write_pdf(folder / PRINT, reviewed(result, review))
        written.append(folder / PRINT)
    if listed is not None and (run / INDEX).is_file():
        failed = {each.sample: each.error for each in listed if each.state == "failed"}
        write_text(
            run / INDEX,
            render_index(
                results, failed, _identity(run, results), reviews_of(run, (each.sample.sample for each in results))
            ),
        )
        written.append(run / INDEX)
    return written


def _write_page(folder: Path, result: SampleResult, run: Path, results: Sequence[SampleResult]) -> None:
    there = _page(folder)
    history = tuple(
        with_verdicts(other, sample_folder(run, other.sample.sample))
        for other in results
        if COURSE_MARK in there and _beside_each_other(result, other)
    )
    given = tuple(each.sample.sample for each in results)
    left_out = "The viewer was left out of this page on request." in there
    page = render_sample(result, history, given if history else (), read_beside(folder, result, viewer=not left_out))
    write_text(folder / PAGE, page)


def _page(folder: Path) -> str:
    return (folder / PAGE).read_text(encoding="utf-8") if (folder / PAGE).is_file() else ""


def _beside_each_other(result: SampleResult, other: SampleResult) -> bool:
    """Whether a page of the one shows the other, if it shows any."""
    one, two = result.sample, other.sample
    return two.patient == one.patient and two.role == "plasma" and two.sample != one.sample


def _identity(run: Path, results: list[SampleResult]) -> IdentityCheck | None:
    """The samples against each other, as the page had it; None where a table of positions is gone."""
    there = all((sample_folder(run, each.sample.sample) / POSITIONS).is_file() for each in results)
    return write_identity(run, results) if there else None


def _listed(run: Path) -> list[_Sample] | None:
    """Samples of a run in the order of its sheet; None where this is no run."""
    try:
        listed = msgspec.json.decode((run / PROVENANCE).read_bytes(), type=_Provenance).samples
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError):
        return None
    # A name that no sheet can hold was put there by somebody else, and might lead anywhere.
    return listed if all(is_sample_name(each.sample) for each in listed) else None


def _results(run: Path, listed: list[_Sample]) -> list[SampleResult]:
    folders = [sample_folder(run, each.sample) for each in listed if each.state != "failed"]
    return [read_result(folder) for folder in folders if (folder / RESULT).is_file()]
