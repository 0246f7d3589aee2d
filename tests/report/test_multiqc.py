"""The files that MultiQC finds, and a real MultiQC run over them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from example_results import EXAMPLES, below_depth, control

from kinescape.report.multiqc import multiqc_files

SECTIONS = {"general", "gates", "findings", "reads", "depth", "background", "positions"}


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return multiqc_files([make() for make in EXAMPLES.values()])


def section(files: dict[str, str], name: str) -> dict:
    return json.loads(files[f"kinescape_{name}_mqc.json"])


def test_every_section_has_a_file_that_multiqc_finds(files: dict[str, str]) -> None:
    assert set(files) == {f"kinescape_{name}_mqc.json" for name in SECTIONS}
    for name in SECTIONS:
        assert section(files, name)["id"] == f"kinescape_{name}"
        assert len(section(files, name)["data"]) == len(EXAMPLES)


def test_the_numbers_are_those_of_the_results(files: dict[str, str]) -> None:
    made = below_depth()
    row = section(files, "general")["data"][made.sample.sample]
    assert row["gate"] == "Fail"
    assert "limit" not in row, "no limit can be stated, and none is invented"
    counts = section(files, "positions")["data"][made.sample.sample]
    assert sum(counts.values()) == len(made.known_positions)
    assert counts["not_detected"] == 0
    rates = section(files, "background")["data"]
    assert rates[f"{control().sample.sample} (control)"] == control().qc.mismatches_per_base


def test_simulated_samples_are_named_as_such(files: dict[str, str]) -> None:
    assert "SIMULATED" in section(files, "findings")["description"]


def test_a_run_without_results_has_no_files() -> None:
    assert multiqc_files([]) == {}


@pytest.mark.slow
def test_a_real_multiqc_shows_the_run_without_configuration(files: dict[str, str], tmp_path: Path) -> None:
    """MultiQC is run as a program of its own, fetched by uv; it is no part of kinescape."""
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("no uv to fetch MultiQC with")
    folder = tmp_path / "out" / "multiqc"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH")}
    command = [
        uv,
        "tool",
        "run",
        "multiqc",
        "--no-version-check",
        "-o",
        str(tmp_path / "report"),
        str(tmp_path / "out"),
    ]
    try:
        there = subprocess.run(
            [uv, "tool", "run", "multiqc", "--version"], env=environment, capture_output=True, text=True, timeout=300,
            check=False, cwd=tmp_path,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        pytest.skip("MultiQC could not be fetched in five minutes")
    if there.returncode != 0:
        pytest.skip(f"MultiQC cannot be had here: {there.stderr.strip()[-200:]}")
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=300, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    for name in SECTIONS - {"general"}:
        assert f"kinescape_{name}: Found" in done.stdout + done.stderr
    page = (tmp_path / "report" / "multiqc_report.html").read_text(encoding="utf-8")
    assert all(f'id="mqc-section-wrapper-kinescape_{name}"' in page or f"kinescape_{name}" in page for name in SECTIONS)
    table = (tmp_path / "report" / "multiqc_data" / "multiqc_general_stats.txt").read_text(encoding="utf-8")
    assert below_depth().sample.sample in table
