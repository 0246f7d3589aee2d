"""Errors of averages over correlated frames and over replicas, and the difference of two arms.

Within a run: the statistical inefficiency g (Chodera et al. 2007, doi:10.1021/ct0502864, by pymbar), with which n
frames are worth n/g. Over replicas: the replica is the unit, because a run of nanoseconds does not know what it has not
visited. The larger of both errors is used.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Average:
    """Mean of a quantity. ``error`` is a standard error; ``low`` and ``high`` a 95% interval over
    replicas (None for one).

    ``error`` is NaN, and there is no interval, for what never changes in any run: that says nothing of what was not
    visited. ``effective`` is the number of independent frames, of all replicas together.
    """

    mean: float
    error: float
    low: float | None
    high: float | None
    replicas: int
    frames: int
    effective: float


@dataclass(frozen=True)
class Contrast:
    """Mutant minus wild type. All but ``verdict`` is None where it was not compared."""

    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    verdict: str


def inefficiency(series: Floats) -> float:
    """Statistical inefficiency g, 1 or more; that of a series that never changes is its length: it shows nothing."""
    values = np.asarray(series, dtype=np.float64)
    if len(values) < 3 or float(np.ptp(values)) == 0.0:
        return float(max(len(values), 1))
    return float(max(1.0, _pymbar_inefficiency(values)))


def error_within(series: Floats) -> float:
    """Standard error of the mean of one run: sqrt(variance g / n); NaN where the run shows none, never changing."""
    values = np.asarray(series, dtype=np.float64)
    if len(values) < 3 or float(np.ptp(values)) == 0.0:
        return math.nan
    return float(math.sqrt(values.var(ddof=1) * inefficiency(values) / len(values)))


def average(runs: Sequence[Floats]) -> Average:
    """The mean over replicas with its error. ``runs``: the quantity by frame, one array per replica."""
    means = np.array([np.mean(run) for run in runs])
    n = len(runs)
    frames = sum(len(run) for run in runs)
    effective = sum(len(run) / inefficiency(run) for run in runs)
    each = [error for run in runs if math.isfinite(error := error_within(run))]
    within = math.sqrt(sum(error**2 for error in each)) / n
    mean = float(means.mean())
    if n == 1:
        return Average(mean, within if each else math.nan, None, None, 1, frames, effective)
    error = max(float(means.std(ddof=1) / math.sqrt(n)), within)
    if error == 0.0:
        return Average(mean, math.nan, None, None, n, frames, effective)
    reach = float(stats.t.ppf(0.975, n - 1)) * error
    return Average(mean, error, mean - reach, mean + reach, n, frames, effective)


def contrast(wild_type: Average, mutant: Average) -> Contrast:
    """The difference with Welch's interval and p value; none with one replica on either side."""
    if wild_type.replicas < 2 or mutant.replicas < 2:
        both = wild_type.replicas < 2 and mutant.replicas < 2
        which = "each" if both else "of the wild type" if wild_type.replicas < 2 else "of the mutant"
        return Contrast(None, None, None, None, f"not compared: one replica {which}")
    difference = mutant.mean - wild_type.mean
    parts = tuple(each.error**2 if math.isfinite(each.error) else 0.0 for each in (wild_type, mutant))
    variance = sum(parts)
    if variance == 0.0:
        same = difference == 0.0
        verdict = "the same in every frame" if same else "not compared: no variation within either arm"
        return Contrast(difference, None, None, None, verdict)
    freedom = variance**2 / (parts[0] ** 2 / (wild_type.replicas - 1) + parts[1] ** 2 / (mutant.replicas - 1))
    error = math.sqrt(variance)
    reach = float(stats.t.ppf(0.975, freedom)) * error
    p = float(2 * stats.t.sf(abs(difference) / error, freedom))
    return Contrast(difference, difference - reach, difference + reach, p, "")


def holm(contrasts: Sequence[Contrast], level: float = 0.05) -> list[Contrast]:
    """The same with p values adjusted for their number (Holm 1979) and a verdict by them; intervals stay single."""
    tested = sorted((each.p, place) for place, each in enumerate(contrasts) if each.p is not None)
    found = list(contrasts)
    running = 0.0
    for rank, (p, place) in enumerate(tested):
        running = min(1.0, max(running, p * (len(tested) - rank)))
        each = contrasts[place]
        verdict = each.verdict or ("differs" if running < level else "no difference shown")
        found[place] = Contrast(each.difference, each.low, each.high, running, verdict)
    return found


def _pymbar_inefficiency(values: Floats) -> float:
    # pymbar logs advice, and that JAX is missing, as it is imported.
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        from pymbar.timeseries import statistical_inefficiency

        return float(statistical_inefficiency(values))
    finally:
        logging.disable(before)
