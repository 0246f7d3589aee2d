"""The viewer in the package is the one that the build names, and its licence goes with it."""

from __future__ import annotations

import ast
import gzip
import hashlib
import subprocess
import tomllib
from pathlib import Path

import pytest

from kinescape.report import inspection

PROJECT = Path(__file__).parents[2]
FOLDER = PROJECT / "src" / "kinescape" / "report" / "igv"


def named_checksum() -> str:
    for statement in ast.parse((PROJECT / "hatch_build.py").read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and getattr(statement.targets[0], "id", "") == "SHA256":
            return str(ast.literal_eval(statement.value))
    raise AssertionError("hatch_build.py names no checksum")


def test_the_build_put_the_named_program_into_the_package() -> None:
    packed = FOLDER / "igv.min.js.gz"
    assert packed.is_file(), "uv sync --reinstall-package kinescape brings it"
    content = gzip.decompress(packed.read_bytes())
    assert hashlib.sha256(content).hexdigest() == named_checksum()
    assert f'"{inspection.IGV_VERSION}"' in content.decode("utf-8")
    assert "The MIT License" in (FOLDER / "LICENSE.igv-js.txt").read_text()


def test_the_program_is_pinned_and_not_in_the_history() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    (pin,) = [each for each in project["build-system"]["requires"] if each.startswith("igv-notebook")]
    version = pin.removeprefix("igv-notebook==")
    assert [each["version"] for each in project["tool"]["uv"]["dependency-metadata"]] == [version]
    assert f"igv-notebook {version}" in (PROJECT / "hatch_build.py").read_text(encoding="utf-8")
    if not (PROJECT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "-c", f"safe.directory={PROJECT}", "ls-files", str(FOLDER)]
    tracked = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.split()
    assert [Path(each).name for each in tracked] == ["LICENSE.igv-js.txt"]
