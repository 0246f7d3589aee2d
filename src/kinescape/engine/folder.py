"""A sample's folder: written beside its place and renamed when whole, and recognised when nothing has changed."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from kinescape import __version__
from kinescape.engine.integrity import CHECKSUMS, is_as_written, listed_files, write_checksums
from kinescape.errors import InputError
from kinescape.evidence.bam import write_evidence
from kinescape.evidence.desktop import BATCH, SESSION, batch_text, session_text
from kinescape.exports.pdf import write_pdf
from kinescape.files import sha256_of, whole_folder, write_text
from kinescape.panel.genome import contigs
from kinescape.panel.model import Panel
from kinescape.records import SampleResult
from kinescape.report.beside import read_beside
from kinescape.report.page import render_sample
from kinescape.report.phase_table import phase_table
from kinescape.report.positions import write_positions
from kinescape.report.result import read_result, write_result
from kinescape.report.vcf import write_vcf
from kinescape.review.file import REVIEW, review_or_fault
from kinescape.review.states import reviewed
from kinescape.sample import SampleAnalysis, Workbench
from kinescape.sheet import SheetSample

RESULT, VARIANTS, POSITIONS, PHASES, PAGE, PRINT = (
    *("result.json", "variants.vcf.gz", "positions.tsv.gz", "phase.tsv", "report.html", "report.pdf"),
)
_WRITTEN_AGAIN = (PAGE, PRINT, VARIANTS, f"{VARIANTS}.tbi", REVIEW)
"""Made anew when the patient's other samples or a verdict are to be shown."""
_FILES = (RESULT, VARIANTS, f"{VARIANTS}.tbi", POSITIONS, f"{POSITIONS}.tbi", PHASES, PAGE, PRINT)


def sample_folder(out: Path, sample: str) -> Path:
    """``OUT/samples/<sample>``."""
    return out / "samples" / sample


def write_sample(out: Path, analysis: SampleAnalysis, panel: Panel, viewer: bool = True) -> Path:
    """Write all files of a sample; the folder appears when all are there.

    What people said of the sample's calls (``review.json``) is carried over from an earlier folder, also from one that
    was set aside; what they said of calls that are different now is shown as stale.

    Parameters
    ----------
    viewer
        Whether the page holds the kept reads and their viewer.
    """
    result = analysis.result
    folder = sample_folder(out, result.sample.sample)
    with whole_folder(folder) as temporary:
        _carry_review(out, result.sample.sample, temporary)
        write_result(temporary / RESULT, result)
        write_vcf(
            temporary / VARIANTS, reviewed(result, review_or_fault(temporary, result.sample.sample)[0]), contigs(panel)
        )
        write_positions(temporary / POSITIONS, analysis.positions)
        write_text(temporary / PHASES, phase_table(result))
        if analysis.evidence is not None:
            write_evidence(temporary, analysis.evidence, result.sample.sample)
            names = [*(each.name for each in analysis.evidence.record.files), VARIANTS]
            write_text(temporary / SESSION, session_text(result, names))
            write_text(temporary / BATCH, batch_text(result, names))
        write_text(temporary / PAGE, render_sample(result, beside=read_beside(temporary, result, viewer)))
        write_pdf(temporary / PRINT, reviewed(result, review_or_fault(temporary, result.sample.sample)[0]))
        write_checksums(temporary, _WRITTEN_AGAIN)
    return folder


def _carry_review(out: Path, sample: str, folder: Path) -> None:
    for place in (sample_folder(out, sample), *reversed(superseded_folders(out, sample))):
        if (place / REVIEW).is_file():
            shutil.copyfile(place / REVIEW, folder / REVIEW)
            return


def set_aside(out: Path, sample: str) -> str:
    """Move an earlier result of a sample that failed now out of the way: it would look like the new one.

    What was moved there after earlier failures stays: the first lies in ``OUT/superseded/<sample>``, the next in
    ``<sample>~2``, ``<sample>~3`` and so on.

    Returns
    -------
    str
        Where it lies now, to be added to the message; empty where there was none.
    """
    folder = sample_folder(out, sample)
    if not folder.is_dir():
        return ""
    place = next(each for each in _places(out, sample) if not os.path.lexists(each))
    place.parent.mkdir(parents=True, exist_ok=True)
    folder.replace(place)
    return f" (its earlier result now lies in {place})"


def left_over(out: Path, names: Collection[str]) -> tuple[str, ...]:
    """Samples whose results lie in ``out`` and which are not among ``names``, in order: of earlier sheets."""
    found = (path.parent.name for path in (out / "samples").glob(f"*/{RESULT}"))
    return tuple(sorted(name for name in found if name[0] != "." and name not in names))


def superseded_folders(out: Path, sample: str) -> tuple[Path, ...]:
    """Where earlier results of a sample lie that were set aside, the oldest first."""
    return tuple(itertools.takewhile(os.path.lexists, _places(out, sample)))


def _places(out: Path, sample: str) -> Iterator[Path]:
    # No sample's name has the sign, so that none of these is another's.
    names = (sample if number == 1 else f"{sample}~{number}" for number in itertools.count(1))
    return (out / "superseded" / name for name in names)


def known_files(folder: Path) -> frozenset[str]:
    """Names in a sample's folder that are ours: those of every result, and those that its checksums list."""
    evidence = {path.name for path in folder.glob("evidence.*")}
    return frozenset((*_FILES, REVIEW, SESSION, BATCH, CHECKSUMS, *evidence, *listed_files(folder)))


def finished_result(out: Path, sample: SheetSample, bench: Workbench) -> SampleResult | None:
    """The result that is there already, if it was made of the same inputs with the same everything, and is what was
    written then; else None."""
    folder = sample_folder(out, sample.info.sample)
    if not all((folder / name).is_file() for name in _FILES):
        return None
    try:
        result = read_result(folder / RESULT)
    except InputError:
        return None
    if not is_as_written(folder, (*_FILES, *_evidence_files(result)), _WRITTEN_AGAIN):
        return None
    base = bench.knowledge_base
    same = (
        result.kinescape_version == __version__
        and result.sample == sample.info
        and result.simulated == sample.simulated
        and result.parameters == bench.parameters
        and result.panel.sha256 == bench.panel.sha256
        and result.panel.reference == bench.reference.description
        and result.panel.reference_sha256 == bench.reference.sha256
        and (result.knowledge_base.sha256 if result.knowledge_base else None) == (base.sha256 if base else None)
        and (result.background.sha256 if result.background else None)
        == (bench.background.sha256 if bench.background else None)
        and result.annotation_sources == bench.annotations.sources()
        and result.annotation_slices == bench.annotations.checksums()
        and result.annotation_covered == bench.annotations.covered()
        and (result.evidence.caps if result.evidence else None) == bench.evidence
        and _same_inputs(result, sample)
    )
    return result if same else None


def _same_inputs(result: SampleResult, sample: SheetSample) -> bool:
    paths = (sample.fastq_1, sample.fastq_2)
    if len(result.inputs) != len(paths) or not all(path.is_file() for path in paths):
        return False
    return all(
        known.bytes == path.stat().st_size and known.sha256 == sha256_of(path)
        for known, path in zip(result.inputs, paths, strict=True)
    )


def _evidence_files(result: SampleResult) -> tuple[str, ...]:
    if result.evidence is None:
        return ()
    bams = [name for each in result.evidence.files for name in (each.name, f"{each.name}.bai")]
    return (*bams, result.evidence.reference, SESSION, BATCH)
