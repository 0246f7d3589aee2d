"""Cells of tables that people open in a spreadsheet: text from outside must not become a formula.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` (or their full-width forms, or after a tab or
a line end) for a formula (OWASP, "CSV Injection"). Such text gets an apostrophe in front, which makes it text there;
what is a number stays as it is.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from kinescape.report.wording import visible

_FORMULA = re.compile("[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_SIGNS = ("+", "-")
"""A strand, or no base: a sign alone is text in every spreadsheet."""
_BREAKS = re.compile(r"[\t\r\n\x0b\x0c\x85\u2028\u2029]+")

Value = str | int | float | bool | None


def cell(value: Value) -> str:
    """A value as it stands in a cell: one line, six digits that count, nothing that runs."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.6g}"
    return harmless(value)


def harmless(text: str) -> str:
    """``text`` on one line, and with an apostrophe in front where a spreadsheet would take it for a formula."""
    risky = _FORMULA.match(text.lstrip(" \u00a0")) is not None
    line = visible(_BREAKS.sub(" ", text)).strip()
    if _NUMBER.fullmatch(line) or line in _SIGNS:
        return line
    return f"'{line}" if line and (risky or _FORMULA.match(line)) else line


def table(header: Sequence[str], rows: Iterable[Sequence[Value]], comments: Sequence[str] = ()) -> str:
    """A tab-separated table, quoted as CSV readers expect; comments stand in front, after ``#``."""
    text = io.StringIO()
    for comment in comments:
        text.write("#" + visible(_BREAKS.sub(" ", comment)) + "\n")
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()
