"""From a source's files to a slice: cut to the panel's windows, aligned, merged, written with its manifest."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kinescape.annotate import boostdm, civic, clinvar, gnomad
from kinescape.annotate.entry import Entry, Field, Info
from kinescape.annotate.folder import INDEX, MANIFEST, SLICE, InputNote, Manifest, Stretch, manifest_text
from kinescape.annotate.reading import Reading
from kinescape.annotate.slice_file import write_slice
from kinescape.annotate.sources import Source
from kinescape.errors import InputError
from kinescape.files import sha256_of, whole_folder
from kinescape.panel.genome import contigs
from kinescape.panel.model import Panel
from kinescape.records import Variant


@dataclass(frozen=True)
class Reader:
    """What is particular to one source: its keys, how its files are read, how two records of one change are joined,
    and how a record is put in words."""

    fields: tuple[Field, ...]
    entries: Callable[[Reading], Iterator[Entry]]
    merge: Callable[[Info, Info], Info]
    words: Callable[[Entry], str]


READERS: dict[str, Reader] = {
    "gnomad": Reader(gnomad.FIELDS, gnomad.entries, gnomad.merge, gnomad.words),
    "clinvar": Reader(clinvar.FIELDS, clinvar.entries, clinvar.merge, clinvar.words),
    "boostdm": Reader(boostdm.FIELDS, boostdm.entries, boostdm.merge, boostdm.words),
    "civic": Reader(civic.FIELDS, civic.entries, civic.merge, civic.words),
}


@dataclass(frozen=True)
class Input:
    """A file to be cut, and what is known of it from elsewhere."""

    path: Path
    name: str
    """As the manifest names it."""
    whole: bool = True
    """False: an excerpt of a remote file, so that its checksum is not the publisher's."""


def slice_source(
    source: Source,
    inputs: Sequence[Input],
    panel: Panel,
    folder: Path,
    *,
    version: str = "",
    day: str = "",
    url: str = "",
    day_if_none: str = "",
) -> Manifest:
    """Cut files of one source and put the slice into ``folder/<source>``, replacing an earlier one.

    Parameters
    ----------
    version, day
        Of the source; where empty, the date that the file's header states (``##fileDate``) is taken for both.
    day_if_none
        Stands for the date where neither says any, which is noted.

    Raises
    ------
    InputError
        Anything wrong with the files; neither a version nor a date to be had; a malformed date.
    """
    found: dict[Variant, Entry] = {}
    readings = [_read(source, each.path, panel, found) for each in inputs]
    stated = next(filter(None, (_file_date(reading.header) for reading in readings)), "")
    undated = not day and not stated and bool(day_if_none)
    day = _checked_date(day or stated or day_if_none, inputs[0].path)
    covered = _covered(panel, readings)
    if not covered:
        wanted = " or ".join(sorted({window.chrom for window in panel.windows}))
        raise InputError(
            f"says nothing of the panel's chromosomes or genes ({source.label})",
            file=inputs[0].path,
            expected=f"records on {wanted}, or of {', '.join(panel.genes)}",
        )
    notes = [
        f"{each.name}: {note}" if len(inputs) > 1 else note
        for each, reading in zip(inputs, readings, strict=True)
        for note in reading.all_notes()
    ]
    if undated:
        notes.append("the file states no date: its date is the day on which it was fetched")
    with whole_folder(folder / source.key) as temporary:
        version = version or day
        meta = (f"source={source.label} {version} ({day})", f"reference={panel.genome}")
        write_slice(temporary / SLICE, meta, contigs(panel), READERS[source.key].fields, found.values())
        manifest = Manifest(
            source=source.key,
            version=version,
            date=day,
            licence=source.licence,
            url=url or source.home,
            genome=panel.genome,
            panel=f"{panel.name} {panel.version}",
            inputs=tuple(_noted(each) for each in inputs),
            covered=covered,
            records=len(found),
            slice_sha256=sha256_of(temporary / SLICE),
            index_sha256=sha256_of(temporary / INDEX),
            notes=tuple(notes),
        )
        (temporary / MANIFEST).write_bytes(manifest_text(manifest))
    return manifest


def _read(source: Source, path: Path, panel: Panel, found: dict[Variant, Entry]) -> Reading:
    """Read one file into ``found``; what another file said already is merged."""
    reader, reading = READERS[source.key], Reading(path, panel)
    own: dict[Variant, Entry] = {}
    for entry in reader.entries(reading):
        # Twice in one file is the same change written twice; gnomAD's counts must then not be added.
        before = own.get(entry.variant)
        if before is None:
            own[entry.variant] = entry
        elif source.key == "gnomad":
            own[entry.variant] = max(before, entry, key=lambda each: gnomad.allele_fraction(each.info))
        else:
            own[entry.variant] = _joined(reader, before, entry)
    for variant, entry in own.items():
        found[variant] = _joined(reader, found[variant], entry) if variant in found else entry
    return reading


def _joined(reader: Reader, one: Entry, other: Entry) -> Entry:
    ids = ",".join(dict.fromkeys(filter(None, (one.id, other.id))))
    return Entry(one.variant, reader.merge(one.info, other.info), ids)


def _covered(panel: Panel, readings: Sequence[Reading]) -> tuple[Stretch, ...]:
    """The windows that any file speaks of, neighbours joined."""
    spoken = []
    for window in panel.windows:
        for reading in readings:
            genes = [panel.genes[name] for name in sorted(reading.genes or ())]
            by_gene = any(g.chrom == window.chrom and g.start < window.end and window.start < g.end for g in genes)
            if by_gene or window.chrom in reading.covered:
                spoken.append(Stretch(window.chrom, window.start + 1, window.end))
                break
    return tuple(sorted(spoken, key=lambda each: (each.chrom, each.first)))


def _noted(each: Input) -> InputNote:
    size = each.path.stat().st_size
    if not each.whole:
        return InputNote(each.name, size, "")
    with each.path.open("rb") as handle:
        md5 = hashlib.file_digest(handle, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    return InputNote(each.name, size, sha256_of(each.path), md5)


def _file_date(header: Sequence[str]) -> str:
    """``##fileDate=20240101`` or ``2024-01-01`` as ``2024-01-01``; empty where none is stated."""
    for line in header:
        found = re.match(r"##fileDate=(\d{4})-?(\d{2})-?(\d{2})\b", line)
        if found:
            return "-".join(found.groups())
    return ""


def _checked_date(text: str, path: Path) -> str:
    if not text:
        raise InputError("states no date of its own", file=path, expected="--date YYYY-MM-DD (and --version)")
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise InputError("is not a date", found=text, expected="YYYY-MM-DD") from None
