"""Drugs by name: ``drugs.tsv`` of a knowledge base."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kinescape.errors import InputError
from kinescape.tables import read_table

COLUMNS = ("name", "aliases", "generation", "targets", "licensed_for", "reported", "source", "note")

NOT_STATED = "(not stated)"
"""Drug of a row whose source does not name one (a mutation seen at progression on an unnamed drug)."""

CLASS_PREFIX = "class:"
"""``class:second`` stands for every drug of that generation; such rows are shown and never decide a state."""

GENERATIONS = ("first", "second", "third", "fourth", "multikinase", "tool", "hsp90")


@dataclass(frozen=True)
class Drug:
    """One drug. ``licensed_for`` names the genes for whose fusions it is licensed; elsewhere it is investigational.

    ``reported`` tells whether samples get a state for it; tool compounds of old studies do not.
    """

    name: str
    aliases: tuple[str, ...]
    generation: str
    targets: tuple[str, ...]
    licensed_for: tuple[str, ...]
    reported: bool
    source: str
    note: str

    def investigational(self, gene: str) -> bool:
        """Whether the drug is not licensed for fusions of this gene."""
        return gene not in self.licensed_for


class Drugs:
    """The drugs of a knowledge base, found by name or alias without regard to case."""

    def __init__(self, drugs: Iterable[Drug]) -> None:
        self.all: tuple[Drug, ...] = tuple(drugs)
        self._by_name = {_key(name): drug for drug in self.all for name in (drug.name, *drug.aliases)}

    def find(self, name: str) -> Drug | None:
        """The drug of this name or alias, None when there is none."""
        return self._by_name.get(_key(name))

    def known(self, cell: str) -> bool:
        """Whether a cell of the column ``drug`` is a drug's own name, a class of drugs, or ``(not stated)``."""
        if cell.startswith(CLASS_PREFIX):
            return cell.removeprefix(CLASS_PREFIX) in GENERATIONS
        drug = self.find(cell)
        return cell == NOT_STATED or (drug is not None and drug.name == cell)

    def reported_for(self, gene: str) -> tuple[Drug, ...]:
        """The drugs that get a state for a sample with a fusion of this gene, in the order of the table."""
        return tuple(drug for drug in self.all if drug.reported and gene in drug.targets)


def read_drugs(path: Path) -> Drugs:
    """Read ``drugs.tsv``.

    Raises
    ------
    InputError
        A cell is missing or not one of the allowed words, or a name or alias stands twice.
    """
    drugs: list[Drug] = []
    taken: dict[str, str] = {}
    for row in read_table(path, required=COLUMNS):
        drug = Drug(
            name=row.text("name"),
            aliases=_several(row.text("aliases", "")),
            generation=row.choice("generation", GENERATIONS),
            targets=_several(row.text("targets")),
            licensed_for=_several(row.text("licensed_for", "")),
            reported=row.choice("reported", ("yes", "no")) == "yes",
            source=row.text("source"),
            note=row.text("note", ""),
        )
        for name in (drug.name, *drug.aliases):
            if _key(name) in taken:
                raise InputError(
                    "drug name or alias stands twice",
                    file=path,
                    line=row.line,
                    found=name,
                    expected=f"a name that {taken[_key(name)]} has not",
                )
            taken[_key(name)] = drug.name
        drugs.append(drug)
    return Drugs(drugs)


def extended(parent: Drugs, path: Path) -> Drugs:
    """The drugs of a base and of an overlay's table: a drug of the same name replaces, a new one is added.

    Raises
    ------
    InputError
        As :func:`read_drugs`, or a name or alias of the overlay belongs to another drug of the base.
    """
    own = read_drugs(path)
    for drug in own.all:
        for name in (drug.name, *drug.aliases):
            known = parent.find(name)
            if known is not None and known.name != drug.name:
                raise InputError("drug name or alias is taken", file=path, found=name, expected=f"not {known.name}'s")
    replaced = {drug.name for drug in own.all}
    return Drugs((*(drug for drug in parent.all if drug.name not in replaced), *own.all))


def _key(name: str) -> str:
    return "".join(name.casefold().split()).replace("-", "")


def _several(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())
