"""Wild type against mutants: every state prepared in the same way, its contacts and networks, and what differs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kinescape.errors import InputError
from kinescape.structure.interactions import NEAR_ANGLE, NEAR_LENGTH, WATER_BRIDGE, Contact, contacts_of, nearly_of
from kinescape.structure.model import Model
from kinescape.structure.mutant import Mutant
from kinescape.structure.mutate import mutate
from kinescape.structure.mutations import WILD_TYPE, Substitution, check_against, name_of, parse_mutations
from kinescape.structure.network import PolarPair, network_of
from kinescape.structure.options import check_smiles
from kinescape.structure.protonate import PH
from kinescape.structure.residues import LETTERS

LONGER = NEAR_LENGTH
"""Å by which a contact must differ to be called longer or shorter: about the coordinate error of a 2 Å structure."""
BORDERLINE = "borderline"
"""A contact of one state whose atoms lie nearly the same in the other, there just beyond a criterion."""
BORDERLINE_NOTE = (
    f"(in brackets: no contact by its criteria, but the same atoms less than {LONGER:g} Å and {NEAR_ANGLE:g} degrees "
    "away from where they lie in the other state)"
)


@dataclass(frozen=True)
class State:
    """A prepared model with its contacts. ``network`` is empty where none was asked for.

    ``nearly``: pairs of atoms within, or just beyond, the criteria (:func:`.interactions.nearly_of`).
    """

    mutant: Mutant
    contacts: tuple[Contact, ...]
    network: tuple[PolarPair, ...]
    nearly: tuple[Contact, ...] = ()

    @property
    def name(self) -> str:
        """``WT``, ``L1196M``; ``L1196M[mtm]`` where an undecided rotamer stands in place of the chosen one."""
        return self.mutant.name

    @property
    def file_name(self) -> str:
        """The name without brackets, which shells take for a pattern: ``L1196M-mtm``."""
        return self.name.replace("[", "-").replace("]", "")

    @property
    def of(self) -> str:
        """Name of the mutant whose state it is, the same for all its undecided rotamers."""
        return self.name if self.mutant.turned is None else self.mutant.turned.of

    @property
    def rotamer(self) -> str:
        """Of the residue that is turned here; of the chosen model that of its only changed residue, else empty."""
        if self.mutant.turned is not None:
            return self.mutant.turned.rotamer
        return self.mutant.changes[0].rotamer if len(self.mutant.changes) == 1 else ""


@dataclass(frozen=True)
class Difference:
    """One contact in the wild type and in a mutant. Distances in Å, None where it is not there.

    ``change``: ``same``, ``lost``, ``new``, ``longer``, ``shorter``, ``borderline``. Where it is borderline,
    one state (``outside``: ``wild type`` or ``mutant``) has the same atoms just beyond a criterion: distances differ by
    less than :data:`LONGER`, the angles that define the contact by less than :data:`.interactions.NEAR_ANGLE`. The
    distance there is told all the same.
    """

    mutant: str
    number: int
    wild_type_residue: str
    mutant_residue: str
    kind: str
    wild_type: float | None
    modelled: float | None
    change: str
    outside: str = ""

    @property
    def lengths(self) -> tuple[str, str]:
        """Both distances for a reader: ``-`` where there is none, in brackets where it is no contact."""
        shown = []
        for value, state in ((self.wild_type, "wild type"), (self.modelled, "mutant")):
            text = "-" if value is None else f"{value:.2f}"
            shown.append(f"({text})" if self.outside == state else text)
        return shown[0], shown[1]


def states_of(
    model: Model,
    ligand: str,
    mutations: Sequence[str],
    *,
    network: Sequence[tuple[str, int]] = (),
    ph: float = PH,
    seed: int = 1,
    smiles: dict[str, str] | None = None,
    alternatives: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> list[State]:
    """The wild type and each mutant (compounds with ``+``), all relaxed around the same residues.

    The wild type is relaxed around every residue that any of the mutants changes, and so is each mutant: what differs
    between them is then the mutation, not the preparation. With ``alternatives`` every undecided rotamer of a mutant is
    a state of its own, right behind that of the mutant (:func:`.mutate.mutate`).

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
        chosen = mutate(model, name, ph=ph, seed=seed, relax_around=sites, smiles=smiles, alternatives=alternatives)
        for mutant in (chosen, *chosen.alternatives):
            pairs = network_of(mutant.model, numbers) if numbers else ()
            contacts, nearly = (look(mutant.model, ligand, smiles) for look in (contacts_of, nearly_of))
            states.append(State(mutant, contacts, pairs, nearly))
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
            change, outside = _change(one, other), ""
            if one is None and other is not None and (close := _nearly(other, wild_type)):
                one, change, outside = close, BORDERLINE, "wild type"
            elif other is None and one is not None and (close := _nearly(one, state)):
                other, change, outside = close, BORDERLINE, "mutant"
            found.append(
                Difference(
                    state.name,
                    number,
                    labels.get(number, str(number)),
                    theirs.get(number, str(number)),
                    kind,
                    one.distance if one else None,
                    other.distance if other else None,
                    change,
                    outside,
                )
            )
    return tuple(found)


def borderline_of(states: Sequence[State]) -> list[list[tuple[int, str]]]:
    """For each state the residues and kinds that are no contacts there, but borderline against another state's.

    As in :func:`differences_of`, mutants are held against the wild type.
    """
    places: list[set[tuple[int, str]]] = [set() for _ in states]
    for column, state in enumerate(states[1:], 1):
        for each in differences_of([states[0], state]):
            if each.outside:
                places[0 if each.outside == "wild type" else column].add((each.number, each.kind))
    return [sorted(each) for each in places]


def _nearly(contact: Contact, state: State) -> Contact | None:
    """The same atoms in a state where they are no contact; None where they lie elsewhere."""
    for each in state.nearly:
        if (
            (each.number, each.kind, each.via) == (contact.number, contact.kind, contact.via)
            and set(each.ligand_atoms) == set(contact.ligand_atoms)
            and set(each.residue_atoms) == set(contact.residue_atoms)
            and abs(each.distance - contact.distance) < LONGER
            and all(abs(a - b) < NEAR_ANGLE for a, b in zip(each.angles, contact.angles, strict=False))
        ):
            return each
    return None


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
