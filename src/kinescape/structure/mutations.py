"""Names of mutations: ``L1196M``, ``p.Leu1196Met``, compounds with ``+``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kinescape.errors import InputError
from kinescape.structure.model import Model, Residue
from kinescape.structure.residues import LETTERS, NAMES

WILD_TYPE = "WT"
EXPECTED = "one such as L1196M or p.Leu1196Met, or a compound such as L1196M+G1202R"


@dataclass(frozen=True)
class Substitution:
    """One amino acid in place of another; ``reference`` and ``alternative`` are three-letter codes."""

    reference: str
    number: int
    alternative: str

    @property
    def name(self) -> str:
        return f"{LETTERS[self.reference]}{self.number}{LETTERS[self.alternative]}"


def parse_mutations(mutations: Sequence[str] | str) -> tuple[Substitution, ...]:
    """The substitutions that names stand for, by residue number. ``WT``, or no name at all, stands for none.

    ``L1196M``, ``p.L1196M``, ``p.Leu1196Met`` and ``p.(Leu1196Met)`` are the same, in capitals or not; ``+`` joins
    those that lie on one molecule.

    Raises
    ------
    InputError
        Not the name of a substitution (empty text is none), an amino acid that there is none of, a residue named twice,
        no change.
    """
    names = [mutations] if isinstance(mutations, str) else list(mutations)
    found: dict[int, Substitution] = {}
    for name in names:
        for part in name.split("+"):
            text = part.strip()
            if not text.strip(", "):
                raise InputError(
                    "a mutation is empty", found=name, expected=f"{EXPECTED}; {WILD_TYPE} for the wild type"
                )
            if text.upper() == WILD_TYPE:
                continue
            one = _parse(text)
            if one.number in found:
                raise InputError(f"residue {one.number} stands twice in the mutations", found="+".join(names))
            found[one.number] = one
    return tuple(found[number] for number in sorted(found))


def listed_mutations(text: str, option: str = "--mutations") -> tuple[str, ...]:
    """The names in a list with commas between them; an option's value.

    Raises
    ------
    InputError
        No name in it.
    """
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise InputError(f"{option} names no mutation", found=text, expected="names such as L1196M,G1202R")
    return names


def name_of(substitutions: Sequence[Substitution]) -> str:
    """``L1196M+G1202R``; ``WT`` for none."""
    return "+".join(each.name for each in substitutions) or WILD_TYPE


def check_against(model: Model, substitutions: Sequence[Substitution]) -> None:
    """InputError unless every substituted residue is in the model and is what the name says."""
    for each in substitutions:
        residue = seen_residue(model, each.number)
        if residue.letter != LETTERS[each.reference]:
            raise InputError(
                f"{each.name}: residue {each.number} of {model.name}, chain {model.chain}",
                found=f"{residue.letter}{each.number}",
                expected=f"{LETTERS[each.reference]}{each.number}, the reference residue of the mutation's name",
            )


def seen_residue(model: Model, number: int) -> Residue:
    """A residue whose backbone was seen.

    Raises
    ------
    InputError
        It is not in the model, or only a fragment of it is: such a one is not built.
    """
    residue = model.residue(number)
    if residue.kind == "protein" and not residue.has("N", "CA", "C"):
        raise InputError(
            f"residue {residue.letter}{number} of {model.name}, chain {model.chain}, was seen in a fragment only",
            found=", ".join(residue.atoms),
            expected="a residue whose N, CA and C are there",
        )
    return residue


def _parse(text: str) -> Substitution:
    found = re.fullmatch(r"(?:p\.)?(\()?([A-Za-z]{1,3})([0-9]{1,6})([A-Za-z]{1,3}|\*|=)(?(1)\))", text, re.IGNORECASE)
    if found is None:
        if "," in text:
            raise InputError(
                "several mutations where one is expected",
                found=text,
                expected=f"{text.replace(',', '+')} (+ joins a compound on one molecule), or each by itself",
            )
        raise InputError("is no substitution that can be modelled", found=text, expected=EXPECTED)
    reference, alternative = _amino_acid(found[2], text), _amino_acid(found[4], text)
    if reference == alternative:
        raise InputError("changes nothing", found=text, expected="two different amino acids")
    return Substitution(reference, int(found[3]), alternative)


def _amino_acid(code: str, text: str) -> str:
    name = NAMES.get(code.upper()) if len(code) == 1 else code.upper()
    if name not in LETTERS:
        hint = "; an insertion, deletion, stop or frameshift cannot be modelled as a substitution"
        raise InputError(
            f"{text}: no amino acid", found=code, expected="one of the twenty, by one or three letters" + hint
        )
    return str(name)
