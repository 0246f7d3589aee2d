"""A sample's folder: written beside its place and renamed when whole, and recognised when nothing has changed."""

from __future__ import annotations

import shutil
from pathlib import Path

from kinescape import __version__
from kinescape.errors import InputError
from kinescape.exports.pdf import write_pdf
from kinescape.files import sha256_of, whole_folder, write_text
from kinescape.panel.genome import contigs
from kinescape.panel.model import Panel
from kinescape.records import SampleResult
from kinescape.report.page import render_sample
from kinescape.report.phase_table import phase_table
from kinescape.report.positions import write_positions
from kinescape.report.result import read_result, write_result
from kinescape.report.vcf import write_vcf
from kinescape.sample import SampleAnalysis, Workbench
from kinescape.sheet import SheetSample

RESULT, VARIANTS, POSITIONS, PHASES, PAGE, PRINT = (
    *("result.json", "variants.vcf.gz", "positions.tsv.gz", "phase.tsv", "report.html", "report.pdf"),
)
_FILES = (RESULT, VARIANTS, f"{VARIANTS}.tbi", POSITIONS, f"{POSITIONS}.tbi", PHASES, PAGE, PRINT)


def sample_folder(out: Path, sample: str) -> Path:
    """``OUT/samples/<sample>``."""
    return out / "samples" / sample


def write_sample(out: Path, analysis: SampleAnalysis, panel: Panel) -> Path:
    """Write all files of a sample; the folder appears when all are there."""
    folder = sample_folder(out, analysis.result.sample.sample)
    with whole_folder(folder) as temporary:
        write_result(temporary / RESULT, analysis.result)
        write_vcf(temporary / VARIANTS, analysis.result, contigs(panel))
        write_positions(temporary / POSITIONS, analysis.positions)
        write_text(temporary / PHASES, phase_table(analysis.result))
        write_text(temporary / PAGE, render_sample(analysis.result))
        write_pdf(temporary / PRINT, analysis.result)
    return folder


def set_aside(out: Path, sample: str) -> str:
    """Move an earlier result of a sample that failed now out of the way: it would look like the new one.

    Returns
    -------
    str
        Where it lies now, to be added to the message; empty where there was none.
    """
    folder = sample_folder(out, sample)
    if not folder.is_dir():
        return ""
    place = out / "superseded" / sample
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        shutil.rmtree(place)
    folder.replace(place)
    return f" (its earlier result now lies in {place})"


def finished_result(out: Path, sample: SheetSample, bench: Workbench) -> SampleResult | None:
    """The result that is there already, if it was made of the same inputs with the same everything; else None."""
    folder = sample_folder(out, sample.info.sample)
    if not all((folder / name).is_file() for name in _FILES):
        return None
    try:
        result = read_result(folder / RESULT)
    except InputError:
        return None
    base = bench.knowledge_base
    same = (
        result.kinescape_version == __version__
        and result.sample == sample.info
        and result.simulated == sample.simulated
        and result.parameters == bench.parameters
        and result.panel.sha256 == bench.panel.sha256
        and result.panel.reference == bench.reference.description
        and (result.knowledge_base.sha256 if result.knowledge_base else None) == (base.sha256 if base else None)
        and (result.background.sha256 if result.background else None)
        == (bench.background.sha256 if bench.background else None)
        and result.annotation_sources == bench.annotations.sources()
        and result.annotation_slices == bench.annotations.checksums()
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
