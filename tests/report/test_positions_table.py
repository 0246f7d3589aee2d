"""positions.tsv.gz: read back as text and through its index."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pysam
import pytest

from kinescape.errors import KinescapeError
from kinescape.report.positions import COLUMNS, write_positions


def table(length: int = 5) -> dict[str, Any]:
    columns: dict[str, Any] = {name: np.arange(length) for name in COLUMNS}
    columns["chrom"] = np.array(["chr2"] * (length - 2) + ["chr6"] * 2)
    columns["pos"] = np.array([*range(100, 100 + length - 2), 7, 8])
    columns["ref"] = np.array(list("ACGTN"))[:length]
    columns["amplicon"] = ["ALK_E22"] * length
    columns["background"] = np.array([0.0008, np.nan, 1 / 3, 1e-7, np.inf])[:length]
    columns["lod95"] = [0.0061, None, 0.25, 1.0, None]
    return columns


def rows(path: Path) -> list[dict[str, str]]:
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    names = lines[0].split("\t")
    return [dict(zip(names, line.split("\t"), strict=True)) for line in lines[1:]]


def test_values_come_back_and_unknown_ones_are_a_point(tmp_path: Path) -> None:
    path = tmp_path / "positions.tsv.gz"
    write_positions(path, table() | {"deletions": np.array([0, 1, 2, 3, 4])})
    read = rows(path)
    assert list(read[0]) == [*COLUMNS, "deletions"]
    assert [row["pos"] for row in read] == ["100", "101", "102", "7", "8"]
    assert [row["background"] for row in read] == ["0.0008", ".", "0.333333", "1e-07", "."]
    assert [row["lod95"] for row in read] == ["0.0061", ".", "0.25", "1", "."]
    assert [row["deletions"] for row in read] == ["0", "1", "2", "3", "4"]


def test_tabix_finds_a_position(tmp_path: Path) -> None:
    path = tmp_path / "positions.tsv.gz"
    write_positions(path, table())
    with pysam.TabixFile(str(path)) as handle:
        assert handle.contigs == ["chr2", "chr6"]
        (line,) = handle.fetch("chr2", 100, 101)  # 0-based half-open: position 101
        assert line.split("\t")[:3] == ["chr2", "101", "C"]
        assert len(list(handle.fetch("chr6"))) == 2


def test_the_same_columns_give_the_same_bytes(tmp_path: Path) -> None:
    write_positions(tmp_path / "a.tsv.gz", table())
    write_positions(tmp_path / "b.tsv.gz", table())
    assert (tmp_path / "a.tsv.gz").read_bytes() == (tmp_path / "b.tsv.gz").read_bytes()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: t.pop("lod95"), "column lod95 is missing"),
        (lambda t: t.update(depth=np.arange(4)), "differ in length"),
        (lambda t: t.update(depth=np.zeros((5, 1))), "differ in length"),
        (lambda t: t.update(pos=np.array([100, 99, 101, 7, 8])), "chr2:99 stands after 100"),
        (lambda t: t.update(chrom=["chr2", "chr6", "chr2", "chr6", "chr6"]), "chr2 stands in two blocks"),
        (lambda t: t.update(amplicon=["a\tb"] * 5), "a line end or a tab"),
    ],
)
def test_a_table_that_cannot_be_indexed_is_refused(change: Any, told: str, tmp_path: Path) -> None:
    columns = table()
    change(columns)
    with pytest.raises(KinescapeError, match=told):
        write_positions(tmp_path / "positions.tsv.gz", columns)
    assert list(tmp_path.iterdir()) == []
