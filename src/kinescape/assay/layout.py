"""What stands in which well: the layout file that turns a plate's readings into wells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from kinescape.assay.excel import is_excel, read_sheet
from kinescape.assay.plates import Plate, read_plates, well_name
from kinescape.assay.wells import Well, wells_from_rows
from kinescape.errors import InputError
from kinescape.tables import Row, read_table

LAYOUT_COLUMNS = ("well", "variant", "drug", "dose", "dose_unit")
"""And, where wanted: ``plate`` (name or number within the file), ``experiment``, ``replicate``, ``role``."""


def read_layout(path: Path) -> list[Row]:
    """Rows of a layout, each naming a well. Wells that are not listed are not used."""
    rows = read_sheet(path, required=LAYOUT_COLUMNS) if is_excel(path) else read_table(path, required=LAYOUT_COLUMNS)
    for row in rows:
        if well_name(row.text("well")) is None:
            raise row.error("is not a well", column="well", expected="A1 to P24")
    if not rows:
        raise InputError("the layout lists no wells", file=path)
    return rows


def wells_from_plates(files: Sequence[Path], layout: Path, *, sheet: str | None = None) -> list[Well]:
    """Wells of plates under one layout. Each file is an experiment (its name) unless the layout names the
    experiment."""
    rows = read_layout(layout)
    wells: list[Well] = []
    for file in files:
        for number, plate in enumerate(read_plates(file, sheet=sheet), start=1):
            chosen = [row for row in rows if row.text("plate", "") in {"", plate.name, str(number), file.stem}]
            wells += _plate_wells(plate, chosen, file.stem)
    if not wells:
        raise InputError("the layout matches none of the plates", file=layout)
    return wells


def _plate_wells(plate: Plate, rows: Sequence[Row], experiment: str) -> list[Well]:
    counts: dict[tuple[str, ...], int] = defaultdict(int)
    made = []
    for row in rows:
        name = well_name(row.text("well")) or ""
        kind = tuple(row.cells.get(c, "").strip() for c in ("experiment", "variant", "drug", "dose", "role"))
        counts[kind] += 1
        cells = {
            **row.cells,
            "well": name,
            "plate": plate.name,
            "experiment": row.text("experiment", experiment),
            "replicate": row.text("replicate", str(counts[kind])),
            "signal": repr(plate.signal(name)),
        }
        made.append(Row(row.file, row.line, cells))
    return wells_from_rows(made) if made else []
