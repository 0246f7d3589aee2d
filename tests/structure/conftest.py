"""All tests of this folder need the extra."""

from __future__ import annotations

import importlib.util
import os
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
if importlib.util.find_spec("openmm") is None and os.environ.get("CI") != "true":
    # Without the extra there is nothing to collect; CI has it, and fails where it has not.
    collect_ignore_glob = ["test_*.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in Path(item.fspath).parents:
            item.add_marker(pytest.mark.structure)


@pytest.fixture(autouse=True)
def _third_party_warnings() -> None:
    # MDAnalysis warns of its own modules while ProLIF imports it.
    warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"MDAnalysis\..*")
    warnings.filterwarnings("ignore", message=r".*MDAnalysis\.topology\.tables.*", category=DeprecationWarning)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run `kinescape structure ...`: exit code, output, errors."""
    from kinescape.cli.main import main

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main(["structure", *(str(each) for each in arguments)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run
