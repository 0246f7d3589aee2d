"""Counts of mutated among tested: Wilson's interval and exact tests.

Sources: Wilson 1927; Fisher's exact test, two-sided by the sum of all tables not more likely than the one seen; the
same over several columns is Freeman and Halton 1951.
"""

from __future__ import annotations

from math import inf, lgamma, log, prod, sqrt

import numpy as np
from scipy.special import gammaln

from kinescape.cohort.stats.records import Floats
from kinescape.cohort.stats.tails import chi_square_p, normal_quantile

MOST_TABLES = 200_000
"""Tables that are enumerated before the exact test over several columns gives up."""

TIE = 1 + 1e-7
"""Tables whose probabilities agree this closely count as equally likely (R's fisher.test uses the same factor)."""


def wilson_interval(count: int, total: int) -> tuple[float, float]:
    """95% interval of a proportion; (0, 1) where nothing was tested."""
    if total == 0:
        return 0.0, 1.0
    z = normal_quantile()
    share = count / total
    centre = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    low = 0.0 if count == 0 else centre - half
    high = 1.0 if count == total else centre + half
    return low, high


def odds_ratio(a: int, b: int, c: int, d: int) -> float | None:
    """Sample odds ratio of the table ((a, b), (c, d)); None where it is 0/0, infinite where only b*c is 0."""
    if b * c == 0:
        return None if a * d == 0 else inf
    return a * d / (b * c)


def exact_p(mutated: list[int], without: list[int]) -> float | None:
    """Two-sided exact p that the share of mutated samples is the same in every column.

    None where there is nothing to compare (fewer than two columns with samples, or one row empty) or where there are
    more than :data:`MOST_TABLES` tables; :func:`chi_square_test` then serves.
    """
    seen, columns = _columns(mutated, without)
    row, total = sum(seen), sum(columns)
    if len(columns) < 2 or row == 0 or row == total:
        return None
    if prod(min(n, row) + 1 for n in sorted(columns)[:-1]) > MOST_TABLES:
        return None
    if len(columns) == 2:
        return _fisher(seen[0], columns[0], columns[1], row)
    base = _log_choose(total, row)
    limit = sum(_log_choose(n, k) for n, k in zip(columns, seen, strict=True)) - base + log(TIE)
    # Partial sums over the columns: how many are still to be placed -> log probabilities of the ways so far.
    states: dict[int, Floats] = {row: np.zeros(1)}
    for place, n in enumerate(sorted(columns)):
        room = sum(sorted(columns)[place + 1 :])
        grown: dict[int, list[Floats]] = {}
        for left, ways in states.items():
            for k in range(max(0, left - room), min(n, left) + 1):
                grown.setdefault(left - k, []).append(ways + _log_choose(n, k))
        states = {left: np.concatenate(parts) for left, parts in grown.items()}
    logs = states[0] - base
    return float(min(1.0, np.exp(logs[logs <= limit]).sum()))


def _fisher(seen: int, first: int, second: int, row: int) -> float:
    """Fisher's two-sided p of one 2 x 2 table, all tables at once."""
    k = np.arange(max(0, row - second), min(first, row) + 1)
    logs = -(gammaln(k + 1) + gammaln(first - k + 1) + gammaln(row - k + 1) + gammaln(second - row + k + 1))
    weights = np.exp(logs - logs.max())
    level = weights[seen - k[0]] * TIE
    return float(min(1.0, weights[weights <= level].sum() / weights.sum()))


def chi_square_test(mutated: list[int], without: list[int]) -> float | None:
    """Pearson's chi-square p for the same question; None where an expected count is below 5."""
    seen, columns = _columns(mutated, without)
    row, total = sum(seen), sum(columns)
    if len(columns) < 2 or min(row, total - row) * min(columns) < 5 * total:
        return None
    share = row / total
    statistic = sum((k - n * share) ** 2 / (n * share * (1 - share)) for n, k in zip(columns, seen, strict=True))
    return chi_square_p(statistic, len(columns) - 1)


def _columns(mutated: list[int], without: list[int]) -> tuple[list[int], list[int]]:
    """Mutated and all samples of every column that has samples."""
    filled = [(a, a + b) for a, b in zip(mutated, without, strict=True) if a + b > 0]
    return [a for a, _ in filled], [n for _, n in filled]


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
