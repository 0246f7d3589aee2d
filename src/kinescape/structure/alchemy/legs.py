"""The two legs of a relative binding free energy: the mutation with the ligand bound, and without it."""

from __future__ import annotations

from typing import Literal

from kinescape.errors import InputError
from kinescape.structure.alchemy.hybrid import Hybrid, hybrid_of
from kinescape.structure.alchemy.residue import check_alchemical
from kinescape.structure.dynamics.assemble import assemble
from kinescape.structure.dynamics.protocol import Protocol
from kinescape.structure.ligands.parameters import LigandParameters
from kinescape.structure.ligands.whole import whole_ligand
from kinescape.structure.model import Model
from kinescape.structure.mutate import mutate
from kinescape.structure.mutations import Substitution, check_against, parse_mutations

Leg = Literal["complex", "apo"]
LEGS: tuple[Leg, ...] = ("complex", "apo")


def single_change(model: Model, mutation: str) -> Substitution:
    """The one substitution that is to be made.

    Raises
    ------
    InputError
        None or several; one that is not in the model; one that is not done here (:func:`.residue.check_alchemical`).
    """
    changes = parse_mutations(mutation)
    if len(changes) != 1:
        raise InputError(
            "an alchemical free energy is of one substitution", found=mutation or "none", expected="one such as L1196M"
        )
    check_alchemical(changes[0])
    check_against(model, changes)
    return changes[0]


def build_leg(
    model: Model,
    leg: Leg,
    ligand: str,
    change: Substitution,
    protocol: Protocol,
    *,
    parameters: LigandParameters | None = None,
    seed: int = 1,
) -> Hybrid:
    """The hybrid of one leg. Both legs are the same piece of the same relaxed model, the ligand in or out.

    Raises
    ------
    InputError
        As :func:`.assemble.assemble` and :func:`.hybrid.hybrid_of`.
    """
    whole = whole_ligand(model.ligand(ligand), parameters)
    site = (change.number,)
    apo = leg == "apo"
    wild = assemble(model, ligand, "WT", protocol, parameters=parameters, sites=site, seed=seed, apo=apo)
    smiles = {whole.residue_name: whole.parameters.smiles}
    mutant = mutate(model, change.name, seed=seed, relax_around=site, smiles=smiles).model
    return hybrid_of(wild, change, mutant.residue(change.number), [] if apo else [whole.parameters])
