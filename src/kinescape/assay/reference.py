"""The variant that others are compared with: a name that occurs nowhere is a slip, not a finding."""

from __future__ import annotations

from collections.abc import Iterable

from kinescape.errors import InputError

MOST_SHOWN = 12


def missing_reference(reference: str, variants: Iterable[str], *, asked: bool) -> list[str]:
    """Nothing where ``reference`` is among the variants, else the line that says so.

    Parameters
    ----------
    asked
        The user named it, rather than left the default.

    Raises
    ------
    InputError
        A reference that the user named occurs nowhere.
    """
    names = list(dict.fromkeys(name for name in variants if name))
    if reference in names:
        return []
    shown = ", ".join(names[:MOST_SHOWN]) + (f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else "")
    alike = [name for name in names if name.casefold() == reference.casefold()]
    hint = f"; did you mean {alike[0]}? (case counts)" if alike else ""
    if asked:
        what = "the reference occurs nowhere"
        raise InputError(what, found=reference, expected=f"a variant of the data: {shown}{hint}")
    return [f"no comparison: reference {reference} occurs nowhere (variants: {shown}); choose one by --reference{hint}"]
