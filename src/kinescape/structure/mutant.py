"""What a modelled mutant is: its model, and what became of every residue that was changed."""

from __future__ import annotations

from dataclasses import dataclass

from kinescape.structure.clashes import Clash
from kinescape.structure.model import Model
from kinescape.structure.place import Candidate
from kinescape.structure.protonate import Site, StateChange

UNDECIDED = 6.0
"""kJ/mol (1.4 kcal/mol): differences below this are within the error of such energies and are told as undecided."""


@dataclass(frozen=True)
class Change:
    """What became of one substituted residue.

    ``chis`` in degrees; ``clashes_before`` as the best-fitting rotamer stood before anything moved; ``strain`` in
    kJ/mol (:func:`.strain.strain_of`); ``candidates`` are the rotamers that were relaxed, with their energies above the
    best, each named by its angles after relaxation (the chosen one is ``rotamer``; in the model of an undecided rotamer
    that one counts as chosen, and its energy is not 0); ``neighbours`` changed their
    rotamers; ``shift`` is the largest movement (Å) of any other heavy atom.
    """

    name: str
    number: int
    rotamer: str
    chis: tuple[float, ...]
    strain: float
    clashes_before: tuple[Clash, ...]
    clashes_after: tuple[Clash, ...]
    candidates: tuple[Candidate, ...]
    neighbours: tuple[str, ...]
    shift: float

    @property
    def undecided(self) -> tuple[str, ...]:
        """Other rotamers that the energy does not tell from the chosen one."""
        return tuple(each.rotamer for each in self.undecided_candidates)

    @property
    def undecided_candidates(self) -> tuple[Candidate, ...]:
        """The same, with their energies."""
        return tuple(each for each in self.candidates if not each.chosen and each.energy < UNDECIDED)

    @property
    def undecided_within(self) -> float:
        """kJ/mol below which two rotamers count as equal."""
        return UNDECIDED


@dataclass(frozen=True)
class Turned:
    """Which undecided rotamer a model has in place of the chosen one.

    ``of`` is the mutant's name, ``mutation`` the residue that was turned, ``rotamer`` the undecided one (relaxed from
    ``start``), ``chosen`` the one that the mutant's own model has, ``energy`` kJ/mol above that.
    """

    of: str
    mutation: str
    rotamer: str
    chosen: str
    energy: float
    start: str

    @property
    def name(self) -> str:
        """Of the model: ``L1196M[mtm]+G1202R``."""
        return "+".join(f"{each}[{self.rotamer}]" if each == self.mutation else each for each in self.of.split("+"))


@dataclass(frozen=True)
class Mutant:
    """A modelled mutant (or the wild type, prepared in the same way).

    ``model`` has standard residues, capped ends, all hydrogens of the chain; the ligand as it was, and the waters less
    those that a new side chain displaced.
    """

    name: str
    model: Model
    sites: tuple[Site, ...]
    changes: tuple[Change, ...] = ()
    unlike_wild_type: tuple[StateChange, ...] = ()
    """Titratable groups elsewhere whose state is not that of the wild type prepared in the same way."""
    turned: Turned | None = None
    """In the model of an undecided rotamer: which. Its ``name`` is then such as ``L1196M[mtm]``."""
    alternatives: tuple[Mutant, ...] = ()
    """Models of the undecided rotamers, where they were asked for: by residue, then by energy."""

    @property
    def unusual_sites(self) -> tuple[Site, ...]:
        """Titratable groups that are not in the state that they have free in water."""
        return tuple(site for site in self.sites if site.unusual)
