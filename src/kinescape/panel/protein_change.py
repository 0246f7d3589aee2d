"""A change of a protein as a value: written in one- or three-letter names, and read from either.

Forms after HGVS nomenclature 21.0, "Protein". Read more freely than written: ``G1202R``, ``p.G1202R``,
``p.Gly1202Arg``, ``p.(Gly1202Arg)``, ``R1209*``, ``R1209X``, and the older ``T1151insT`` and ``1151Tins``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from kinescape.errors import InputError
from kinescape.panel.codons import ONE_LETTER, STOP, THREE_LETTERS

Form = Literal["same", "substitution", "del", "dup", "ins", "delins", "frameshift", "extension", "start", "unknown"]

_RESIDUE = "(?:" + "|".join(THREE_LETTERS.values()) + "|[ACDEFGHIKLMNPQRSTVWYX*])"
_SITE = rf"(?P<ref>{_RESIDUE})(?P<first>\d+)"
_RANGE = rf"{_SITE}(?:_(?P<ref2>{_RESIDUE})(?P<last>\d+))?"
_PATTERNS: tuple[tuple[Form, re.Pattern[str]], ...] = (
    ("start", re.compile(r"(?P<ref>M|Met)(?P<first>1)\?")),
    ("frameshift", re.compile(rf"{_SITE}(?P<alt>{_RESIDUE})?fs(?:(?:Ter|\*|X)(?P<distance>\d+|\?))?")),
    (
        "extension",
        re.compile(rf"(?P<ref>Ter|\*|X)(?P<first>\d+)(?P<alt>{_RESIDUE})ext(?:Ter|\*|X)(?P<distance>\d+|\?)"),
    ),
    ("same", re.compile(rf"{_RANGE}=")),
    ("delins", re.compile(rf"{_RANGE}(?:delins|>)(?P<alt>{_RESIDUE}+)")),
    ("del", re.compile(rf"{_RANGE}del")),
    ("dup", re.compile(rf"{_RANGE}dup")),
    ("ins", re.compile(rf"{_RANGE}ins(?P<alt>{_RESIDUE}+)")),
    ("ins", re.compile(rf"(?P<ref>{_RESIDUE})?(?P<first>\d+)(?P<alt>{_RESIDUE})ins")),
    ("substitution", re.compile(rf"{_SITE}(?P<alt>{_RESIDUE})")),
)
_LETTERS = re.compile(_RESIDUE)


@dataclass(frozen=True)
class ProteinChange:
    """One change of a protein.

    ``ref`` are one-letter residues from ``first`` on (1-based; for an insertion the two neighbours, for a range at
    least its first and last residue are known), ``alt`` what stands there instead. ``distance`` is the number behind
    ``fsTer`` and ``extTer``, None where no stop codon is known.
    """

    form: Form
    first: int = 0
    last: int = 0
    ref: str = ""
    alt: str = ""
    distance: int | None = None

    def one_letter(self) -> str:
        """``G1202R``, ``T1151dup``, ``R1209Sfs*12``; empty where no change can be named."""
        return "" if self.form in ("same", "unknown") else self._text(lambda residues: residues)

    def three_letter(self) -> str:
        """``Gly1202Arg``, ``Thr1151dup``, ``Arg1209SerfsTer12``, ``Leu1196=``; ``?`` where it cannot be told."""
        return self._text(lambda residues: "".join(THREE_LETTERS[each] for each in residues))

    def _text(self, write: Callable[[str], str]) -> str:
        if self.form == "unknown":
            return "?"
        site = f"{write(self.ref[0])}{self.first}"
        if self.form == "start":
            return f"{site}?"
        span = site if self.last == self.first else f"{site}_{write(self.ref[-1])}{self.last}"
        stop = write(STOP) + ("?" if self.distance is None else str(self.distance))
        return {
            "same": f"{span}=",
            "substitution": f"{site}{write(self.alt)}",
            "del": f"{span}del",
            "dup": f"{span}dup",
            "ins": f"{span}ins{write(self.alt)}",
            "delins": f"{span}delins{write(self.alt)}",
            "frameshift": f"{site}{write(self.alt)}fs{stop}",
            "extension": f"{site}{write(self.alt)}ext{stop}",
        }[self.form]


_TWO_FOR_TWO = re.compile(r"([A-Z])(\d+)_([A-Z])(\d+)delins([A-Z])([A-Z*])")


def single_changes(protein: str) -> tuple[str, ...]:
    """The substitutions of single residues that a one-letter name stands for, itself if it is no such name.

    Two neighbouring residues that one event replaces by two others are both replaced, on one molecule; what is known of
    either speaks of it.

    >>> single_changes("E1161_L1162delinsDM")
    ('E1161D', 'L1162M')
    >>> single_changes("D1203_L1204delinsE")
    ('D1203_L1204delinsE',)
    """
    match = _TWO_FOR_TWO.fullmatch(protein)
    if match is None or int(match[4]) != int(match[2]) + 1:
        return (protein,)
    return (f"{match[1]}{match[2]}{match[5]}", f"{match[3]}{match[4]}{match[6]}")


def parse_protein_change(text: str) -> ProteinChange:
    """Read one protein change in one- or three-letter names.

    Raises
    ------
    InputError
        Not a form that this program knows. An insertion is returned between its two neighbours; the second neighbour
        of the older forms (``T1151insT``) is ``?`` in ``ref``, because the name does not give it.
    """
    body = _body(text)
    for form, pattern in _PATTERNS:
        match = pattern.fullmatch(body)
        if match is not None:
            return _change(form, {key: value for key, value in match.groupdict().items() if value is not None}, text)
    raise InputError("not a protein change", found=text, expected="such as G1202R, p.(Gly1202Arg) or T1151dup")


def _body(text: str) -> str:
    """What stands behind ``p.`` and inside the parentheses; a second name in parentheses at the end is left out."""
    body = "".join(text.split())
    if ":" in body:
        body = body.split(":", 1)[1]
    body = body.removeprefix("p.")
    if body.startswith("(") and body.endswith(")"):
        return body[1:-1]
    named_twice = re.fullmatch(r"([^()]+)\([^()]+\)", body)
    return named_twice[1] if named_twice else body


def _change(form: Form, parts: dict[str, str], text: str) -> ProteinChange:
    first = int(parts["first"])
    last = int(parts.get("last", first))
    ref = _one_letter(parts.get("ref", "")) + (_one_letter(parts["ref2"]) if "ref2" in parts else "")
    alt = _one_letter(parts.get("alt", ""))
    distance = int(parts["distance"]) if parts.get("distance", "?") != "?" else None
    if last < first or ("last" in parts and last == first):
        raise InputError("range ends before it starts", found=text, expected="first residue < last residue")
    if form == "ins":
        if "last" not in parts:
            ref, last = (ref or "?") + "?", first + 1
        elif last != first + 1:
            raise InputError(
                "an insertion stands between two neighbours", found=text, expected="such as T1151_L1152insP"
            )
    return ProteinChange(form, first, last, ref, alt, distance)


def _one_letter(residues: str) -> str:
    return "".join(ONE_LETTER.get(each, STOP if each == "X" else each) for each in _LETTERS.findall(residues))
