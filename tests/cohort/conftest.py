"""Tables that the tests of the cohort share."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kinescape.cli.main import main
from kinescape.cohort.simulate import simulated_cohort, write_tables

DATA = Path(__file__).parents[1] / "data" / "cohort"


def _lifelines_table(name: str) -> Path:
    spec = importlib.util.find_spec("lifelines")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("lifelines is not installed")
    return Path(spec.submodule_search_locations[0]) / "datasets" / name


@pytest.fixture(scope="session")
def shipped() -> Callable[[str], Path]:
    """Path of a data set that ships with lifelines, found without importing it (that takes seconds)."""
    return _lifelines_table


@pytest.fixture(scope="session")
def tables() -> Path:
    """Folder of the typed-in tables."""
    return DATA


@pytest.fixture(scope="session")
def expected() -> dict:
    """What R printed."""
    return json.loads((DATA / "r_survival.json").read_text())


@pytest.fixture
def run_survival(tmp_path: Path) -> Callable[..., dict]:
    """Run ``cohort survival`` and return its JSON."""

    def run(table: Path, *options: str) -> dict:
        out = tmp_path / "out"
        code = main(["cohort", "survival", str(table), "--no-figures", "-o", str(out), *options])
        assert code == 0
        return json.loads((out / "survival.json").read_text())

    return run


@pytest.fixture
def cohort_folder(tmp_path: Path) -> Path:
    """The simulated cohort as CSV files."""
    folder = tmp_path / "cohort"
    folder.mkdir()
    write_tables(simulated_cohort(), folder)
    return folder
