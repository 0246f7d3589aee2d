"""Numbers that a comma-delimited export took apart: ``1,234`` without quotes is two cells, and moves all that follow.

A line that is longer than the header allows is refused; so is one whose length fits no header and that holds what may
be a number in pieces. Lines that end in a delimiter or in a word (``Luminescence``) are none of these.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Sequence
from pathlib import Path

from kinescape.errors import InputError

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?")
_START = re.compile(r"[+-]?[1-9][0-9]{0,2}")
_GROUP = re.compile(r"[0-9]{3}")
_LAST_GROUP = re.compile(r"[0-9]{3}(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?")
EXPECTED = "numbers without commas or in quotes, or a file with tabs between its cells"


def refuse_shifted(
    path: Path,
    header: Sequence[str],
    lines: Sequence[tuple[int, Sequence[str]]],
    cells: slice,
    overflows: Collection[str] = (),
) -> None:
    """Refuse lines of a comma-delimited table in which a comma inside of a number has moved what follows.

    Parameters
    ----------
    header
        The cells of the header line.
    lines
        The lines below it that are read, each with its 1-based number in the file.
    cells
        Where the readings stand in a line (0-based, half-open).
    overflows
        What stands for a number that the detector could not give, in capitals.

    Raises
    ------
    InputError
        Naming the first such line, the number of its cells and what looks like a number in pieces.
    """
    start, stop = cells.start, cells.stop

    def is_reading(cell: str) -> bool:
        return _NUMBER.fullmatch(cell) is not None or cell.upper() in overflows

    def excess_of(each: Sequence[str]) -> int:
        length = len(each)
        while length > len(header) and each[length - 1] and not is_reading(each[length - 1]):
            length -= 1
        return length - len(header)

    free = [place for place in range(stop, max(len(each) for _, each in lines)) if not _at(header, place)]
    excess = {excess_of(each) for _, each in lines}
    even = len(excess) == 1 and not _explained(min(excess), [each[start:] for _, each in lines])
    for line, each in lines:
        more, readings = excess_of(each), each[start:]
        beyond = any(is_reading(_at(each, place)) for place in free)
        thousands = _pieces(readings) >= max(more, 1)
        decimals = more > 0 and _pairs(readings) >= more and not any(each[len(header) :])
        if beyond or (not even and (thousands or decimals)):
            raise InputError(
                "a comma inside of a number may have moved the cells of this line "
                f"({len(each)} here, {len(header)} in the header)",
                file=path,
                line=line,
                found=_example(readings),
                expected=EXPECTED,
            )


def _explained(excess: int, lines: Sequence[Sequence[str]]) -> bool:
    """Whether commas inside of numbers may be why all lines have another number of cells than the header."""
    if excess < 0:
        return all(_pieces(each) > 0 for each in lines)
    if excess == 0:
        return False
    # One pair of whole numbers is in every line of a plate: it says nothing of one delimiter at the lines' ends.
    return all(_pieces(each) >= excess or _pairs(each) >= excess > 1 for each in lines)


def _at(cells: Sequence[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""


def _pieces(cells: Sequence[str]) -> int:
    """The most cells that may be the later groups of numbers with their thousands set apart."""
    count, open_number = 0, False
    for cell in cells:
        goes_on = open_number and _LAST_GROUP.fullmatch(cell) is not None
        count += goes_on
        open_number = (goes_on and _GROUP.fullmatch(cell) is not None) or _START.fullmatch(cell) is not None
    return count


def _pairs(cells: Sequence[str]) -> int:
    """The most cells that may be what follows a decimal comma."""
    count, whole = 0, False
    for cell in cells:
        number = cell.isdecimal()
        count += number and whole
        whole = number and not whole
    return count


def _example(cells: Sequence[str]) -> str | None:
    for one, other in itertools.pairwise(cells):
        if _START.fullmatch(one) and _LAST_GROUP.fullmatch(other):
            return f"{one},{other}"
    return None
