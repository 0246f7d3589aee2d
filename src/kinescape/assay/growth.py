"""Growth rates and doubling times from cell counts over time, mutant against unmutated.

Counts of one experiment grow as ``ln N = a + r t``. The rate of an experiment is the slope over its counts in the
time window; the rate of a variant is the mean over experiments, with Student's interval; the comparison with the
reference is made within experiments, on the log of the rate (:mod:`kinescape.assay.blocks`). The doubling time is
``ln 2 / r``.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kinescape.assay.blocks import Difference, differences
from kinescape.assay.excel import is_excel, read_sheet
from kinescape.assay.tables import number, table
from kinescape.errors import InputError
from kinescape.tables import Row, read_table

Array = NDArray[np.float64]

COLUMNS = ("experiment", "variant", "time_h", "count")
CURVATURE_P = 0.01
"""A quadratic term this clear means that the cells did not grow exponentially over the window."""
TAIL = 0.975


@dataclass(frozen=True)
class Count:
    """One count of cells. ``time`` in hours."""

    experiment: str
    variant: str
    time: float
    cells: float


@dataclass(frozen=True)
class ExperimentRate:
    """Growth rate per hour of one variant in one experiment."""

    experiment: str
    variant: str
    times: Array
    counts: Array
    rate: float
    intercept: float
    error: float
    degrees: int
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class VariantGrowth:
    """Mean rate per hour over experiments with its interval, and the rate over the reference's."""

    variant: str
    experiments: int
    rate: float
    low: float
    high: float
    ratio: float
    ratio_low: float
    ratio_high: float
    p: float
    warnings: tuple[str, ...]

    def doubling(self) -> tuple[float, float, float]:
        """Doubling time in hours with its interval; ``inf`` where the rate may be 0."""
        return _doubling(self.rate), _doubling(self.high), _doubling(self.low)


def _doubling(rate: float) -> float:
    if math.isnan(rate):
        return math.nan
    return math.log(2.0) / rate if rate > 0 else math.inf


def read_counts(path: Path, *, sheet: str | None = None) -> list[Count]:
    """Counts from a long table: ``experiment, variant, time_h, count`` (one line per count; replicates are lines).

    Raises
    ------
    InputError
        A count of 0 or below has no logarithm; a negative time.
    """
    rows: Sequence[Row]
    rows = read_sheet(path, required=COLUMNS, sheet=sheet) if is_excel(path) else read_table(path, required=COLUMNS)
    counts = []
    for row in rows:
        cells, time = row.number("count"), row.number("time_h")
        if cells <= 0:
            raise row.error("a count must be above 0", column="count", expected="cells counted, or leave the line out")
        if time < 0:
            raise row.error("a time cannot be negative", column="time_h", expected="hours")
        counts.append(Count(row.text("experiment"), row.text("variant"), time, cells))
    if not counts:
        raise InputError("no counts", file=path, expected=", ".join(COLUMNS))
    return counts


def experiment_rates(
    counts: Sequence[Count], *, start: float = 0.0, end: float = math.inf
) -> tuple[list[ExperimentRate], list[str]]:
    """Rates over the window ``[start, end]`` hours, and one line for every curve that has none."""
    groups: dict[tuple[str, str], list[Count]] = defaultdict(list)
    for count in counts:
        groups[count.variant, count.experiment].append(count)
    rates, missing = [], []
    for (variant, experiment), members in groups.items():
        inside = [count for count in members if start <= count.time <= end]
        times = np.array([count.time for count in inside])
        if np.unique(times).size < 2:
            missing.append(f"{variant}, {experiment}: no rate, {np.unique(times).size} time in the window (2 needed)")
            continue
        rates.append(_rate(experiment, variant, times, np.array([count.cells for count in inside])))
    return rates, missing


def _rate(experiment: str, variant: str, times: Array, counts: Array) -> ExperimentRate:
    logs = np.log(counts)
    x = times - times.mean()
    spread = float(x @ x)
    rate = float(x @ logs) / spread
    residuals = logs - logs.mean() - rate * x
    degrees = times.size - 2
    error = math.sqrt(float(residuals @ residuals) / degrees / spread) if degrees > 0 else math.nan
    warnings = []
    curvature_p = _curvature_p(times, logs)
    if curvature_p < CURVATURE_P:
        warnings.append(f"not exponential over the window (curvature p = {curvature_p:.1g})")
    intercept = float(logs.mean() - rate * times.mean())
    return ExperimentRate(experiment, variant, times, counts, rate, intercept, error, degrees, tuple(warnings))


def _curvature_p(times: Array, logs: Array) -> float:
    """P value of a quadratic term in ln N."""
    degrees = times.size - 3
    if degrees < 1 or np.unique(times).size < 3:
        return 1.0
    x = (times - times.mean()) / np.ptp(times)
    design = np.column_stack([np.ones(x.size), x, x**2])
    beta, *_ = np.linalg.lstsq(design, logs, rcond=None)
    residuals = logs - design @ beta
    variance = float(residuals @ residuals) / degrees
    if variance <= 1e-24:
        return 1.0
    error = math.sqrt(variance * float(np.linalg.inv(design.T @ design)[2, 2]))
    return 2 * float(special.stdtr(degrees, -abs(float(beta[2])) / error))


def variant_growth(rates: Sequence[ExperimentRate], reference: str) -> list[VariantGrowth]:
    """One row per variant, compared with ``reference`` where both were counted in one experiment."""
    by_variant: dict[str, list[ExperimentRate]] = defaultdict(list)
    for rate in rates:
        by_variant[rate.variant].append(rate)
    positive = {
        variant: {r.experiment: math.log(r.rate) for r in members if r.rate > 0}
        for variant, members in by_variant.items()
    }
    against = differences(positive, reference)
    return [
        _growth(variant, members, by_variant, reference, against.get(variant))
        for variant, members in by_variant.items()
    ]


def _growth(
    variant: str,
    members: Sequence[ExperimentRate],
    by_variant: Mapping[str, Sequence[ExperimentRate]],
    reference: str,
    difference: Difference | None,
) -> VariantGrowth:
    values = np.array([r.rate for r in members])
    mean = float(values.mean())
    warnings = [f"{r.experiment}: {w}" for r in members for w in r.warnings]
    if len(members) > 1:
        half = float(special.stdtrit(len(members) - 1, TAIL)) * float(values.std(ddof=1)) / math.sqrt(values.size)
    else:
        only = members[0]
        half = float(special.stdtrit(only.degrees, TAIL)) * only.error if only.degrees > 0 else math.nan
        warnings.append("one experiment: the interval knows the scatter of counts, not of experiments")
    ratio = low = high = p = math.nan
    if difference is not None and difference.degrees > 0:
        ratio, p = math.exp(difference.estimate), difference.p_value()
        low, high = (math.exp(end) for end in difference.interval())
    elif difference is not None:
        wild = {r.experiment: r for r in by_variant[reference]}
        own = next(r for r in members if r.experiment in wild)
        ratio, low, high, p = _single_ratio(own, wild[own.experiment])
    elif variant != reference:
        warnings.append(f"no ratio: {reference} missing from the same experiments")
    return VariantGrowth(variant, len(members), mean, mean - half, mean + half, ratio, low, high, p, tuple(warnings))


def _single_ratio(own: ExperimentRate, wild: ExperimentRate) -> tuple[float, float, float, float]:
    """Ratio of two rates of one experiment, by the scatter of its counts (delta method on the logs)."""
    ratio = own.rate / wild.rate
    degrees = min(own.degrees, wild.degrees)
    if degrees < 1:
        return ratio, math.nan, math.nan, math.nan
    error = math.hypot(own.error / own.rate, wild.error / wild.rate)
    half = float(special.stdtrit(degrees, TAIL)) * error
    p = 2 * float(special.stdtr(degrees, -abs(math.log(ratio)) / error)) if error > 0 else math.nan
    return ratio, ratio * math.exp(-half), ratio * math.exp(half), p


def growth_table(growth: Sequence[VariantGrowth]) -> str:
    """``growth.tsv``: rates per hour, doubling times in hours, ratio to the reference."""
    columns = (
        *("variant", "n_experiments", "rate_per_h", "rate_low", "rate_high"),
        *("doubling_h", "doubling_low_h", "doubling_high_h"),
        *("rate_ratio", "ratio_low", "ratio_high", "p_value", "warnings"),
    )
    return table(
        columns,
        (
            [
                g.variant,
                str(g.experiments),
                *(number(v) for v in (g.rate, g.low, g.high)),
                *(number(v) for v in g.doubling()),
                *(number(v) for v in (g.ratio, g.ratio_low, g.ratio_high)),
                number(g.p, 3),
                "; ".join(g.warnings),
            ]
            for g in growth
        ),
    )


def rates_table(rates: Sequence[ExperimentRate]) -> str:
    """``rates.tsv``: one row per experiment and variant."""
    columns = ("experiment", "variant", "counts", "rate_per_h", "standard_error", "doubling_h", "warnings")
    return table(
        columns,
        (
            [
                *(r.experiment, r.variant, str(r.counts.size), number(r.rate), number(r.error)),
                number(_doubling(r.rate)),
                "; ".join(r.warnings),
            ]
            for r in rates
        ),
    )
