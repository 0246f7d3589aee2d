"""Any file that a lab has, as wells: long CSV, TSV or Excel, or a plate (grid or reader export) with its layout."""

from __future__ import annotations

from pathlib import Path

from kinescape.assay.excel import is_excel, read_sheet
from kinescape.assay.wells import REQUIRED, Well, wells_from_rows
from kinescape.tables import read_table


def read_wells(path: Path, *, sheet: str | None = None) -> list[Well]:
    """Wells of a long table (columns ``experiment, variant, drug, dose, dose_unit, replicate, signal``, and ``role``,
    ``plate``, ``well`` where there are any).

    Raises
    ------
    InputError
        Naming file, line and column.
    """
    rows = read_sheet(path, required=REQUIRED, sheet=sheet) if is_excel(path) else read_table(path, required=REQUIRED)
    return wells_from_rows(rows)
