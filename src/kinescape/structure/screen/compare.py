"""One mutation and one ligand: mutant against wild type, in the same piece, from the same seeds."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kinescape.structure.chain_ends import completed
from kinescape.structure.ligands.whole import WholeLigand
from kinescape.structure.model import Model
from kinescape.structure.mutations import Substitution, check_against, name_of
from kinescape.structure.pocket import Pocket, cut_pocket
from kinescape.structure.protonate import titratable_sites, with_hydrogens
from kinescape.structure.screen.energies import Energies, PosedComplex
from kinescape.structure.screen.interval import Estimate, mean_with_interval
from kinescape.structure.screen.rotamers import ranked_rotamers
from kinescape.structure.sidechain import with_side_chain

REPLICATES = 4
JITTER = 0.1
"""Standard deviation of the displacement of each mobile atom at the start of a replicate, in ångström."""
NEIGHBOURHOOD = 6.0
"""Amino acids within this distance (Å) of a mutated residue are there when its hydrogens are placed."""
SURVEYED = 3
"""Rotamers (or combinations of them) that are minimised before the replicates."""
WINDOW = 2.0
"""Rotamers whose minimised complexes are within this of the best one (kcal/mol) are used by the replicates in turn."""


@dataclass(frozen=True)
class Comparison:
    """Mutant minus wild type, kcal/mol. Positive: the ligand is held less well by the mutant.

    ``interaction`` is at the geometry of the complex; ``binding`` is the MM/GBSA-like term (:mod:`.energies`).
    """

    mutation: str
    ligand: str
    interaction: Estimate
    lennard_jones: Estimate
    electrostatic: Estimate
    binding: Estimate
    distance: float
    """Shortest distance (Å) between heavy atoms of the ligand and of the wild-type residues."""
    rotamers: int
    """How many rotamers the replicates used."""
    atoms: int
    replicates: int


def compare(
    prepared: Model,
    ligand: WholeLigand,
    substitutions: Sequence[Substitution],
    *,
    replicates: int = REPLICATES,
    seed: int = 1,
) -> Comparison:
    """Energy between ligand and pocket: mutant minus wild type.

    Parameters
    ----------
    prepared
        The wild type with hydrogens and capped ends (``mutate(model, ()).model``).
    ligand
        In its place in the model.
    substitutions
        One or more.
    replicates
        Starts, each with its own small displacement of every mobile atom; wild type and mutant share it atom by atom.
    seed
        The same seed gives the same numbers.

    Raises
    ------
    InputError
        A residue is not in the structure, or is not what the mutation's name says.
    """
    check_against(prepared, substitutions)
    numbers = tuple(each.number for each in substitutions)
    pocket = cut_pocket(prepared, ligand, numbers)
    wild = PosedComplex(pocket, ligand)
    mutant = PosedComplex(_grafted(pocket, prepared, substitutions, seed), ligand)
    starts = _surveyed(mutant, numbers)
    pairs = []
    for number in range(replicates):
        before, _ = wild.minimise(wild.positions + _jitter(wild, seed, number))
        after, _ = mutant.minimise(starts[number % len(starts)] + _jitter(mutant, seed, number))
        pairs.append((before, after))
    return Comparison(
        mutation=name_of(substitutions),
        ligand=ligand.residue_name,
        interaction=_difference(pairs, "interaction"),
        lennard_jones=_difference(pairs, "lennard_jones"),
        electrostatic=_difference(pairs, "electrostatic"),
        binding=_difference(pairs, "binding"),
        distance=distance_to(prepared, ligand, numbers),
        rotamers=len(starts),
        atoms=len(mutant.positions),
        replicates=replicates,
    )


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


def _surveyed(mutant: PosedComplex, numbers: tuple[int, ...]) -> list[NDArray[np.float64]]:
    """Starting positions with the rotamers that are worth a replicate."""
    starts = ranked_rotamers(mutant, numbers, SURVEYED)
    if len(starts) == 1:
        return starts
    energies = [mutant.minimise(start, apart=False)[0].complex_minimum for start in starts]
    return [
        start
        for energy, start in sorted(zip(energies, starts, strict=True), key=lambda each: each[0])
        if energy <= min(energies) + WINDOW
    ]


def _jitter(complex_: PosedComplex, seed: int, replicate: int) -> NDArray[np.float64]:
    """Displacements (atoms, 3) in ångström: an atom's depends on its name, the seed and the replicate alone."""
    shifts = np.zeros_like(complex_.positions)
    mobile = complex_.mobile
    for index, (residue, atom) in enumerate(complex_.labels):
        if mobile[index]:
            key = zlib.crc32(f"{residue}/{atom}".encode())
            shifts[index] = np.random.default_rng([seed, replicate, key]).normal(scale=JITTER, size=3)
    return shifts


def _difference(pairs: Sequence[tuple[Energies, Energies]], term: str) -> Estimate:
    return mean_with_interval([getattr(after, term) - getattr(before, term) for before, after in pairs])
