"""Bootstrap intervals of an IC50, on request: a second opinion on the profile.

Residuals are drawn within the curve, inflated for the fitted parameters, divided and multiplied by the root of their
weights, so that noisy and quiet doses keep their scatter; every replicate is fitted by the compiled search.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from kinescape.assay.curve import CurveFit, Points
from kinescape.assay.fit import run_fits, stacked
from kinescape.assay.logistic import LOG_IC50
from kinescape.assay.models import Box


def bootstrapped(fit: CurveFit, box: Box, *, replicates: int, seed: int) -> CurveFit:
    """The fit with its percentile interval (2.5% and 97.5%), nM.

    An end beyond the searched box (two decades outside the tested doses) is open: 0 or ``inf``.
    """
    if fit.degrees < 1:
        return fit
    rng = np.random.default_rng(seed)
    root = np.sqrt(fit.weight)
    pulls = fit.residuals * root * math.sqrt(fit.wells / fit.degrees)
    fitted = fit.points.signal - fit.residuals
    drawn = [Points(fit.points.dose, fitted + rng.choice(pulls, fit.wells) / root) for _ in range(replicates)]
    # The box is a share of the untreated mean, which every replicate draws anew: it is held at the data's own.
    stack = stacked(drawn, fit.model, box, [fit.weight] * replicates)
    stack.lower[:], stack.upper[:] = fit.lower, fit.upper
    run_fits(stack)
    low, high = np.quantile(stack.theta[:, LOG_IC50], [0.025, 0.975])
    ends = (
        0.0 if low <= fit.lower[LOG_IC50] + 1e-9 else math.exp(low),
        math.inf if high >= fit.upper[LOG_IC50] - 1e-9 else math.exp(high),
    )
    return replace(fit, bootstrap=ends)
