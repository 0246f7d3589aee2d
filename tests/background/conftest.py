"""Simulated controls and a patient of one assay, run through the real aligners once for the session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from background_samples import GERMLINE, QUIET, SHEET_HEADER, Assay, sheet_line, simulate

from kinescape.cli.main import main
from kinescape.columns.axis import Axis, panel_axis
from kinescape.panel.load import load_panel
from kinescape.panel.model import Panel


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KINESCAPE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def panel() -> Panel:
    return load_panel()


@pytest.fixture(scope="session")
def axis(panel: Panel) -> Axis:
    return panel_axis(panel)


@pytest.fixture(scope="session")
def assay(tmp_path_factory: pytest.TempPathFactory) -> Assay:
    """Three controls, one of them with a germline variant; a patient with QUIET at 0.35%, run with and without."""
    folder = tmp_path_factory.mktemp("assay")
    controls = tuple(
        simulate(folder, f"H{n}", 10 + n, germline=[{"change": GERMLINE}] if n == 1 else []) for n in (1, 2, 3)
    )
    simulate(folder, "P", 20, haplotypes=[{"name": "m", "fraction": 0.0035, "changes": [QUIET]}])
    sheet = folder / "controls.csv"
    sheet.write_text(SHEET_HEADER + "".join(sheet_line(f"H{n}", "plasma" if n == 2 else "control") for n in (1, 2, 3)))
    patients = folder / "patients.csv"
    patients.write_text(SHEET_HEADER + sheet_line("P", "plasma"))
    background = folder / "background.parquet"
    assert main(["background", str(sheet), "-o", str(background), "--quiet"]) == 0
    assert main(["run", str(patients), "-o", str(folder / "without"), "--quiet"]) == 0
    with_background = ["--background", str(background)]
    assert main(["run", str(patients), "-o", str(folder / "with"), "--quiet", *with_background]) == 0
    return Assay(folder, sheet, background, controls)
