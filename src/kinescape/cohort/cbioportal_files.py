"""The three kinds of files of a cBioPortal study: facts (``key: value``), tables, and clinical tables.

Formats: https://docs.cbioportal.org/file-formats/ .
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

Row = list[str]

_BREAKS = re.compile(r"[\t\r\n\x0b\x0c\x85\u2028\u2029]+")


_LISTS = ("case_list_ids", "gene_list")
"""Facts whose value is a list with tabs between."""


def plain_cell(text: str) -> str:
    """``text`` on one line and without tabs: the format knows no quotation marks."""
    return _BREAKS.sub(" ", text)


def write_rows(path: Path, header: Row, rows: Sequence[Row]) -> None:
    """A tab-separated table with one header line."""
    text = "\n".join("\t".join(plain_cell(cell) for cell in row) for row in [header, *rows])
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def write_clinical(path: Path, columns: Sequence[tuple[str, str, str, str]], rows: Sequence[Row]) -> None:
    """A clinical file: names, descriptions, types and priorities in lines that start with #.

    Parameters
    ----------
    columns
        (attribute, display name, description, datatype) of every column.
    """
    heads = [[name for _, name, _, _ in columns], [text for _, _, text, _ in columns], [kind for *_, kind in columns]]
    heads.append(["1"] * len(columns))
    lines = ["#" + "\t".join(plain_cell(cell) for cell in head) for head in heads]
    lines += ["\t".join(plain_cell(cell) for cell in row) for row in [[name for name, *_ in columns], *rows]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def write_facts(path: Path, **facts: str) -> None:
    """A meta file or a case list: one ``key: value`` per line."""
    lines = [f"{key}: {value if key in _LISTS else plain_cell(value)}\n" for key, value in facts.items()]
    path.write_text("".join(lines), encoding="utf-8", newline="\n")
