"""Faults that show only between rows: duplicates, contradictions within a source, top doses, mixed controls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from kinescape.resistance.claims import MEASURED
from kinescape.resistance.lint_cells import cell, number
from kinescape.resistance.wording import count
from kinescape.tables import Row

Found = tuple[Row, str]
SAME_CONTROL = 2.0
"""Unmutated IC50 of one drug in one study and system may differ between experiments, but not by more than this."""

_AGAINST = {"resistant": "against", "reduced": "against", "sensitive": "for", "sensitised": "for"}


def across_rows(rows: Sequence[Row]) -> Iterator[Found]:
    """Every fault between rows, as (row, sentence)."""
    yield from _ids(rows)
    yield from _status_missing(rows)
    yield from _duplicates(rows)
    yield from _contradictions(rows)
    yield from _top_doses(rows)
    yield from _controls(rows)


def unmutated_by_study(rows: Sequence[Row]) -> dict[tuple[str, str], dict[str, float]]:
    """(gene, drug) -> study -> unmutated IC50 in nM, stated or implied by a stated fold."""
    found: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for row in rows:
        value, wild, fold = (number(row, column) for column in ("value", "wt_value", "fold"))
        if wild is None and value and fold and cell(row, "fold_basis") == "stated":
            wild = value / fold
        if wild is not None and cell(row, "kind") in MEASURED:
            found[cell(row, "gene"), cell(row, "drug")].setdefault(cell(row, "source"), wild)
    return dict(found)


def _ids(rows: Sequence[Row]) -> Iterator[Found]:
    first: dict[str, int] = {}
    for row in rows:
        identifier = cell(row, "row")
        if identifier in first:
            yield row, f"row id {identifier} stands twice (first in line {first[identifier]})"
        first.setdefault(identifier, row.line)


def _status_missing(rows: Sequence[Row]) -> Iterator[Found]:
    without = [row for row in rows if not cell(row, "status")]
    if without:
        yield without[0], f"no status (verified, unverified or disputed) in {count(len(without), 'row')}"


def _duplicates(rows: Sequence[Row]) -> Iterator[Found]:
    columns = ("gene", "variants", "fusion", "disease", "drug", "kind", "system", "value", "fold", "source", "record")
    first: dict[tuple[str, ...], str] = {}
    for row in rows:
        key = tuple(cell(row, column) for column in columns)
        if key in first:
            yield row, f"says the same as row {first[key]}"
        first.setdefault(key, cell(row, "row"))


def _contradictions(rows: Sequence[Row]) -> Iterator[Found]:
    """One source that is for and against the same drug and change in the same setting."""
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        if cell(row, "direction") in _AGAINST and cell(row, "status") != "disputed":
            columns = ("gene", "variants", "drug", "source")
            groups[tuple(cell(row, column) for column in columns)].append(row)
    for group in groups.values():
        for place, row in enumerate(group):
            for earlier in group[:place]:
                if _side(row) != _side(earlier) and _same_setting(row, earlier):
                    here, there = cell(row, "direction"), cell(earlier, "direction")
                    yield row, f"{here} contradicts row {cell(earlier, 'row')} of the same source, which says {there}"


def _same_setting(row: Row, other: Row) -> bool:
    """Two tissues or fusions may differ honestly; two numbers of two systems too. A label and a number may not."""
    if cell(row, "disease") and cell(other, "disease") and cell(row, "disease") != cell(other, "disease"):
        return False
    both_measured = cell(row, "kind") in MEASURED and cell(other, "kind") in MEASURED
    return not both_measured or cell(row, "system") == cell(other, "system")


def _top_doses(rows: Sequence[Row]) -> Iterator[Found]:
    """Censored values without a top dose, and two top doses of one drug in one source and system."""
    doses: dict[tuple[str, ...], tuple[float, str]] = {}
    for row in rows:
        value, top = number(row, "value"), number(row, "top_dose")
        if cell(row, "censoring") == ">" and value is not None and top is None:
            yield row, f"censored at {value:g} and no top dose is given{_beyond(row, value, rows)}"
        if top is None:
            continue
        key = tuple(cell(row, column) for column in ("source", "drug", "system", "record"))
        earlier = doses.setdefault(key, (top, cell(row, "row")))
        if earlier[0] != top:
            yield row, f"top dose {top:g} differs from {earlier[0]:g} of row {earlier[1]}: same drug, source and system"


def _beyond(row: Row, value: float, rows: Sequence[Row]) -> str:
    for other in rows:
        higher = number(other, "value")
        same = cell(other, "source") == cell(row, "source") and cell(other, "drug") != cell(row, "drug")
        if same and higher is not None and higher > value and cell(other, "censoring") != ">":
            return (
                f"; row {cell(other, 'row')} of the same source gives {higher:g} for {cell(other, 'drug')}: "
                "a top dose belongs to one drug and experiment"
            )
    return ": a top dose belongs to one drug and experiment"


def _controls(rows: Sequence[Row]) -> Iterator[Found]:
    first: dict[tuple[str, ...], tuple[float, str]] = {}
    for row in rows:
        wild = number(row, "wt_value")
        if not wild:
            continue
        key = tuple(cell(row, column) for column in ("source", "drug", "system", "fusion", "kind"))
        value, identifier = first.setdefault(key, (wild, cell(row, "row")))
        if max(wild, value) > SAME_CONTROL * min(wild, value):
            yield (
                row,
                (
                    f"wt_value {wild:g} is not the {value:g} of row {identifier}: "
                    "same drug, source and system, so one of them is from another study"
                ),
            )


def _side(row: Row) -> str:
    return _AGAINST[cell(row, "direction")]
