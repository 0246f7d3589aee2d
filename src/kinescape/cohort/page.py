"""One interactive page of a cohort: self-contained, works without a network."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from kinescape.cohort.figures.swimmer import treatment_span
from kinescape.cohort.json_numbers import Json
from kinescape.cohort.model import Cohort
from kinescape.cohort.response import best_responses
from kinescape.palette import drug_colour, ink_on, page_variables

MOST_PATIENTS = 2000
"""Patients that a page holds; larger cohorts are cut, and the page says so."""

MOST_POINTS = 3000
"""Steps of a curve that a page holds."""


def write_page(cohort: Cohort, summary: Any, path: Path) -> None:
    """Write the page: swimmer plot to sort and filter, curves to read off, counts."""
    template = (resources.files("kinescape") / "data" / "cohort" / "page.html").read_text(encoding="utf-8")
    data = json.dumps(page_data(cohort, summary), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # "</" would end the script element that carries the data.
    template = template.replace("/*PALETTE*/", page_variables())
    path.write_text(template.replace("/*DATA*/null", data.replace("</", "<\\/")), encoding="utf-8", newline="\n")


def page_data(cohort: Cohort, summary: Any) -> Json:
    """What the page draws."""
    origins = treatment_span(cohort)[0][:MOST_PATIENTS]
    patients = [_patient(cohort, row, float(origin)) for row, origin in enumerate(origins)]
    _add_lines(cohort, patients)
    _add_samples(cohort, patients)
    agents = {line["agent"]: line["colour"] for one in patients for line in one["lines"]}
    return {
        "version": summary["kinescape_version"],
        "simulated": cohort.simulated,
        "patients": patients,
        "all_patients": len(cohort.patients),
        "agents": dict(sorted(agents.items())),
        "counts": summary["counts"],
        "curves": _curves(summary),
        "refused": summary["os"]["ever_mutated_from_diagnosis"]["reason"],
    }


def _patient(cohort: Cohort, row: int, origin: float) -> dict[str, Any]:
    patients = cohort.patients
    return {
        "name": str(patients.name[row]),
        "gene": str(patients.gene[row]),
        "fusion": str(patients.fusion[row]),
        "origin": origin,
        "end": float(patients.last_contact[row]) - origin,
        "died": bool(patients.died[row]),
        "lines": [],
        "samples": [],
    }


def _add_lines(cohort: Cohort, patients: list[dict[str, Any]]) -> None:
    lines = cohort.lines
    best = best_responses(cohort.responses, lines)
    for row in np.flatnonzero(lines.patient < len(patients)).tolist():
        one = patients[int(lines.patient[row])]
        start = float(lines.start[row]) - one["origin"]
        if start < 0:
            continue
        agent = "chemotherapy" if lines.kind[row] == "chemotherapy" else str(lines.agent[row])
        stop, progression = float(lines.stop[row]), float(lines.progression[row])
        one["lines"].append(
            {
                "agent": agent,
                "colour": drug_colour(agent),
                "ink": ink_on(drug_colour(agent)),
                "start": start,
                "stop": one["end"] if np.isnan(stop) else stop - one["origin"],
                "running": bool(np.isnan(stop)),
                "progression": None if np.isnan(progression) else progression - one["origin"],
                "best": best.get(row, ""),
                "tki": int(lines.tki_number[row]),
            }
        )


def _add_samples(cohort: Cohort, patients: list[dict[str, Any]]) -> None:
    samples, variants = cohort.samples, cohort.variants
    found: dict[int, list[str]] = {}
    for sample, gene, protein, vaf in zip(
        variants.sample.tolist(), variants.gene.tolist(), variants.protein.tolist(), variants.vaf.tolist(), strict=True
    ):
        found.setdefault(sample, []).append(f"{gene} {protein} {100 * vaf:.2g}%")
    for row in np.flatnonzero(samples.patient < len(patients)).tolist():
        one = patients[int(samples.patient[row])]
        one["samples"].append(
            {
                "name": str(samples.name[row]),
                "day": float(samples.day[row]) - one["origin"],
                "timepoint": str(samples.timepoint[row]),
                "state": cohort.state(row),
                "lod": None if np.isnan(samples.lod[row]) else float(samples.lod[row]),
                "variants": found.get(row, []),
            }
        )


def _curves(summary: Any) -> list[Json]:
    """Every estimable analysis: label, headline, and the steps of its curves."""
    parts = [summary["pfs"]["by_mutation"], *summary["pfs"]["by_mutation_and_gene"].values(), summary["pfs"]["by_line"]]
    parts += [summary["os"][key] for key in ("all", "from_sample", "delayed_entry", "time_varying")]
    shown: list[Json] = []
    for part in parts:
        if not part["estimable"]:
            continue
        groups = [
            {
                "name": name,
                "n": part["groups"][name]["n"],
                "events": part["groups"][name]["events"],
                "median": part["medians"][name]["text"],
                **{key: curve[key][:MOST_POINTS] for key in ("time", "survival", "ci_low", "ci_high", "at_risk")},
            }
            for name, curve in part["curves"].items()
        ]
        shown.append({"label": part["label"], "headline": part["headline"], "notes": part["notes"], "groups": groups})
    return shown
