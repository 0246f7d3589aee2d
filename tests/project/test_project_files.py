"""The files of the project agree with each other, and none of them knows the machine that it was written on."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import kinescape

PROJECT = Path(__file__).parents[2]
NOT_OURS = {".git", ".venv", ".tools", ".cache", "__pycache__", "dist", "build"}
LARGEST_FILE = 5_000_000
"""Bytes. Larger data is fetched or simulated, not kept in the history."""

MACHINE_PATH = re.compile(r"(?<![\w.:/$~}-])/(?:root|home|work|workspace|Users|mnt|scratch)/[\w.-]+")
"""Absolute paths that exist on somebody's machine only."""


def git(*arguments: str) -> list[str]:
    """Lines that a git command prints about this checkout; the test is skipped where there is none (a plain copy)."""
    if not (PROJECT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a git checkout, or no git here")
    command = ["git", "-c", f"safe.directory={PROJECT}", *arguments]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.splitlines()


def project_files() -> Iterator[Path]:
    """Files of the project: those that git tracks, or in a plain copy all but what tools put there."""
    if (PROJECT / ".git").exists() and shutil.which("git"):
        yield from (PROJECT / name for name in git("ls-files") if (PROJECT / name).is_file())
        return
    for path in PROJECT.rglob("*"):
        parts = path.relative_to(PROJECT).parts
        hidden_caches = any(part.endswith("_cache") or part == ".hypothesis" for part in parts)
        if path.is_file() and not hidden_caches and not NOT_OURS & set(parts):
            yield path


def texts() -> Iterator[tuple[str, str]]:
    for path in project_files():
        try:
            yield str(path.relative_to(PROJECT)), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def toml(name: str) -> dict[str, Any]:
    with (PROJECT / name).open("rb") as handle:
        return tomllib.load(handle)


def constant_of_bootstrap(name: str) -> Any:
    """A constant of bootstrap.py, read without running it."""
    for statement in ast.parse((PROJECT / "bootstrap.py").read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and getattr(statement.targets[0], "id", "") == name:
            return ast.literal_eval(statement.value)
    raise AssertionError(f"bootstrap.py has no {name}")


def test_no_file_names_a_path_of_one_machine() -> None:
    found = [f"{name}: {hit.group()}" for name, text in texts() for hit in MACHINE_PATH.finditer(text)]
    assert found == []


def test_no_file_is_too_large_for_the_history() -> None:
    assert [str(path) for path in project_files() if path.stat().st_size > LARGEST_FILE] == []


def test_no_tracked_file_is_ignored() -> None:
    """A tracked file that .gitignore matches would be left out of the built package."""
    assert git("ls-files", "--cached", "--ignored", "--exclude-standard") == []


def test_lock_file_knows_the_public_index_only() -> None:
    packages = toml("uv.lock")["package"]
    sources = {package["source"].get("registry", "this project") for package in packages}
    assert sources == {"https://pypi.org/simple", "this project"}
    files = [each for package in packages for each in [*package.get("wheels", []), package.get("sdist")] if each]
    assert {each["url"].split("/")[2] for each in files} == {"files.pythonhosted.org"}
    assert all(each["hash"].startswith("sha256:") for each in files)


def test_supported_python_versions_agree() -> None:
    project = toml("pyproject.toml")["project"]
    versions = constant_of_bootstrap("PYTHON_VERSIONS")
    first, beyond = versions[0], f"3.{int(versions[-1].split('.')[1]) + 1}"
    assert project["requires-python"] == f">={first},<{beyond}"
    in_classifiers = [text.rsplit(" ", 1)[1] for text in project["classifiers"] if "Python :: 3." in text]
    assert tuple(in_classifiers) == versions
    assert json.dumps(list(versions)) in (PROJECT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    assert f"python >={first},<{beyond}" in (PROJECT / "environment.yml").read_text(encoding="utf-8")


def test_environment_file_has_every_program_that_bootstrap_brings() -> None:
    text = (PROJECT / "environment.yml").read_text(encoding="utf-8")
    conda_name = {"tabix": "htslib"}
    for package in {**constant_of_bootstrap("ALIGNERS"), **constant_of_bootstrap("TEST_PROGRAMS")}:
        assert re.search(rf"^  - {conda_name.get(package, package)}\b", text, re.M), package


def test_ci_runs_the_test_command_of_the_readme_and_nothing_else() -> None:
    script = PROJECT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    lines = [line for line in script.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert lines[0] == "set -euo pipefail"
    command = lines[-1]
    assert command == "python3 bootstrap.py test"
    assert all(line.startswith(("set ", "cd ", "export ")) for line in lines[:-1])
    assert command in (PROJECT / "README.md").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/install.md"])
def test_bootstrap_commands_in_the_pages_exist(page: str) -> None:
    verbs = re.findall(r"python3 bootstrap\.py (\w+)", (PROJECT / page).read_text(encoding="utf-8"))
    assert verbs
    assert set(verbs) <= set(constant_of_bootstrap("VERBS"))


def test_version_is_a_release_number_and_licence_is_there() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", kinescape.__version__)
    assert "MIT License" in (PROJECT / "LICENSE").read_text(encoding="utf-8")
