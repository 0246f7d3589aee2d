"""Undecided rotamers in the page of models: what of each is drawn beside the chosen one, and what it is called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kinescape.palette import MODEL_STATES
from kinescape.structure.compare import State

APART = 0.5
"""Å from where the chosen model has it, from which a residue or a hydrogen bond of another rotamer is drawn too."""


def with_rotamers(shown: Sequence[dict[str, Any]], states: Sequence[State]) -> list[dict[str, Any]]:
    """What the page has of the states, with what it needs where some are models of undecided rotamers.

    ``colour``: of the mutants as without alternatives; those of one mutant differ from it, the wild type and one
    another. ``tip``: the rotamer's name at the end of the side chain. For the model of an undecided rotamer also
    ``of`` (number of the chosen model), ``turned`` and ``moved`` (residue numbers), ``bondsApart`` (hydrogen bonds that
    the chosen model does not have there).
    """
    found: list[dict[str, Any]] = []
    mutants = 0
    numbers = {state.name: number for number, state in enumerate(states)}
    unused = MODEL_STATES[sum(state.mutant.turned is None for state in states) :]
    with_others = {state.of for state in states if state.mutant.turned is not None}
    for each, state in zip(shown, states, strict=True):
        more: dict[str, Any] = {"colour": MODEL_STATES[mutants % len(MODEL_STATES)]}
        if (turned := state.mutant.turned) is not None:
            of = numbers[turned.of]
            number = next(change.number for change in state.mutant.changes if change.name == turned.mutation)
            pocket = {label["number"] for label in each["labels"]} - {number}
            # Colours of no mutant as long as there are any.
            free = unused or [colour for colour in MODEL_STATES[1:] if colour != found[of]["colour"]]
            more = {
                "colour": free[(len(found) - of - 1) % len(free)],
                "of": of,
                "turned": [number],
                "moved": [place for place in sorted(pocket) if _apart(states[of], state, place)],
                "tip": _tip(state, number),
                "bondsApart": [bond for bond in each["bonds"] if not _has(shown[of]["bonds"], bond)],
            }
        else:
            mutants += 1
            if state.name in with_others and state.rotamer:
                more["tip"] = _tip(state, state.mutant.changes[0].number)
        found.append({**each, **more})
    return found


def undecided_rotamers(states: Sequence[State], shown: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of buttons: for each mutant that has undecided rotamers the chosen one and the others."""
    rows: dict[str, dict[str, Any]] = {}
    for number, (state, each) in enumerate(zip(states, shown, strict=True)):
        if (turned := state.mutant.turned) is None:
            continue
        several = "+" in turned.of
        row = rows.setdefault(
            turned.of, {"name": turned.of, "chosen": "" if several else f"[{turned.chosen}]", "rotamers": []}
        )
        row["rotamers"].append(
            {
                "number": number,
                "name": state.name,
                "energy": f"{turned.energy:.1f}",
                "text": f"{f'{turned.mutation}[{turned.rotamer}]' if several else turned.rotamer} +{turned.energy:.1f}",
                "colour": each["colour"],
                "shown": each["of"] == 1,
            }
        )
    return list(rows.values())


def _tip(state: State, number: int) -> dict[str, Any]:
    residue = state.mutant.model.residue(number)
    heavy = residue.positions[residue.heavy()]
    x, y, z = heavy[np.linalg.norm(heavy - residue.at("CA"), axis=1).argmax()].tolist()
    return {"text": state.rotamer, "at": {"x": round(x, 3), "y": round(y, 3), "z": round(z, 3)}}


def _apart(chosen: State, other: State, number: int) -> bool:
    one, same = chosen.mutant.model.residue(number), other.mutant.model.residue(number)
    names = [one.atoms[place] for place in np.flatnonzero(one.heavy())]
    return any(float(np.linalg.norm(one.at(name) - same.at(name))) >= APART for name in names)


def _has(bonds: Sequence[Sequence[dict[str, float]]], bond: Sequence[dict[str, float]]) -> bool:
    ends = np.array([list(end.values()) for end in bond])
    return any(
        float(np.linalg.norm(np.array([list(end.values()) for end in each]) - ends, axis=1).max()) < APART
        for each in bonds
    )
