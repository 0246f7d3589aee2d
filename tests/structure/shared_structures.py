"""Real structures, where they are at hand: they are not part of the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "structures"


def structure_file(name: str) -> Path:
    for folder in (FOLDER, FOLDER.parents[1].parent / "shared" / "structures"):
        if (folder / name).is_file():
            return folder / name
    pytest.skip(f"{name} is not at hand (kinescape structure fetch brings it)")
