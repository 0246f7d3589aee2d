"""The screen's table: what is kept of an earlier run, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinescape.errors import InputError
from kinescape.structure.screen.compare import Comparison
from kinescape.structure.screen.interval import Estimate
from kinescape.structure.screen.table import COLUMNS, empty_row, kept_rows, refuse_foreign, row_of, write_rows


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


def test_finished_rows_of_other_settings_are_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "screen.tsv"
    write_rows(path, "abc", [row_of(comparison(1.0), "crystal", (1.0, 1.0))])
    with pytest.raises(InputError, match=r"screen\.tsv: has finished rows of another screen.*found 'L1196M'"):
        kept_rows(path, "abd")
    write_rows(path, "abc", [empty_row("K5R", "VGH", "not modellable: K5R lies in a gap")])
    assert kept_rows(path, "abd") == {}
    assert kept_rows(tmp_path / "none.tsv", "abc") == {}


def test_a_table_of_another_version_is_said_to_be_one(tmp_path: Path) -> None:
    path = tmp_path / "screen.tsv"
    write_rows(path, "abc", [row_of(comparison(1.0), "crystal", (1.0, 1.0))])
    refuse_foreign(path)
    place = COLUMNS.index("delta_rotamers_kcal")
    cells = [line.split("\t") for line in path.read_text().splitlines()]
    path.write_text("".join("\t".join(line[:place] + line[place + 1 :]) + "\n" for line in cells))
    with pytest.raises(InputError, match=f"another version, with other columns; found '{len(COLUMNS)} columns'"):
        refuse_foreign(path)
    path.write_text("mine\n")
    with pytest.raises(InputError, match="was not written by a screen"):
        refuse_foreign(path)


def test_nothing_has_no_sign() -> None:
    row = row_of(comparison(-0.0004), "crystal", (1.0, 1.0))
    assert row["delta_rotamers_kcal"] == row["delta_interaction_kcal"] == "0.000"


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
