"""The models in three dimensions: one page that needs no network (3Dmol.js, built into the package, is inlined)."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from importlib import resources
from typing import Any

import numpy as np

from kinescape import __version__
from kinescape.errors import KinescapeError
from kinescape.palette import MODEL_STATES
from kinescape.structure.compare import BORDERLINE_NOTE, State, differences_of, nothing_differs
from kinescape.structure.holding import has_alternatives, held_differences
from kinescape.structure.model import Residue
from kinescape.structure.view_rotamers import APART, undecided_rotamers, with_rotamers
from kinescape.structure.write_pdb import pdb_text

THREEDMOL = "2.5.5"
COLOURS = MODEL_STATES
"""The wild type's, then those of the mutants."""
POCKET = 4.5
"""Å from the ligand or a changed residue within which residues are drawn as sticks."""


def viewer_available() -> bool:
    """Whether 3Dmol.js was built into the package."""
    return bool(_program_file().is_file())


def viewer_page(states: Sequence[State], ligand: str) -> str:
    """The page. Hydrogens are left out of the models; the wild type and the first mutant are shown at first.

    Raises
    ------
    KinescapeError
        3Dmol.js was not built into the package.
    """
    from jinja2 import Environment

    if not viewer_available():
        raise KinescapeError("the viewer 3Dmol.js was not built into this installation (its build needs npm)")
    program = gzip.decompress(_program_file().read_bytes()).decode("utf-8")
    source = (resources.files("kinescape") / "data" / "structure" / "viewer.html").read_text(encoding="utf-8")
    template = Environment(autoescape=True).from_string(source)
    wild_type, *others = states
    mutants = [state for state in others if state.mutant.turned is None]
    name = wild_type.mutant.model.name
    shown = [_state(state, states, number, ligand) for number, state in enumerate(states)]
    turned = has_alternatives(states)
    if turned:
        shown = with_rotamers(shown, states)
    data = {"states": shown, "pocket": _pocket(states, ligand), "ligand": ligand}
    names = ", ".join(state.name for state in mutants) or "no mutant"
    from markupsafe import Markup

    return template.render(
        title=f"{name}: {names}, with {ligand}",
        lead=f"The pocket of {ligand} in the wild type (grey) and in {names}; changed residues in orange, ligand in "
        "green, its hydrogen bonds dashed.",
        alt=f"Three-dimensional view of {ligand} in {name}, wild type and {names} laid on each other. "
        + "; ".join(f"{state.name}: hydrogen bonds to {_partners(state)}" for state in (wild_type, *mutants)),
        undecided=undecided_rotamers(states, shown) if turned else [],
        apart=APART,
        states=shown,
        rows=[row for state in states for row in _rows(state)],
        differing=_differing(states, turned),
        nothing=nothing_differs(states),
        borderline=BORDERLINE_NOTE if any(each.outside for each in differences_of(states)) else "",
        notes=_notes(states),
        version=__version__,
        threedmol=THREEDMOL,
        data=Markup(json.dumps(data).replace("</", "<\\/")),  # noqa: S704 - our own numbers and names, "</" broken up
        program=Markup(program.replace("</script", "<\\/script")),  # noqa: S704 - pinned by checksum at build time
    )


def _program_file() -> Any:
    return resources.files("kinescape") / "structure" / "assets" / "3Dmol-min.js.gz"


def _state(state: State, states: Sequence[State], number: int, ligand: str) -> dict[str, Any]:
    model = state.mutant.model
    bare = model.with_residues([each.only(each.heavy()) for each in model.residues if each.kind != "water"])
    changed = [change.number for change in state.mutant.changes]
    all_changed = sorted({change.number for each in states for change in each.mutant.changes})
    pocket, drug = _pocket(states, ligand), model.ligand(ligand)
    partners = {contact.number for contact in state.contacts if contact.kind.startswith("hydrogen bond")}
    return {
        "name": state.name,
        "colour": COLOURS[number % len(COLOURS)],
        "pdb": pdb_text(bare),
        "changed": changed or all_changed,
        "bonds": _bonds(state, ligand),
        "labels": [
            {
                "number": each.number,
                "text": _label(each, states[0], changed),
                "at": _point(each.at("CB") if each.has("CB") else each.at("CA")),
                "changed": each.number in changed,
                "rank": _rank(each, drug, changed, partners),
            }
            for each in model.protein
            if each.number in pocket
        ],
    }


def _rank(residue: Residue, drug: Residue, changed: Sequence[int], partners: set[int]) -> float:
    """Smaller is more worth a label where there is no room for all."""
    if residue.number in changed:
        return -2.0
    if residue.number in partners:
        return -1.0
    heavy = residue.positions[residue.heavy()]
    return round(float(np.linalg.norm(heavy[:, None] - drug.positions[None], axis=2).min()), 2)


def _label(residue: Residue, wild_type: State, changed: Sequence[int]) -> str:
    if residue.number not in changed:
        return residue.label
    return f"{wild_type.mutant.model.residue(residue.number).label}{residue.letter}"


def _pocket(states: Sequence[State], ligand: str) -> list[int]:
    model = states[0].mutant.model
    points = [model.ligand(ligand).positions]
    points += [model.residue(change.number).positions for state in states for change in state.mutant.changes]
    around = np.concatenate(points)
    near = [
        each.number
        for each in model.protein
        if np.linalg.norm(each.positions[:, None] - around[None], axis=2).min() < POCKET
    ]
    return sorted({*near, *(change.number for state in states for change in state.mutant.changes)})


def _bonds(state: State, ligand: str) -> list[list[dict[str, float]]]:
    model, drug = state.mutant.model, state.mutant.model.ligand(ligand)
    found = []
    for contact in state.contacts:
        if not contact.kind.startswith("hydrogen bond"):
            continue
        residue = model.residue(contact.number)
        own = [name for name in contact.ligand_atoms if name in drug.atoms]
        theirs = [name for name in contact.residue_atoms if residue.has(name)]
        if own and theirs:
            found.append([_point(drug.at(own[0])), _point(residue.at(theirs[0]))])
    return found


def _rows(state: State) -> list[dict[str, str]]:
    return [
        {
            "state": state.name,
            "residue": contact.residue,
            "kind": contact.kind,
            "atoms": f"{' '.join(contact.ligand_atoms)} - {' '.join(contact.residue_atoms)}",
            "distance": f"{contact.distance:.2f}",
        }
        for contact in state.contacts
        if contact.kind.startswith("hydrogen bond")
    ]


def _differing(states: Sequence[State], turned: bool) -> list[dict[str, str]]:
    return [
        {
            "mutant": each.difference.mutant,
            "residue": each.difference.mutant_residue,
            "kind": each.difference.kind,
            "wild_type": each.difference.lengths[0],
            "modelled": each.difference.lengths[1],
            "change": each.difference.change,
            "holds": each.words if turned else "",
        }
        for each in held_differences(states)
        if each.difference.change != "same"
    ]


def _notes(states: Sequence[State]) -> list[str]:
    """What was noted of the models, with their names where it is not of all."""
    found: dict[str, list[str]] = {}
    for state in states:
        for note in dict.fromkeys(state.mutant.model.notes):
            found.setdefault(note, []).append(state.name)
    return [note if len(names) == len(states) else f"{', '.join(names)}: {note}" for note, names in found.items()]


def _partners(state: State) -> str:
    return ", ".join(f"{row['residue']} {row['distance']} Å" for row in _rows(state)) or "none"


def _point(position: np.ndarray) -> dict[str, float]:
    x, y, z = (round(float(value), 3) for value in position)
    return {"x": x, "y": y, "z": z}
