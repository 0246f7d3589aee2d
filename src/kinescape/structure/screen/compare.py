"""One mutation and one ligand: mutant against wild type, in the same piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kinescape.structure.chain_ends import completed
from kinescape.structure.ligands.whole import WholeLigand
from kinescape.structure.model import Model
from kinescape.structure.mutations import Substitution, check_against, name_of
from kinescape.structure.pocket import Pocket, cut_pocket
from kinescape.structure.protonate import titratable_sites, with_hydrogens
from kinescape.structure.screen.energies import Energies, PosedComplex
from kinescape.structure.screen.interval import Estimate, mean_with_interval
from kinescape.structure.screen.replicates import Begun, begun, replicate
from kinescape.structure.sidechain import with_side_chain

REPLICATES = 4
NEIGHBOURHOOD = 6.0
"""Amino acids within this distance (Å) of a mutated residue are there when its hydrogens are placed."""


@dataclass(frozen=True)
class Comparison:
    """Mutant minus wild type, kcal/mol. Positive: the ligand is held less well by the mutant.

    ``interaction`` is at the geometry of the complex; ``binding`` is the MM/GBSA-like term (:mod:`.energies`),
    and ``confinement`` its part that the rotamers make (:mod:`.freedom`). ``lennard_jones`` and ``coulomb``
    together are the plain interaction energy, without solvent.
    """

    mutation: str
    ligand: str
    interaction: Estimate
    lennard_jones: Estimate
    electrostatic: Estimate
    binding: Estimate
    confinement: Estimate
    coulomb: Estimate
    distance: float
    """Shortest distance (Å) between heavy atoms of the ligand and of the wild-type residues."""
    rotamers: int
    """How many rotamers the replicates used."""
    atoms: int
    replicates: int


class Pair:
    """Wild type and mutant in one piece, ready to be calculated: first :meth:`begin`, then replicates in any order.

    Parameters
    ----------
    prepared
        The wild type with hydrogens and capped ends (``mutate(model, ()).model``).
    ligand
        In its place in the model.
    substitutions
        One or more.
    seed
        The same seed gives the same numbers.

    Raises
    ------
    InputError
        A residue is not in the structure, or is not what the mutation's name says.
    """

    def __init__(
        self, prepared: Model, ligand: WholeLigand, substitutions: Sequence[Substitution], seed: int = 1
    ) -> None:
        check_against(prepared, substitutions)
        self.numbers = tuple(each.number for each in substitutions)
        self.seed = seed
        pocket = cut_pocket(prepared, ligand, self.numbers)
        self.wild = PosedComplex(pocket, ligand)
        self.mutant = PosedComplex(_grafted(pocket, prepared, substitutions, seed), ligand)

    def begin(self) -> Begun:
        """What all replicates begin from."""
        return begun(self.wild, self.mutant, self.numbers)

    def replicate(self, begin: Begun, number: int) -> tuple[Energies, Energies]:
        """Energies of wild type and mutant, relaxed one after the other (:mod:`.replicates`)."""
        return replicate(self.wild, self.mutant, self.numbers, begin, number, self.seed)


def comparison_of(
    prepared: Model,
    ligand: WholeLigand,
    substitutions: Sequence[Substitution],
    begin: Begun,
    pairs: Sequence[tuple[Energies, Energies]],
) -> Comparison:
    """What the replicates of a :class:`Pair` say together."""
    return Comparison(
        mutation=name_of(substitutions),
        ligand=ligand.residue_name,
        interaction=_difference(pairs, "interaction"),
        lennard_jones=_difference(pairs, "lennard_jones"),
        electrostatic=_difference(pairs, "electrostatic"),
        binding=_difference(pairs, "binding"),
        confinement=_difference(pairs, "confinement"),
        coulomb=_difference(pairs, "coulomb"),
        distance=distance_to(prepared, ligand, [each.number for each in substitutions]),
        rotamers=len(begin.rotamers),
        atoms=len(begin.rotamers[0]),
        replicates=len(pairs),
    )


def compare(
    prepared: Model,
    ligand: WholeLigand,
    substitutions: Sequence[Substitution],
    *,
    replicates: int = REPLICATES,
    seed: int = 1,
) -> Comparison:
    """Energy between ligand and pocket, mutant minus wild type: all replicates, one after the other (:class:`Pair`)."""
    pair = Pair(prepared, ligand, substitutions, seed)
    begin = pair.begin()
    pairs = [pair.replicate(begin, number) for number in range(replicates)]
    return comparison_of(prepared, ligand, substitutions, begin, pairs)


def distance_to(model: Model, ligand: WholeLigand, numbers: Sequence[int]) -> float:
    """Shortest distance (Å) between heavy atoms of the ligand and of the residues."""
    found = []
    for number in numbers:
        residue = model.residue(number)
        atoms = residue.positions[residue.heavy()]
        found.append(np.linalg.norm(atoms[:, None] - ligand.positions[ligand.heavy][None], axis=2).min())
    return float(min(found))


def _grafted(pocket: Pocket, prepared: Model, substitutions: Sequence[Substitution], seed: int) -> Pocket:
    """The piece with the new residues; all other atoms, hydrogens included, are the wild type's."""
    around = _around(prepared, substitutions)
    names = {each.number: each.alternative for each in substitutions}
    changed = around.with_residues(
        [with_side_chain(each, names[each.number]) if each.number in names else each for each in around.residues]
    )
    closed, _ = completed(changed)
    mutant = with_hydrogens(closed, titratable_sites(closed), seed)
    new = {each.number: mutant.residue(each.number) for each in substitutions}
    residues = [
        new[each.number] if each.kind == "protein" and each.number in new else each for each in pocket.model.residues
    ]
    return replace(pocket, model=pocket.model.with_residues(residues))


def _around(model: Model, substitutions: Sequence[Substitution]) -> Model:
    """The amino acids near the substitutions: all that the hydrogens of the new residues depend on."""
    sites = np.concatenate([model.residue(each.number).positions for each in substitutions])
    near = [
        each
        for each in model.protein
        if np.linalg.norm(each.positions[:, None] - sites[None], axis=2).min() < NEIGHBOURHOOD
    ]
    return model.with_residues(near)


def _difference(pairs: Sequence[tuple[Energies, Energies]], term: str) -> Estimate:
    return mean_with_interval([getattr(after, term) - getattr(before, term) for before, after in pairs])
