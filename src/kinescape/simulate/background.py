"""How many mismatches per mapped base to expect, and the polymerase error rate that brings them to a stated number.

Mismatches per mapped base, qualities unfiltered, are the sum of two parts:

* the machine's: mean of 10^(-q/10) over the cycles that read the fragment (adapter left out), known from the profile;
* the copies': cycles / 2 x error rate per base between the primers (see :mod:`.pcr`), times the share of read bases
  that lie between the primers.

Both are averaged over amplicons by read pairs. N is not a mismatch. ``background`` in a specification is met by solving
for the error rate; noisy sites, which are not background, come on top.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinescape.simulate.plan import SamplePlan
from kinescape.simulate.qualities import Profile
from kinescape.simulate.spec import Q5_ERROR_RATE, SpecError


@dataclass(frozen=True)
class Background:
    """Expected mismatches per mapped base: ``machine`` + ``copies``, the latter from ``error_rate`` per doubling.

    ``between_primers`` is the same sum for the bases between the primers alone, where all copying errors lie.
    """

    machine: float
    copies: float
    error_rate: float
    between_primers: float

    @property
    def total(self) -> float:
        """Both parts together."""
        return self.machine + self.copies


def expected_background(plan: SamplePlan, profile: Profile) -> Background:
    """Background of a sample.

    Raises
    ------
    SpecError
        ``background`` is below what the machine alone makes.
    """
    machine, between = _machine_and_insert_share(plan, profile)
    cycles = plan.spec.pcr.cycles
    wanted = plan.spec.background
    if wanted is None:
        rate = Q5_ERROR_RATE if plan.spec.pcr.error_rate is None else plan.spec.pcr.error_rate
    elif wanted < machine:
        raise SpecError(
            "background",
            "is below what this machine's qualities mean",
            found=wanted,
            expected=f"at least {machine:.6f} with profile {plan.spec.sequencing.profile}",
        )
    else:
        rate = 2.0 * (wanted - machine) / (cycles * between) if between > 0 else 0.0
    by_copying = rate * cycles / 2.0
    return Background(machine, by_copying * between, rate, between_primers=machine + by_copying)


def _machine_and_insert_share(plan: SamplePlan, profile: Profile) -> tuple[float, float]:
    """(expected share of wrong bases, share of bases between the primers) over all fragment bases of all reads."""
    by_cycle = profile.error_by_cycle()
    cycles = by_cycle.shape[1]
    umi = plan.spec.umi
    tag = umi.length if umi is not None and umi.where == "read" else 0
    bases = wrong = between = 0.0
    for each in plan.amplicons:
        amplicon, length = each.amplicon, each.amplicon.end - each.amplicon.start
        inside = np.zeros(length)
        inside[amplicon.insert_start - amplicon.start : amplicon.insert_end - amplicon.start] = 1.0
        for mate, first in enumerate((tag, 0)):
            read = min(length, cycles - first)
            bases += each.pairs * read
            wrong += each.pairs * float(by_cycle[mate, first : first + read].sum())
            # Half of the pairs are flipped, so each mate begins at either end equally often.
            between += each.pairs * float(inside[:read].sum() + inside[length - read :].sum()) / 2.0
    return (wrong / bases, between / bases) if bases else (float(by_cycle.mean()), 0.0)
