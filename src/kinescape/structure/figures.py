"""Pictures of a comparison: which residue holds the ligand in which state; the mutant laid on the wild type."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kinescape.files import whole_file
from kinescape.palette import (
    CHANGED_RESIDUE,
    CONTACTS,
    LIGAND_MODEL,
    MODEL_INK,
    MODEL_NOTE,
    MUTANT_MODEL,
    REFERENCE_MODEL,
)
from kinescape.structure.compare import State, borderline_of
from kinescape.structure.geometry import Points
from kinescape.structure.label_places import Label, place_labels
from kinescape.structure.model import Residue
from kinescape.structure.mutant import UNDECIDED
from kinescape.structure.sidechain import bonds_within

GREY, ORANGE, BLUE = REFERENCE_MODEL, CHANGED_RESIDUE, MUTANT_MODEL
LETTERS = {
    "hydrogen bond": "H",
    "salt bridge": "S",
    "pi": "π",
    "cation": "π",
    "halogen bond": "X",
    "hydrophobic": "O",
    "van der Waals": "•",
    "water bridge": "W",
}
"""What stands in a cell of the map, by the beginning of a kind's name."""
WIDTH, TURNED = 1.15, 0.75
"""Inches of the map per state, and per model of an undecided rotamer."""
TOUCH, MOST_KINDS = 0.35, 3
"""What a van der Waals contact adds to a cell's colour, where any other kind adds 1; the darkest colour."""


def draw_map(states: Sequence[State], path: Path) -> None:
    """Residues by states: each cell has a letter per kind of contact, and is the darker the more kinds there are.

    A van der Waals contact, which nearly every residue of a pocket has, counts for less (:data:`TOUCH`). A bar with
    numbers explains the colours. A kind that is borderline in a state stands in brackets there, and adds no colour.
    Models of undecided rotamers stand right of their mutant's, named by the rotamer alone; what belongs to one mutant
    stands between wider gaps.
    """
    plt = _pyplot()
    numbers = sorted({contact.number for state in states for contact in state.contacts})
    wild = {each.number: each.label for each in states[0].mutant.model.protein}
    turned = [column for column, state in enumerate(states) if state.mutant.turned is not None]
    figure, axes = plt.subplots(
        figsize=(max(3.6, 1.9 + WIDTH * (len(states) - len(turned)) + TURNED * len(turned)), 2.5 + 0.3 * len(numbers)),
        layout="constrained",
    )
    weight = np.zeros((len(numbers), len(states)))
    borderline = borderline_of(states)
    for column, state in enumerate(states):
        theirs = {each.number: each.label for each in state.mutant.model.protein}
        for row, number in enumerate(numbers):
            kinds = list(dict.fromkeys(each.kind for each in state.contacts if each.number == number))
            weight[row, column] = sum(TOUCH if kind.startswith("van") else 1.0 for kind in kinds)
            letters = [_letter(kind) for kind in kinds]
            just = [_letter(kind) for number_of, kind in borderline[column] if number_of == number]
            letters += [f"({each})" for each in just if each not in letters]
            text = " ".join(dict.fromkeys(letters))
            if theirs.get(number) != wild.get(number):
                text = f"{theirs.get(number, '')[:1]}: {text}".rstrip(": ")
            dark = weight[row, column] >= 2.0
            axes.text(column, row, text, ha="center", va="center", fontsize=9, color="white" if dark else MODEL_INK)
    image = axes.imshow(weight, cmap="Blues", vmin=0, vmax=MOST_KINDS, aspect="auto")
    image.set_zorder(0)
    axes.set_xticks(range(len(states)), _columns(states), rotation=30, ha="left", fontsize=9)
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(numbers)), [wild.get(number, str(number)) for number in numbers], fontsize=9)
    axes.set_xticks(np.arange(-0.5, len(states)), minor=True)
    axes.set_yticks(np.arange(-0.5, len(numbers)), minor=True)
    axes.grid(which="minor", color="white", linewidth=1.5)
    if turned:
        for column in range(1, len(states)):
            if states[column].of != states[column - 1].of:
                axes.axvline(column - 0.5, color="white", linewidth=7)
    axes.tick_params(which="both", length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    shown = list(dict.fromkeys(_start(each.kind) for state in states for each in state.contacts))
    key = [f"{LETTERS[start]} {_full(start)}" for start in CONTACTS if start in shown]
    lines = ["   ".join(key[place : place + 2]) for place in range(0, len(key), 2)]
    if any(borderline):
        lines.append("(X): borderline, the same atoms just beyond a criterion")
    if turned:
        lines.append(f"[rotamer] over the columns: those within {UNDECIDED:g} kJ/mol")
    lines.append("empty: no contact" + ("   M: residue of the mutant" if len(states) > 1 else ""))
    axes.set_xlabel("\n".join(lines), fontsize=8, color=MODEL_NOTE)
    bar = figure.colorbar(
        image, ax=axes, location="bottom", shrink=0.9, aspect=22, extend="max", ticks=range(MOST_KINDS + 1)
    )
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8, length=2, colors=MODEL_NOTE)
    bar.set_label(f"kinds of contact in a cell (touches count {TOUCH:g})", fontsize=8, color=MODEL_NOTE)
    _save(figure, path)


def _columns(states: Sequence[State]) -> list[str]:
    """What stands over the columns: names; of a residue's undecided rotamers the rotamer, and so of the chosen one."""
    names = []
    for state in states:
        several = any(other.mutant.turned is not None and other.of == state.name for other in states)
        if state.mutant.turned is not None and "+" not in state.of:
            names.append(f"[{state.rotamer}]")
        else:
            names.append(f"{state.name}[{state.rotamer}]" if several and state.rotamer else state.name)
    return names


def draw_overlay(wild_type: State, mutant: State, ligand: str, path: Path) -> None:
    """The pocket of the mutant on that of the wild type, seen across the ligand's plane. Sticks, no hydrogens."""
    plt = _pyplot()
    from matplotlib.collections import LineCollection

    drug = wild_type.mutant.model.ligand(ligand)
    changed = {change.number for change in mutant.mutant.changes}
    centres = [drug.positions] + [wild_type.mutant.model.residue(number).positions for number in changed]
    wild = _near(wild_type, drug, changed)
    theirs = [mutant.mutant.model.residue(each.number) for each in wild]
    view = _view(drug.positions, centres)
    figure, axes = plt.subplots(figsize=(7.5, 6), layout="constrained")
    depths = []
    for residues, colour, width, order in ((wild, GREY, 2.4, 1), (theirs, BLUE, 1.7, 2)):
        for residue in residues:
            shade = ORANGE if colour == BLUE and residue.number in changed else colour
            segments, depth = _sticks(residue, view)
            depths += depth
            axes.add_collection(
                LineCollection(
                    segments,
                    colors=shade,
                    linewidths=[width * (2.0 if shade == ORANGE else 1.0) * _nearness(z) for z in depth],
                    alpha=0.95,
                    capstyle="round",
                    zorder=order + (2 if shade == ORANGE else 0),
                )
            )
    segments, depth = _sticks(drug, view)
    axes.add_collection(LineCollection(segments, colors=LIGAND_MODEL, linewidths=4.0, capstyle="round", zorder=5))
    axes.autoscale_view()
    axes.margins(0.08)
    axes.set_aspect("equal")
    axes.axis("off")
    axes.set_title(f"{mutant.name} on the wild type ({wild_type.mutant.model.name})", loc="left", fontsize=12)
    for colour, text in ((GREY, "wild type"), (BLUE, mutant.name), (ORANGE, "changed residue"), (LIGAND_MODEL, ligand)):
        axes.plot([], [], color=colour, linewidth=4, label=text)
    figure.legend(loc="outside lower left", fontsize=8, frameon=False, ncols=4)
    labels = [
        Label(
            f"{residue.label}{other.letter}" if residue.number in changed else residue.label,
            (other.positions[other.heavy()] @ view)[-1, :2],
            residue.number in changed,
        )
        for residue, other in zip(wild, theirs, strict=True)
    ]
    drawn = [segment for residue in (drug, *wild, *theirs) for segment in _sticks(residue, view)[0]]
    place_labels(axes, labels, drawn)
    _save(figure, path)


def _near(state: State, drug: Residue, changed: set[int]) -> list[Residue]:
    model = state.mutant.model
    targets = [drug.positions, *(model.residue(number).positions for number in sorted(changed))]
    found = []
    for residue in model.protein:
        distances = [np.linalg.norm(residue.positions[:, None] - target[None], axis=2).min() for target in targets]
        if residue.number in changed or min(distances[0], *(each + 0.5 for each in distances[1:]), 99.0) < 4.2:
            found.append(residue)
    return found


def _view(drug: Points, centres: list[Points]) -> Points:
    """Rotation (3, 3) whose columns are right, up and towards the reader: the ligand's widest plane is the paper."""
    _, _, axes = np.linalg.svd(drug - drug.mean(axis=0))
    right, up = axes[0], axes[1]
    towards = np.cross(right, up)
    # What was changed should lie above the ligand, not behind the caption.
    if len(centres) > 1 and (np.concatenate(centres[1:]).mean(axis=0) - drug.mean(axis=0)) @ up < 0:
        up, towards = -up, -towards
    return np.stack([right, up, towards], axis=1)


def _sticks(residue: Residue, view: Points) -> tuple[list[Any], list[float]]:
    bare = residue.only(residue.heavy())
    seen = bare.positions @ view
    segments, depth = [], []
    for one, others in enumerate(bonds_within(bare)):
        for other in others:
            if other > one:
                segments.append([seen[one, :2], seen[other, :2]])
                depth.append(float(seen[one, 2] + seen[other, 2]) / 2)
    return segments, [z - float(np.mean(seen[:, 2])) for z in depth]


def _nearness(z: float) -> float:
    return float(np.clip(1.0 + 0.06 * z, 0.6, 1.5))


def _letter(kind: str) -> str:
    return LETTERS[_start(kind)]


def _start(kind: str) -> str:
    return next(start for start in LETTERS if kind.startswith(start))


def _full(start: str) -> str:
    return {
        "pi": "ring",
        "cation": "ring and charge",
        "hydrophobic": "hydrophobic contact",
        "van der Waals": "touches",
    }.get(start, start)


def _pyplot() -> Any:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams["svg.hashsalt"] = "kinescape"
    return plt


def _save(figure: Any, path: Path) -> None:
    import matplotlib.pyplot as plt

    metadata = {"Date": None} if path.suffix == ".svg" else {"Software": None}
    with whole_file(path) as temporary:
        figure.savefig(temporary, dpi=150, metadata=metadata)
    plt.close(figure)
