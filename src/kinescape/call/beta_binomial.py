"""The beta-binomial distribution, by its mean and its dispersion.

``mean`` is the expected share, ``dispersion`` (rho) the correlation of two trials of one sample, so that the variance
of a count out of n is ``n mean (1 - mean) (1 + (n - 1) rho)``: the parametrisation of shearwater (Gerstung,
Papaemmanuil & Campbell 2014, Bioinformatics 30:1198). The shapes of the beta distribution are ``mean (1 - rho) / rho``
and ``(1 - mean) (1 - rho) / rho``.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kinescape.compiled import kernel


def upper_tail(
    count: NDArray[np.int64], trials: NDArray[np.int64], mean: NDArray[np.float64], dispersion: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Pr(X >= count); all arrays of one shape. 1 where the count is 0, NaN where the mean is."""
    arrays = np.broadcast_arrays(count, trials, mean, dispersion)
    flat = [np.ascontiguousarray(each).reshape(-1) for each in arrays]
    tails = np.empty(flat[0].shape)
    _tails(flat[0].astype(np.int64), flat[1].astype(np.int64), flat[2], flat[3], tails)
    return tails.reshape(arrays[0].shape)


def smallest_significant(
    trials: NDArray[np.int64], mean: NDArray[np.float64], dispersion: NDArray[np.float64], significance: float
) -> NDArray[np.int64]:
    """Smallest count k with Pr(X >= k) <= ``significance``; trials + 1 where none has. All arrays of one shape."""
    arrays = np.broadcast_arrays(trials, mean, dispersion)
    flat = [np.ascontiguousarray(each).reshape(-1) for each in arrays]
    counts = np.empty(flat[0].shape, np.int64)
    _search(flat[0].astype(np.int64), flat[1], flat[2], significance, counts)
    return counts.reshape(arrays[0].shape)


@kernel
def _tail(count: int, trials: int, mean: float, dispersion: float) -> float:
    """Summed from ``count`` away from the mean: upwards above it, downwards (and subtracted from 1) below it."""
    if count <= 0:
        return 1.0
    if count > trials:
        return 0.0
    scale = (1.0 - dispersion) / dispersion
    a, b = mean * scale, (1.0 - mean) * scale
    upwards = count > trials * mean
    k = count if upwards else count - 1
    term = math.exp(
        math.lgamma(trials + 1.0) - math.lgamma(k + 1.0) - math.lgamma(trials - k + 1.0)
        + math.lgamma(k + a) + math.lgamma(trials - k + b) - math.lgamma(trials + a + b)
        - math.lgamma(a) - math.lgamma(b) + math.lgamma(a + b)
    )  # fmt: skip
    total = 0.0
    if upwards:
        while k <= trials:
            total += term
            if term <= 1e-17 * total:
                break
            term *= (trials - k) / (k + 1.0) * (k + a) / (trials - k - 1.0 + b)
            k += 1
        return min(1.0, total)
    while k >= 0:
        total += term
        if term <= 1e-17 * total:
            break
        term *= k / (trials - k + 1.0) * (trials - k + b) / (k - 1.0 + a) if k > 0 else 0.0
        k -= 1
    return max(0.0, 1.0 - total)


@kernel
def _tails(
    count: NDArray[np.int64],
    trials: NDArray[np.int64],
    mean: NDArray[np.float64],
    dispersion: NDArray[np.float64],
    tails: NDArray[np.float64],
) -> None:
    for row in range(count.shape[0]):
        known = not math.isnan(mean[row])
        tails[row] = _tail(count[row], trials[row], mean[row], dispersion[row]) if known else math.nan


@kernel
def _search(
    trials: NDArray[np.int64],
    mean: NDArray[np.float64],
    dispersion: NDArray[np.float64],
    significance: float,
    counts: NDArray[np.int64],
) -> None:
    for row in range(trials.shape[0]):
        if math.isnan(mean[row]):
            counts[row] = trials[row] + 1
            continue
        low, high = 0, trials[row] + 1
        while high - low > 1:
            middle = (low + high) // 2
            if _tail(middle, trials[row], mean[row], dispersion[row]) <= significance:
                high = middle
            else:
                low = middle
        counts[row] = high
