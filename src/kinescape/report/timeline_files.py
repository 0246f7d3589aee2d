"""From results on disk to the timeline's tables and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from kinescape.drawing import save_formats
from kinescape.errors import InputError
from kinescape.files import write_text
from kinescape.report.result import FILE_NAME, read_with_verdicts
from kinescape.report.timeline_picture import timeline_figure
from kinescape.report.timeline_table import timeline_json, timeline_tsv
from kinescape.timeline.build import Timeline, timeline_of
from kinescape.timeline.order import series_by_patient

PROVENANCE = "provenance.json"


class _Listed(msgspec.Struct):
    sample: str


class _Provenance(msgspec.Struct):
    """What counts here of a run's ``provenance.json``: its samples in the order of the sheet."""

    samples: list[_Listed]


def timelines_from(given: Sequence[Path]) -> tuple[Timeline, ...]:
    """Read results and build the timeline of every patient with two or more samples.

    Raises
    ------
    InputError
        Something is not a result, a sample stands twice, or no patient has two samples.
    """
    results = [read_with_verdicts(path) for each in given for path in result_files(each)]
    series = series_by_patient(results)
    if not series:
        raise InputError(
            "no patient has two or more plasma samples here",
            found=f"{len(results)} result(s)",
            expected="samples whose sheet names the same patient",
        )
    return tuple(timeline_of(each) for each in series)


def result_files(given: Path) -> list[Path]:
    """The ``result.json`` files of a run's folder in the order of its sheet, of a sample's folder, or the file itself.

    Raises
    ------
    InputError
        There is no such file, or none in the folder.
    """
    if not given.is_dir() or (given / FILE_NAME).is_file():
        return [given]
    samples = given / "samples" if (given / "samples").is_dir() else given
    found = {path.parent.name: path for path in sorted(samples.glob(f"*/{FILE_NAME}"))}
    if not found:
        raise InputError(f"holds no {FILE_NAME}", file=given, expected="the results of a run")
    listed = [name for name in _sheet_order(given) if name in found]
    return [found[name] for name in (*listed, *(name for name in found if name not in set(listed)))]


def write_timelines(out: Path, timelines: Sequence[Timeline]) -> list[Path]:
    """Write ``timeline.tsv``, ``timeline.json`` and one ``timeline-PATIENT.svg`` each; returns the pictures."""
    stems = _stems(timelines)
    pictures = []
    for timeline, stem in zip(timelines, stems, strict=True):
        pictures += save_formats(timeline_figure(timeline), out / stem, ("svg",))
    write_text(out / "timeline.json", timeline_json(timelines))
    write_text(out / "timeline.tsv", timeline_tsv(timelines))
    return pictures


def _stems(timelines: Sequence[Timeline]) -> list[str]:
    """A file name for each patient; names that become the same are numbered."""
    stems: list[str] = []
    for timeline in timelines:
        safe = "".join(c if c.isascii() and (c.isalnum() or c in "._+-") else "_" for c in timeline.patient)[:100]
        stem, number = f"timeline-{safe}", 2
        while stem.lower() in {each.lower() for each in stems}:
            stem, number = f"timeline-{safe}-{number}", number + 1
        stems.append(stem)
    return stems


def _sheet_order(run: Path) -> list[str]:
    try:
        return [each.sample for each in msgspec.json.decode((run / PROVENANCE).read_bytes(), type=_Provenance).samples]
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError):
        return []
