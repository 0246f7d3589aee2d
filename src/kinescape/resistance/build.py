"""A knowledge-base folder from a table of facts."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import yaml

from kinescape.errors import InputError
from kinescape.files import whole_folder, write_text
from kinescape.resistance.base import COMMENT_COLUMNS, KnowledgeBase
from kinescape.resistance.curation import curated, read_curation
from kinescape.resistance.facts import evidence_of, read_facts, table_text


def build(facts: Path, out: Path, base: KnowledgeBase, *, curation: Path | None, date: str, curator: str) -> int:
    """Write a base with the rows of a fact table and the drugs and rules of ``base``; gives the number of rows.

    Raises
    ------
    InputError
        A table is malformed, or ``out`` is a folder with something else in it.
    """
    refuse_foreign(out)
    rows = evidence_of(read_facts(facts), base.drugs, base.rules.rule_set(), date=date, curator=curator)
    if curation is not None:
        rows = curated(rows, read_curation(curation))
    manifest = {"name": out.name, "version": "0", "date": date, "genes": list(base.genes)}
    mechanisms = [{"what": item.what, "reason": item.reason} for item in base.not_assessable]
    with whole_folder(out) as folder:
        write_text(folder / "kb.yaml", yaml_text(manifest | {"not_assessable": mechanisms}))
        write_text(folder / "evidence.tsv", table_text(rows))
        write_text(folder / "comments.tsv", "\t".join(COMMENT_COLUMNS) + "\n")
        for name in ("drugs.tsv", "rules.yaml"):
            shutil.copyfile(base.folder / name, folder / name)
        if curation is not None:
            shutil.copyfile(curation, folder / "curation.tsv")
    return len(rows)


def refuse_foreign(folder: Path) -> None:
    """An InputError unless ``folder`` is free, empty, or a knowledge base."""
    if folder.exists() and not folder.is_dir():
        raise InputError("is a file", file=folder, expected="a folder, or a name that is free")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "kb.yaml").exists():
        raise InputError("holds something else", file=folder, expected="a new folder, or one with a kb.yaml")


def yaml_text(document: Mapping[str, object]) -> str:
    """A manifest as YAML, keys in the given order."""
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
