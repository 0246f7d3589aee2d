"""Whether a fitted curve has the wrong shape: lack of fit against replicates, and a top that left the untreated wells.

The wells of one dose scatter around their own mean whatever the curve is: their pure error. A curve of the right shape
leaves its dose means no further off than that scatter allows, which the lack-of-fit F test asks (Draper and Smith
1998, *Applied Regression Analysis*, section 2.1; Bates and Watts 1988, section 1.3.2), with the weights of the fit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from kinescape.assay.curve import CurveFit, pooled
from kinescape.assay.logistic import PARAMETERS

ALPHA = 0.001
"""Level of both tests: of a thousand curves of the right shape one is warned of."""
FAR_TOP = 0.1
"""Share of the untreated signal by which the fitted top must lie off before it is worth a warning."""
BOUND_SHARE = 1e-6
"""A parameter within this share of its bound stands on it, and no longer follows the wells."""


@dataclass(frozen=True)
class Misfit:
    """``lack_p`` is the F test on dose means (NaN without replicates), ``furthest`` the dose mean furthest off the
    curve as a share of the untreated signal, ``top_p`` Student's test of the untreated wells against the fitted top,
    ``top_off`` their distance as a share of the untreated signal (positive: the top lies above)."""

    lack_p: float
    furthest: float
    top_p: float
    top_off: float

    @property
    def warnings(self) -> list[str]:
        """What is worth saying, in words."""
        found = []
        if self.lack_p < ALPHA:
            found.append(
                f"lack of fit: a dose's mean lies {self.furthest:.0%} of untreated off the curve, more than replicates "
                f"scatter (F test p = {self.lack_p:.1g}), see assay compare --extended"
            )
        if self.top_p < ALPHA and abs(self.top_off) > FAR_TOP:
            side = "above" if self.top_off > 0 else "below"
            found.append(f"fitted top lies {abs(self.top_off):.0%} {side} the untreated wells")
        return found


def misfit(fit: CurveFit) -> Misfit:
    """Both tests of one fit. What cannot be tested is NaN: no replicates, replicates that all read the same, no
    untreated wells."""
    groups = pooled(fit.points, fit.weight)
    reference = fit.points.reference
    doses = np.exp(groups.log_dose)
    off = groups.mean - fit.at(doses)
    furthest = float(np.max(np.abs(off))) / reference
    pure_degrees = fit.wells - groups.mean.size
    # Means of equal readings differ from them by rounding alone.
    if pure_degrees < 1 or groups.within <= 1e-20 * float(np.sum(groups.weight)) * reference**2:
        return Misfit(math.nan, furthest, math.nan, math.nan)
    variance = groups.within / pure_degrees
    lack_degrees = groups.mean.size - _following(fit)
    lack_p = math.nan
    if lack_degrees >= 1:
        ratio = float(np.sum(groups.weight * off**2)) / lack_degrees / variance
        lack_p = float(special.fdtrc(lack_degrees, pure_degrees, ratio))
    if doses[0] > 0:
        return Misfit(lack_p, furthest, math.nan, math.nan)
    # The top follows the untreated wells in part, so that this t is a little too small for a curve of the right shape.
    t = abs(float(off[0])) * math.sqrt(float(groups.weight[0]) / variance)
    return Misfit(lack_p, furthest, 2.0 * float(special.stdtr(pure_degrees, -t)), -float(off[0]) / reference)


def _following(fit: CurveFit) -> int:
    """Free parameters that stand inside their box."""
    count = 0
    for i in range(PARAMETERS):
        low, high, value = float(fit.lower[i]), float(fit.upper[i]), float(fit.theta[i])
        margin = BOUND_SHARE * max(abs(low), abs(high)) if math.isfinite(low) and math.isfinite(high) else 0.0
        count += low + margin < value < high - margin
    return count
