"""The folder of an analysis: tables and figures, each saying which protocol it is of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from kinescape import __version__
from kinescape.files import write_text
from kinescape.output_folder import output_folder
from kinescape.structure.analysis.errors import Average, average
from kinescape.structure.analysis.figures import draw_occupancies, draw_rmsd, draw_rmsf
from kinescape.structure.analysis.measure import BOND_KIND, CONTACT_KIND, RMSD_KIND, Measured, Row


def write_analysis(folder: Path, arms: Sequence[Measured], rows: Sequence[Row]) -> list[str]:
    """Write everything; names of the files. ``rows`` is empty for a single arm."""
    head = f"# {arms[0].arm.label}; a model, not an experiment; research use only; kinescape {__version__}\n"
    files: list[str] = []
    with output_folder(folder, "structure analyse") as place:

        def table(name: str, columns: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
            text = head + "".join("\t".join(line) + "\n" for line in (columns, *lines))
            write_text(place / name, text)
            files.append(name)

        averages = (
            "state",
            "quantity",
            "name",
            "mean",
            "error",
            "low_95",
            "high_95",
            "replicas",
            "frames",
            "effective",
        )
        table("summary.tsv", averages, _averages(arms))
        if rows:
            columns = ("quantity", "name", arms[0].arm.state, arms[1].arm.state, "difference", "low_95", "high_95")
            table("differences.tsv", (*columns, "p_holm", "verdict"), [_row(each) for each in rows])
        table("series.tsv", ("state", "replica", "seed", "time_ns", "quantity", "name", "value"), _series(arms))
        table("rmsf.tsv", ("state", "residue", "rmsf_A", "error", "replicas"), _rmsf(arms))
        draw_rmsd(arms, place / "rmsd.svg")
        draw_rmsf(arms, place / "rmsf.svg")
        files += ["rmsd.svg", "rmsf.svg"]
        for kind, name in ((BOND_KIND, "hydrogen_bonds.svg"), (CONTACT_KIND, "contacts.svg")):
            if any(key[0] == kind for each in arms for key in each.series):
                draw_occupancies(arms, kind, place / name)
                files.append(name)
        record = {
            "kinescape": __version__,
            "research_use_only": True,
            "label": arms[0].arm.label,
            "arms": [
                {
                    "state": each.arm.state,
                    "replicas": {replica.name: replica.seed for replica in each.arm.replicas},
                    "notes": list(each.arm.notes),
                }
                for each in arms
            ],
            "errors": "larger of: between replicas; within replicas by statistical inefficiency (Chodera 2007)",
        }
        write_text(place / "analysis.json", json.dumps(record, indent=2, ensure_ascii=False) + "\n")
        files.append("analysis.json")
    return files


def _averages(arms: Sequence[Measured]) -> Iterable[Sequence[str]]:
    for each in arms:
        for (kind, _), (name, found) in each.averages().items():
            yield (each.arm.state, kind, name, *average_text(kind, found))


def average_text(kind: str, found: Average) -> tuple[str, ...]:
    """Mean, error, interval (empty for one replica), replicas, frames, independent frames.

    Intervals end where the quantity ends: an RMSD at 0, an occupancy at 0 and 1.
    """
    most = np.inf if kind == RMSD_KIND else 1.0
    return (
        f"{found.mean:.4f}",
        "" if not np.isfinite(found.error) else f"{found.error:.4f}",
        "" if found.low is None else _number(max(found.low, 0.0)),
        "" if found.high is None else _number(min(found.high, most)),
        str(found.replicas),
        str(found.frames),
        f"{found.effective:.1f}",
    )


def _row(row: Row) -> tuple[str, ...]:
    found = row.contrast
    return (
        row.kind,
        row.name,
        f"{row.wild_type.mean:.4f}",
        f"{row.mutant.mean:.4f}",
        _number(found.difference),
        _number(found.low),
        _number(found.high),
        "" if found.p is None else f"{found.p:.3g}",
        found.verdict,
    )


def _series(arms: Sequence[Measured]) -> Iterable[Sequence[str]]:
    for each in arms:
        for (kind, _), (name, runs) in each.series.items():
            for replica, values in zip(each.arm.replicas, runs, strict=True):
                for time, value in zip(each.times().tolist(), values.tolist(), strict=True):
                    shown = f"{value:.4f}" if kind == RMSD_KIND else f"{value:.0f}"
                    yield (each.arm.state, replica.name, str(replica.seed), f"{time:.5g}", kind, name, shown)


def _rmsf(arms: Sequence[Measured]) -> Iterable[Sequence[str]]:
    for each in arms:
        for number, values in each.rmsf.items():
            found = average([np.array([value]) for value in values])
            error = f"{found.error:.4f}" if len(values) > 1 else ""
            yield (each.arm.state, str(number), f"{found.mean:.4f}", error, str(len(values)))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
