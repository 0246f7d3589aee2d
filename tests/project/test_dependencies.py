"""What the product stands on: licences that allow it, a bill of materials that is whole, known faults."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "dependencies.py"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    if not TOOL.exists():
        pytest.skip("tools/ is not part of this copy (a source distribution)")
    spec = importlib.util.spec_from_file_location("dependencies_tool", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def needed(tool: ModuleType) -> dict:
    try:
        return tool.runtime()
    except SystemExit as missing:
        pytest.skip(str(missing))


def test_the_closure_is_that_of_the_package(needed: dict) -> None:
    assert {"click", "numba", "pysam", "llvmlite", "snakemake", "openmm"} <= set(needed)
    assert not {"pytest", "hypothesis", "ruff", "sphinx", "lifelines"} & set(needed)


def test_licences_allow_the_product(tool: ModuleType, needed: dict) -> None:
    licences = {name: tool.licence_of(each) for name, each in needed.items()}
    assert list(tool.faults(licences)) == []
    assert all(licences.values()), "a package without a stated licence"
    unneeded = [name for name in tool.EXCEPTIONS if name not in licences]
    assert unneeded == [], "exceptions for packages that are not needed"


@pytest.mark.parametrize(
    ("licence", "permitted"),
    [
        ("MIT", True),
        ("GPL-3.0-or-later", False),
        ("GNU General Public License v3 (GPLv3)", False),
        ("AGPL-3.0", False),
        ("LGPL-3.0-or-later", True),
        ("GNU Lesser General Public License v2 (LGPLv2)", True),
        ("GPL-2.0 OR MIT", True),
        ("MIT AND GPL-2.0", False),
        ("Proprietary", False),
        ("", False),
    ],
)
def test_which_licences_are_permitted(licence: str, permitted: bool, tool: ModuleType) -> None:
    assert (list(tool.faults({"some-package": licence})) == []) is permitted


@pytest.mark.slow
def test_bill_of_materials(tool: ModuleType, needed: dict, tmp_path: Path) -> None:
    path = tmp_path / "sbom.json"
    command = [sys.executable, str(TOOL), "sbom", "-o", str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    bill = json.loads(path.read_text())
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "kinescape"
    listed = {tool.canonicalize_name(each["name"]): each for each in bill["components"]}
    assert set(listed) == set(needed)
    for name, component in listed.items():
        assert component["version"] == needed[name].version
        assert component["licenses"], name
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    version = SchemaVersion.from_version(bill["specVersion"])
    assert JsonStrictValidator(version).validate_str(path.read_text()) is None


@pytest.mark.slow
def test_no_known_faults() -> None:
    if shutil.which("uv") is None:
        pytest.skip("uv, which reads the lock, is not on PATH")
    done = subprocess.run(
        [sys.executable, str(TOOL), "audit"], capture_output=True, text=True, timeout=500, check=False
    )
    if done.returncode == 3:
        pytest.skip(f"the service that knows the faults of packages did not answer: {done.stdout.strip()}")
    assert done.returncode == 0, done.stdout
