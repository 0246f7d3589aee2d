"""Whether installed slices are what their manifests say: one line for each fault."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from kinescape.annotate.assembly import ReferenceCheck
from kinescape.annotate.folder import INDEX, SLICE, Manifest, installed, read_manifest
from kinescape.annotate.slice_file import read_slice
from kinescape.annotate.sources import SOURCES
from kinescape.errors import InputError
from kinescape.files import sha256_of
from kinescape.panel.model import Panel
from kinescape.records import Variant


def faults(folder: Path, panel: Panel) -> Iterator[str]:
    """Faults of every slice in a folder: manifest, checksums, index, assembly, date."""
    for key, place in installed(folder).items():
        try:
            manifest = read_manifest(place, SOURCES[key])
            yield from _of_manifest(place, manifest, panel)
            yield from _of_files(place, manifest, panel)
        except InputError as problem:
            yield str(problem)


def unreached(folder: Path, panel: Panel) -> Iterator[str]:
    """Windows of the panel that a sound slice says nothing of: no fault, but there the source is not consulted."""
    for key, place in installed(folder).items():
        try:
            manifest = read_manifest(place, SOURCES[key])
        except InputError:
            continue
        missing = [
            f"{window.chrom}:{window.start + 1}-{window.end}"
            for window in panel.windows
            if not manifest.covers(window.chrom, window.start + 1, window.end)
        ]
        if missing and manifest.complete:
            count = f"{len(missing)} of {len(panel.windows)}"
            yield f"{place}: does not reach {count} windows of the panel, first {missing[0]}"


def _of_manifest(place: Path, manifest: Manifest, panel: Panel) -> Iterator[str]:
    if manifest.genome != panel.genome:
        yield f"{place}: on {manifest.genome}; the panel is on {panel.genome}"
    try:
        day = date.fromisoformat(manifest.date)
    except ValueError:
        yield f"{place}: '{manifest.date}' is not a date"
    else:
        if day > datetime.now(UTC).date():
            yield f"{place}: its date {manifest.date} lies in the future"


def _of_files(place: Path, manifest: Manifest, panel: Panel) -> Iterator[str]:
    for name, checksum in ((SLICE, manifest.slice_sha256), (INDEX, manifest.index_sha256)):
        path = place / name
        if not path.is_file():
            yield f"{path}: no such file"
        elif sha256_of(path) != checksum:
            yield f"{path}: checksum differs from the manifest's"
    if not (place / SLICE).is_file():
        return
    entries = read_slice(place / SLICE)
    if len(entries) != manifest.records:
        yield f"{place / SLICE}: {len(entries)} records; the manifest says {manifest.records}"
    check = ReferenceCheck(panel)
    for variant in entries:
        check.agrees(variant.chrom, variant.pos, variant.ref)
    if check.differ:
        yield f"{place / SLICE}: {len(check.differ)} reference alleles differ from the panel's, first {check.differ[0]}"
    if (place / INDEX).is_file():
        yield from _of_index(place, list(entries))


def _of_index(place: Path, variants: list[Variant]) -> Iterator[str]:
    """The index must lead to every record."""
    import pysam

    try:
        with pysam.TabixFile(str(place / SLICE), index=str(place / INDEX)) as table:
            reached = sum(1 for name in table.contigs for _ in table.fetch(name))
    except (OSError, ValueError) as problem:
        yield f"{place / INDEX}: cannot be used ({problem})"
        return
    if reached != len(variants):
        yield f"{place / INDEX}: leads to {reached} of {len(variants)} records"
