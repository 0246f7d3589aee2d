"""Interval of an allele fraction, molecule sampling included."""

from __future__ import annotations

import math

NORMAL_975 = 1.959963984540054
"""97.5% quantile of the standard normal distribution."""


def allele_fraction_interval(vaf: float, fragments: int, molecules: int | None) -> tuple[float, float]:
    """95% Wilson score interval (Wilson 1927, J Am Stat Assoc 22:209).

    Mates of one fragment are one observation, and fragments are drawn from the input molecules: with both, the variance
    is that of ``1 / (1 / fragments + 1 / molecules)`` independent observations.

    Parameters
    ----------
    vaf
        Observed allele fraction.
    fragments
        Read pairs at the position.
    molecules
        Input genome copies; None when unknown, and the interval then holds for the library only.

    Returns
    -------
    float, float
        Lower and upper bound, within [0, 1].
    """
    if fragments <= 0:
        return 0.0, 1.0
    n = float(fragments) if molecules is None else 1.0 / (1.0 / fragments + 1.0 / max(1, molecules))
    z2 = NORMAL_975**2
    centre = (vaf + z2 / (2 * n)) / (1 + z2 / n)
    half = NORMAL_975 * math.sqrt(vaf * (1 - vaf) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return round(max(0.0, centre - half), 6), round(min(1.0, centre + half), 6)
