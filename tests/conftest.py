"""Settings that all tests share, and the programs outside Python that some need."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from typing import NoReturn

import pytest
from hypothesis import settings

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
    """Path of a Chromium. A test that lacks one is skipped, and fails where CI=true."""
    for name in CHROMIUM:
        found = shutil.which(name)
        if found:
            return found
    missing(f"no Chromium is on PATH (any of {', '.join(CHROMIUM)}): install the system's package chromium")


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    """Ask for a program that a test calls: ``program("bcftools")`` is its path."""
    return path_of


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("aligners"):
        for name in ALIGNERS:
            path_of(name)
