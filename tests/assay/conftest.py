"""Fixtures of the bench stage's tests; all plates are simulated."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from bench_rows import HEADER

from kinescape.rules import PACKAGED, read_rules


@pytest.fixture(scope="session")
def rule_set():
    return read_rules(PACKAGED).rule_set("villa-2-10")


@pytest.fixture
def write_wells(tmp_path):
    """Write a long CSV from rows (lists in the order of HEADER, or dicts)."""

    def write(rows, name="wells.csv", header=HEADER) -> Path:
        path = tmp_path / name
        with path.open("w", newline="") as handle:
            writer = csv.writer(handle, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)
        return path

    return write
