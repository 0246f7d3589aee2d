"""The names of all pictures, what each is made from, and the modules that draw them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kinescape.errors import InputError

if TYPE_CHECKING:
    from kinescape.assay.decimals import Mark

Source = Literal["RESULT", "RUN", "BACKGROUND", "COHORT", "ASSAY"]
SOURCES: dict[str, str] = {
    "RESULT": "a result.json or a sample's folder",
    "RUN": "a run's folder, or several results of one patient",
    "BACKGROUND": "a background (.parquet)",
    "COHORT": "a folder of a cohort's tables, or its workbook",
    "ASSAY": "a table of the bench: wells, counts, densitometry, or a blot's image",
}


@dataclass(frozen=True)
class Choice:
    """What a picture may be narrowed to; empty or None: what the picture takes by itself."""

    gene: str = ""
    patient: str = ""
    drug: str = ""
    reference: str = "WT"
    lanes: int | None = None
    layout: Path | None = None
    """What stands in which well, where the wells are plates."""
    decimal: Mark | None = None
    """Decimal mark of plates; None: what their numbers show."""
    panel: str = "alk-ros1"


@dataclass(frozen=True)
class Entry:
    """One picture."""

    name: str
    source: Source
    what: str
    module: str
    """Module and function that return the SVG, imported when the picture is made."""
    takes: tuple[str, ...] = ()
    """Fields of :class:`Choice` that narrow it."""


_SAMPLE, _BENCH = "kinescape.figure.of_samples", "kinescape.figure.of_benches"
_PLATES = ("layout", "decimal")

ENTRIES: tuple[Entry, ...] = (
    Entry("lollipop", "RESULT", "findings on the protein over a ribbon of depth", f"{_SAMPLE}:lollipop", ("gene",)),
    Entry("lod-strip", "RESULT", "limits of detection and known positions", f"{_SAMPLE}:lod_strip", ("gene",)),
    Entry("phase", "RESULT", "what fragments carry together", f"{_SAMPLE}:phase"),
    Entry("quality", "RESULT", "base quality by cycle", f"{_SAMPLE}:quality"),
    Entry("inserts", "RESULT", "lengths of the fragments", f"{_SAMPLE}:inserts"),
    Entry("timeline", "RUN", "allele fractions of a patient's samples", f"{_SAMPLE}:timeline", ("patient",)),
    Entry("background", "BACKGROUND", "errors of the assay, by site", f"{_SAMPLE}:background", ("panel",)),
    Entry("swimmer", "COHORT", "treatment, responses and samples of every patient", f"{_BENCH}:swimmer"),
    Entry("pfs", "COHORT", "progression-free survival by mutation at failure", f"{_BENCH}:pfs"),
    Entry("pfs-by-line", "COHORT", "progression-free survival by line", f"{_BENCH}:pfs_by_line"),
    Entry("os", "COHORT", "overall survival of all", f"{_BENCH}:os_all"),
    Entry("os-from-sample", "COHORT", "overall survival from the sample on", f"{_BENCH}:os_from_sample"),
    Entry("oncoprint", "COHORT", "changes by patient", f"{_BENCH}:oncoprint"),
    Entry("counts", "COHORT", "samples at failure of each inhibitor", f"{_BENCH}:counts"),
    Entry("shares", "COHORT", "share of mutated samples by previous inhibitors", f"{_BENCH}:shares"),
    Entry("cohort-timelines", "COHORT", "allele fractions under therapy, by patient", f"{_BENCH}:timelines"),
    Entry("curves", "ASSAY", "dose-response curves of a drug", f"{_BENCH}:curves", ("drug", "reference", *_PLATES)),
    Entry("ic50", "ASSAY", "table of IC50s, coloured by class", f"{_BENCH}:ic50", ("reference", *_PLATES)),
    Entry("plate", "ASSAY", "heat map of a plate", f"{_BENCH}:plate", _PLATES),
    Entry("growth", "ASSAY", "growth curves and rates", f"{_BENCH}:growth", ("reference",)),
    Entry("blot", "ASSAY", "dose-response of phosphorylation", f"{_BENCH}:blot", ("drug", "reference")),
    Entry("blot-lanes", "ASSAY", "a blot's image with its measured bands", f"{_BENCH}:blot_lanes", ("lanes",)),
)

Draw = Callable[[tuple[Path, ...], Choice], str]


def entry(name: str) -> Entry:
    """The picture of that name.

    Raises
    ------
    InputError
        There is none; the message says how to see all names.
    """
    for each in ENTRIES:
        if each.name == name:
            return each
    raise InputError("no picture of that name", found=name, expected=", ".join(each.name for each in ENTRIES))


def catalogue_lines() -> list[str]:
    """``kinescape figure list``."""
    wide = max(len(each.name) for each in ENTRIES)
    lines: list[str] = []
    for source, what in SOURCES.items():
        lines.append(f"{source}: {what}")
        for each in ENTRIES:
            if each.source == source:
                options = "".join(f" --{name}" for name in each.takes)
                lines.append(f"  {each.name:<{wide}}  {each.what}{f'  [{options.strip()}]' if options else ''}")
    return lines
