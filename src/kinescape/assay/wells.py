"""A well: what was in it, what was read from it, and where that stands in the user's file."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kinescape.assay.units import dose_in_nanomolar, nanomolar_per
from kinescape.errors import InputError
from kinescape.tables import Row

Role = Literal["sample", "untreated", "vehicle", "blank", "positive", "day0"]
ROLES: tuple[Role, ...] = ("sample", "untreated", "vehicle", "blank", "positive", "day0")
"""untreated and vehicle: cells without drug; blank: no cells; positive: all cells killed; day0: read at drug
addition."""

REQUIRED = ("experiment", "variant", "drug", "dose", "dose_unit", "replicate", "signal")
OPTIONAL = ("role", "plate", "well")
RAW_SIGNAL = "0 or more, as the detector read it (wells of role blank are taken off here)"
"""Negative readings are what a reader's own subtraction of blanks leaves; a detector gives none."""


@dataclass(frozen=True)
class Well:
    """One reading. ``dose`` in nM, 0 without drug. ``line`` is the 1-based line (or sheet row) it was read from."""

    experiment: str
    variant: str
    drug: str
    dose: float
    replicate: str
    signal: float
    role: Role
    plate: str
    position: str
    file: Path
    line: int
    simulated: bool = False
    """Whether its file says so (:func:`says_simulated`)."""

    @property
    def control(self) -> bool:
        """Cells without drug: the upper end of the signal."""
        return self.role in {"untreated", "vehicle"}


def says_simulated(path: Path) -> bool:
    """Whether a table's leading comment lines hold ``# simulated data``, as `assay simulate` writes it."""
    if path.suffix.lower() in {".xlsx", ".xlsm"}:
        return False
    with path.open(encoding="utf-8", errors="replace") as handle:
        comments = itertools.takewhile(
            lambda line: line.startswith("#"), (line.strip("\ufeff \r\n") for line in handle)
        )
        return any(line.lstrip("# ").casefold().startswith("simulated data") for line in comments)


def wells_from_rows(rows: Iterable[Row]) -> list[Well]:
    """Wells from the rows of a long table, checked.

    Raises
    ------
    InputError
        A cell that is not what it should be, one well twice, a drug whose doses stand in two units, no wells at all.
    """
    wells: list[Well] = []
    units: dict[str, tuple[str, Row]] = {}
    for row in rows:
        well = _well(row)
        if well.dose > 0:
            _one_unit(units, well, row)
        wells.append(well)
    if not wells:
        raise InputError("no wells", expected="a header line with " + ", ".join(REQUIRED) + " and one line per well")
    check_duplicates(wells)
    return wells


def _well(row: Row) -> Well:
    role = _role(row)
    dose = dose_in_nanomolar(row) if role == "sample" else 0.0
    if role == "sample" and dose == 0:
        role = "untreated"
    signal = row.number("signal")
    if signal < 0:
        place = row.text("well", "")
        what = f"the signal of well {place} is negative" if place else "a signal cannot be negative"
        raise row.error(what, column="signal", expected=RAW_SIGNAL)
    needs_drug = role == "sample"
    needs_variant = role not in {"blank"}
    return Well(
        experiment=row.text("experiment"),
        variant=row.text("variant", None if needs_variant else ""),
        drug=row.text("drug", None if needs_drug else ""),
        dose=dose,
        replicate=row.text("replicate", "1"),
        signal=signal,
        role=role,
        plate=row.text("plate", ""),
        position=row.text("well", ""),
        file=row.file,
        line=row.line,
    )


def _role(row: Row) -> Role:
    text = row.text("role", "sample").lower()
    for role in ROLES:
        if text == role:
            return role
    raise row.error("unknown role of a well", column="role", expected="one of " + ", ".join(ROLES))


def _one_unit(units: dict[str, tuple[str, Row]], well: Well, row: Row) -> None:
    unit = row.text("dose_unit")
    known = units.setdefault(well.drug, (unit, row))
    if nanomolar_per(known[0]) != nanomolar_per(unit):
        raise row.error(
            f"mixed units: doses of {well.drug} stand in {known[0]} on line {known[1].line}",
            column="dose_unit",
            expected="one unit per drug",
        )


def check_duplicates(wells: Sequence[Well]) -> None:
    """No well twice: neither a place on a plate nor a replicate of a dose.

    Raises
    ------
    InputError
        Naming both lines.
    """
    seen: dict[tuple[object, ...], Well] = {}
    for well in wells:
        keys: list[tuple[object, ...]] = []
        if well.position:
            keys.append(("place", well.experiment, well.plate, well.position))
        else:
            keys.append(
                (
                    "replicate",
                    well.experiment,
                    well.plate,
                    well.variant,
                    well.drug,
                    well.dose,
                    well.role,
                    well.replicate,
                )
            )
        for key in keys:
            first = seen.setdefault(key, well)
            if first is not well:
                what = f"the well of line {first.line} stands here again"
                found = (
                    f"plate {well.plate or '1'} {well.position}"
                    if key[0] == "place"
                    else f"{well.experiment}, {well.variant}, {well.drug}, {well.dose:g} nM, replicate {well.replicate}"
                )
                raise InputError(what, file=well.file, line=well.line, found=found, expected="each well once")
