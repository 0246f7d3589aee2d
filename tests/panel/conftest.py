"""Panels that the tests look at: the packaged one, a synthetic gene on the plus strand, and copies to spoil."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from panel_samples import SYNTHETIC

from kinescape.panel.load import PACKAGED, load_panel
from kinescape.panel.model import Panel


@pytest.fixture(scope="session")
def panel() -> Panel:
    return load_panel()


@pytest.fixture(scope="session")
def synthetic() -> Panel:
    return load_panel(SYNTHETIC)


@pytest.fixture
def own_panel(tmp_path: Path) -> Path:
    """A user's copy of the packaged panel, without checksums."""
    folder = tmp_path / "mine"
    shutil.copytree(PACKAGED / "alk-ros1", folder)
    manifest = folder / "panel.yaml"
    manifest.write_text(re.sub(r"    sha256: .*\n", "", manifest.read_text()))
    return folder


@pytest.fixture
def spoil(own_panel: Path) -> Callable[[str, str, str], int]:
    """Replace the first occurrence of a text in a file of the user's panel; the line on which it stood."""

    def replace(name: str, old: str, new: str) -> int:
        path = own_panel / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        return text[: text.index(old)].count("\n") + 1

    return replace
