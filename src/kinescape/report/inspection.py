"""The page's section "Reads in IGV": the viewer with the kept reads inside the page, true counts, and the sign-off.

igv.js (MIT, https://github.com/igvteam/igv.js) is taken from the package, where the build put it. It stands in the page
compressed and as text: nothing of it runs before a reader asks for the reads, and the content security policy lets run
this one program, by its hash, and forbids it the network.
"""

from __future__ import annotations

import base64
import functools
import gzip
from dataclasses import dataclass
from importlib import resources
from typing import Any

from kinescape.records import Call, EvidenceCount, SampleResult
from kinescape.report import view
from kinescape.report.beside import Beside
from kinescape.report.environment import source_hash
from kinescape.review.calls import fingerprint, reader_name
from kinescape.review.entries import LONGEST_NAME, LONGEST_NOTE, Review
from kinescape.review.states import Inspection, inspections, orphans

IGV_VERSION = "3.0.8"
"""What the igv.js that ``hatch_build.py`` takes says of itself (its distribution says 3.1.4)."""
FLANK = 45
"""Bases shown on either side of a call."""
LOWEST_SHARE, HIGHEST_SHARE = 0.002, 0.05
"""Share of an allele from which the viewer's coverage bar is coloured (its own default is 0.2): half of what the rarest
call has among the kept reads, within these bounds, so that every call has its colours and errors have none."""
MOST_READS = 10_000
"""The viewer draws at most so many reads in a window (its own upper limit); the evidence files hold fewer."""


@dataclass(frozen=True)
class Program:
    """``packed``: gzip, as base64. ``trusted``: the hash by which a policy names the program. ``licence``: its text."""

    packed: str
    trusted: str
    licence: str


@functools.cache
def viewer_program() -> Program | None:
    """igv.js as the build put it into the package; None where it did not."""
    folder = resources.files("kinescape.report") / "igv"
    packed = folder / "igv.min.js.gz"
    if not packed.is_file():
        return None
    content = packed.read_bytes()
    return Program(
        _text(content),
        source_hash(gzip.decompress(content).decode("utf-8")),
        (folder / "LICENSE.igv-js.txt").read_text(encoding="utf-8"),
    )


@dataclass(frozen=True)
class CallToInspect:
    """One call with its true counts and what people said of it."""

    call: Call
    name: str
    fingerprint: str
    counts: tuple[EvidenceCount, ...]
    inspected: Inspection

    def counted(self, aligner: str) -> EvidenceCount | None:
        """The true counts with one aligner; None where no reads were kept."""
        return next((each for each in self.counts if each.aligner == aligner), None)

    @property
    def locus(self) -> str:
        """1-based stretch around the call."""
        variant = self.call.variant
        last = variant.pos + len(variant.ref) - 1
        return f"{variant.chrom}:{max(1, variant.pos - FLANK)}-{last + FLANK}"


@dataclass(frozen=True)
class InspectionView:
    """What the templates need."""

    calls: tuple[CallToInspect, ...]
    review: Review
    fault: str
    """What is wrong with the review, which then is not shown."""
    why_not: str
    """Why there is no viewer; empty where there is one."""
    program: Program | None
    data: dict[str, Any]
    """Read by the page's script."""
    orphans: tuple[Any, ...]

    @property
    def trusted(self) -> tuple[str, ...]:
        return () if self.program is None else (self.program.trusted,)

    def of(self, call: Call) -> Inspection:
        return next(each.inspected for each in self.calls if each.call.variant == call.variant)


def inspection_of(result: SampleResult, beside: Beside) -> InspectionView:
    """Everything about looking at the reads of ``result``."""
    review = beside.review or Review(sample=result.sample.sample)
    looked = inspections(result, review)
    counts = result.evidence.counts if result.evidence else ()
    calls = tuple(
        CallToInspect(
            call,
            reader_name(call),
            fingerprint(result, call),
            tuple(each for each in counts if each.variant == call.variant.name),
            looked[call.variant.name],
        )
        for evidence in ("strong", "weak", "filtered")
        for call in view.calls_with(result, evidence)
    )
    why_not = _why_not(result, beside)
    program = None if why_not else viewer_program()
    return InspectionView(
        calls,
        review,
        beside.fault,
        why_not,
        program,
        _data(result, beside, calls, program is not None),
        orphans(result, review),
    )


def _why_not(result: SampleResult, beside: Beside) -> str:
    if not beside.viewer:
        return "The viewer was left out of this page on request. The evidence files lie beside it."
    if result.evidence is None:
        return "No reads were kept with this result: it was made without them, or by an earlier version."
    if beside.missing:
        return (
            f"The kept reads do not lie beside the result, so they cannot be shown here: {', '.join(beside.missing)}."
        )
    if not beside.tracks:
        return "This page was made from the result alone, without the kept reads beside it."
    if not result.calls:
        return "There is no call to look at, not even a filtered candidate."
    if viewer_program() is None:
        return "IGV was not built into this installation. The evidence files open in any IGV on the desktop."
    return ""


def _data(result: SampleResult, beside: Beside, calls: tuple[CallToInspect, ...], viewer: bool) -> dict[str, Any]:
    data: dict[str, Any] = {
        "sample": result.sample.sample,
        "longest": {"by": LONGEST_NAME, "note": LONGEST_NOTE},
        "calls": [
            {
                "id": each.call.variant.name,
                "name": each.name,
                "fingerprint": each.fingerprint,
                "chrom": each.call.variant.chrom,
                "pos": each.call.variant.pos,
                "end": each.call.variant.pos + len(each.call.variant.ref) - 1,
                "locus": each.locus,
            }
            for each in calls
        ],
    }
    if viewer:
        data |= {
            "genome": result.panel.genome,
            "reference": _text(beside.reference),
            "tracks": [
                {"name": each.aligner, "bam": _text(each.bam), "index": _text(each.index)} for each in beside.tracks
            ],
            "lowestShare": _lowest_share(calls),
            "mostReads": MOST_READS,
        }
    return data


def _lowest_share(calls: tuple[CallToInspect, ...]) -> float:
    shares = [
        each.shown_alt / (each.shown_alt + each.shown_reference)
        for call in calls
        for each in call.counts
        if each.shown_alt
    ]
    return round(min(max(min(shares, default=1.0) / 2, LOWEST_SHARE), HIGHEST_SHARE), 4)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
