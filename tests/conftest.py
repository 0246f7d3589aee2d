"""Settings that all tests share, and the programs outside Python that some need."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

from loopback_server import Server, running_server

# Kernels compile on first use, so no single example has a fair deadline; the same examples every time, so that a red
# test is a red change.
settings.register_profile("kinescape", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("kinescape")

ALIGNERS = ("bwa", "bowtie2-align-s", "bowtie2-build-s")
"""What the marker `aligners` stands for."""


def path_of(name: str) -> str:
    """Path of a program. A test that lacks one is skipped, and fails where CI=true."""
    found = shutil.which(name)
    if found:
        return found
    message = f"the program {name} is not on PATH (python3 bootstrap.py test brings it)"
    if os.environ.get("CI") == "true":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    """Ask for a program that a test calls: ``program("bcftools")`` is its path."""
    return path_of


SYSTEM_PROGRAMS = {"browser": ("chromium",), "slurm": ("slurmctld", "slurmd", "sbatch", "munged")}
"""What a marker stands for that only an installation by root brings: skipped where it is missing, in CI too (there
bootstrap.py installs them and says so if it cannot)."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, programs in SYSTEM_PROGRAMS.items():
        if item.get_closest_marker(marker) and (missing := [name for name in programs if not shutil.which(name)]):
            pytest.skip(f"not installed: {', '.join(missing)}")
    if item.get_closest_marker("aligners"):
        for name in ALIGNERS:
            path_of(name)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A loopback web server; the program's waits between attempts are noted and not slept."""
    from kinescape import fetching

    with running_server() as state:
        monkeypatch.setattr(fetching, "_sleep", state.waits.append)
        yield state
