"""``background.parquet``: one row per aligner, position between the primers and alternative base.

The file also carries, as text under the key ``kinescape_background``, what it was made of: see
:class:`BackgroundSource`. The same controls and version give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import numpy as np

from kinescape.call.background import SiteBackground
from kinescape.call.gap_background import GapBackground, run_lengths
from kinescape.columns.axis import BASES, Axis
from kinescape.columns.gap_fragments import KINDS
from kinescape.errors import InputError
from kinescape.files import sha256_of, whole_file
from kinescape.panel.model import Panel
from kinescape.records import BackgroundReference, InputFile, PanelReference, Record

if TYPE_CHECKING:
    import pandas as pd

FORMAT_VERSION = 2
READABLE_VERSIONS = (1, 2)
"""Version 1 has no insertions and deletions."""
METADATA_KEY = "kinescape_background"
COLUMNS: dict[str, str] = {
    "aligner": "aligner",
    "amplicon": "amplicon whose insert holds the position",
    "chrom": "chromosome",
    "pos": "1-based position",
    "ref": "reference base, plus strand",
    "alt": "alternative base, plus strand; del or ins: any deletion or insertion behind the position",
    "context": "the three reference bases around the position, plus strand; of del and ins the run behind",
    "controls": "controls that count here (a control with a germline variant here does not)",
    "fragments": "their fragments that speak, mates merged",
    "alt_fragments": "fragments that show the alternative",
    "reads": "their bases of quality >= 3",
    "alt_reads": "bases that are the alternative",
    "substitution_rate": "mean share of fragments over all sites of the substitution",
    "context_rate": "mean share of fragments in the context, shrunk to that of the substitution",
    "rate": "share of fragments expected by error in a new sample",
    "dispersion": "beta-binomial dispersion of that share in a new sample",
}
"""Columns of the file and what they hold. Whole numbers are int64, shares float64."""

Kind = Literal["controls", "samples"]
ALIGNER_COLUMNS = ("controls", "fragments", "alt_fragments", "reads", "alt_reads")
RATE_COLUMNS = ("substitution_rate", "context_rate", "rate", "dispersion")
_SITE_COLUMNS = (*ALIGNER_COLUMNS, *RATE_COLUMNS)
_GAP_COLUMNS = {
    "controls": "controls",
    "fragments": "fragments",
    "alt_fragments": "alt_fragments",
    "kind_rate": "substitution_rate",
    "run_rate": "context_rate",
    "rate": "rate",
    "dispersion": "dispersion",
}
"""What :class:`GapBackground` calls a column, and what the file does."""


class BackgroundControl(Record, frozen=True, kw_only=True):
    """A sample that the background was learned from."""

    sample: str
    inputs: tuple[InputFile, ...]
    simulated: bool


class BackgroundSource(Record, frozen=True, kw_only=True):
    """What a background was made of: panel, controls and settings."""

    format_version: int = FORMAT_VERSION
    kinescape_version: str
    kind: Kind
    """``controls``: healthy controls. ``samples``: the samples of a run, whose own low variants are in it."""
    panel: PanelReference
    controls: tuple[BackgroundControl, ...]
    mask_primers: bool
    end_mask: int
    fragment_quality: int
    """Base quality from which a mate speaks."""
    left_out_above: float
    """A sample with a larger share of an alternative is left out at that position."""
    mismatches_per_base: dict[str, float]
    """Aligner -> mismatches per mapped base over the inserts."""
    threshold: float
    """Global smallest allele fraction that follows."""


@dataclass(frozen=True)
class Background:
    """A background, ready for use: source, checksum of its file (empty before it is written), aligner -> sites.

    ``gaps``: the same for insertions and deletions; empty where the file is older than they are.
    """

    source: BackgroundSource
    sites: Mapping[str, SiteBackground]
    name: str = ""
    sha256: str = ""
    gaps: Mapping[str, GapBackground] = field(default_factory=dict)

    def reference(self) -> BackgroundReference:
        """What a result says of it."""
        source = self.source
        return BackgroundReference(
            name=self.name,
            sha256=self.sha256,
            kinescape_version=source.kinescape_version,
            kind=source.kind,
            controls=tuple(each.sample for each in source.controls),
            simulated=any(each.simulated for each in source.controls),
            mismatches_per_base=source.mismatches_per_base,
        )


def write_background(path: Path, background: Background, panel: Panel, axis: Axis) -> None:
    """Write the file, whole or not at all."""
    import pandas as pd

    tables = [background_table(background, panel, axis)]
    if background.gaps:
        tables.append(gap_table(background, panel, axis))
    table = pd.concat(tables, ignore_index=True)
    text = msgspec.json.encode(background.source, order="deterministic").decode()
    with whole_file(path) as temporary, _database() as database:
        database.register("background", table)
        database.execute(
            f"COPY (SELECT * FROM background) TO '{_quoted(str(temporary))}' "  # noqa: S608 - our own temporary name
            f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{METADATA_KEY}: '{_quoted(text)}'}})"
        )


def background_table(background: Background, panel: Panel, axis: Axis) -> pd.DataFrame:
    """The rows of the file, in the order of aligner, position and alternative."""
    import pandas as pd

    rows = np.flatnonzero(axis.in_insert)
    place, base = np.repeat(rows, 4), np.tile(np.arange(4), len(rows))
    alternative = base != axis.reference[place]
    place, base = place[alternative], base[alternative]
    letters = np.array(list(BASES), object)
    names = np.full(len(axis), "", object)
    for number, amplicon in enumerate(axis.amplicons):
        names[axis.insert(number)] = amplicon.name
    chromosomes = np.array(axis.chromosomes, object)[axis.chrom[place]]
    contexts = [
        panel.bases(chrom, int(position) - 1, int(position) + 2)
        for chrom, position in zip(chromosomes, axis.position[place], strict=True)
    ]
    parts = []
    for aligner, sites in background.sites.items():
        columns: dict[str, Any] = {
            "aligner": aligner,
            "amplicon": names[place],
            "chrom": chromosomes,
            "pos": axis.position[place] + 1,
            "ref": letters[axis.reference[place]],
            "alt": letters[base],
            "context": contexts,
        }
        columns |= {name: getattr(sites, name)[place, base] for name in (*ALIGNER_COLUMNS, *RATE_COLUMNS)}
        parts.append(pd.DataFrame(columns, columns=list(COLUMNS)))
    return pd.concat(parts, ignore_index=True)


def gap_table(background: Background, panel: Panel, axis: Axis) -> pd.DataFrame:
    """The rows of insertions and deletions, in the order of aligner, anchor and kind. They have no ``reads``."""
    import pandas as pd

    rows = np.flatnonzero(axis.in_insert)
    place, kind = np.repeat(rows, len(KINDS)), np.tile(np.arange(len(KINDS)), len(rows))
    names = np.full(len(axis), "", object)
    for number, amplicon in enumerate(axis.amplicons):
        names[axis.insert(number)] = amplicon.name
    runs = run_lengths(panel, axis)[place]
    parts = []
    for aligner, gaps in background.gaps.items():
        columns: dict[str, Any] = {
            "aligner": aligner,
            "amplicon": names[place],
            "chrom": np.array(axis.chromosomes, object)[axis.chrom[place]],
            "pos": axis.position[place] + 1,
            "ref": np.array(list(BASES), object)[axis.reference[place]],
            "alt": np.array(KINDS, object)[kind],
            "context": [f"run {run}" for run in runs.tolist()],
            "reads": 0,
            "alt_reads": 0,
        }
        columns |= {column: getattr(gaps, name)[place, kind] for name, column in _GAP_COLUMNS.items()}
        parts.append(pd.DataFrame(columns, columns=list(COLUMNS)))
    return pd.concat(parts, ignore_index=True)


def read_background(path: Path, panel: Panel, axis: Axis) -> Background:
    """Read a background and check that it belongs to the panel.

    Raises
    ------
    InputError
        No such file, not a file of ours, another panel, other positions, rows missing or doubled, values out of range.
    """
    if not path.is_file():
        raise InputError("no such file", file=path, expected="a background made by `kinescape background`")
    source, whole = _read(path)
    of_gaps = whole["alt"].isin(KINDS)
    table = whole[~of_gaps]
    if source.panel.sha256 != panel.sha256:
        raise InputError(
            "background of another panel",
            file=path,
            found=f"{source.panel.name} {source.panel.version} (sha256 {source.panel.sha256[:12]})",
            expected=f"{panel.name} {panel.version} (sha256 {panel.sha256[:12]})",
        )
    sites = {
        str(aligner): _sites(path, str(aligner), part, axis) for aligner, part in table.groupby("aligner", sort=False)
    }
    if not sites:
        raise InputError("has no rows", file=path, expected="a background made by `kinescape background`")
    gaps = {
        str(aligner): _gaps(path, str(aligner), part, axis)
        for aligner, part in whole[of_gaps].groupby("aligner", sort=False)
    }
    if source.format_version > 1 and gaps.keys() != sites.keys():
        raise InputError("has no insertions and deletions of some aligner", file=path, expected=", ".join(sites))
    return Background(source, sites, path.name, sha256_of(path), gaps)


def _read(path: Path) -> tuple[BackgroundSource, pd.DataFrame]:
    import duckdb

    faulty = InputError("is not a background", file=path, expected="a file made by `kinescape background`")
    with _database() as database:
        try:
            found = database.execute(
                "SELECT decode(value) FROM parquet_kv_metadata(?) WHERE decode(key) = ?", [str(path), METADATA_KEY]
            ).fetchone()
            table = database.execute("SELECT * FROM read_parquet(?)", [str(path)]).df()
        except duckdb.Error:
            raise faulty from None
    if found is None or list(table.columns) != list(COLUMNS):
        raise faulty
    try:
        source = msgspec.json.decode(found[0], type=BackgroundSource)
    except (msgspec.ValidationError, msgspec.DecodeError) as problem:
        raise InputError(f"its description is faulty ({problem})", file=path) from None
    if source.format_version not in READABLE_VERSIONS:
        expected = " or ".join(str(each) for each in READABLE_VERSIONS)
        raise InputError("format of another version", file=path, found=source.format_version, expected=expected)
    return source, table


def _sites(path: Path, aligner: str, table: pd.DataFrame, axis: Axis) -> SiteBackground:
    wanted = {
        (axis.chromosomes[axis.chrom[row]], int(axis.position[row]) + 1, BASES[axis.reference[row]], alt): (row, base)
        for row in np.flatnonzero(axis.in_insert).tolist()
        for base, alt in enumerate(BASES)
        if base != axis.reference[row]
    }
    return SiteBackground(
        **_arrays(path, aligner, table, wanted, (len(axis), 4), {name: name for name in _SITE_COLUMNS})
    )


def _gaps(path: Path, aligner: str, table: pd.DataFrame, axis: Axis) -> GapBackground:
    wanted = {
        (axis.chromosomes[axis.chrom[row]], int(axis.position[row]) + 1, BASES[axis.reference[row]], kind): (
            row,
            number,
        )
        for row in np.flatnonzero(axis.in_insert).tolist()
        for number, kind in enumerate(KINDS)
    }
    return GapBackground(**_arrays(path, aligner, table, wanted, (len(axis), len(KINDS)), _GAP_COLUMNS))


def _arrays(
    path: Path,
    aligner: str,
    table: pd.DataFrame,
    wanted: Mapping[tuple[str, int, str, str], tuple[int, int]],
    shape: tuple[int, int],
    columns: Mapping[str, str],
) -> dict[str, Any]:
    """Name -> array, from the columns of the same or another name; 0 or NaN where the file has no row."""
    keys = list(zip(table["chrom"], table["pos"].tolist(), table["ref"], table["alt"], strict=True))
    if set(keys) != set(wanted) or len(keys) != len(wanted):
        raise InputError(
            f"positions of {aligner} are not those of the panel",
            file=path,
            found=f"{len(keys)} rows",
            expected=f"{len(wanted)}, one per position between the primers and alternative",
        )
    place = tuple(np.array([wanted[key] for key in keys], np.int64).T)
    arrays: dict[str, Any] = {}
    for field_name, name in columns.items():
        whole = name in ALIGNER_COLUMNS
        values = table[name].to_numpy(np.int64 if whole else np.float64)
        in_range = values >= 0 if whole else (values > 0) & (values < 1)
        if not in_range.all():
            row = int(np.argmin(in_range))
            raise InputError(
                f"value of {aligner} out of range", file=path, line=row + 1, column=name, found=float(values[row])
            )
        arrays[field_name] = np.zeros(shape, np.int64) if whole else np.full(shape, np.nan)
        arrays[field_name][place] = values
    return arrays


def _database() -> Any:
    """A database in memory that keeps the order of rows and touches no file but those it is told."""
    import duckdb

    return duckdb.connect(":memory:", config={"threads": 1, "preserve_insertion_order": True})


def _quoted(text: str) -> str:
    return text.replace("'", "''")
