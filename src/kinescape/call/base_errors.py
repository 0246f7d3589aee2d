"""How often a base is wrong: as its quality states, or as this very run shows.

Stated qualities leave out what happened before the sequencer: a polymerase error is read with a fine quality. The
default mode therefore recalibrates: for each substitution and each stated quality it counts how often the run shows
that wrong base between the primers, away from positions that carry a variant, and takes that as the error. LoFreq's
mode takes the stated quality, for every wrong base alike.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kinescape.columns.from_mates import QUALITIES, MateColumns

VARIANT_SHARE = 0.004
"""A base seen in more than this share of the reads of a position may be a variant: the position tells nothing of
errors. It lies under the paper's threshold of 0.6%, above nearly all of the background of 0.24%."""
PRIOR_BASES = 10_000
"""Weight of the stated error against what is observed, in bases: few bases of a quality change little."""
SUBSTITUTIONS = 3

ErrorTable = NDArray[np.float64]
"""float64[4 reference bases, 4 read bases, qualities]: probability of that wrong base at that quality."""


def stated_errors() -> ErrorTable:
    """LoFreq's: a base of quality Q is wrong with 10^(-Q/10), and any wrong base counts against any allele."""
    by_quality = 10.0 ** (-np.arange(QUALITIES) / 10.0)
    return np.broadcast_to(by_quality, (4, 4, QUALITIES)).copy()


def observed_errors(columns: MateColumns) -> ErrorTable:
    """What the run shows, per substitution and quality, shrunk towards a third of the stated error.

    The estimate is ``(wrong + PRIOR_BASES * stated / 3) / (bases + PRIOR_BASES)``: the mean of a beta posterior.
    """
    axis = columns.axis
    totals = columns.base_counts().astype(np.float64)
    shares = totals / np.maximum(1.0, totals.sum(axis=1, keepdims=True))
    shares[np.arange(len(axis)), axis.reference] = 0.0
    quiet = axis.in_insert & (columns.depth > 0) & (shares.max(axis=1) <= VARIANT_SHARE)
    by_quality = columns.histogram[:, quiet].sum(axis=0).astype(np.float64)
    reference = axis.reference[quiet]
    stated = stated_errors()
    table = np.empty_like(stated)
    for ref in range(4):
        seen = by_quality[reference == ref].sum(axis=0)
        bases = seen.sum(axis=0)
        for alt in range(4):
            expected = stated[ref, alt] / SUBSTITUTIONS
            table[ref, alt] = (seen[alt] + PRIOR_BASES * expected) / (bases + PRIOR_BASES)
        table[ref, ref] = 0.0
    return table
