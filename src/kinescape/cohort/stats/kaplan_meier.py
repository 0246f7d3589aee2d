"""Kaplan-Meier curve, its intervals, quantiles and restricted mean, with delayed entry.

Sources: Kaplan and Meier 1958; Greenwood's variance; log and log-log intervals as in Kalbfleisch and Prentice, The
Statistical Analysis of Failure Time Data, section 1.4; the median and its interval as in R's ``survival`` (the interval
of a quantile is where the horizontal line crosses the interval of the curve, Brookmeyer and Crowley 1982).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from kinescape.cohort.stats.records import Floats, Survival
from kinescape.cohort.stats.tails import normal_quantile

IntervalKind = Literal["log-log", "log"]

TIE_TOLERANCE = float(np.sqrt(np.finfo(np.float64).eps))
"""How near to the wanted height a step counts as on it (the value that R's survival uses)."""


@dataclass(frozen=True)
class Curve:
    """A Kaplan-Meier curve at every distinct time (of an event or of censoring), ascending; all shapes (m,).

    ``low`` and ``high`` are NaN where an interval does not exist (before the first event, and where the curve is 0).
    """

    time: Floats
    at_risk: Floats
    events: Floats
    censored: Floats
    survival: Floats
    se: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Quantile:
    """A quantile with its interval; None: not reached."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class RestrictedMean:
    """Area under the curve up to ``tau``, with its standard error."""

    tau: float
    value: float
    se: float


def kaplan_meier(data: Survival, kind: IntervalKind = "log-log") -> Curve:
    """Kaplan-Meier estimate with 95% intervals of the given kind."""
    time = np.unique(data.time)
    at_risk, events = data.at_risk(time), data.events_at(time)
    ended = _ended_at(data, time)
    survival = np.cumprod(1 - events / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance_of_log = np.cumsum(np.where(events > 0, events / (at_risk * (at_risk - events)), 0.0))
        se = np.where(survival > 0, survival * np.sqrt(variance_of_log), np.nan)
    low, high = _interval(survival, variance_of_log, kind)
    return Curve(time, at_risk, events, ended - events, survival, se, low, high)


def _ended_at(data: Survival, time: Floats) -> Floats:
    return Survival(data.time, np.ones(len(data), dtype=np.bool_)).events_at(time)


def _interval(survival: Floats, variance_of_log: Floats, kind: IntervalKind) -> tuple[Floats, Floats]:
    z = normal_quantile()
    inside = (survival > 0) & (survival < 1)
    low, high = np.full(survival.size, np.nan), np.full(survival.size, np.nan)
    log_survival, se_of_log = np.log(survival[inside]), np.sqrt(variance_of_log[inside])
    if kind == "log":
        low[inside] = np.exp(log_survival - z * se_of_log)
        high[inside] = np.minimum(1.0, np.exp(log_survival + z * se_of_log))
    else:
        centre, half = np.log(-log_survival), z * se_of_log / log_survival
        low[inside] = np.exp(-np.exp(centre - half))
        high[inside] = np.exp(-np.exp(centre + half))
    low[survival == 1] = high[survival == 1] = 1.0
    return low, high


def quantile(curve: Curve, survivors: float = 0.5) -> Quantile:
    """Time at which the curve falls to ``survivors`` (0.5: the median), with its interval.

    Where the curve lies exactly on that height over a stretch, the middle of the stretch (R's rule).
    """
    return Quantile(
        _crossing(curve.time, curve.survival, survivors),
        _crossing(curve.time, curve.low, survivors),
        _crossing(curve.time, curve.high, survivors),
    )


def _crossing(time: Floats, height: Floats, target: float) -> float | None:
    known = ~np.isnan(height)
    below = known & (height < target + TIE_TOLERANCE)
    if not below.any():
        return None
    first = int(np.flatnonzero(below)[0])
    if abs(height[first] - target) < TIE_TOLERANCE:
        later = np.flatnonzero(below & (height < height[first] - TIE_TOLERANCE))
        if later.size:
            return float((time[first] + time[int(later[0])]) / 2)
    return float(time[first])


def survival_at(curve: Curve, moments: Floats) -> Floats:
    """Height of the curve at each moment (right-continuous)."""
    place = np.searchsorted(curve.time, moments, side="right")
    return np.concatenate(([1.0], curve.survival))[place]


def restricted_mean(curve: Curve, tau: float) -> RestrictedMean:
    """Restricted mean survival time up to ``tau`` and its standard error.

    The variance is the integral of the squared remaining area against Greenwood's increments (Klein and Moeschberger,
    Survival Analysis, eq. 4.5.2), as in R's ``survfit``.
    """
    inside = curve.time < tau
    edges = np.concatenate(([0.0], curve.time[inside], [tau]))
    heights = np.concatenate(([1.0], curve.survival[inside]))
    pieces = np.diff(edges) * heights
    remaining = np.cumsum(pieces[::-1])[::-1][1:]
    at_risk, events = curve.at_risk[inside], curve.events[inside]
    last = at_risk > events
    with np.errstate(divide="ignore", invalid="ignore"):
        increments = np.where(last & (events > 0), events / (at_risk * (at_risk - events)), 0.0)
    return RestrictedMean(tau, float(pieces.sum()), float(np.sqrt(np.sum(remaining**2 * increments))))
