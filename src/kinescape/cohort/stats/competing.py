"""Competing risks: cumulative incidence (Aalen-Johansen) and Gray's test.

Sources: Aalen and Johansen 1978; variance of the cumulative incidence after Gaynor et al. 1993; Gray, Annals of
Statistics 16:1141 (1988), with rho = 0.

Gray's numerator of group k is observed minus expected first events, ``O_k - sum R_k/R dN``, where ``R_k = Y_k (1 -
F_k(t-)) / S_k(t-)`` is the size of the subdistribution's risk set: those at risk and those who had the competing event
and would not yet have been censored. Its variance is built here from the martingales of both causes in every group: a
first event moves the numerator directly and, through the estimates of F and S, at all later times.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinescape.cohort.stats.records import Floats, Integers, Survival
from kinescape.cohort.stats.tails import chi_square_p, normal_quantile

CENSORED, FIRST, OTHER = 0, 1, 2
"""Codes of the cause: nothing seen, the event of interest, the competing event."""


@dataclass(frozen=True)
class Incidence:
    """Cumulative incidence of the event of interest at every distinct event time; all shapes (m,)."""

    time: Floats
    at_risk: Floats
    incidence: Floats
    se: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Gray:
    """Gray's test over K groups."""

    chisq: float
    df: int
    p: float
    observed: Floats
    expected: Floats


def cumulative_incidence(time: Floats, cause: Integers) -> Incidence:
    """Aalen-Johansen estimate for the cause coded 1, with log-log 95% intervals."""
    data = Survival(time, cause != CENSORED)
    moments = data.event_times()
    n, d = data.at_risk(moments), data.events_at(moments)
    first = Survival(time, cause == FIRST).events_at(moments)
    after = np.cumprod(1 - d / n)
    before = np.concatenate(([1.0], after[:-1]))
    incidence = np.cumsum(before * first / n)
    se = np.sqrt(np.maximum(0.0, _variance(n, d, first, before, incidence)))
    low, high = np.full(moments.size, np.nan), np.full(moments.size, np.nan)
    inside = (incidence > 0) & (incidence < 1)
    log = np.log(incidence[inside])
    half = normal_quantile() * se[inside] / (incidence[inside] * log)
    low[inside] = np.exp(-np.exp(np.log(-log) - half))
    high[inside] = np.exp(-np.exp(np.log(-log) + half))
    return Incidence(moments, n, incidence, se, low, high)


def _variance(n: Floats, d: Floats, first: Floats, before: Floats, incidence: Floats) -> Floats:
    """Delta-method variance (Gaynor et al. 1993, eq. 4), its sums of (F(t) - F(u)) written out to run in one pass."""
    with np.errstate(divide="ignore", invalid="ignore"):
        a = np.where(n > d, d / (n * (n - d)), 0.0)
    b = before**2 * first * (n - first) / n**3
    c = before * first / n**2
    squared = incidence**2 * np.cumsum(a) - 2 * incidence * np.cumsum(a * incidence) + np.cumsum(a * incidence**2)
    crossed = incidence * np.cumsum(c) - np.cumsum(c * incidence)
    return np.asarray(squared + np.cumsum(b) - 2 * crossed, dtype=np.float64)


def gray_test(time: Floats, cause: Integers, group: Integers, groups: int) -> Gray:
    """Compare the cumulative incidence of the cause coded 1 between K groups."""
    moments = np.unique(time[cause != CENSORED])
    k, m = groups, moments.size
    at_risk: Floats = np.empty((k, m))
    first: Floats = np.empty((k, m))
    other: Floats = np.empty((k, m))
    for number in range(k):
        mine = group == number
        at_risk[number] = Survival(time[mine], cause[mine] != CENSORED).at_risk(moments)
        first[number] = Survival(time[mine], cause[mine] == FIRST).events_at(moments)
        other[number] = Survival(time[mine], cause[mine] == OTHER).events_at(moments)
    with np.errstate(divide="ignore", invalid="ignore"):
        kept: Floats = np.where(at_risk > 0, 1 - (first + other) / at_risk, 1.0)
        after = np.asarray(np.cumprod(kept, axis=1), dtype=np.float64)
        before: Floats = np.hstack((np.ones((k, 1)), after[:, :-1]))
        own: Floats = np.cumsum(np.where(at_risk > 0, before * first / at_risk, 0.0), axis=1)
        own_before: Floats = np.hstack((np.zeros((k, 1)), own[:, :-1]))
        size: Floats = np.where((at_risk > 0) & (before > 0), at_risk * (1 - own_before) / before, 0.0)
    total = size.sum(axis=0)
    share: Floats = np.divide(size, total, out=np.zeros(size.shape), where=total > 0)
    events = first.sum(axis=0)
    observed, expected = first.sum(axis=1), (share * events).sum(axis=1)
    hazard: Floats = np.divide(events, total, out=np.zeros(m), where=total > 0)
    variance: Floats = _gray_variance(at_risk, other, before, 1 - own_before, share, hazard, events, total)
    difference = (observed - expected)[:-1]
    inverse = np.linalg.pinv(variance[:-1, :-1], hermitian=True)
    df = int(np.linalg.matrix_rank(variance[:-1, :-1], hermitian=True))
    chisq = float(difference @ inverse @ difference)
    return Gray(chisq, df, chi_square_p(chisq, df) if df else 1.0, observed, expected)


def _gray_variance(
    at_risk: Floats,
    other: Floats,
    before: Floats,
    free: Floats,
    share: Floats,
    hazard: Floats,
    events: Floats,
    total: Floats,
) -> Floats:
    """Covariance (K, K) of observed - expected under the hypothesis of one common incidence.

    ``before`` is S(t-) and ``free`` is 1 - F(t-) of each group; without competing events they are equal and this is
    the variance of the log-rank test.
    """
    k = at_risk.shape[0]
    # Ties lessen the variance of a sum without replacement, as in the log-rank test.
    tied = np.where(total > 1, (total - events) / np.maximum(total - 1, 1e-12), 0.0).clip(0.0, 1.0)
    variance = np.zeros((k, k))
    for member in range(k):
        alive = (at_risk[member] > 0) & (before[member] > 0)
        n = np.where(alive, at_risk[member], 1.0)
        s = np.where(alive, before[member], 1.0)
        weight = (np.arange(k) == member)[:, None] - share
        steps = np.where(alive, weight * (n / s) * hazard, 0.0)
        later = np.hstack((np.cumsum(steps[:, ::-1], axis=1)[:, ::-1][:, 1:], np.zeros((k, 1))))
        by_first = weight + later * (s - free[member]) / n
        by_other = later * free[member] / n
        rate_first = np.where(alive, n * np.minimum(1.0, free[member] / s * hazard), 0.0) * tied
        rate_other = np.where(alive, other[member], 0.0)
        variance += (by_first * rate_first) @ by_first.T + (by_other * rate_other) @ by_other.T
    return variance
