"""``OUT/rows/NAME.json``: one finished row of a screen, whole or not there, with what its numbers depend on."""

from __future__ import annotations

import json
from pathlib import Path

from kinescape.files import write_text
from kinescape.structure.batch.plan import Task
from kinescape.structure.screen.table import COLUMNS, Row

FOLDER = "rows"


def row_file(out: Path, task: Task) -> Path:
    """``OUT/rows/NAME.json``."""
    return out / FOLDER / f"{task.name}.json"


def write_row(out: Path, task: Task, settings: str, row: Row) -> None:
    """Write a finished row; ``settings`` is the checksum of all that it depends on but the mutation."""
    content = {"mutation": task.mutation, "settings": settings, "row": {name: row[name] for name in COLUMNS}}
    write_text(row_file(out, task), json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def kept_row(out: Path, task: Task, settings: str) -> Row | None:
    """The row that is there already, if it was made of the same everything; else None."""
    try:
        content = json.loads(row_file(out, task).read_text(encoding="utf-8"))
        row = {name: str(content["row"][name]) for name in COLUMNS}
        same = content["settings"] == settings and content["mutation"] == task.mutation == row["mutation"]
    except (OSError, ValueError, KeyError, TypeError):
        # A damaged row is calculated again.
        return None
    return row if same and row["status"] == "done" else None
