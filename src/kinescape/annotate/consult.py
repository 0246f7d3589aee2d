"""Ask the installed slices about calls, and set aside what is common in the population.

Three answers are kept apart: what a source says; *no record in SOURCE VERSION*, where it was looked up and has none;
and *not consulted*, where there is no slice or the slice does not reach the place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from kinescape.annotate.entry import Entry
from kinescape.annotate.folder import PACKAGED, SLICE, Manifest, installed, read_manifest, user_folder
from kinescape.annotate.gnomad import allele_fraction
from kinescape.annotate.slice_file import read_slice
from kinescape.annotate.slicing import READERS
from kinescape.annotate.sources import SOURCES
from kinescape.errors import InputError
from kinescape.files import sha256_of
from kinescape.panel.hgvs import normalise
from kinescape.panel.model import Panel
from kinescape.records import NOT_CONSULTED, Call, Consequence, Variant

FILTER_POPULATION = "gnomad_af"
OnRecord = Callable[[str, str], bool]
"""Whether anything is on record of (gene, protein change) beside the panel's list: the knowledge base."""


@dataclass(frozen=True)
class InstalledSlice:
    """One slice in memory."""

    manifest: Manifest
    entries: Mapping[Variant, Entry]

    def has_looked_at(self, variant: Variant) -> bool:
        """Whether the absence of a record of this variant says anything."""
        manifest = self.manifest
        return manifest.complete and manifest.covers(variant.chrom, variant.pos, variant.pos + len(variant.ref) - 1)


@dataclass(frozen=True)
class Annotations:
    """Every slice that a run consults, by source key."""

    slices: Mapping[str, InstalledSlice]

    def sources(self) -> dict[str, str]:
        """Source -> ``version (date)``, or ``not consulted``."""
        return {
            source.label: self.slices[key].manifest.stated if key in self.slices else NOT_CONSULTED
            for key, source in SOURCES.items()
        }

    def checksums(self) -> dict[str, str]:
        """Source -> SHA-256 of the slice consulted."""
        return {SOURCES[key].label: each.manifest.slice_sha256 for key, each in self.slices.items()}

    def covered(self) -> dict[str, str]:
        """Source -> SHA-256 of the stretches that its slice covers, and of whether it lists all there is on them."""
        return {SOURCES[key].label: each.manifest.covered_sha256 for key, each in self.slices.items()}

    def of(self, variant: Variant) -> dict[str, str]:
        """Source -> what it says of a variant, in words."""
        return {source.label: self._said(key, variant) for key, source in SOURCES.items()}

    def population_fraction(self, variant: Variant) -> float | None:
        """gnomAD's allele fraction; None without a record, or without gnomAD."""
        entry = self.slices["gnomad"].entries.get(variant) if "gnomad" in self.slices else None
        return None if entry is None else allele_fraction(entry.info)

    def _said(self, key: str, variant: Variant) -> str:
        if key not in self.slices:
            return NOT_CONSULTED
        consulted = self.slices[key]
        entry = consulted.entries.get(variant)
        if entry is not None:
            return READERS[key].words(entry)
        manifest = consulted.manifest
        if consulted.has_looked_at(variant):
            return f"no record in {SOURCES[key].label} {manifest.version}"
        if not manifest.complete:
            return f"{NOT_CONSULTED} (the excerpt of {SOURCES[key].label} {manifest.version} at hand does not list it)"
        return f"{NOT_CONSULTED} (the slice of {SOURCES[key].label} {manifest.version} does not reach this place)"


NO_ANNOTATIONS = Annotations({})


def load_annotations(folder: Path | None, panel: Panel) -> Annotations:
    """The slices of a folder (None: the user's), and of the packaged excerpts for sources that it lacks.

    Raises
    ------
    InputError
        A folder was given and has no slice, or one of another genome; a slice that is damaged or not the manifest's.
    """
    found = installed(folder if folder is not None else user_folder())
    if folder is not None and not found:
        raise InputError(
            "has no annotation slices", file=folder, expected="a folder that `kinescape annot slice` or `fetch` wrote"
        )
    places = installed(PACKAGED) | found
    asked_for = found if folder is not None else {}
    # A slice that nobody named and that is of another genome than the panel has nothing to say: it is not consulted.
    places = {
        key: place
        for key, place in places.items()
        if key in asked_for or read_manifest(place, SOURCES[key]).genome == panel.genome
    }
    return Annotations({key: load_slice(key, places[key], panel) for key in SOURCES if key in places})


def load_slice(key: str, folder: Path, panel: Panel) -> InstalledSlice:
    """Read one slice, checksum compared."""
    manifest = read_manifest(folder, SOURCES[key])
    path = folder / SLICE
    if manifest.genome != panel.genome:
        raise InputError("is on another assembly", file=path, found=manifest.genome, expected=panel.genome)
    if not path.is_file():
        raise InputError("no such file", file=path, expected="the slice of the manifest beside it")
    if sha256_of(path) != manifest.slice_sha256:
        raise InputError("is not the slice that its manifest describes; see `kinescape annot verify`", file=path)
    return InstalledSlice(manifest, read_slice(path))


def annotate_calls(
    calls: Sequence[Call], annotations: Annotations, panel: Panel, largest: float, on_record: OnRecord
) -> tuple[Call, ...]:
    """Every call with what the sources say of it; those common in the population are filtered.

    Parameters
    ----------
    largest
        Allele fraction of gnomAD from which a variant is filtered (Villa et al. 2024, Methods: < 1e-5 is kept). A known
        change, of the panel's list or on record, is kept and flagged in words. 1 filters nothing.
    """
    return tuple(_annotated(call, annotations, panel, largest, on_record) for call in calls)


def _annotated(call: Call, annotations: Annotations, panel: Panel, largest: float, on_record: OnRecord) -> Call:
    variant = _normal(panel, call.variant)
    said = annotations.of(variant)
    fraction = annotations.population_fraction(variant)
    if fraction is None or fraction < largest or largest >= 1:
        return msgspec.structs.replace(call, annotations=said)
    gnomad = SOURCES["gnomad"].label
    known = known_as(call, panel, on_record)
    if known:
        said[gnomad] += f". At or above {largest:g}, and kept all the same: {known}"
        return msgspec.structs.replace(call, annotations=said)
    version = annotations.slices["gnomad"].manifest.version
    reason = f"{gnomad} {version}: allele fraction {fraction:.2g} in the population is not below {largest:g}"
    return msgspec.structs.replace(
        call,
        annotations=said,
        evidence="filtered",
        filters=(*call.filters, FILTER_POPULATION),
        reason="; ".join(filter(None, (call.reason, reason))),
    )


def known_as(call: Call, panel: Panel, on_record: OnRecord) -> str:
    """Why a call is never dropped for its population fraction, in words; empty where nothing is known of it."""
    consequence: Consequence | None = call.consequence
    name = f"{consequence.gene} {consequence.protein}" if consequence else call.known
    if call.known:
        return f"{call.known} is a known change of the panel"
    if consequence is None or not consequence.protein:
        return ""
    if panel.known_change(consequence.gene, consequence.protein) is not None:
        return f"{name} is a known change of the panel"
    return f"{name} is in the knowledge base" if on_record(consequence.gene, consequence.protein) else ""


def _normal(panel: Panel, variant: Variant) -> Variant:
    try:
        return normalise(panel, variant)
    except InputError:
        return variant
