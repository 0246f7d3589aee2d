"""Settings that all tests share, and the programs outside Python that some need."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest
from hypothesis import settings

from loopback_server import Server, running_server

# Kernels compile on first use, so no single example has a fair deadline; the same examples every time, so that a red
# test is a red change.
settings.register_profile("kinescape", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("kinescape")

ALIGNERS = ("bwa", "bowtie2-align-s", "bowtie2-build-s")
"""What the marker `aligners` stands for."""


CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""What the marker `browser` stands for: any of them."""


def path_of(name: str) -> str:
    """Path of a program. A test that lacks one is skipped, and fails where CI=true."""
    found = shutil.which(name)
    if not found:
        missing(f"the program {name} is not on PATH (python3 bootstrap.py test brings it)")
    return found


def missing(message: str) -> NoReturn:
    """Something that the test needs is not there."""
    if os.environ.get("CI") == "true":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium. A test that lacks one is skipped (in CI bootstrap.py installs it, and says if it cannot)."""
    for name in CHROMIUM:
        found = shutil.which(name)
        if found:
            return found
    pytest.skip(f"no Chromium is on PATH (any of {', '.join(CHROMIUM)}): install the system's package chromium")


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    """Ask for a program that a test calls: ``program("bcftools")`` is its path."""
    return path_of


SLURM = ("slurmctld", "slurmd", "sbatch", "munged")
"""What the marker `slurm` stands for; only an installation by root brings it (see bootstrap.py)."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") and not any(map(shutil.which, CHROMIUM)):
        pytest.skip(f"not installed: any of {', '.join(CHROMIUM)}")
    if item.get_closest_marker("slurm") and (absent := [name for name in SLURM if not shutil.which(name)]):
        pytest.skip(f"not installed: {', '.join(absent)}")
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
