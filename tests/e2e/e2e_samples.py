"""What the end-to-end tests share: shallow settings, and samples made by the simulator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kinescape.panel.load import load_panel
from kinescape.simulate.sample import simulate_sample
from kinescape.simulate.spec_file import to_spec
from kinescape.simulate.truth import Truth

SHALLOW = ["--min-depth", "500", "--quiet"]
"""Shallow samples keep the tests fast; every other setting is the default."""


@dataclass(frozen=True)
class Simulated:
    """Two simulated samples and what the program made of them."""

    folder: Path
    sheet: Path
    out: Path
    compound: Truth
    gap: Truth


def make(folder: Path, sample: str, seed: int, **spec: object) -> Truth:
    values = {"sample": sample, "panel": "alk-ros1", "background": 0.0024, "molecules": 5000, **spec}
    return simulate_sample(to_spec(values), load_panel(), folder / sample, seed)
