"""Curves of several variants fitted together, with top, bottom or slope in common.

One experiment's variants often share their plateaus and slope; saying so leaves one IC50 per variant and shorter
intervals, if the F test against separate curves allows it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kinescape.assay.curve import Points
from kinescape.assay.extended import fall
from kinescape.assay.fit import f_test, fit_points
from kinescape.assay.least_squares import least_squares
from kinescape.assay.models import Box

Array = NDArray[np.float64]

Shareable = Literal["top", "bottom", "slope", "ic50"]
ORDER: tuple[Shareable, ...] = ("top", "bottom", "ic50", "slope")


@dataclass(frozen=True)
class SharedFit:
    """Joint 4PL fit of curves. ``parameters[name][i]`` belongs to curve ``i``; errors of IC50 are of its natural log.

    ``p`` is the F test against separate curves: small means that the curves do not share what they were made to.
    """

    parameters: dict[Shareable, Array]
    log_ic50_errors: Array
    rss: float
    separate_rss: float
    free: int
    wells: int
    p: float
    delta_aicc: float
    """AICc of the shared fit minus that of separate curves: below 0 sharing is the better account."""


def fit_shared(
    curves: Sequence[Points],
    share: Sequence[Shareable],
    *,
    box: Box | None = None,
    weights: Sequence[Array] | None = None,
) -> SharedFit:
    """Fit curves of one experiment with the parameters named in ``share`` in common.

    Signals are taken over each curve's untreated mean, so that a common top means the same share of untreated.
    ``weights`` (per curve, wells) are those of signals as shares of untreated, None for equal ones.
    """
    box = (box or Box()).for_model("4pl")
    scaled = [Points(c.dose, c.signal / c.reference, c.label) for c in curves]
    weights = [np.ones_like(c.signal) for c in curves] if weights is None else weights
    separate = fit_points(scaled, box=box, weights=weights, intervals=False)
    lower, upper = zip(*(box.arrays(c.dose, 1.0) for c in scaled), strict=True)
    places: dict[Shareable, NDArray[np.int64]] = {}
    start: list[float] = []
    low: list[float] = []
    high: list[float] = []
    for index, name in enumerate(ORDER):
        logged = name == "slope"
        values = np.array([fit.theta[index] for fit in separate])
        bounds = np.array([[a[index], b[index]] for a, b in zip(lower, upper, strict=True)])
        if logged:
            values, bounds = np.log(values), np.log(bounds)
        if name in share:
            places[name] = np.full(len(curves), len(start))
            start.append(float(np.median(values)))
            low.append(float(bounds[:, 0].min()))
            high.append(float(bounds[:, 1].max()))
        else:
            places[name] = np.arange(len(start), len(start) + len(curves))
            start += values.tolist()
            low += bounds[:, 0].tolist()
            high += bounds[:, 1].tolist()

    def residuals(p: Array) -> Array:
        parts = []
        for i, c in enumerate(scaled):
            top, bottom, middle, slope = (p[places[name][i]] for name in ORDER)
            off = c.signal - bottom - (top - bottom) * fall(c.dose, middle, slope)
            parts.append(np.sqrt(weights[i]) * off)
        return np.concatenate(parts)

    found = least_squares(residuals, start, lower=low, upper=high)
    wells = sum(c.signal.size for c in curves)
    free = int(np.count_nonzero(np.array(low) < np.array(high)))
    separate_rss, separate_free = sum(f.rss for f in separate), sum(f.free for f in separate)
    solved: dict[Shareable, Array] = {name: found.parameters[places[name]] for name in ORDER}
    solved["ic50"], solved["slope"] = np.exp(solved["ic50"]), np.exp(solved["slope"])
    return SharedFit(
        solved,
        found.errors[places["ic50"]],
        found.rss,
        separate_rss,
        free,
        wells,
        f_test(found.rss, wells - free, separate_rss, wells - separate_free),
        aicc(found.rss, free, wells) - aicc(separate_rss, separate_free, wells),
    )


def aicc(rss: float, free: int, wells: int) -> float:
    """Akaike's criterion corrected for few wells (Hurvich and Tsai 1989); the scatter counts as a parameter."""
    k = free + 1
    if wells - k - 1 <= 0:
        return math.inf
    return wells * math.log(max(rss, 1e-300) / wells) + 2 * k + 2 * k * (k + 1) / (wells - k - 1)
