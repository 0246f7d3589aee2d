"""What is expected to be wrong in consensus reads: far less than in plain reads, and measured in the sample itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kinescape.consensus.merge import AlignerEvidence


def measured_background(evidence: Sequence[AlignerEvidence]) -> float:
    """Mismatches per base between the primers, the larger of the aligners.

    Positions where an allele is a candidate are left out: they may carry a variant. One mismatch is added, so that a
    small sample that shows none does not promise perfection.
    """
    rates = []
    for each in evidence:
        candidates = np.zeros(len(each.columns.axis), np.bool_)
        candidates[each.tests.position[each.tests.candidate]] = True
        use = each.columns.axis.in_insert & ~candidates
        bases = int(each.columns.base_counts()[use].sum())
        rates.append(each.columns.mismatches_per_base(candidates) + 1.0 / max(1, bases))
    return round(min(1.0, max(rates)), 9)
