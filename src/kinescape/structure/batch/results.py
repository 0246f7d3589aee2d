"""How the lines of a plan ended, and the tables that say so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from kinescape import __version__
from kinescape.structure.batch.plan import Task
from kinescape.structure.batch.requests import protocol_of, site_key
from kinescape.structure.dynamics.record import RECORD
from kinescape.structure.dynamics.replica import DONE
from kinescape.structure.screen.table import COLUMNS, Row

SCREEN, SIMULATIONS, SUMMARY = "screen.tsv", "simulations.tsv", "summary.tsv"
ARMS = "simulations"
SCREEN_COLUMNS = ("name", "structure", "chain", "drug", *COLUMNS, "seed")
SIMULATION_COLUMNS = (
    *("name", "structure", "chain", "ligand", "drug", "mutation", "protocol", "nanoseconds", "replicas"),
    *("replicas_done", "seed", "platform", "status", "folder"),
)
HEAD = f"# kinescape {__version__}: models, not measurements. Research use only.\n"
NOT_ASKED = "not asked"
"""Stands where the plan has no such pair of mutant and drug."""


@dataclass(frozen=True)
class Result:
    """How one line of the plan ended. ``row`` is a screen's; where it has no numbers its ``status`` says why."""

    task: Task
    state: Literal["done", "kept", "failed"]
    error: str = ""
    bad_input: bool = False
    row: Row | None = None


@dataclass(frozen=True)
class Matrix:
    """Mutants by drugs, in the order of the plan; ``cells`` has a row of the screen for each pair that was asked."""

    mutations: tuple[str, ...]
    drugs: tuple[str, ...]
    cells: dict[tuple[str, str], Row]


def arm_folder(out: Path, task: Task) -> Path:
    """``OUT/simulations/NAME``: the folder of a simulation, as ``structure simulate`` writes it."""
    return out / ARMS / task.name


def stem_of(path: Path) -> str:
    """Name of a structure's file without its suffixes."""
    return path.name.split(".")[0]


def matrix_of(results: Sequence[Result]) -> Matrix:
    """The screens of a plan as mutants by drugs."""
    screens = [each for each in results if each.row is not None]
    labels = _labels([each.task for each in screens])
    cells: dict[tuple[str, str], Row] = {}
    for each in screens:
        if each.row is not None:
            cells.setdefault((each.task.mutation, labels[site_key(each.task)]), each.row)
    mutations = tuple(dict.fromkeys(each.task.mutation for each in screens))
    return Matrix(mutations, tuple(dict.fromkeys(labels[site_key(each.task)] for each in screens)), cells)


def _labels(tasks: Sequence[Task]) -> dict[tuple[object, ...], str]:
    """What a drug on a structure is called; where that is not enough, its settings too."""
    first = {site_key(task): task for task in tasks}
    plain = {
        key: f"{task.drug} ({stem_of(task.structure)}{', placed' if task.place else ''})" for key, task in first.items()
    }
    taken = list(plain.values())
    return {
        key: label
        if taken.count(label) == 1
        else f"{label[:-1]}, chain {first[key].shown_chain}, {first[key].ligand}, seed {first[key].seed}, "
        f"{first[key].replicas} starts{', with nucleotide' if first[key].atp_model else ''})"
        for key, label in plain.items()
    }


def screen_table(results: Sequence[Result]) -> str:
    """All rows of the screens, in the order of the plan."""
    lines = ["\t".join(SCREEN_COLUMNS)]
    for each in results:
        if each.row is not None:
            task = each.task
            own = {"name": task.name, "structure": stem_of(task.structure), "chain": task.shown_chain}
            cells = {**each.row, **own, "drug": task.drug, "seed": str(task.seed)}
            lines.append("\t".join(cells[name] for name in SCREEN_COLUMNS))
    return HEAD + "\n".join(lines) + "\n"


def summary_table(matrix: Matrix) -> str:
    """Mutants by drugs: ``delta [low, high]`` in kcal/mol, or why there is no number."""
    lines = ["\t".join(["mutation", *matrix.drugs])]
    for mutation in matrix.mutations:
        shown = [in_words(matrix.cells.get((mutation, drug))) for drug in matrix.drugs]
        lines.append("\t".join([mutation, *shown]))
    what = "# delta_interaction_kcal [95% interval over starts]: mutant minus wild type; positive is held less well\n"
    return HEAD + what + "\n".join(lines) + "\n"


def in_words(row: Row | None) -> str:
    """A row in one cell."""
    if row is None:
        return NOT_ASKED
    if row["status"] != "done":
        return row["status"]
    return f"{row['delta_interaction_kcal']} [{row['ci_low']}, {row['ci_high']}]"


def simulation_table(results: Sequence[Result], out: Path) -> str:
    """All simulations, in the order of the plan, with what lies in their folders."""
    lines = ["\t".join(SIMULATION_COLUMNS)]
    for each in results:
        if each.task.kind == "simulate":
            cells = _simulation_cells(each, out)
            lines.append("\t".join(cells[name] for name in SIMULATION_COLUMNS))
    return HEAD + "\n".join(lines) + "\n"


def _simulation_cells(result: Result, out: Path) -> dict[str, str]:
    task = result.task
    folder, protocol = arm_folder(out, task), protocol_of(task)
    done = sum((folder / f"replica-{number}" / DONE).is_file() for number in range(1, task.replicas + 1))
    return {
        "name": task.name,
        "structure": stem_of(task.structure),
        "chain": task.shown_chain,
        "ligand": task.ligand,
        "drug": task.drug,
        "mutation": task.mutation,
        "protocol": protocol.label,
        "nanoseconds": f"{protocol.time_ns:g}",
        "replicas": str(task.replicas),
        "replicas_done": str(done),
        "seed": str(task.seed),
        "platform": ", ".join(dict.fromkeys(str(each.get("platform")) for each in _hardware(folder))),
        "status": "done" if result.state != "failed" else "failed: " + " ".join(result.error.split()),
        "folder": str(folder.relative_to(out)),
    }


def _hardware(folder: Path) -> list[dict[str, Any]]:
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))["hardware"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
