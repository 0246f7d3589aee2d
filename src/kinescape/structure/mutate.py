"""Mutants on a real structure: `mutate` is the one entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kinescape.structure.chain_ends import completed
from kinescape.structure.model import Model
from kinescape.structure.mutations import check_against, name_of, parse_mutations
from kinescape.structure.protonate import PH, Site, titratable_sites, with_hydrogens
from kinescape.structure.sidechain import with_side_chain


@dataclass(frozen=True)
class Mutant:
    """A modelled mutant (or the wild type, prepared in the same way).

    ``model`` has standard residues, capped ends, all hydrogens of the chain; ligands and waters as they were.
    """

    name: str
    model: Model
    sites: tuple[Site, ...]


def mutate(model: Model, mutations: Sequence[str] | str, *, ph: float = PH, seed: int = 1) -> Mutant:
    """Model a mutant; with no mutations, the wild type prepared in the same way.

    Raises
    ------
    InputError
        A name that is no substitution, a residue that is not in the structure, another wild-type residue there.
    """
    substitutions = parse_mutations(mutations)
    check_against(model, substitutions)
    prepared, _ = completed(model)
    by_number = {each.number: each.alternative for each in substitutions}
    changed = prepared.with_residues(
        [
            with_side_chain(each, by_number[each.number])
            if each.kind == "protein" and each.number in by_number
            else each
            for each in prepared.residues
        ]
    )
    sites = titratable_sites(changed, ph)
    return Mutant(name_of(substitutions), with_hydrogens(changed, sites, seed), sites)
