"""Bench data with the published truth: wells of Table 2, cell counts, densitometry. All of it is simulated."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from kinescape.assay.simulated import Design, read_truth, write_simulation
from kinescape.files import write_text
from kinescape.reproduce.scale import Scale

DATA = Path(__file__).resolve().parent.parent / "data" / "villa2024"
TABLE_2 = DATA / "table2.csv"
RECIPE = DATA / "bench.yaml"

PUBLISHED, WELLS, COUNTS, LANES = "table2.csv", "wells.csv", "counts.csv", "densitometry.csv"
LABEL = "# simulated data"
UNTREATED_LANES = 2
SEED = {"wells": 2024, "counts": 29, "lanes": 8}


def recipe() -> dict[str, Any]:
    """What the project chose for the bench, see the file's head."""
    content: dict[str, Any] = yaml.safe_load(RECIPE.read_text(encoding="utf-8"))
    return content


def write_bench(folder: Path, scale: Scale) -> None:
    """The three input tables, as a lab would hand them over."""
    chosen = recipe()
    write_text(folder / PUBLISHED, TABLE_2.read_text(encoding="utf-8"))
    design = Design(experiments=scale.experiments, doses=11)
    write_simulation(TABLE_2, folder / WELLS, design, top_dose=float(chosen["top_dose_nM"]), seed=SEED["wells"])
    write_text(folder / COUNTS, "\n".join(counts(chosen["growth"], scale.experiments)) + "\n")
    write_text(folder / LANES, "\n".join(lanes(chosen["blots"], scale.experiments)) + "\n")


def counts(chosen: dict[str, Any], experiments: int) -> list[str]:
    """Lines of a table of cell counts that double in the chosen times."""
    random = np.random.default_rng(SEED["counts"])
    lines = [LABEL, "experiment,variant,time_h,count"]
    for number in range(1, experiments + 1):
        pace = random.normal(1.0, chosen["experiment_sd"])
        for variant, doubling in chosen["doubling_h"].items():
            for hours in chosen["hours"]:
                for _ in range(chosen["replicates"]):
                    cells = 1e5 * 2 ** (hours * pace / doubling) * math.exp(random.normal(0.0, chosen["scatter"]))
                    lines.append(f"simulated-{number},{variant},{hours},{cells:.0f}")
    return lines


def lanes(chosen: dict[str, Any], experiments: int) -> list[str]:
    """Lines of a table of densitometry: the unmutated fusion and one variant on each blot."""
    random = np.random.default_rng(SEED["lanes"])
    truth, _ = read_truth(TABLE_2, 1e4)
    lines = [LABEL, "experiment,variant,drug,dose,dose_unit,phospho,total"]
    for number in range(1, experiments + 1):
        for blot, panel in enumerate(chosen["panels"], 1):
            drug = panel["drug"]
            for variant in ("WT", panel["variant"]):
                for dose in [0.0] * (UNTREATED_LANES - 1) + [float(each) for each in chosen["doses_nM"]]:
                    share = 1.0 / (1.0 + dose / truth[variant, drug])
                    noise = np.exp(random.normal(0.0, chosen["scatter"], 2))
                    total = 20000.0 * noise[0]
                    phospho = total * 0.8 * chosen["basal"].get(variant, 1.0) * share * noise[1] + 20.0
                    name = f"simulated-{number} blot {blot}"
                    lines.append(f"{name},{variant},{drug},{dose:g},nM,{phospho:.0f},{total:.0f}")
    return lines
