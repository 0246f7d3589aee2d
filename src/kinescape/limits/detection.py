"""Limit of detection: the smallest allele fraction that would have been called with 95% probability.

Three things stand between a mutation and its call, and all three are in the model:

1. *Molecules*: of ``molecules`` input genomes a binomial number carries the mutation (left out where not given).
2. *Fragments*: of the fragments sequenced at the position a binomial number shows it; the background adds its share.
3. *The rule*: at least ``needed`` fragments must show it, from the smallest allele fraction and from the significance
   that the base qualities at this position demand.

So depth alone is not sensitivity: at 24,687 fragments, a background of 0.0008 and the 0.6% rule the limit is 0.61% with
unlimited molecules, 0.80% with 3,000 and 1.58% with 300 (``tests/limits``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

POWER = 0.95
PICOGRAMS_PER_GENOME = 3.3
"""Mass of one haploid human genome; Villa et al. 2024 measure ng, this makes it copies."""
_HIGHEST_LIMIT = 0.5
_STEPS = 30
_PRECISION = 1e-6


def molecules_from_nanograms(nanograms: float) -> int:
    """Haploid genome copies in a mass of cfDNA: an upper bound of the molecules that could be amplified."""
    return int(nanograms * 1000.0 / PICOGRAMS_PER_GENOME)


def detection_power(
    fraction: NDArray[np.float64],
    fragments: NDArray[np.int64],
    needed: NDArray[np.int64],
    background: NDArray[np.float64],
    molecules: int | None,
) -> NDArray[np.float64]:
    """Probability that a mutation of true allele ``fraction`` is called.

    Parameters
    ----------
    fraction, fragments, needed, background
        One value per case: true allele fraction; fragments at the position; fragments that must show the allele;
        share of fragments that show it by error.
    molecules
        Input genome copies, None when unknown (then sampling of molecules is left out).
    """
    from scipy.special import betainc, gammaln

    if molecules is None:
        shown = fraction + (1.0 - fraction) * background
        # Pr(X >= k) of a binomial is an incomplete beta function (Abramowitz and Stegun 26.5.24).
        return np.asarray(betainc(needed, fragments - needed + 1, shown))

    mean = molecules * fraction
    # +-7 standard deviations of the binomial, and always the small counts, hold all but 1e-10 of its mass.
    reach = int(7 * np.sqrt(mean.max(initial=0.0) + 1)) + 10
    low = np.maximum(0, np.floor(mean).astype(np.int64) - reach)
    carriers = low[:, None] + np.arange(2 * reach + 1)[None, :]
    possible = carriers <= molecules
    carriers = np.minimum(carriers, molecules)
    safe = np.clip(fraction, 1e-12, 1 - 1e-12)[:, None]
    log_weight = (
        gammaln(molecules + 1)
        - gammaln(carriers + 1)
        - gammaln(molecules - carriers + 1)
        + carriers * np.log(safe)
        + (molecules - carriers) * np.log1p(-safe)
    )
    weight = np.where(possible, np.exp(log_weight), 0.0)
    share = carriers / molecules
    shown = share + (1.0 - share) * background[:, None]
    called = betainc(needed[:, None], (fragments - needed + 1)[:, None], shown)
    return np.asarray((weight * called).sum(axis=1))


def limits_of_detection(
    fragments: NDArray[np.int64],
    needed: NDArray[np.int64],
    background: NDArray[np.float64],
    molecules: int | None,
    power: float = POWER,
) -> NDArray[np.float64]:
    """Smallest allele fraction called with probability ``power``, per position.

    Returns
    -------
    float64[positions]
        NaN where even a fraction of 0.5 would be missed, or no fragment covers the position.
    """
    limits = np.full(len(fragments), np.nan)
    usable = (fragments > 0) & (needed <= fragments)
    if not usable.any():
        return limits
    cases, back = np.unique(
        np.stack(
            (
                _rounded_down(fragments[usable], 100),
                -_rounded_down(-needed[usable], 50),
                _rounded_down(np.round(background[usable] * 1e6), 1),
            ),
            axis=1,
        ),
        axis=0,
        return_inverse=True,
    )
    count, least, error = (
        cases[:, 0].astype(np.int64),
        cases[:, 1].astype(np.int64),
        np.asarray(cases[:, 2] / 1e6, np.float64),
    )
    least = np.minimum(least, count)
    found = np.full(len(cases), np.nan)
    # Limits of one sample lie close together, so the search begins near them: far above, molecules are costly to sum.
    low, high = np.zeros(len(cases)), np.minimum(_HIGHEST_LIMIT, 2.0 * least / count + _few(molecules))
    enough = detection_power(high, count, least, error, molecules) >= power
    while (~enough & (high < _HIGHEST_LIMIT)).any():
        low, high = np.where(enough, low, high), np.where(enough, high, np.minimum(_HIGHEST_LIMIT, 3.0 * high))
        enough = detection_power(high, count, least, error, molecules) >= power
    reached = enough
    for _ in range(_STEPS):
        if float((high - low).max()) < _PRECISION:
            break
        middle = 0.5 * (low + high)
        enough = detection_power(middle, count, least, error, molecules) >= power
        high = np.where(enough, middle, high)
        low = np.where(enough, low, middle)
    found[reached] = high[reached]
    limits[usable] = found[back.reshape(-1)]
    return limits


def _few(molecules: int | None) -> float:
    """A fraction at which some molecules carry the mutation in all likelihood."""
    return 0.0 if molecules is None else 10.0 / molecules


def _rounded_down(numbers: NDArray[np.int64] | NDArray[np.float64], parts: int) -> NDArray[np.float64]:
    """Whole numbers cut, towards minus infinity, to multiples of their power of ten over ``parts``: cases repeat.

    The limit is then never better than promised: fewer fragments, less background, and, with the sign turned, more
    fragments needed.
    """
    power = 10.0 ** np.floor(np.log10(np.maximum(np.abs(numbers), 1)))
    step = np.maximum(1.0, power / parts)
    return np.asarray(np.floor(numbers / step) * step)
