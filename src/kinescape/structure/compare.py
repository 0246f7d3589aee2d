"""Wild type against mutants: every state prepared in the same way, its contacts and networks, and what differs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kinescape.errors import InputError
from kinescape.structure.interactions import WATER_BRIDGE, Contact, contacts_of
from kinescape.structure.model import Model
from kinescape.structure.mutate import Mutant, mutate
from kinescape.structure.mutations import WILD_TYPE, Substitution, check_against, name_of, parse_mutations
from kinescape.structure.network import PolarPair, network_of
from kinescape.structure.options import check_smiles
from kinescape.structure.protonate import PH
from kinescape.structure.residues import LETTERS

LONGER = 0.3
"""Å by which a contact must differ to be called longer or shorter: about the coordinate error of a 2 Å structure."""


@dataclass(frozen=True)
class State:
    """A prepared model with its contacts. ``network`` is empty where none was asked for."""

    mutant: Mutant
    contacts: tuple[Contact, ...]
    network: tuple[PolarPair, ...]

    @property
    def name(self) -> str:
        return self.mutant.name


@dataclass(frozen=True)
class Difference:
    """One contact in the wild type and in a mutant. Distances in Å, None where it is not there.

    ``change``: ``same``, ``lost``, ``new``, ``longer``, ``shorter``.
    """

    mutant: str
    number: int
    wild_type_residue: str
    mutant_residue: str
    kind: str
    wild_type: float | None
    modelled: float | None
    change: str


def states_of(
    model: Model,
    ligand: str,
    mutations: Sequence[str],
    *,
    network: Sequence[tuple[str, int]] = (),
    ph: float = PH,
    seed: int = 1,
    smiles: dict[str, str] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> list[State]:
    """The wild type and each mutant (compounds with ``+``), all relaxed around the same residues.

    The wild type is relaxed around every residue that any of the mutants changes, and so is each mutant: what differs
    between them is then the mutation, not the preparation.

    Raises
    ------
    InputError
        What :func:`.mutate.mutate` and :func:`.interactions.contacts_of` raise; a residue of the network that is not
        in the structure, or is another amino acid in the wild type and in every mutant.
    """
    model.ligand(ligand)
    check_smiles(model, smiles)
    parsed = [parse_mutations(each) for each in mutations]
    for each in parsed:
        check_against(model, each)
    _check_network(model, parsed, network)
    numbers = [number for _, number in network]
    sites = sorted({each.number for one in parsed for each in one})
    states = []
    for name in dict.fromkeys([WILD_TYPE, *(name_of(each) for each in parsed)]):
        progress(name)
        mutant = mutate(model, name, ph=ph, seed=seed, relax_around=sites, smiles=smiles)
        pairs = network_of(mutant.model, numbers) if numbers else ()
        states.append(State(mutant, contacts_of(mutant.model, ligand, smiles), pairs))
    return states


def _check_network(model: Model, mutants: Sequence[Sequence[Substitution]], network: Sequence[tuple[str, int]]) -> None:
    for letter, number in network:
        there = [model.residue(number).letter]
        there += [LETTERS[each.alternative] for one in mutants for each in one if each.number == number]
        if letter and letter not in there:
            raise InputError(
                f"residue {number} of the network", found=f"{letter}{number}", expected=f"{' or '.join(there)} there"
            )


def differences_of(states: Sequence[State]) -> tuple[Difference, ...]:
    """Every contact of the wild type or a mutant, side by side. The first state is the wild type."""
    wild_type, *mutants = states
    found: list[Difference] = []
    labels = {each.number: each.label for each in wild_type.mutant.model.protein}
    for state in mutants:
        theirs = {each.number: each.label for each in state.mutant.model.protein}
        before = {(each.number, each.kind): each for each in wild_type.contacts}
        after = {(each.number, each.kind): each for each in state.contacts}
        for number, kind in sorted({*before, *after}):
            one, other = before.get((number, kind)), after.get((number, kind))
            found.append(
                Difference(
                    state.name,
                    number,
                    labels.get(number, str(number)),
                    theirs.get(number, str(number)),
                    kind,
                    one.distance if one else None,
                    other.distance if other else None,
                    _change(one, other),
                )
            )
    return tuple(found)


def nothing_differs(states: Sequence[State]) -> str:
    """That no contact differs, in words; for states of which that is so."""
    mutants = ", ".join(state.name for state in states[1:])
    if not mutants:
        return "No mutant was asked for."
    return f"Nothing: {mutants} and the wild type have the same contacts, none longer or shorter by {LONGER:g} Å."


def _change(one: Contact | None, other: Contact | None) -> str:
    if one is None:
        return "new"
    if other is None:
        return "lost"
    if one.kind == WATER_BRIDGE:
        return "same"
    if other.distance > one.distance + LONGER:
        return "longer"
    if other.distance < one.distance - LONGER:
        return "shorter"
    return "same"
