"""A simulated cohort with the shape of Villa et al. 2024: made-up patients whose counts are the published ones.

From the paper (Results, Table 1 caption, Fig. 1): 15 patients (12 ALK, 3 ROS1), 5 of them with an inhibitor as first
therapy, 19 samples of 18 relapses (9 at the first inhibitor, 9 later) and one during treatment beyond progression; 7 of
18 relapse samples and 7 of 15 patients mutated; 17% after crizotinib (1 of 6), 50% after second-generation inhibitors
(4 of 8), 22% after the first inhibitor (2 of 9), 56% after more than one (5 of 9). Which patient had what is laid out
so that these counts come out. Ages, dates, responses and allele fractions are random numbers, and every row says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinescape.cohort.tables_format import TABLES

SEED = 6

Row = dict[str, str]


@dataclass(frozen=True)
class Plan:
    """One simulated patient: agents in order (chemotherapy first where it was given) and what was found at failures.

    ``sampled``: position of the line -> mutations found at its failure (empty: tested, none above the limit).
    """

    gene: str
    agents: tuple[str, ...]
    sampled: dict[int, tuple[str, ...]]
    beyond: tuple[str, ...] | None = None
    """Mutations found during treatment beyond progression on the last sampled line."""


CHEMO = "cisplatin+pemetrexed"

PLANS = (
    Plan("ALK", (CHEMO, "crizotinib", "brigatinib"), {2: ("L1196M", "G1202R")}),
    Plan("ALK", (CHEMO, "crizotinib", "alectinib"), {1: ("L1198R",)}),
    Plan("ALK", (CHEMO, "crizotinib", "alectinib", "lorlatinib"), {1: (), 2: ()}),
    Plan("ALK", (CHEMO, "crizotinib", "brigatinib", "lorlatinib"), {3: ("E1154K", "F1174L")}, beyond=("F1174L",)),
    Plan("ROS1", (CHEMO, "crizotinib", "lorlatinib"), {1: ()}),
    Plan("ALK", ("crizotinib", "brigatinib", "lorlatinib"), {1: ("C1235R", "C1237Y")}),
    Plan("ROS1", (CHEMO, "crizotinib", "lorlatinib"), {1: ()}),
    Plan("ALK", ("alectinib", "lorlatinib"), {0: ()}),
    Plan("ROS1", (CHEMO, "crizotinib"), {1: ()}),
    Plan("ALK", (CHEMO, "crizotinib", "alectinib", "lorlatinib"), {2: ("D1232N",)}),
    Plan("ALK", ("alectinib", "brigatinib"), {0: ("T1211I",)}),
    Plan("ALK", (CHEMO, "crizotinib", "alectinib"), {1: ()}),
    Plan("ALK", ("alectinib", "lorlatinib"), {0: (), 1: ()}),
    Plan("ALK", (CHEMO, "crizotinib", "ceritinib", "lorlatinib"), {2: (), 3: ("L1196P",)}),
    Plan("ALK", ("crizotinib", "alectinib", "lorlatinib"), {2: ()}),
)

MEDIAN_PFS_DAYS = {"crizotinib": 330, "ceritinib": 200, "alectinib": 480, "brigatinib": 400, "lorlatinib": 300}
CHEMO_DAYS = 130
FUSIONS = {"ALK": "EML4::ALK", "ROS1": "CD74::ROS1"}


def simulated_cohort(seed: int = SEED) -> dict[str, list[Row]]:
    """Rows of the five tables."""
    random = np.random.default_rng(seed)
    tables: dict[str, list[Row]] = {name: [] for name in TABLES}
    for number, plan in enumerate(PLANS, 1):
        _add_patient(tables, f"SIM{number:02d}", plan, random)
    return tables


def _add_patient(tables: dict[str, list[Row]], name: str, plan: Plan, random: np.random.Generator) -> None:
    diagnosis = np.datetime64("2014-01-06") + int(random.integers(0, 1800))
    day = int(random.integers(12, 45))
    for position, agent in enumerate(plan.agents):
        day = _add_line(tables, name, plan, position, agent, diagnosis, day, random)
    died = bool(random.random() < 0.6)
    follow = int(random.integers(20, 90)) if died else int(random.integers(60, 300))
    tables["patients"].append(
        {
            "patient": name,
            "gene": plan.gene,
            "diagnosis": str(diagnosis),
            "last_contact": str(diagnosis + day + follow),
            "died": str(int(died)),
            "fusion": FUSIONS[plan.gene],
            "sex": str(random.choice(["female", "male"])),
            "age": str(int(random.integers(33, 76))),
            "simulated": "1",
        }
    )


def _add_line(
    tables: dict[str, list[Row]],
    name: str,
    plan: Plan,
    position: int,
    agent: str,
    diagnosis: np.datetime64,
    start: int,
    random: np.random.Generator,
) -> int:
    """Add one line with its assessments and samples; returns the first day of the next line."""
    if agent == CHEMO:
        stop = start + int(CHEMO_DAYS * random.uniform(0.6, 1.4))
        progression = stop
    else:
        # Weibull with shape 1.3, median as given; mutated failures are neither shorter nor longer by construction.
        scale = MEDIAN_PFS_DAYS[agent] / np.log(2) ** (1 / 1.3)
        progression = start + max(60, int(scale * random.weibull(1.3)))
        is_beyond = plan.beyond is not None and position == max(plan.sampled)
        stop = progression + (int(random.integers(110, 150)) if is_beyond else int(random.integers(3, 25)))
        _add_assessments(tables, name, diagnosis, start, progression, random)
    last = position == len(plan.agents) - 1
    running = last and agent != CHEMO and position not in plan.sampled
    tables["lines"].append(
        {
            "patient": name,
            "agent": agent,
            "start": str(diagnosis + start),
            "stop": "" if running else str(diagnosis + stop),
            "reason": "ongoing" if running else "progression",
            "progression": "" if running or agent != CHEMO else str(diagnosis + progression),
            "class": "",
        }
    )
    if running:
        # The line still runs at last contact: what was planned after that day was not seen.
        tables["responses"] = [
            row for row in tables["responses"] if row["patient"] != name or row["response"] != "PD"
            or np.datetime64(row["date"]) < diagnosis + start
        ]  # fmt: skip
    if position in plan.sampled:
        _add_sample(tables, name, position, "relapse", plan.sampled[position], diagnosis + progression + 2, random)
        if plan.beyond is not None and position == max(plan.sampled):
            _add_sample(tables, name, position, "tbp", plan.beyond, diagnosis + progression + 80, random)
    return stop + int(random.integers(4, 20))


def _add_assessments(
    tables: dict[str, list[Row]],
    name: str,
    diagnosis: np.datetime64,
    start: int,
    progression: int,
    random: np.random.Generator,
) -> None:
    best = str(random.choice(["PR", "SD"], p=[0.65, 0.35]))
    day = start + int(random.integers(50, 58))
    while day < progression - 20:
        tables["responses"].append(
            {"patient": name, "date": str(diagnosis + day), "response": best, "criteria": "RECIST 1.1"}
        )
        day += int(random.integers(56, 70))
    tables["responses"].append(
        {"patient": name, "date": str(diagnosis + progression), "response": "PD", "criteria": "RECIST 1.1"}
    )


def _add_sample(
    tables: dict[str, list[Row]],
    name: str,
    position: int,
    timepoint: str,
    found: tuple[str, ...],
    date: np.datetime64,
    random: np.random.Generator,
) -> None:
    count = sum(row["patient"] == name for row in tables["samples"]) + 1
    sample = f"{name}-P{count}"
    tables["samples"].append(
        {
            "sample": sample,
            "patient": name,
            "date": str(date),
            "timepoint": timepoint,
            "line": str(position + 1),
            "tested": "yes",
            "lod": "0.006",
        }
    )
    for protein in found:
        low, high = (0.008, 0.02) if timepoint == "tbp" else (0.01, 0.2)
        vaf = float(np.exp(random.uniform(np.log(low), np.log(high))))
        tables["variants"].append({"sample": sample, "gene": "ALK", "protein": protein, "vaf": f"{vaf:.4f}"})


def write_tables(tables: dict[str, list[Row]], folder: Path) -> None:
    """Write the tables as CSV files, columns in the order of the format."""
    for name, fields in TABLES.items():
        header = [field.name for field in fields]
        lines = [",".join(header), *(",".join(row.get(column, "") for column in header) for row in tables[name])]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
