"""Controls and samples whose insertions and deletions are drawn from known rates: more often in longer runs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kinescape.call.gap_background import run_lengths
from kinescape.columns.axis import Axis
from kinescape.columns.gap_fragments import GapFragments
from kinescape.panel.model import Panel

DEPTH = 9000


def true_gap_rates(panel: Panel, axis: Axis, rng: np.random.Generator) -> NDArray[np.float64]:
    """float64[positions, 2]: 5e-6 behind a lone base, five times as much with each further base of the run."""
    runs = np.maximum(1, run_lengths(panel, axis))
    rates = 5e-6 * 5.0 ** (np.minimum(runs, 5) - 1)
    return np.asarray(rates[:, None] * np.exp(rng.normal(0.0, 0.3, (len(axis), 2))))


def drawn_gaps(
    panel: Panel,
    axis: Axis,
    rng: np.random.Generator,
    rates: NDArray[np.float64] | None = None,
    dispersion: float = 1e-4,
) -> GapFragments:
    """One sample: beta-binomial numbers of fragments at every anchor between the primers."""
    if rates is None:
        rates = true_gap_rates(panel, axis, rng)
    scale = (1.0 - dispersion) / dispersion
    shares = rng.beta(rates * scale, (1.0 - rates) * scale)
    shown = np.where(axis.in_insert[:, None], rng.binomial(DEPTH, shares), 0)
    trials = np.where(axis.in_insert[:, None], DEPTH, 0) * np.ones((1, 2), np.int64)
    return GapFragments(trials.astype(np.int64), shown.astype(np.int64), {})
