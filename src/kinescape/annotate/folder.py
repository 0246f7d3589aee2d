"""Where slices lie: one folder for each source, with the slice, its tabix index and its manifest.

::

    FOLDER/clinvar/slice.vcf.gz  slice.vcf.gz.tbi  manifest.yaml
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec

from kinescape.annotate.sources import SOURCES, Source
from kinescape.errors import InputError

SLICE, INDEX, MANIFEST = "slice.vcf.gz", "slice.vcf.gz.tbi", "manifest.yaml"
PACKAGED = Path(__file__).resolve().parent.parent / "data" / "annotation"
ENVIRONMENT = "KINESCAPE_ANNOTATION"


class Stretch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stretch of the genome that the source was cut to: 1-based, inclusive."""

    chrom: str
    first: int
    last: int


class InputNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that a slice was made of. ``sha256`` is empty where only parts of a remote file were read."""

    name: str
    bytes: int
    sha256: str
    md5: str = ""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a slice is, and what it was made of."""

    source: str
    version: str
    date: str
    """Of the source, ``YYYY-MM-DD``; not of the cutting."""
    licence: str
    url: str
    genome: str
    panel: str
    inputs: tuple[InputNote, ...]
    covered: tuple[Stretch, ...]
    """Where the source was looked at. A variant outside was not consulted."""
    complete: bool = True
    """False: an excerpt that lists some variants only, so a variant that it lacks was not consulted."""
    records: int
    slice_sha256: str
    index_sha256: str
    notes: tuple[str, ...] = ()
    """Repairs and peculiarities of the input, in words."""

    @property
    def stated(self) -> str:
        """``4.1 (2024-04-19)``, as results state it; an excerpt says that it is one."""
        return f"{self.version} ({self.date})" + ("" if self.complete else ", excerpt")

    @property
    def positions(self) -> int:
        """Bases of the genome that were looked at."""
        return sum(each.last - each.first + 1 for each in self.covered)

    @property
    def covered_sha256(self) -> str:
        """SHA-256 of where the source was looked at, and of whether everything there is listed."""
        stretches = sorted((each.chrom, each.first, each.last) for each in self.covered)
        return hashlib.sha256(repr((self.complete, stretches)).encode()).hexdigest()

    def covers(self, chrom: str, first: int, last: int) -> bool:
        """Whether the source was looked at over the 1-based ``[first, last]``."""
        return any(each.chrom == chrom and each.first <= first and last <= each.last for each in self.covered)


def user_folder() -> Path:
    """``$KINESCAPE_ANNOTATION``, else ``annotation`` in the user's data folder."""
    given = os.environ.get(ENVIRONMENT)
    if given:
        return Path(given)
    from platformdirs import user_data_path

    return user_data_path("kinescape") / "annotation"


def installed(folder: Path) -> dict[str, Path]:
    """Source key -> folder of its slice, for what lies in ``folder``."""
    return {key: folder / key for key in SOURCES if any((folder / key / name).exists() for name in (MANIFEST, SLICE))}


def read_manifest(folder: Path, source: Source) -> Manifest:
    """The manifest of one slice; InputError when it is missing, malformed or another source's."""
    path = folder / MANIFEST
    try:
        manifest = msgspec.yaml.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise InputError("no such file", file=path, expected="the manifest of the slice beside it") from None
    except (msgspec.DecodeError, ValueError, RecursionError) as problem:
        what = " ".join(str(problem).split())
        raise InputError(f"is not the manifest of a slice ({what})", file=path) from None
    except OSError as problem:
        raise InputError(f"cannot be read ({problem.strerror})", file=path) from None
    if manifest.source != source.key:
        raise InputError("is the manifest of another source", file=path, found=manifest.source, expected=source.key)
    return manifest


def manifest_text(manifest: Manifest) -> bytes:
    """The manifest as YAML."""
    return msgspec.yaml.encode(manifest)
