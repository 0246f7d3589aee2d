"""The log-rank test as a permutation test inside strata: exact where it can be enumerated, Monte Carlo else.

The log-rank numerator of a group is the sum of its members' scores ``event - Lambda(time)``, with the Nelson-Aalen
estimate of the stratum's pooled hazard; under the hypothesis of no difference every assignment of the stratum's labels
to its records is equally likely (Hothorn and Lausen 2003; the exact p equals ``coin::logrank_test`` in R). It needs no
large numbers, but it needs that censoring does not depend on the group, and that all records of a stratum start
together: with delayed entry the records are not exchangeable, and :mod:`kinescape.cohort.stats.risk_sets` is used.

Exact tails: all subset sums of a stratum are built one record at a time, equal sums merged; the largest stratum is
split in two halves whose sums are matched by sorting (Horowitz and Sahni 1974), so 36 records need 2**18 sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import Literal

import numpy as np

from kinescape.cohort.stats.records import Floats, Integers, Survival

PERMUTATIONS = 19_999
"""Random permutations where not all can be enumerated: the standard error of a p of 0.05 is then 0.0015."""

LARGEST_ENUMERATION = 2_000_000
"""Subset sums held at a time."""

LARGEST_MONTE_CARLO = 400_000_000
"""Records times permutations beyond which the asymptotic test is as good and permutations are not run."""

SEED = 20_240_501
"""Fixed, so that the same data give the same p."""


@dataclass(frozen=True)
class Permutation:
    """Result of the test; ``p`` is None where nothing can be permuted, ``reason`` then says why."""

    p: float | None
    method: Literal["exact", "Monte Carlo", "not estimable"]
    statistic: float | None
    """Two groups: standardised sum of the scores of the second one; more: the quadratic form."""
    assignments: int | None
    """Number of distinct assignments of the labels; None where it was not counted."""
    permutations: int | None
    informative_strata: int
    strata: int
    reason: str = ""


def log_rank_scores(data: Survival) -> Floats:
    """``event - Lambda(time)`` of every record (their sum is 0)."""
    moments = data.event_times()
    hazard = np.concatenate(([0.0], np.cumsum(data.events_at(moments) / data.at_risk(moments))))
    seen = hazard[np.searchsorted(moments, data.time, side="right")]
    return np.asarray(data.event.astype(np.float64) - seen, dtype=np.float64)


def permutation_log_rank(
    data: Survival,
    group: Integers,
    groups: int,
    strata: Integers | None = None,
    *,
    permutations: int = PERMUTATIONS,
) -> Permutation:
    """Two-sided permutation p of the log-rank statistic, labels permuted inside strata.

    Raises
    ------
    ValueError
        The data have entry times: records are then not exchangeable.
    """
    if data.entry is not None:
        raise ValueError("records with delayed entry are not exchangeable")
    stratum = np.zeros(len(data), dtype=np.int64) if strata is None else strata
    blocks = []
    numbers = np.unique(stratum)
    for number in numbers:
        rows = np.flatnonzero(stratum == number)
        scores: Floats = log_rank_scores(data.where(rows))
        labels = group[rows]
        if np.unique(labels).size > 1 and float(np.ptp(scores)) > 0:
            # Sorted, so that the random permutations do not depend on the order of the records.
            order = np.lexsort((labels, scores))
            blocks.append((scores[order], labels[order]))
    if not blocks:
        reason = "no stratum holds more than one group with an event to compare"
        return Permutation(None, "not estimable", None, None, None, 0, int(numbers.size), reason)
    found = _exact(blocks) if groups == 2 else None
    if found is None:
        found = _monte_carlo(blocks, groups, permutations)
    p, method, statistic, assignments, drawn, reason = found
    return Permutation(p, method, statistic, assignments, drawn, len(blocks), int(numbers.size), reason)


Block = tuple[Floats, Integers]
Found = tuple[float | None, Literal["exact", "Monte Carlo", "not estimable"], float, int | None, int | None, str]


def _exact(blocks: list[Block]) -> Found | None:
    """Exact p of two groups; None where the enumeration would be too large."""
    plans = [(scores, int(np.count_nonzero(labels == labels.max()))) for scores, labels in blocks]
    plans.sort(key=lambda plan: (comb(plan[0].size, plan[1]), plan[0].size, plan[0].tolist()))
    *smaller, (scores, size) = plans
    sums: Sums = (np.zeros(1), np.ones(1))
    for other, chosen in smaller:
        tables = _subset_sums(other, chosen)
        if tables is None or tables[chosen][0].size * sums[0].size > LARGEST_ENUMERATION:
            return None
        sums = _added(sums, tables[chosen])
    n = scores.size
    half = max(0, (n - int(np.log2(sums[0].size))) // 2)
    left, right = _subset_sums(scores[:half], size), _subset_sums(scores[half:], size)
    if left is None or right is None or sums[0].size * sum(v.size for v, _ in left) > LARGEST_ENUMERATION:
        return None
    observed = sum(float(s[g == g.max()].sum()) for s, g in blocks)
    deviation = abs(observed) - 1e-9 * max(1.0, abs(observed))
    hits = total = 0.0
    for chosen, part in enumerate(left):
        rest = size - chosen
        if rest < 0 or rest >= len(right) or not part[0].size or not right[rest][0].size:
            continue
        values, counts = _added(sums, part)
        hits += _count_beyond(values, counts, right[rest], deviation)
        total += float(counts.sum() * right[rest][1].sum())
    assignments = 1
    for other, chosen in plans:
        assignments *= comb(other.size, chosen)
    return min(1.0, hits / total), "exact", observed / _spread(blocks), assignments, None, ""


Sums = tuple[Floats, Floats]
"""Distinct sums, ascending, and how many subsets have each."""


def _subset_sums(scores: Floats, largest: int) -> list[Sums] | None:
    """For every size up to ``largest`` the sums of all subsets of that size; None where there are too many."""
    tables: list[Sums] = [(np.zeros(1), np.ones(1))]
    for score in scores:
        grown: list[Sums] = [tables[0]]
        for size in range(1, min(len(tables), largest) + 1):
            taken = (tables[size - 1][0] + score, tables[size - 1][1])
            left = tables[size] if size < len(tables) else None
            grown.append(taken if left is None else _merged(left, taken))
        tables = grown
        if sum(values.size for values, _ in tables) > LARGEST_ENUMERATION:
            return None
    return tables


def _merged(one: Sums, other: Sums) -> Sums:
    return _distinct(np.concatenate((one[0], other[0])), np.concatenate((one[1], other[1])))


def _added(one: Sums, other: Sums) -> Sums:
    values = (one[0][:, None] + other[0][None, :]).ravel()
    return _distinct(values, (one[1][:, None] * other[1][None, :]).ravel())


def _distinct(values: Floats, counts: Floats) -> Sums:
    """Merge sums that differ by rounding only (scores are of the order of 1)."""
    order = np.argsort(values, kind="stable")
    values, counts = values[order], counts[order]
    first = np.concatenate(([True], np.diff(values) > 1e-11))
    return values[first], np.add.reduceat(counts, np.flatnonzero(first))


def _count_beyond(values: Floats, counts: Floats, other: Sums, deviation: float) -> float:
    """Number of pairs whose sum lies at or beyond +-deviation."""
    cumulative = np.concatenate(([0.0], np.cumsum(other[1])))
    if deviation <= 0:
        return float(counts.sum() * cumulative[-1])
    above = cumulative[-1] - cumulative[np.searchsorted(other[0], deviation - values, side="left")]
    below = cumulative[np.searchsorted(other[0], -deviation - values, side="right")]
    return float(np.sum(counts * (above + below)))


def _spread(blocks: list[Block]) -> float:
    """Standard deviation of the second group's sum under permutation."""
    variance = 0.0
    for scores, labels in blocks:
        n, m = scores.size, int(np.count_nonzero(labels == labels.max()))
        variance += m * (n - m) / (n * (n - 1)) * float(np.sum((scores - scores.mean()) ** 2))
    return float(np.sqrt(variance))


def _monte_carlo(blocks: list[Block], groups: int, permutations: int) -> Found:
    records = sum(scores.size for scores, _ in blocks)
    inverse = np.linalg.pinv(_covariance(blocks, groups), hermitian=True)
    observed = _forms(np.sum([_group_sums(s, g[None, :], groups) for s, g in blocks], axis=0), inverse)[0]
    if records * permutations > LARGEST_MONTE_CARLO:
        reason = f"{records} records: permutations are not run, the asymptotic stratified test is as good"
        return None, "not estimable", float(observed), None, None, reason
    random = np.random.default_rng(SEED)
    chunk = max(1, 4_000_000 // records)
    hits = 0
    for start in range(0, permutations, chunk):
        count = min(chunk, permutations - start)
        sums = np.zeros((count, groups))
        for scores, labels in blocks:
            sums += _group_sums(scores, random.permuted(np.tile(labels, (count, 1)), axis=1), groups)
        hits += int(np.count_nonzero(_forms(sums, inverse) >= observed * (1 - 1e-9)))
    return (hits + 1) / (permutations + 1), "Monte Carlo", float(observed), None, permutations, ""


def _group_sums(scores: Floats, labels: Integers, groups: int) -> Floats:
    """Sum of scores of each group for every row of labels: shape (rows, groups)."""
    return np.stack([(labels == number) @ scores for number in range(groups)], axis=1)


def _forms(sums: Floats, inverse: Floats) -> Floats:
    return np.asarray(np.einsum("rk,kl,rl->r", sums, inverse, sums), dtype=np.float64)


def _covariance(blocks: list[Block], groups: int) -> Floats:
    total = np.zeros((groups, groups))
    for scores, labels in blocks:
        n = scores.size
        share = np.bincount(labels, minlength=groups) / n
        scale = float(np.sum((scores - scores.mean()) ** 2)) * n / (n - 1)
        total += scale * (np.diag(share) - np.outer(share, share))
    return total
