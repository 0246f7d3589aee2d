"""Plasma and controls: simulated reads with the published truth, run as any other samples are."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import msgspec

from kinescape.cohort.simulate import simulated_cohort, write_tables
from kinescape.files import write_text
from kinescape.reproduce.scale import Scale
from kinescape.simulate.cohort import Described, Progress, recipe_samples, write_cohort
from kinescape.simulate.truth import Truth

RECIPE = Path(__file__).resolve().parent.parent / "data" / "villa2024" / "plasma.yaml"
CONTROLS_SHEET = "controls.csv"
TRUTH_TABLE = "truth.tsv"
CLINIC = "clinic"
TRUTH_COLUMNS = ("sample", "chrom", "pos", "ref", "alt", "name", "stated_vaf", "drawn_vaf")


@dataclass(frozen=True)
class PutIn:
    """One change that was put into one sample; ``pos`` is 1-based."""

    sample: str
    chrom: str
    pos: int
    ref: str
    alt: str
    name: str
    stated_vaf: float
    drawn_vaf: float


def described(scale: Scale) -> list[Described]:
    """The samples at this scale; patient, date, therapy and line come from the simulated cohort."""
    tables = simulated_cohort()
    rows = {row["sample"]: row for row in tables["samples"]}
    fusion = {row["patient"]: row["fusion"] for row in tables["patients"]}
    agents: dict[str, list[str]] = {}
    for line in tables["lines"]:
        agents.setdefault(line["patient"], []).append(line["agent"])
    found: list[Described] = []
    controls = 0
    for spec, row in recipe_samples(RECIPE):
        if row["role"] == "control":
            controls += 1
            if controls > scale.controls:
                continue
        else:
            clinical = rows[spec.sample]
            number = int(clinical["line"])
            row |= {
                "patient": clinical["patient"],
                "date": clinical["date"],
                "timepoint": clinical["timepoint"],
                "line": str(number),
                "therapy": agents[clinical["patient"]][number - 1],
                "fusion": fusion[clinical["patient"]],
            }
        # The recipe gives one number for all amplicons.
        pairs = max(scale.least_pairs, round(cast(int, spec.pairs) * scale.pairs_share))
        found.append((msgspec.structs.replace(spec, pairs=pairs), row))
    return found


def write_plasma(folder: Path, scale: Scale, *, seed: int, threads: int, progress: Progress | None) -> None:
    """Reads, sheets of all samples and of the controls, the truth as a table, and the clinical tables.

    The clinical tables hold no variants: what is mutated is to come out of the reads.
    """
    written = write_cohort(described(scale), folder, seed=seed, threads=threads, progress=progress)
    lines = written.sheet.read_text(encoding="utf-8").splitlines()
    role = lines[0].split(",").index("role")
    controls = [lines[0], *(line for line in lines[1:] if line.split(",")[role] == "control")]
    write_text(folder / CONTROLS_SHEET, "\n".join(controls) + "\n")
    write_truth(written.truths, folder / TRUTH_TABLE)
    tables = simulated_cohort()
    tables["variants"] = []
    clinic = folder / CLINIC
    clinic.mkdir()
    write_tables(tables, clinic)


def write_truth(truths: Sequence[Truth], path: Path) -> None:
    """The truth of all samples as one table (positions 1-based)."""
    lines = ["\t".join(TRUTH_COLUMNS)]
    for truth in truths:
        for each in truth.variants:
            variant = each.variant
            cells = (truth.sample, variant.chrom, variant.pos, variant.ref, variant.alt, each.texts[0])
            lines.append("\t".join([*map(str, cells), f"{each.stated_vaf:.5f}", f"{each.drawn_vaf:.5f}"]))
    write_text(path, "\n".join(lines) + "\n")


def read_truth(path: Path) -> list[PutIn]:
    """What :func:`write_truth` wrote."""
    with path.open(encoding="utf-8", newline="") as handle:
        return [
            PutIn(
                row["sample"],
                row["chrom"],
                int(row["pos"]),
                row["ref"],
                row["alt"],
                row["name"],
                float(row["stated_vaf"]),
                float(row["drawn_vaf"]),
            )
            for row in csv.DictReader(handle, delimiter="\t")
        ]
