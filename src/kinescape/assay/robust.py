"""Wells that lie far off their curve: flagged always, weighted down on request, never taken out.

Weights are Tukey's biweight (Beaton and Tukey 1974) of residuals over their median absolute deviation, iterated with
the fit. A flagged well keeps a small weight and its place in every table and picture.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kinescape.assay.curve import CurveFit

Array = NDArray[np.float64]

BIWEIGHT_WIDTH = 4.685
"""95% efficient for normal scatter (Holland and Welsch 1977)."""
MAD_TO_SD = 1.4826
LEAST_WEIGHT = 0.05
"""A well is weighted down to this, not out."""
FLAG_PROBABILITY = 0.05
"""Family-wise chance, per curve, that a well of a clean curve is flagged (Bonferroni over its wells)."""
ROUNDS = 8


def biweights(residuals: Array, free: int) -> Array:
    """Tukey biweights of the residuals of one curve with ``free`` fitted parameters."""
    size = np.sort(np.abs(residuals))
    spread = MAD_TO_SD * float(np.median(size[min(free - 1, size.size - 1) :]))
    if spread <= 0.0:
        return np.ones_like(residuals)
    u = residuals / (BIWEIGHT_WIDTH * spread)
    inside = np.clip(1.0 - u**2, 0.0, None) ** 2
    return np.asarray(np.maximum(inside, LEAST_WEIGHT), dtype=np.float64)


def flagged(fit: CurveFit, noise_weight: Array) -> NDArray[np.bool_]:
    """Wells whose residual is too large for the rest of their curve.

    The scale is robust (median absolute deviation of the weighted residuals), so that an outlier does not hide itself
    or its neighbour; the cut is Student's quantile at 5% over the wells of the curve.
    """
    residuals = fit.residuals * np.sqrt(noise_weight)
    if fit.degrees < 3:
        return np.zeros(residuals.size, dtype=bool)
    size = np.sort(np.abs(residuals))
    spread = MAD_TO_SD * float(np.median(size[fit.free - 1 :]))
    cut = -float(special.stdtrit(fit.degrees, FLAG_PROBABILITY / (2 * residuals.size)))
    return np.asarray(np.abs(residuals) > cut * max(spread, 1e-12 * fit.points.reference), dtype=np.bool_)


def combined(noise_weights: Sequence[Array], fits: Sequence[CurveFit]) -> list[Array]:
    """Noise weights times biweights of the present fits: the weights of the next round."""
    return [w * biweights(f.residuals * np.sqrt(w), f.free) for w, f in zip(noise_weights, fits, strict=True)]
