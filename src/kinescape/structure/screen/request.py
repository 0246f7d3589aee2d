"""From what the user names to what is screened."""

from __future__ import annotations

from pathlib import Path

from kinescape.errors import InputError
from kinescape.structure.ligands.parameters import packaged_ligand, read_parameters
from kinescape.structure.ligands.placed import enough_shared_atoms
from kinescape.structure.ligands.whole import whole_ligand
from kinescape.structure.read import read_model
from kinescape.structure.screen.run import Site


def site_of(
    path: Path,
    chain: str | None,
    ligand: str,
    *,
    parameters: Path | None = None,
    smiles: str | None = None,
    place: str | None = None,
) -> Site:
    """A structure with its ligand, checked before any energy is calculated.

    Raises
    ------
    InputError
        The file, the chain, the ligand, its parameters, a drug that cannot be laid on it: what is wrong, and what
        would do.
    """
    if (parameters is None) != (smiles is None):
        raise InputError("--parameters and --smiles belong together", expected="both, or neither")
    given = read_parameters(parameters, smiles) if parameters is not None and smiles is not None else None
    laid = packaged_ligand(place) if place is not None else None
    model = read_model(path, chain)
    whole = whole_ligand(model.ligand(ligand), given)
    if laid is not None:
        enough_shared_atoms(laid, whole.parameters)
    return Site(path, model, ligand, given, laid)
