"""Any file that a lab has, as wells: long CSV, TSV or Excel, or plates (grid or reader export) with their layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kinescape.assay.decimals import Mark
from kinescape.assay.excel import is_excel, read_sheet
from kinescape.assay.layout import wells_from_plates
from kinescape.assay.wells import REQUIRED, Well, check_duplicates, says_simulated, wells_from_rows
from kinescape.errors import InputError
from kinescape.tables import read_table


def read_wells(
    files: Sequence[Path], *, layout: Path | None = None, sheet: str | None = None, decimal: Mark | None = None
) -> list[Well]:
    """Wells of one screen.

    Parameters
    ----------
    files
        Long tables (columns ``experiment, variant, drug, dose, dose_unit, replicate, signal`` and, where there are any,
        ``role``, ``plate``, ``well``); or, with a layout, plates.
    layout
        Which well holds what (:mod:`kinescape.assay.layout`).
    sheet
        Sheet of Excel workbooks; the first where None.
    decimal
        Decimal mark of plates; what their numbers show where None.

    Raises
    ------
    InputError
        Naming file, line and column.
    """
    if not files:
        raise InputError("no input files")
    if layout is not None:
        wells = wells_from_plates(files, layout, sheet=sheet, decimal=decimal)
        simulated = any(says_simulated(path) for path in (*files, layout))
        return [replace(well, simulated=simulated) for well in wells]
    if decimal is not None:
        raise InputError(
            "--decimal is for plates as a reader exports them; long tables have decimal points", expected="--layout"
        )
    wells = []
    for path in files:
        rows = (
            read_sheet(path, required=REQUIRED, sheet=sheet) if is_excel(path) else read_table(path, required=REQUIRED)
        )
        if not rows:
            raise InputError("no wells", file=path, expected="one line per well below the header")
        simulated = says_simulated(path)
        wells += [replace(well, simulated=simulated) for well in wells_from_rows(rows)]
    if len(files) > 1:
        check_duplicates(wells)
    return wells
