"""Western blots as numbers: phosphorylated over total protein, relative to the untreated lane, and its dose-response.

Phospho and total are read from one lane (the membrane is stripped and probed again), so their ratio is free of loading;
a loading control, where there is one, corrects the total. Dose-response of phosphorylation then goes the same way as
that of viability: experiments are the unit.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinescape.assay.blocks import Difference, differences
from kinescape.assay.excel import is_excel, read_sheet
from kinescape.assay.tables import number, table
from kinescape.assay.units import dose_in_nanomolar
from kinescape.assay.wells import Well, says_simulated
from kinescape.errors import InputError
from kinescape.tables import Row, read_table

COLUMNS = ("experiment", "variant", "drug", "dose", "dose_unit", "phospho", "total")
"""And, where there is one, ``loading``."""


@dataclass(frozen=True)
class Lane:
    """One lane. ``dose`` in nM; band volumes in the units of the densitometry; ``loading`` NaN where there is none."""

    experiment: str
    variant: str
    drug: str
    dose: float
    phospho: float
    total: float
    loading: float
    file: Path
    line: int

    @property
    def ratio(self) -> float:
        """Phospho over total."""
        return self.phospho / self.total


@dataclass(frozen=True)
class NormalisedLane:
    """A lane relative to the mean untreated lane of its variant in its experiment (and, for drugs, of that blot)."""

    lane: Lane
    relative: float
    total_over_loading: float


def read_lanes(path: Path, *, sheet: str | None = None) -> list[Lane]:
    """Lanes of a densitometry table.

    Raises
    ------
    InputError
        A volume is negative, or total or loading is 0: a ratio to nothing.
    """
    rows: Sequence[Row]
    rows = read_sheet(path, required=COLUMNS, sheet=sheet) if is_excel(path) else read_table(path, required=COLUMNS)
    lanes = [_lane(row) for row in rows]
    if not lanes:
        raise InputError("no lanes", file=path, expected=", ".join(COLUMNS))
    return lanes


def _lane(row: Row) -> Lane:
    phospho, total = row.number("phospho"), row.number("total")
    loading = row.optional_number("loading")
    if phospho < 0:
        raise row.error("a band's volume cannot be negative", column="phospho", expected="0 or more")
    if total <= 0:
        raise row.error("no total protein: the ratio has no meaning", column="total", expected="a number above 0")
    if loading is not None and loading <= 0:
        raise row.error("no loading control in this lane", column="loading", expected="a number above 0, or empty")
    dose = dose_in_nanomolar(row)
    return Lane(
        row.text("experiment"),
        row.text("variant"),
        row.text("drug", "" if dose == 0 else None),
        dose,
        phospho,
        total,
        math.nan if loading is None else loading,
        row.file,
        row.line,
    )


def normalised(lanes: Sequence[Lane]) -> list[NormalisedLane]:
    """Every lane over its untreated lane.

    Raises
    ------
    InputError
        A variant has no untreated lane in an experiment, or one without phosphorylation.
    """
    untreated = _untreated(lanes)
    result = []
    for lane in lanes:
        levels = untreated.get((lane.experiment, lane.variant, lane.drug)) or untreated.get(
            (lane.experiment, lane.variant, "")
        )
        if not levels:
            what = f"no untreated lane of {lane.variant} in {lane.experiment}"
            raise InputError(what, file=lane.file, line=lane.line, expected="a lane with dose 0")
        level = float(np.mean(levels))
        if level <= 0:
            what = f"the untreated lane of {lane.variant} in {lane.experiment} shows no phosphorylation"
            raise InputError(what, file=lane.file, line=lane.line, expected="phospho above 0")
        result.append(NormalisedLane(lane, lane.ratio / level, lane.total / lane.loading))
    return result


def _untreated(lanes: Sequence[Lane]) -> dict[tuple[str, str, str], list[float]]:
    levels: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for lane in lanes:
        if lane.dose == 0:
            levels[lane.experiment, lane.variant, lane.drug].append(lane.ratio)
            if lane.drug:
                levels[lane.experiment, lane.variant, ""].append(lane.ratio)
    return levels


def as_wells(lanes: Sequence[NormalisedLane]) -> list[Well]:
    """Lanes as wells for the dose-response fit: the signal is per cent of untreated. Shared untreated lanes stay
    shared."""
    counts: dict[tuple[object, ...], int] = defaultdict(int)
    simulated = {file: says_simulated(file) for file in {item.lane.file for item in lanes} if file.is_file()}
    wells = []
    for item in lanes:
        lane = item.lane
        key = (lane.experiment, lane.variant, lane.drug, lane.dose)
        counts[key] += 1
        wells.append(
            Well(
                experiment=lane.experiment,
                variant=lane.variant,
                drug=lane.drug,
                dose=lane.dose,
                replicate=str(counts[key]),
                signal=100.0 * item.relative,
                role="sample" if lane.dose > 0 else "untreated",
                plate="",
                position="",
                file=lane.file,
                line=lane.line,
                simulated=simulated.get(lane.file, False),
            )
        )
    return wells


def basal_folds(lanes: Sequence[Lane], reference: str) -> dict[str, Difference]:
    """log10 of basal (untreated) phospho/total of each variant over the reference's on the same blot."""
    logs: dict[str, dict[str, float]] = defaultdict(dict)
    groups: dict[tuple[str, str], list[float]] = defaultdict(list)
    for lane in lanes:
        if lane.dose == 0 and lane.ratio > 0:
            groups[lane.variant, lane.experiment].append(lane.ratio)
    for (variant, experiment), ratios in groups.items():
        logs[variant][experiment] = float(np.mean(np.log10(ratios)))
    return differences(logs, reference)


def lanes_table(lanes: Sequence[NormalisedLane]) -> str:
    """``lanes.tsv``."""
    columns = (
        *("experiment", "variant", "drug", "dose_nM", "phospho", "total", "loading"),
        *("phospho_over_total", "relative_to_untreated", "total_over_loading"),
    )
    return table(
        columns,
        (
            [
                *(item.lane.experiment, item.lane.variant, item.lane.drug or "na", number(item.lane.dose)),
                *(number(v) for v in (item.lane.phospho, item.lane.total, item.lane.loading)),
                *(number(v) for v in (item.lane.ratio, item.relative, item.total_over_loading)),
            ]
            for item in lanes
        ),
    )


def basal_table(folds: dict[str, Difference]) -> str:
    """``basal.tsv``: basal phosphorylation over the reference's, with interval."""
    columns = ("variant", "n_experiments", "basal_fold", "ci_low", "ci_high", "p_value")
    return table(
        columns,
        (
            [
                variant,
                str(fold.experiments),
                number(10**fold.estimate),
                *(number(10**end) for end in fold.interval()),
                number(fold.p_value(), 3),
            ]
            for variant, fold in folds.items()
        ),
    )
