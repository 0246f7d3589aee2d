"""Where the two consensus mates of a molecule meet, so that it speaks once at every position.

Mates that overlap are two readings of one molecule, and what was wrong with the molecule (damage, an early copying
error) stands in both: counted twice, one molecule would pass for two. So each mate keeps its own half, whose bases were
read in earlier and better cycles. A molecule with an insertion or deletion is not cut in two near it: the mate that
shows the gap stays whole, and the other one gives way.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEAST_KEPT = 50
"""Bases kept of any mate, so that both aligners still place it (BWA-MEM wants a score of 30)."""


def kept_lengths(
    lengths: NDArray[np.int64], template: NDArray[np.int64], gapped: NDArray[np.bool_], overhang: int
) -> NDArray[np.int64]:
    """Bases to keep of both mates.

    Parameters
    ----------
    lengths
        int64[families, 2]: bases of the forward and of the reverse consensus mate.
    template
        int64[families]: bases of the molecule between their outer ends.
    gapped
        bool[families, 2]: the mate's reads show an insertion or deletion.
    overhang
        Bases at the 3' end of every mate that are not counted later: so far the mates still overlap.

    Returns
    -------
    int64[families, 2]
    """
    forward, reverse = lengths[:, 0], lengths[:, 1]
    # What the reverse mate does not reach is the forward mate's, whatever the middle.
    least = template - reverse + 2 * overhang
    wanted = np.where(gapped[:, 0], forward, np.where(gapped[:, 1], least, template // 2 + overhang))
    kept_forward = np.minimum(forward, np.maximum(LEAST_KEPT, np.maximum(wanted, least)))
    kept_reverse = np.minimum(reverse, np.maximum(LEAST_KEPT, template + 2 * overhang - kept_forward))
    return np.stack((kept_forward, kept_reverse), axis=1)
