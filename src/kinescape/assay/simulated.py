"""Plates with known truth: for tests, for the coverage of intervals, and to see what an assay design can tell.

Everything made here is simulated; tables say so in their experiment names.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kinescape.errors import InputError
from kinescape.files import whole_file
from kinescape.tables import read_table

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Design:
    """How the simulated screen is plated. Scatter is a fraction of the untreated signal, or of the signal itself."""

    experiments: int = 3
    replicates: int = 3
    doses: int = 10
    dilution: float = 3.0
    untreated: int = 6
    floor_sd: float = 0.01
    well_cv: float = 0.05
    experiment_sd: float = 0.08
    """SD of log10 IC50 that all variants of one experiment share."""
    variant_sd: float = 0.04
    """SD of log10 IC50 of one variant in one experiment."""
    signal: float = 50000.0
    bottom: float = 0.02
    slope: float = 1.3


def dose_series(top: float, design: Design) -> Array:
    """Doses above 0, nM, ascending to ``top``."""
    return top / design.dilution ** np.arange(design.doses - 1, -1, -1.0)


def simulated_rows(
    truth: Mapping[tuple[str, str], float], top_dose: Mapping[str, float], design: Design, seed: int
) -> list[list[str]]:
    """Rows of a long table (after its header) for true IC50s in nM by (variant, drug)."""
    rng = np.random.default_rng(seed)
    drugs = list(dict.fromkeys(drug for _, drug in truth))
    rows: list[list[str]] = []
    for number in range(1, design.experiments + 1):
        shift = {drug: rng.normal(0.0, design.experiment_sd) for drug in drugs}
        for (variant, drug), ic50 in truth.items():
            log_ic50 = math.log10(ic50) + shift[drug] + rng.normal(0.0, design.variant_sd)
            doses = np.concatenate(
                [np.zeros(design.untreated), np.repeat(dose_series(top_dose[drug], design), design.replicates)]
            )
            signal = noisy(viability(doses, 10**log_ic50, design), design, rng)
            counts: dict[float, int] = {}
            for dose, value in zip(doses, signal, strict=True):
                counts[dose] = counts.get(dose, 0) + 1
                rows.append(
                    [f"simulated-{number}", variant, drug, f"{dose:.6g}", "nM", str(counts[dose]), f"{value:.1f}"]
                )
    return rows


def viability(dose: Array, ic50: float, design: Design) -> Array:
    """True signal over the untreated one at doses in nM."""
    return design.bottom + (1.0 - design.bottom) / (1.0 + (dose / ic50) ** design.slope)


def noisy(share: Array, design: Design, rng: np.random.Generator) -> Array:
    """Signals with scatter; a reader does not read below 0."""
    sd = np.sqrt(design.floor_sd**2 + (design.well_cv * share) ** 2)
    return np.asarray(design.signal * np.maximum(share + rng.normal(0.0, 1.0, share.size) * sd, 0.0))


HEADER: Sequence[str] = ("experiment", "variant", "drug", "dose", "dose_unit", "replicate", "signal")

BEYOND = 5.0
"""A ``>3000`` in a table of truths is simulated as this many times its bound: far enough that the assay must not
see it."""


def read_truth(path: Path, top_dose: float) -> tuple[dict[tuple[str, str], float], dict[str, float]]:
    """True IC50s (nM) by (variant, drug), and the top dose of every drug: its ``>`` bound, else ``top_dose``.

    Raises
    ------
    InputError
        A cell that is neither a number, nor ``>`` and a number, nor ``na``.
    """
    truth: dict[tuple[str, str], float] = {}
    top: dict[str, float] = {}
    for row in read_table(path, required=["variant"]):
        variant = row.text("variant")
        for drug, cell in row.cells.items():
            text = cell.strip().replace(",", "")
            if drug in {"variant", "source"} or text in {"", "na"}:
                continue
            try:
                value = float(text.removeprefix(">"))
            except ValueError:
                raise row.error("not an IC50", column=drug, expected="nM, such as 90 or >3000, or na") from None
            if not 0 < value < math.inf:
                raise row.error("not an IC50", column=drug, expected="a positive number")
            if text.startswith(">"):
                top[drug] = max(value, top.get(drug, 0.0))
                value *= BEYOND
            truth[variant, drug] = value
    if not truth:
        raise InputError("no IC50s", file=path, expected="a column variant and one column per drug")
    return truth, {drug: top.get(drug, top_dose) for _, drug in truth}


def write_simulation(truth_file: Path, output: Path, design: Design, *, top_dose: float, seed: int) -> int:
    """Simulate the plates of a table of truths into a long CSV; returns the number of wells."""
    truth, top = read_truth(truth_file, top_dose)
    rows = simulated_rows(truth, top, design, seed)
    with whole_file(output) as temporary, temporary.open("w", encoding="utf-8", newline="") as handle:
        handle.write("# simulated data\n")
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(rows)
    return len(rows)
