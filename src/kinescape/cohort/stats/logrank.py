"""Log-rank test: any number of groups, Fleming-Harrington weights, strata, delayed entry.

Sources: Mantel 1966; Fleming and Harrington, Counting Processes and Survival Analysis, chapter 7 (weights
``S(t-)**rho * (1 - S(t-))**gamma`` with the pooled Kaplan-Meier curve of the stratum). Numbers equal R's ``survdiff``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinescape.cohort.stats.records import Floats, Integers, Survival
from kinescape.cohort.stats.tails import chi_square_p


@dataclass(frozen=True)
class LogRank:
    """Result of a log-rank test over K groups. ``df`` is 0 and ``chisq`` 0 where nothing can be compared."""

    chisq: float
    df: int
    p: float
    n: Integers
    observed: Floats
    expected: Floats
    variance: Floats
    """Covariance matrix of observed - expected, shape (K, K)."""
    informative_strata: int
    """Strata in which at least two groups are at risk at one event time."""


def log_rank(
    data: Survival,
    group: Integers,
    groups: int,
    *,
    strata: Integers | None = None,
    rho: float = 0.0,
    gamma: float = 0.0,
) -> LogRank:
    """Test whether K groups have the same hazard.

    Parameters
    ----------
    data, group
        n records and the group of each, 0 to ``groups`` - 1.
    strata
        Stratum of each record; comparisons are made inside strata only.
    rho, gamma
        Fleming-Harrington weights; 0, 0 is the plain test, 1, 0 is Peto and Peto's variant of Wilcoxon.
    """
    observed, expected = np.zeros(groups), np.zeros(groups)
    variance = np.zeros((groups, groups))
    informative = 0
    for rows in _rows_by_stratum(strata, len(data)):
        part = _one_stratum(data.where(rows), group[rows], groups, rho, gamma)
        observed, expected, variance = observed + part[0], expected + part[1], variance + part[2]
        informative += bool(np.any(np.diag(part[2]) > 0))
    chisq, df = _quadratic_form(observed - expected, variance)
    p = chi_square_p(chisq, df) if df else 1.0
    return LogRank(chisq, df, p, np.bincount(group, minlength=groups), observed, expected, variance, informative)


def _rows_by_stratum(strata: Integers | None, n: int) -> list[Integers]:
    if strata is None:
        return [np.arange(n)]
    order = np.argsort(strata, kind="stable")
    borders = np.flatnonzero(np.diff(strata[order])) + 1
    return list(np.split(order, borders))


def _one_stratum(
    data: Survival, group: Integers, groups: int, rho: float, gamma: float
) -> tuple[Floats, Floats, Floats]:
    moments = data.event_times()
    at_risk = np.empty((groups, moments.size))
    events = np.empty((groups, moments.size))
    for number in range(groups):
        member = data.where(group == number)
        at_risk[number], events[number] = member.at_risk(moments), member.events_at(moments)
    n, d = at_risk.sum(axis=0), events.sum(axis=0)
    weight = _weights(n, d, rho, gamma)
    share = at_risk / n
    observed, expected = (events * weight).sum(axis=1), (d * share * weight).sum(axis=1)
    # Hypergeometric variance of the events of each group at each time; a lone survivor adds none.
    spread = weight**2 * d * np.where(n > 1, (n - d) / np.maximum(n - 1, 1), 0.0)
    variance = np.diag((spread * share).sum(axis=1)) - (share * spread) @ share.T
    return observed, expected, variance


def _weights(n: Floats, d: Floats, rho: float, gamma: float) -> Floats:
    if rho == 0 and gamma == 0:
        return np.ones(n.size)
    before = np.concatenate(([1.0], np.cumprod(1 - d / n)[:-1]))
    return np.asarray(before**rho * (1 - before) ** gamma, dtype=np.float64)


def _quadratic_form(difference: Floats, variance: Floats) -> tuple[float, int]:
    """Chi-square and its degrees of freedom over the groups that can be compared at all."""
    compared = np.flatnonzero(np.diag(variance) > 1e-12 * max(1.0, float(np.max(np.diag(variance), initial=0.0))))
    if compared.size < 2:
        return 0.0, 0
    inner = compared[:-1]
    matrix = variance[np.ix_(inner, inner)]
    part = difference[inner]
    return float(part @ np.linalg.pinv(matrix, hermitian=True) @ part), int(inner.size)
