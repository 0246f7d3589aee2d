"""The pictures of a sample, of a patient's samples and of the background, as SVG."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kinescape.drawing import svg_of
from kinescape.errors import InputError
from kinescape.figure.catalogue import Choice
from kinescape.figure.standalone import stand_alone
from kinescape.records import SampleResult
from kinescape.report.figures import lod_strip as strip
from kinescape.report.figures import lollipop as lollipops
from kinescape.report.figures.axis import genes_of
from kinescape.report.figures.phase import phase_picture
from kinescape.report.figures.reads import insert_lengths, quality_by_cycle
from kinescape.report.result import read_result

if TYPE_CHECKING:
    from markupsafe import Markup


def lollipop(sources: tuple[Path, ...], choice: Choice) -> str:
    """Findings on the protein."""
    result = _one(sources)
    return _drawn(result, lollipops.lollipop(result, _gene(result, choice)), "its amplicons are not in the result")


def lod_strip(sources: tuple[Path, ...], choice: Choice) -> str:
    """Limits of detection."""
    result = _one(sources)
    return _drawn(result, strip.lod_strip(result, _gene(result, choice)), "its amplicons are not in the result")


def phase(sources: tuple[Path, ...], _choice: Choice) -> str:
    """What fragments carry together."""
    result = _one(sources)
    return _drawn(result, phase_picture(result), "no fragment spans two called changes")


def quality(sources: tuple[Path, ...], _choice: Choice) -> str:
    """Quality by cycle."""
    result = _one(sources)
    return _drawn(result, quality_by_cycle(result.qc), "the result holds no quality by cycle")


def inserts(sources: tuple[Path, ...], _choice: Choice) -> str:
    """Insert lengths."""
    result = _one(sources)
    return _drawn(result, insert_lengths(result.qc), "no mates overlap")


def timeline(sources: tuple[Path, ...], choice: Choice) -> str:
    """A patient's samples."""
    from kinescape.report.timeline_files import timelines_from
    from kinescape.report.timeline_picture import timeline_figure

    timelines = timelines_from(sources)
    names = [each.patient for each in timelines]
    if choice.patient not in ("", *names) or (not choice.patient and len(names) > 1):
        asked = "--patient, one of " + ", ".join(names)
        raise InputError("which patient?", found=choice.patient or "several", expected=asked)
    return svg_of(timeline_figure(timelines[names.index(choice.patient) if choice.patient else 0]))


def background(sources: tuple[Path, ...], choice: Choice) -> str:
    """Errors of the assay."""
    from kinescape.call.background_file import background_table, read_background
    from kinescape.call.background_summary import summary_of, with_thresholds
    from kinescape.columns.axis import panel_axis
    from kinescape.engine.controls import THRESHOLD_FACTOR
    from kinescape.limits.coverage import background_caveats
    from kinescape.panel.load import load_panel
    from kinescape.report.figures.background import background_figure

    panel = load_panel(choice.panel)
    axis = panel_axis(panel)
    read = read_background(_path(sources), panel, axis)
    table = with_thresholds(background_table(read, panel, axis))
    caveat = "; ".join(f"{each.what}: {each.reason}" for each in background_caveats(read))
    return svg_of(background_figure(table, summary_of(read, table, THRESHOLD_FACTOR, caveat)))


def _path(sources: tuple[Path, ...]) -> Path:
    if len(sources) != 1:
        raise InputError("this picture is made from one source", found=len(sources), expected=1)
    return sources[0]


def _one(sources: tuple[Path, ...]) -> SampleResult:
    return read_result(_path(sources))


def _gene(result: SampleResult, choice: Choice) -> str:
    """The gene asked for; else the first one with a finding, else the first one."""
    genes = genes_of(result)
    if choice.gene:
        if choice.gene not in genes:
            raise InputError("gene is not in the result", found=choice.gene, expected=", ".join(genes))
        return choice.gene
    found = [call.consequence.gene for call in result.calls if call.consequence and call.evidence == "strong"]
    return next((gene for gene in genes if gene in found), genes[0] if genes else "")


def _drawn(result: SampleResult, picture: Markup | None, why_not: str) -> str:
    if picture is None:
        raise InputError(f"there is nothing to draw: {why_not}", expected="another sample")
    info = result.sample
    parts = [info.sample, info.patient, "SIMULATED DATA" if result.simulated else "", "research use only"]
    return stand_alone(str(picture), " · ".join(part for part in parts if part))
