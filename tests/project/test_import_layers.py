"""The stages import downwards only, and the contract that says so names every module there is."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import kinescape

PROJECT = Path(__file__).parents[2]
PACKAGE = Path(kinescape.__file__).parent


def layers() -> list[str]:
    with (PROJECT / "pyproject.toml").open("rb") as handle:
        (contract,) = tomllib.load(handle)["tool"]["importlinter"]["contracts"]
    found: list[str] = contract["layers"]
    return found


def test_contract_holds() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 kept, 0 broken" in done.stdout


def test_every_module_has_its_layer() -> None:
    named = set(re.findall(r"kinescape\.(\w+)", " ".join(layers())))
    modules = {path.stem for path in PACKAGE.glob("*.py")} | {path.parent.name for path in PACKAGE.glob("*/*.py")}
    assert modules - {"__init__", "data"} - named == set()


def test_no_module_is_named_for_leftovers() -> None:
    leftovers = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}
    assert [
        str(path) for path in PACKAGE.rglob("*.py") if path.stem in leftovers or path.parent.name in leftovers
    ] == []


@pytest.mark.parametrize("stage", sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py")))
def test_packages_hold_no_code_in_init(stage: str) -> None:
    """A stage's ``__init__`` says what the stage is and may name its entry; the work stands in modules of their own."""
    text = (PACKAGE / stage / "__init__.py").read_text(encoding="utf-8")
    assert re.findall(r"^(?:def|class|for|while|with|try)\b.*", text, re.M) == []
