"""The surroundings of a ligand and of a mutated site, cut out of a model: small enough to be minimised in seconds.

What is cut is closed off with caps that sit where the neighbouring residue's atoms are, so that no charge and no
hole appears at a cut. Atoms near the ligand or the site move; the rest of the piece stands still and is felt.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kinescape.structure.ligands.whole import WholeLigand
from kinescape.structure.model import Model, Residue, bonded

KEEP = 7.0
"""Residues with a heavy atom within this distance (Å) of the ligand or of a mutated side chain are in the piece."""
MOVE = 4.5
"""Residues within this distance (Å) of either move; the rest of the piece stands still."""
C_H, N_H = 1.09, 1.01
"""Bond lengths of a cap's hydrogens, in ångström."""

Key = tuple[int, str]


@dataclass(frozen=True)
class Pocket:
    """A piece of a model. ``mobile`` names the residues whose atoms move (the ligand's always do)."""

    model: Model
    mobile: frozenset[Key]
    sites: tuple[int, ...]


def cut_pocket(
    model: Model,
    ligand: WholeLigand,
    sites: Iterable[int] = (),
    *,
    keep: float = KEEP,
    move: float = MOVE,
) -> Pocket:
    """Cut the surroundings of a ligand and of mutated residues out of a model.

    Parameters
    ----------
    model
        A whole model with hydrogens (:func:`.mutate.mutate`).
    sites
        Numbers of the residues that are to be changed. Which residues are kept depends on the wild type's atoms and
        on these numbers alone, so that wild type and mutant are compared in the same piece.
    keep, move
        Distances in ångström between heavy atoms.

    Raises
    ------
    InputError
        A site is not in the model.
    """
    numbers = tuple(sorted(sites))
    centres = [ligand.positions[ligand.heavy]]
    for number in numbers:
        residue = model.residue(number)
        centres.append(residue.positions[residue.heavy()])
    nearest = {
        place: _distance(residue, centres)
        for place, residue in enumerate(model.residues)
        if residue.kind in ("protein", "ion")
    }
    kept = {place for place, distance in nearest.items() if distance < keep}
    kept |= _bridged(model, kept)
    pieces: list[Residue] = []
    for place in sorted(kept):
        residue = model.residues[place]
        if residue.kind == "protein":
            before = model.residues[place - 1] if place else None
            after = model.residues[place + 1] if place + 1 < len(model.residues) else None
            if before is not None and place - 1 not in kept and _joined(before, residue):
                pieces.append(before if before.kind == "cap" else acetyl_of(before))
            pieces.append(residue)
            if after is not None and place + 1 not in kept and _joined(residue, after):
                pieces.append(after if after.kind == "cap" else methyl_amide_of(after))
        else:
            pieces.append(residue)
    mobile = frozenset(
        model.residues[place].key
        for place, distance in nearest.items()
        if distance < move and model.residues[place].kind == "protein"
    )
    return Pocket(replace(model, residues=tuple(pieces)), mobile, numbers)


def acetyl_of(residue: Residue) -> Residue:
    """The acetyl group that stands for a residue before a cut: its CA, C and O, hydrogens towards N, CB and HA."""
    return Residue(
        kind="cap",
        name="ACE",
        number=residue.number,
        insertion=residue.insertion,
        atoms=("CH3", "H1", "H2", "H3", "C", "O"),
        elements=("C", "H", "H", "H", "C", "O"),
        positions=np.vstack(
            [residue.at("CA"), *_methyl(residue, ("N", "CB", "HA", "HA2", "HA3")), residue.at("C"), residue.at("O")]
        ),
    )


def methyl_amide_of(residue: Residue) -> Residue:
    """The N-methyl amide that stands for a residue after a cut: its N and CA, hydrogens towards C, CB and HA."""
    nitrogen = residue.at("N")
    towards = residue.at("H") if residue.has("H") else residue.at("CD")  # proline has no hydrogen there
    return Residue(
        kind="cap",
        name="NME",
        number=residue.number,
        insertion=residue.insertion,
        atoms=("N", "H", "C", "H1", "H2", "H3"),
        elements=("N", "H", "C", "H", "H", "H"),
        positions=np.vstack(
            [
                nitrogen,
                _along(nitrogen, towards, N_H),
                residue.at("CA"),
                *_methyl(residue, ("C", "CB", "HA", "HA2", "HA3")),
            ]
        ),
    )


def _methyl(residue: Residue, names: tuple[str, ...]) -> list[NDArray[np.float64]]:
    """Three hydrogens on CA, in the directions of the first three of these atoms that are there."""
    ca = residue.at("CA")
    return [_along(ca, residue.at(name), C_H) for name in names if residue.has(name)][:3]


def _along(start: NDArray[np.float64], end: NDArray[np.float64], length: float) -> NDArray[np.float64]:
    return np.asarray(start + (end - start) * (length / np.linalg.norm(end - start)), dtype=np.float64)


def _distance(residue: Residue, centres: list[NDArray[np.float64]]) -> float:
    atoms = residue.positions[residue.heavy()]
    return min(float(np.linalg.norm(atoms[:, None] - centre[None], axis=2).min()) for centre in centres)


def _bridged(model: Model, kept: set[int]) -> set[int]:
    """Single residues between two kept ones: a cap on either side of one missing residue would lie on the other."""
    return {
        place + 1
        for place in kept
        if place + 2 in kept
        and place + 1 not in kept
        and model.residues[place + 1].kind == "protein"
        and _joined(model.residues[place], model.residues[place + 1])
        and _joined(model.residues[place + 1], model.residues[place + 2])
    }


def _joined(first: Residue, second: Residue) -> bool:
    return first.kind in ("protein", "cap") and second.kind in ("protein", "cap") and bonded(first, second)
