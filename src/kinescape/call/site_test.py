"""A sample's fragments against the background of their sites: the test beside LoFreq's.

LoFreq asks whether an allele is more than the base qualities explain. Errors made before the sequencer are not in the
qualities; this test asks whether the allele is more than healthy controls show at the same position.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.call.background import SiteBackground
from kinescape.call.beta_binomial import smallest_significant, upper_tail
from kinescape.call.filters import fdr_rejected

_SMALLEST = 1e-300
"""Probabilities below this are written as this before their logarithm is taken."""


@dataclass(frozen=True)
class SiteTest:
    """The test of one sample with one aligner; arrays have the shape [positions, 4 alternatives] unless said.

    Attributes
    ----------
    trials
        int64[positions]: fragments that speak.
    shown
        int64: fragments that show the alternative.
    rate
        float64: share expected by error; NaN where there is no background.
    tail
        float64: probability of so many fragments or more by error; NaN where there is no background.
    above
        bool: above the background at the false discovery rate, over all alternatives of the panel.
    least
        int64: fragments that are above the background even where nothing else in the sample is.
    """

    trials: NDArray[np.int64]
    shown: NDArray[np.int64]
    rate: NDArray[np.float64]
    tail: NDArray[np.float64]
    above: NDArray[np.bool_]
    least: NDArray[np.int64]


def against_background(background: SiteBackground, fragments: NDArray[np.int64], fdr: float) -> SiteTest:
    """Test every alternative of every position.

    Parameters
    ----------
    fragments
        int64[positions, 4]: the sample's fragments by the base they show.
    fdr
        False discovery rate (Benjamini & Hochberg 1995, J R Stat Soc B 57:289) over all alternatives of all positions
        with fragments.
    """
    trials = fragments.sum(axis=1)
    tested = ~np.isnan(background.rate) & (trials > 0)[:, None]
    tail = upper_tail(fragments, trials[:, None], background.rate, background.dispersion)
    above = np.zeros(tested.shape, np.bool_)
    tests = int(tested.sum())
    above[tested] = fdr_rejected(-10.0 * np.log10(np.maximum(tail[tested], _SMALLEST)), fdr, max(1, tests))
    least = smallest_significant(trials[:, None], background.rate, background.dispersion, fdr / max(1, tests))
    return SiteTest(trials, fragments, background.rate, tail, above, least)
