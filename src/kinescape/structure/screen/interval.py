"""Mean of replicates with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95% interval, in the unit of the values. The interval is NaN with one value only."""

    mean: float
    low: float
    high: float


def mean_with_interval(values: Sequence[float]) -> Estimate:
    """Mean and 95% interval by Student's t over replicates.

    The interval says how much the number depends on the start of the calculation (rotamer and displacement), not how
    far it is from the truth.
    """
    from scipy.stats import t

    mean = float(np.mean(values))
    if len(values) < 2:
        return Estimate(mean, float("nan"), float("nan"))
    half = float(t.ppf(0.5 + LEVEL / 2.0, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return Estimate(mean, mean - half, mean + half)
