"""The screen's table: what is kept of an earlier run, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinescape.structure.screen.compare import Comparison
from kinescape.structure.screen.interval import Estimate
from kinescape.structure.screen.table import COLUMNS, empty_row, kept_rows, row_of, write_rows


def comparison(mean: float, high: float = 2.0) -> Comparison:
    one = Estimate(mean, mean - 1.0, high)
    return Comparison("L1196M", "VGH", one, one, one, one, one, one, 3.68, 2, 856, 4)


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "screen.tsv"
    rows = [
        row_of(comparison(1.0), "crystal", (12.34, 11.5)),
        empty_row("K5R", "VGH", "not modellable: K5R lies in a gap"),
    ]
    write_rows(path, "abc", rows)
    assert kept_rows(path, "abc") == {"L1196M": rows[0]}
    assert path.read_text().splitlines()[0].split("\t") == [*COLUMNS, "settings"]
    assert rows[0]["delta_nucleotide_kcal"] == ""
    assert (rows[0]["seconds"], rows[0]["cpu_seconds"]) == ("12.3", "11.5")


def test_other_settings_keep_nothing(tmp_path: Path) -> None:
    path = tmp_path / "screen.tsv"
    write_rows(path, "abc", [row_of(comparison(1.0), "crystal", (1.0, 1.0))])
    assert kept_rows(path, "abd") == {}
    assert kept_rows(tmp_path / "none.tsv", "abc") == {}


def test_a_failed_row_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "screen.tsv"
    write_rows(path, "abc", [empty_row("L1196M", "VGH", "failed: the energy of the model is not finite")])
    assert kept_rows(path, "abc") == {}


def test_the_nucleotide_is_set_against_the_drug() -> None:
    row = row_of(comparison(3.0), "crystal", (1.0, 1.0), comparison(1.25))
    assert row["delta_minus_nucleotide_kcal"] == "1.750"
    assert row["delta_nucleotide_kcal"] == "1.250"


def test_no_interval_is_an_empty_cell() -> None:
    nan = float("nan")
    row = row_of(Comparison("A1G", "VGH", *[Estimate(1.0, nan, nan)] * 6, 1.0, 1, 10, 1), "crystal", (1.0, 1.0))
    assert row["ci_low"] == row["ci_high"] == ""
    assert float(row["delta_interaction_kcal"]) == pytest.approx(1.0)
