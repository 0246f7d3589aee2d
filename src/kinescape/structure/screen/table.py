"""``screen.tsv``: one row for each mutation, whole after every row, read again when a screen goes on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from kinescape.errors import InputError
from kinescape.files import write_text
from kinescape.structure.screen.compare import Comparison
from kinescape.structure.screen.interval import Estimate
from kinescape.tables import read_table

COLUMNS = (
    "mutation",
    "ligand",
    "delta_interaction_kcal",
    "ci_low",
    "ci_high",
    "seconds",
    "status",
    "pose",
    "delta_lennard_jones_kcal",
    "delta_electrostatic_kcal",
    "delta_coulomb_kcal",
    "delta_binding_kcal",
    "binding_ci_low",
    "binding_ci_high",
    "delta_rotamers_kcal",
    "delta_nucleotide_kcal",
    "nucleotide_ci_low",
    "nucleotide_ci_high",
    "delta_minus_nucleotide_kcal",
    "distance_angstrom",
    "rotamers",
    "replicates",
    "atoms",
    "cpu_seconds",
    "notes",
)
SETTINGS = "settings"
"""The last column: a checksum of all that the row depends on."""
Row = dict[str, str]


def row_of(
    drug: Comparison,
    pose: str,
    seconds: tuple[float, float],
    nucleotide: Comparison | None = None,
    notes: Sequence[str] = (),
) -> Row:
    """A finished row; ``seconds`` by the clock and of CPU time, ``notes`` what the mutant's model lacks."""
    row = dict.fromkeys(COLUMNS, "")
    row |= {
        "mutation": drug.mutation,
        "ligand": drug.ligand,
        "seconds": f"{seconds[0]:.1f}",
        "cpu_seconds": f"{seconds[1]:.1f}",
        "status": "done",
        "pose": pose,
        "delta_lennard_jones_kcal": f"{drug.lennard_jones.mean:z.3f}",
        "delta_electrostatic_kcal": f"{drug.electrostatic.mean:z.3f}",
        "delta_coulomb_kcal": f"{drug.coulomb.mean:z.3f}",
        "delta_rotamers_kcal": f"{drug.confinement.mean:z.3f}",
        "distance_angstrom": f"{drug.distance:.2f}",
        "rotamers": str(drug.rotamers),
        "replicates": str(drug.replicates),
        "atoms": str(drug.atoms),
        "notes": " ".join(notes),
    }
    row |= _cells(drug.interaction, "delta_interaction_kcal", "ci_low", "ci_high")
    row |= _cells(drug.binding, "delta_binding_kcal", "binding_ci_low", "binding_ci_high")
    if nucleotide is not None:
        row |= _cells(nucleotide.interaction, "delta_nucleotide_kcal", "nucleotide_ci_low", "nucleotide_ci_high")
        row["delta_minus_nucleotide_kcal"] = f"{drug.interaction.mean - nucleotide.interaction.mean:z.3f}"
    return row


def empty_row(mutation: str, ligand: str, status: str) -> Row:
    """A row without numbers: ``status`` says why."""
    return dict.fromkeys(COLUMNS, "") | {"mutation": mutation, "ligand": ligand, "status": status}


def write_rows(path: Path, settings: str, rows: Sequence[Mapping[str, str]]) -> None:
    """Write the whole table; ``settings`` is a checksum of all that the numbers depend on."""
    lines = ["\t".join((*COLUMNS, SETTINGS))]
    lines += ["\t".join((*(row[name] for name in COLUMNS), settings)) for row in rows]
    write_text(path, "\n".join(lines) + "\n")


def refuse_foreign(path: Path) -> None:
    """An InputError where ``path`` is a file that this version's screen has not written: it would be replaced."""
    if not path.exists():
        return
    try:
        with path.open(encoding="utf-8") as handle:
            header = tuple(handle.readline().rstrip("\n").split("\t"))
    except (OSError, UnicodeDecodeError):
        header = ()
    if header == (*COLUMNS, SETTINGS):
        return
    if header[:3] == COLUMNS[:3] and header[-1] == SETTINGS:
        raise InputError(
            "was written by a screen of another version, with other columns",
            file=path,
            found=f"{len(header)} columns",
            expected=f"{len(COLUMNS) + 1} columns; another folder after -o",
        )
    raise InputError("is there and was not written by a screen", file=path, expected="another folder after -o")


def kept_rows(path: Path, settings: str) -> dict[str, Row]:
    """Finished rows of an earlier run with the same settings, by mutation; none where there is no such table.

    Raises
    ------
    InputError
        As :func:`refuse_foreign`; or there are finished rows of other settings: the table would be replaced, and they
        would be lost.
    """
    refuse_foreign(path)
    if not path.exists():
        return {}
    table = (row.cells for row in read_table(path, required=(*COLUMNS, SETTINGS), delimiter="\t"))
    done = [cells for cells in table if cells["status"] == "done"]
    if others := [cells["mutation"] for cells in done if cells[SETTINGS] != settings]:
        raise InputError(
            "has finished rows of another screen, which would be lost",
            file=path,
            found=", ".join(others),
            expected="the same structure, drug, replicates, seed and version, or another folder after -o",
        )
    return {cells["mutation"]: {name: cells[name] for name in COLUMNS} for cells in done}


def _cells(estimate: Estimate, mean: str, low: str, high: str) -> Row:
    cells = {mean: estimate.mean, low: estimate.low, high: estimate.high}
    return {name: "" if math.isnan(value) else f"{value:z.3f}" for name, value in cells.items()}
