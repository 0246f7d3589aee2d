"""Rows of simulated plates, and reading of tables, for the tests of the bench stage."""

from __future__ import annotations

import csv

import numpy as np

HEADER = ["experiment", "variant", "drug", "dose", "dose_unit", "replicate", "signal"]
DOSES = [0.0, *(3000 / 3.0 ** np.arange(8, -1, -1))]


def curve_rows(experiment, variant, drug, ic50, *, rng, doses=DOSES, replicates=3, sd=0.03, bottom=0.02, unit="nM"):
    """Rows of one curve; IC50 in nM, None for a drug without effect."""
    rows = []
    for dose in doses:
        share = 1.0 if ic50 is None else bottom + (1 - bottom) / (1 + (dose / ic50) ** 1.3)
        for replicate in range(1, replicates + 1):
            signal = 50000 * max(share + rng.normal(0, sd), 0)
            rows.append([experiment, variant, drug, f"{dose:.6g}", unit, replicate, f"{signal:.1f}"])
    return rows


def screen_rows(truth, *, experiments=3, seed=1, shift=0.08, **options):
    """Rows of several experiments; ``truth`` maps (variant, drug) to IC50 in nM."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(1, experiments + 1):
        day = 10 ** rng.normal(0, shift)
        for (variant, drug), ic50 in truth.items():
            own = None if ic50 is None else ic50 * day * 10 ** rng.normal(0, 0.03)
            rows += curve_rows(f"exp{number}", variant, drug, own, rng=rng, **options)
    return rows


def read_tsv(path):
    with path.open() as handle:
        return list(csv.DictReader(handle, delimiter="\t"))
