"""Small-sample test of two groups that works with delayed entry and with a status that changes over time.

At every event time the risk set is known; without a difference between the groups the number of events of the second
group is then hypergeometric (the comparison behind Mantel's log-rank test). The sum over the event times of all strata
is compared with the distribution of a sum of such independent draws, instead of with a normal curve (the exact
conditional test of matched sets, Breslow and Day, Statistical Methods in Cancer Research I, section 7.4, applied to
risk sets). The mid-p is used because the sum is discrete.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from kinescape.cohort.stats.records import Floats, Integers, Survival

MOST_EVENTS = 5000
"""Beyond this many events the asymptotic test says the same."""


@dataclass(frozen=True)
class RiskSetTest:
    """``p`` is None where no risk set holds both groups."""

    p: float | None
    observed: float
    expected: float
    events: int
    """Events at whose times both groups were at risk."""
    reason: str = ""
    smallest: float | None = None
    """The smallest p that any outcome could have given: with few events it may lie above 0.05."""


def risk_set_test(data: Survival, second: Integers, strata: Integers | None = None) -> RiskSetTest:
    """Two-sided mid-p for the number of events in the group with ``second`` equal to 1.

    Records may be pieces of one patient's follow-up, in counting-process form.
    """
    stratum = np.zeros(len(data), dtype=np.int64) if strata is None else strata
    distribution = np.ones(1)
    observed = expected = 0.0
    used = 0
    for number in np.unique(stratum):
        part = data.where(stratum == number)
        mine = part.where(second[stratum == number] == 1)
        moments = part.event_times()
        n, d = part.at_risk(moments), part.events_at(moments)
        own, hit = mine.at_risk(moments), mine.events_at(moments)
        for place in np.flatnonzero((own > 0) & (own < n)):
            draws = _hypergeometric(int(n[place]), int(own[place]), int(d[place]))
            distribution = np.convolve(distribution, draws)
            observed += float(hit[place])
            expected += float(d[place] * own[place] / n[place])
            used += int(d[place])
            if used > MOST_EVENTS:
                return RiskSetTest(None, observed, expected, used, "too many events: the asymptotic test says the same")
    if not used:
        return RiskSetTest(None, 0.0, 0.0, 0, "at no event time were both groups at risk")
    deviation = np.abs(np.arange(distribution.size) - expected)
    seen = abs(observed - expected)
    beyond = float(distribution[deviation > seen + 1e-9].sum())
    level = float(distribution[np.abs(deviation - seen) <= 1e-9].sum())
    farthest = deviation[distribution > 0].max()
    smallest = float(distribution[deviation >= farthest - 1e-9].sum()) / 2
    return RiskSetTest(min(1.0, beyond + level / 2), observed, expected, used, smallest=smallest)


def _hypergeometric(total: int, own: int, draws: int) -> Floats:
    """Probabilities of 0 .. ``draws`` events among ``own`` of ``total`` records at risk."""
    k = np.arange(draws + 1)
    possible = (k <= own) & (draws - k <= total - own)
    logs = np.full(k.size, -np.inf)
    inside = k[possible]
    logs[possible] = (
        _log_choose(own, inside) + _log_choose(total - own, draws - inside) - _log_choose(total, np.array([draws]))
    )
    probabilities: Floats = np.exp(logs)
    return np.asarray(probabilities / probabilities.sum(), dtype=np.float64)


def _log_choose(n: int, k: Integers) -> Floats:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1), dtype=np.float64)
