"""What a comma and a point mean in the numbers of a plate: programs write 1234.5, 1234,5, 1,234.5 and 1.234,5."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Mark = Literal["point", "comma"]
MARKS: tuple[Mark, ...] = ("point", "comma")
_SIGNS: dict[Mark, str] = {"point": ".", "comma": ","}

_NUMBER = re.compile(r"[+-]?([0-9.,]*[0-9][0-9.,]*)([eE][+-]?[0-9]+)?")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:(?:,[0-9]{3})+|(?:\.[0-9]{3})+)")
"""1,234 and 1,234,567: thousands set apart."""


@dataclass(frozen=True)
class Verdict:
    """What the numbers of a file show.

    Attributes
    ----------
    mark
        The decimal mark; None where two readings are possible, or none.
    shown_by
        For each mark that was seen for certain, the first number (its place among those given) that shows it.
    unclear
        The first number that reads as two different ones; None where there is none.
    """

    mark: Mark | None
    shown_by: dict[Mark, int]
    unclear: int | None


def decimal_mark(texts: Iterable[str]) -> Verdict:
    """The decimal mark by all numbers of a file together.

    ``12,5``, ``0,123`` and ``1.234,5`` show a comma, ``12.5`` and ``1,234,567`` a point. ``1,234`` is either 1.234 or
    1234, and is decided by the others. So is ``1.234`` where whole numbers stand beside it: a program that writes three
    decimals writes them in all numbers. Where all have them the point is the decimal mark, as it is without any sign.
    """
    shown: dict[Mark, int] = {}
    unclear: dict[Mark, int] = {}
    whole = False
    for place, text in enumerate(texts):
        match = _NUMBER.fullmatch(text)
        if match is None:
            continue
        body, exponent = match[1], bool(match[2])
        if "." not in body and "," not in body:
            whole = whole or body.strip("0") != ""
            continue
        mark = _shown_by(body, exponent)
        if mark is not None:
            shown.setdefault(mark, place)
        elif _GROUPED.fullmatch(body):
            unclear.setdefault("comma" if "," in body else "point", place)
    if len(shown) == 1:
        return Verdict(next(iter(shown)), shown, None)
    if shown:
        return Verdict(None, shown, None)
    if "comma" in unclear or ("point" in unclear and whole):
        return Verdict(None, shown, min(unclear.values()))
    return Verdict("point", shown, None)


def _shown_by(body: str, exponent: bool) -> Mark | None:
    """The decimal mark that one number shows for certain."""
    signs = [sign for sign in body if sign in ".,"]
    last: Mark = "comma" if signs[-1] == "," else "point"
    other: Mark = "point" if last == "comma" else "comma"
    if len(set(signs)) == 2:
        # Only one way round is a number: thousands first.
        return last if signs.count(signs[-1]) == 1 and _reads_as(body, last) else None
    if len(signs) > 1:
        return other if _GROUPED.fullmatch(body) else None
    return last if exponent or not _GROUPED.fullmatch(body) else None


def _reads_as(body: str, mark: Mark) -> bool:
    before = body.partition(_SIGNS[mark])[0]
    return _GROUPED.fullmatch(before) is not None


def number_of(text: str, mark: Mark) -> float:
    """The number that a cell holds under a decimal mark; thousands may be set apart by the other sign.

    Raises
    ------
    ValueError
        It is none.
    """
    match = _NUMBER.fullmatch(text)
    if match is None or ("." not in text and "," not in text):
        return float(text)
    thousands = "," if mark == "point" else "."
    before, sign, after = match[1].partition(_SIGNS[mark])
    if thousands in after or (thousands in before and not _GROUPED.fullmatch(before)):
        raise ValueError(text)
    start = text[: match.start(1)]
    return float(f"{start}{before.replace(thousands, '')}{'.' if sign else ''}{after}{match[2] or ''}")
