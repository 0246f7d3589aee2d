"""What stands in which well: the layout file that turns a plate's readings into wells."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from kinescape.assay.decimals import Mark
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


def wells_from_plates(
    files: Sequence[Path], layout: Path, *, sheet: str | None = None, decimal: Mark | None = None
) -> list[Well]:
    """Wells of plates under one layout. Each file is an experiment of its own (:func:`file_labels`) unless the layout
    names the experiment.

    Raises
    ------
    InputError
        A file given twice, two plates of a file that read the same in every well or have one name, a well that was not
        read, no plate that the layout speaks of; numbers that can be read in two ways, unless ``decimal`` says how.
    """
    rows = read_layout(layout)
    labels = file_labels(files)
    wells: list[Well] = []
    for file, label in zip(files, labels, strict=True):
        used: list[Plate] = []
        for number, plate in enumerate(read_plates(file, sheet=sheet, decimal=decimal), start=1):
            chosen = [row for row in rows if row.text("plate", "") in {"", plate.name, str(number), file.stem, label}]
            if not chosen:
                continue
            for other in used:
                _told_apart(plate, other)
            used.append(plate)
            # Plates of several files share an experiment only where the layout says so; their names must then differ.
            name = plate.name if len(files) == 1 else f"{label} {plate.name}"
            wells += _plate_wells(plate, chosen, label, name)
    if not wells:
        raise InputError("the layout matches none of the plates", file=layout)
    return wells


def file_labels(files: Sequence[Path]) -> list[str]:
    """What each file's experiment is called: its name without suffix, and as much more of its path as it takes to tell
    it from the others (``day1/plate``, ``day2/plate``).

    Raises
    ------
    InputError
        One file twice, under whatever names.
    """
    seen: dict[Path, Path] = {}
    for file in files:
        first = seen.setdefault(file.resolve(), file)
        if first is not file:
            raise InputError("the same file is given twice", file=file, expected="each file once, each an experiment")
    places = [file.parent.resolve() / file.name for file in files]
    labels = [place.stem for place in places]
    # At every depth first without suffixes, then with them: plate.csv and plate.txt may lie in one folder.
    for depth, with_suffix in ((depth, with_suffix) for depth in itertools.count(1) for with_suffix in (False, True)):
        if len(set(labels)) == len(labels):
            break
        longer = ["/".join((p if with_suffix else p.with_suffix("")).parts[-depth:]) for p in places]
        labels = [new if labels.count(old) > 1 else old for old, new in zip(labels, longer, strict=True)]
    return labels


def _told_apart(plate: Plate, other: Plate) -> None:
    line = min(plate.lines.values())
    if plate.readings == other.readings:
        what = f"plate {plate.name} reads the same as plate {other.name} in every well"
        raise InputError(what, file=plate.file, line=line, expected="each plate once")
    if plate.name == other.name:
        raise InputError(f"two plates are called {plate.name}", file=plate.file, line=line, expected="a name for each")


def _plate_wells(plate: Plate, rows: Sequence[Row], experiment: str, plate_name: str) -> list[Well]:
    counts: dict[tuple[str, ...], int] = defaultdict(int)
    made = []
    for row in rows:
        name = well_name(row.text("well")) or ""
        if name not in plate.readings:
            what = f"well {name} was not read: plate {plate.name} of {plate.file} has {len(plate.readings)} wells"
            raise row.error(what, column="well", expected="wells of the plate")
        kind = tuple(row.cells.get(c, "").strip() for c in ("experiment", "variant", "drug", "dose", "role"))
        counts[kind] += 1
        own_experiment = row.text("experiment", "")
        cells = {
            **row.cells,
            "well": name,
            "plate": plate_name if own_experiment else plate.name,
            "experiment": own_experiment or experiment,
            "replicate": row.text("replicate", str(counts[kind])),
            "signal": repr(plate.signal(name)),
        }
        made.append(Row(row.file, row.line, cells))
    return wells_from_rows(made) if made else []
