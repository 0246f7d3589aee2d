"""Tail areas of the normal and chi-square distributions (``scipy.stats`` takes seconds to import)."""

from __future__ import annotations

from scipy.special import chdtrc, ndtr, ndtri

CONFIDENCE = 0.95
"""Level of every interval in this project."""


def chi_square_p(statistic: float, df: int) -> float:
    """Upper tail area of the chi-square distribution."""
    return float(chdtrc(df, statistic))


def normal_two_sided_p(z: float) -> float:
    """Two-sided tail area of the standard normal distribution."""
    return float(2 * ndtr(-abs(z)))


def normal_quantile(level: float = CONFIDENCE) -> float:
    """z such that the central ``level`` of the standard normal distribution lies within +-z (1.96 for 0.95)."""
    return float(ndtri(0.5 + level / 2))
