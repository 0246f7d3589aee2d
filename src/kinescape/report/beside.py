"""What lies beside a result and is shown with it: reads kept for inspection by eye, and what people said of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from kinescape.records import SampleResult
from kinescape.review.entries import Review
from kinescape.review.file import review_or_fault


@dataclass(frozen=True)
class ReadTrack:
    """One BAM file with its index, as bytes."""

    aligner: str
    bam: bytes = field(repr=False)
    index: bytes = field(repr=False)


@dataclass(frozen=True)
class Beside:
    """``review``: None where nobody looked for one. ``missing``: names of evidence files that should be there.

    ``viewer``: whether the page shall hold the reads and their viewer.
    """

    review: Review | None = None
    fault: str = ""
    """What is wrong with ``review.json``, which then counts as empty."""
    tracks: tuple[ReadTrack, ...] = ()
    reference: bytes = field(default=b"", repr=False)
    missing: tuple[str, ...] = ()
    viewer: bool = True


NOTHING_BESIDE = Beside()


def read_beside(folder: Path, result: SampleResult, viewer: bool = True) -> Beside:
    """Read what lies in the sample's folder.

    A faulty review is named in ``fault``, evidence that is not there in ``missing``.
    """
    review, fault = review_or_fault(folder, result.sample.sample)
    if result.evidence is None or not viewer:
        return Beside(review, fault, viewer=viewer)
    names = [name for each in result.evidence.files for name in (each.name, f"{each.name}.bai")]
    names.append(result.evidence.reference)
    missing = tuple(name for name in names if not (folder / name).is_file())
    if missing:
        return Beside(review, fault, missing=missing)
    tracks = tuple(
        ReadTrack(each.aligner, (folder / each.name).read_bytes(), (folder / f"{each.name}.bai").read_bytes())
        for each in result.evidence.files
    )
    return Beside(review, fault, tracks, (folder / result.evidence.reference).read_bytes())
