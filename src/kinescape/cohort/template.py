"""Empty tables with a description of every column, or an example filled with simulated patients."""

from __future__ import annotations

from pathlib import Path

from kinescape.cohort.response import RULE
from kinescape.cohort.simulate import Row, simulated_cohort, write_tables
from kinescape.cohort.tables_format import OPTIONAL_TABLES, TABLES
from kinescape.output_folder import output_folder


def write_template(out: Path, *, excel: bool, example: bool) -> list[str]:
    """Write the folder; returns the lines to print."""
    tables: dict[str, list[Row]] = simulated_cohort() if example else {name: [] for name in TABLES}
    with output_folder(out, "cohort template") as folder:
        if excel:
            _write_workbook(tables, folder / "cohort.xlsx")
        else:
            write_tables(tables, folder)
        (folder / "COLUMNS.md").write_text(describe_columns(), encoding="utf-8", newline="\n")
    what = "SIMULATED example" if example else "empty tables"
    return [f"{what}: {out / 'cohort.xlsx' if excel else out}", f"columns are described in {out / 'COLUMNS.md'}"]


def describe_columns() -> str:
    """The format of the tables, as Markdown."""
    lines = [
        "# Tables of a cohort",
        "",
        "CSV, TSV, or one Excel workbook with one sheet per table. Times are dates (YYYY-MM-DD) or days, the "
        "same in all tables, never mixed. Best response and therapy line numbers are derived, never typed.",
        "",
        f"Best response: {RULE}.",
    ]
    for name, fields in TABLES.items():
        optional = " (may be absent)" if name in OPTIONAL_TABLES else ""
        lines += ["", f"## {name}{optional}", "", "| column | needed | holds | meaning |", "| --- | --- | --- | --- |"]
        for field in fields:
            holds = ", ".join(field.choices) if field.choices else _KINDS[field.kind]
            lines.append(f"| {field.name} | {'yes' if field.required else 'no'} | {holds} | {field.meaning} |")
    return "\n".join(lines) + "\n"


_KINDS = {
    "text": "text",
    "time": "date or day",
    "flag": "0 or 1",
    "number": "number",
    "share": "number from 0 to 1",
    "count": "1, 2 ...",
}


def _write_workbook(tables: dict[str, list[Row]], path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, fields in TABLES.items():
        sheet = book.create_sheet(name)
        header = [field.name for field in fields]
        sheet.append(header)
        for row in tables[name]:
            sheet.append([row.get(column, "") or None for column in header])
        sheet.freeze_panes = "A2"
    book.save(path)
