"""The wild type that a screen starts from: hydrogens, the ligand in its place, both relaxed together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kinescape.errors import InputError
from kinescape.structure.ligands.parameters import LigandParameters
from kinescape.structure.ligands.placed import placed
from kinescape.structure.ligands.whole import WholeLigand, whole_ligand
from kinescape.structure.model import Model, Residue
from kinescape.structure.mutate import mutate
from kinescape.structure.pocket import cut_pocket
from kinescape.structure.screen.energies import PosedComplex


@dataclass(frozen=True)
class Prepared:
    """A wild type with its ligand. ``pose`` is ``crystal`` or says on which ligand the drug was laid."""

    model: Model
    ligand: WholeLigand
    pose: str
    notes: tuple[str, ...]
    seen: Model
    """The structure as it was read."""


def prepare(
    model: Model,
    ligand: str,
    *,
    parameters: LigandParameters | None = None,
    place: LigandParameters | None = None,
    seed: int = 1,
) -> Prepared:
    """Prepare the wild type of a structure for a screen.

    Parameters
    ----------
    model
        As read.
    ligand
        Residue name of the ligand in the file.
    parameters
        Its parameters; None: the packaged ones that fit.
    place
        A drug to lay into the ligand's place instead (:func:`.ligands.placed.placed`).

    Raises
    ------
    InputError
        No such ligand, no parameters for it, or a pose that cannot be made.
    """
    whole = whole_ligand(model.ligand(ligand), parameters)
    prepared = mutate(model, (), seed=seed).model
    pose, notes = "crystal", [*prepared.notes]
    notes.append(f"Ligand {whole.residue_name} is {whole.parameters.name} ({whole.parameters.made}).")
    if place is not None:
        put = placed(prepared, whole, place, seed=seed)
        pose = f"placed on {whole.residue_name}"
        notes.append(
            f"{place.name} was laid on {whole.parameters.name} by {put.shared} shared atoms (they coincide to "
            f"{put.rmsd:.1f} Å): a placed pose, not a crystal's."
        )
        whole = whole_ligand(put.residue, place)
    relaxed, whole = _relaxed(prepared, whole)
    return Prepared(relaxed, whole, pose, tuple(notes), model)


def _relaxed(model: Model, ligand: WholeLigand) -> tuple[Model, WholeLigand]:
    """The model with the ligand and the residues around it minimised together."""
    pocket = cut_pocket(model, ligand)
    if not any(each.kind == "protein" for each in pocket.model.residues):
        raise InputError(f"no protein around ligand {ligand.residue_name} {ligand.number}", expected="a bound ligand")
    complex_ = PosedComplex(pocket, ligand)
    positions = complex_.relaxed(complex_.positions)
    moved: dict[tuple[int, str], np.ndarray] = {}
    for residue in complex_.receptor.residues():
        if residue.name not in ("ACE", "NME"):
            key = (int(residue.id), residue.insertionCode.strip())
            moved[key] = positions[[atom.index for atom in residue.atoms()]]
    residues: list[Residue] = [
        replace(each, positions=moved[each.key]) if each.kind == "protein" and each.key in moved else each
        for each in model.residues
    ]
    return model.with_residues(residues), replace(ligand, positions=positions[complex_.atoms :])
