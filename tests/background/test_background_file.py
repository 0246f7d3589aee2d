"""``background.parquet``: what is written is read, the same bytes every time, and bad files are named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import msgspec
import numpy as np
import pytest
from drawn_gaps import drawn_gaps

from kinescape import __version__
from kinescape.call.background import fit_background
from kinescape.call.background_file import (
    COLUMNS,
    METADATA_KEY,
    Background,
    BackgroundControl,
    BackgroundSource,
    read_background,
    write_background,
)
from kinescape.call.gap_background import fit_gap_background
from kinescape.columns.axis import Axis
from kinescape.errors import InputError
from kinescape.panel.model import Panel
from kinescape.records import PanelReference


@pytest.fixture(scope="module")
def background(panel: Panel, axis: Axis) -> Background:
    rng = np.random.default_rng(1)
    counts = []
    for _ in range(3):
        each = rng.binomial(9000, 5e-4, (len(axis), 4))
        each[np.arange(len(axis)), axis.reference] = 9000
        counts.append(each.astype(np.int64))
    source = BackgroundSource(
        kinescape_version=__version__,
        kind="controls",
        panel=PanelReference(
            name=panel.name, version=panel.version, genome=panel.genome, sha256=panel.sha256, reference="windows"
        ),
        controls=(BackgroundControl(sample="it's H1", inputs=(), simulated=True),),
        mask_primers=True,
        end_mask=8,
        fragment_quality=20,
        left_out_above=0.05,
        mismatches_per_base={"bwa": 0.0024, "bowtie2": 0.0023},
        threshold=0.006,
    )
    sites = fit_background(axis, counts, counts)
    gaps = fit_gap_background(panel, axis, [drawn_gaps(panel, axis, rng) for _ in range(3)])
    return Background(source, {"bwa": sites, "bowtie2": sites}, gaps={"bwa": gaps, "bowtie2": gaps})


@pytest.fixture
def written(background: Background, panel: Panel, axis: Axis, tmp_path: Path) -> Path:
    path = tmp_path / "background.parquet"
    write_background(path, background, panel, axis)
    return path


def test_what_is_written_is_read(written: Path, background: Background, panel: Panel, axis: Axis) -> None:
    again = read_background(written, panel, axis)
    assert again.source == background.source
    assert again.name == "background.parquet"
    for aligner, sites in background.sites.items():
        for name in ("controls", "fragments", "alt_fragments", "reads", "alt_reads", "rate", "dispersion"):
            np.testing.assert_array_equal(getattr(again.sites[aligner], name), getattr(sites, name))
        for name in ("controls", "fragments", "alt_fragments", "kind_rate", "run_rate", "rate", "dispersion"):
            np.testing.assert_array_equal(
                getattr(again.gaps[aligner], name), getattr(background.gaps[aligner], name), err_msg=name
            )


def test_a_file_of_the_first_version_has_no_gaps(
    written: Path, background: Background, panel: Panel, axis: Axis
) -> None:
    older = msgspec.structs.replace(background.source, format_version=1)
    again = read_background(rewritten(written, "SELECT * FROM '{path}' WHERE length(alt) = 1", older), panel, axis)
    assert again.sites.keys() == {"bwa", "bowtie2"}
    assert again.gaps == {}


def test_a_file_of_this_version_without_gaps_is_incomplete(
    written: Path, background: Background, panel: Panel, axis: Axis
) -> None:
    with pytest.raises(InputError, match="has no insertions and deletions of some aligner"):
        read_background(
            rewritten(written, "SELECT * FROM '{path}' WHERE length(alt) = 1", background.source), panel, axis
        )


def test_same_background_same_bytes(
    written: Path, background: Background, panel: Panel, axis: Axis, tmp_path: Path
) -> None:
    write_background(tmp_path / "again.parquet", background, panel, axis)
    assert (tmp_path / "again.parquet").read_bytes() == written.read_bytes()
    assert list(tmp_path.glob(".*")) == []


def test_any_reader_of_parquet_sees_one_row_per_site(written: Path, axis: Axis) -> None:
    rows = duckdb.sql(f"SELECT * FROM '{written}'")  # the documented schema
    assert rows.columns == list(COLUMNS)
    # Three alternative bases, any deletion, any insertion.
    assert len(rows.fetchall()) == 2 * 5 * int(axis.in_insert.sum())
    (first,) = duckdb.sql(f"SELECT DISTINCT context[2] = ref FROM '{written}' WHERE length(alt) = 1").fetchall()
    assert first == (True,)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "is not a background"), (b"PAR1 but not really", "is not a background"), (None, "no such file")],
)
def test_not_a_background(content: bytes | None, words: str, tmp_path: Path, panel: Panel, axis: Axis) -> None:
    path = tmp_path / "b.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_background(path, panel, axis)


def test_parquet_of_something_else(tmp_path: Path, panel: Panel, axis: Axis) -> None:
    duckdb.sql("SELECT 1 AS a").write_parquet(str(tmp_path / "b.parquet"))
    with pytest.raises(InputError, match="is not a background"):
        read_background(tmp_path / "b.parquet", panel, axis)


def rewritten(path: Path, query: str, source: BackgroundSource) -> Path:
    text = msgspec.json.encode(source).decode().replace("'", "''")
    changed = path.with_name("changed.parquet")
    duckdb.sql(
        f"COPY (SELECT * FROM ({query.format(path=path)})) TO '{changed}' "
        f"(FORMAT parquet, KV_METADATA {{{METADATA_KEY}: '{text}'}})"
    )
    return changed


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT * FROM '{path}' LIMIT 100", "positions of bwa are not those of the panel"),
        ("SELECT * FROM '{path}' UNION ALL (SELECT * FROM '{path}' LIMIT 1)", "positions of bwa are not those"),
        ("SELECT * REPLACE (pos + 1 AS pos) FROM '{path}'", "positions of bwa are not those of the panel"),
        ("SELECT * REPLACE (2.0::DOUBLE AS rate) FROM '{path}'", "column rate: value of bwa out of range"),
        ("SELECT * REPLACE (-1::BIGINT AS reads) FROM '{path}'", "column reads: value of bwa out of range"),
        ("SELECT * FROM '{path}' WHERE false", "has no rows"),
    ],
)
def test_faulty_rows(query: str, words: str, written: Path, background: Background, panel: Panel, axis: Axis) -> None:
    with pytest.raises(InputError, match=words):
        read_background(rewritten(written, query, background.source), panel, axis)


def test_another_panel(background: Background, panel: Panel, axis: Axis, tmp_path: Path) -> None:
    other = msgspec.structs.replace(background.source.panel, sha256="0" * 64, name="other")
    source = msgspec.structs.replace(background.source, panel=other)
    write_background(tmp_path / "b.parquet", replace(background, source=source), panel, axis)
    with pytest.raises(InputError, match="background of another panel; found 'other"):
        read_background(tmp_path / "b.parquet", panel, axis)


def test_faulty_description(written: Path, background: Background, panel: Panel, axis: Axis) -> None:
    newer = msgspec.structs.replace(background.source, format_version=99)
    with pytest.raises(InputError, match="format of another version; found 99; expected 1"):
        read_background(rewritten(written, "SELECT * FROM '{path}'", newer), panel, axis)
