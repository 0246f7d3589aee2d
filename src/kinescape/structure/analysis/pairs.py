"""Pairs of residues as users write them."""

from __future__ import annotations

from collections.abc import Sequence

from kinescape.errors import InputError


def pair_options(given: Sequence[str]) -> list[tuple[int | None, int]] | None:
    """``1237-1247`` or ``ligand-1197`` (letters before numbers are allowed); None where nothing was given."""
    if not given:
        return None
    found: list[tuple[int | None, int]] = []
    for text in given:
        one, _, other = text.partition("-")
        first, second = _number(one, text), _number(other, text)
        if first == second:
            raise InputError("a pair needs two residues", found=text, expected="1237-1247 or ligand-1197")
        if second is None:
            first, second = second, first
        assert second is not None  # noqa: S101
        found.append((first, second))
    return found


def _number(part: str, text: str) -> int | None:
    name = part.strip()
    if name.lower() == "ligand":
        return None
    digits = name[1:] if name[:1].isalpha() else name
    if not digits.isdigit():
        raise InputError("--pair", found=text, expected="1237-1247 or ligand-1197")
    return int(digits)
