"""The limit of detection that a dilution series shows, by probit regression.

The probability of detection is taken as ``Phi(z + b (ln f - ln L))`` with ``z`` the 95% quantile of the standard normal
distribution, so that L is the fraction detected with 95% probability (probit approach of CLSI EP17-A2). L and b are the
maximum-likelihood values, the interval of L is that of the profile likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.limits.detection import POWER

HALF_CHI2_95 = 1.9207294103470627
"""Half of the 95% quantile of chi-square with one degree of freedom: the drop that bounds a profile interval."""
SLOPES = np.geomspace(0.5, 60.0, 80)
"""Slopes tried: from hardly a rise to a step within 5%. A binomial rule on n fragments has b of about sqrt(needed)."""
STEPS = 400
"""Values of L tried, on a logarithmic scale over three times the range of the series."""


@dataclass(frozen=True)
class MeasuredLimit:
    """Limit of detection of a series, and its 95% interval; an end that the series does not bound is None."""

    value: float
    low: float | None
    high: float | None


def probit_limit(
    fractions: NDArray[np.float64], trials: NDArray[np.int64], detected: NDArray[np.int64]
) -> MeasuredLimit | None:
    """Fit a series; one value per fraction put in.

    Returns
    -------
    MeasuredLimit or None
        None where everything or nothing was detected, or the most likely limit lies outside of the fractions tried.
    """
    from scipy.special import log_ndtr, ndtri

    if detected.sum() in (0, trials.sum()):
        return None
    lowest, highest = float(fractions.min()), float(fractions.max())
    limits = np.geomspace(lowest / 3.0, highest * 3.0, STEPS)
    quantile = float(ndtri(POWER))
    distance = np.log(fractions)[None, None, :] - np.log(limits)[:, None, None]
    score = quantile + SLOPES[None, :, None] * distance
    likelihood = detected * log_ndtr(score) + (trials - detected) * log_ndtr(-score)
    profile = likelihood.sum(axis=2).max(axis=1)
    best = int(np.argmax(profile))
    if not lowest <= limits[best] <= highest:
        return None
    inside = np.flatnonzero(profile >= profile[best] - HALF_CHI2_95)
    low = None if inside[0] == 0 else float(limits[inside[0]])
    high = None if inside[-1] == STEPS - 1 else float(limits[inside[-1]])
    return MeasuredLimit(float(limits[best]), low, high)
