"""Every pair of called variants of a sample, judged, then the groups: the entry of this stage."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from kinescape.columns.alleles import ALTERNATIVE, REFERENCE
from kinescape.columns.axis import Axis
from kinescape.limits.coverage import Sight
from kinescape.phase.haplotypes import haplotypes_of
from kinescape.phase.likelihood import PhaseErrors
from kinescape.phase.verdict import pair_verdict
from kinescape.records import Call, Haplotype, PhaseVerdict

Counts = tuple[int, int, int, int]


def phase_calls(axis: Axis, calls: Sequence[Call], seen: NDArray[np.uint8], sight: Sight) -> tuple[PhaseVerdict, ...]:
    """Judge every pair of strong calls.

    Pairs on different amplicons are judged too: no fragment spans them, and the record says so.

    Parameters
    ----------
    seen
        uint8[pairs, calls]: the allele of every fragment for every call, as ``columns/alleles.py`` codes it.
    """
    chosen = [(number, call) for number, call in enumerate(calls) if call.evidence == "strong"]
    verdicts = []
    for (i, one), (j, two) in combinations(chosen, 2):
        counts = _counts(seen[:, i], seen[:, j])
        errors = PhaseErrors(_background(one, axis, sight), _background(two, axis, sight))
        verdict = pair_verdict(counts, errors, sight.molecules)
        reason = verdict.reason
        if sum(counts) == 0:
            reason = f"{_distance(one, two, axis)}; {bounds_by_fractions(one, two)}"
        elif verdict.verdict == "cis":
            reason = reason.replace("the first variant", _name(one)).replace("the second variant", _name(two))
        verdicts.append(
            PhaseVerdict(
                variant_a=one.variant.name,
                variant_b=two.variant.name,
                n11=counts[0],
                n10=counts[1],
                n01=counts[2],
                n00=counts[3],
                verdict=verdict.verdict,
                reason=reason,
                cis_fraction=verdict.cis_fraction,
                ci_low=verdict.ci_low,
                ci_high=verdict.ci_high,
            )
        )
    return tuple(verdicts)


def phase_groups(
    axis: Axis, calls: Sequence[Call], seen: NDArray[np.uint8], sight: Sight, phases: Sequence[PhaseVerdict]
) -> tuple[Haplotype, ...]:
    """Combinations of three or more strong calls; arguments as for :func:`phase_calls`, and its verdicts."""
    chosen = [number for number, call in enumerate(calls) if call.evidence == "strong"]
    return haplotypes_of(
        [calls[number].variant.name for number in chosen],
        seen[:, chosen],
        phases,
        [_background(calls[number], axis, sight) for number in chosen],
        sight.molecules,
    )


def _background(call: Call, axis: Axis, sight: Sight) -> float:
    """Share of reference molecules read as this alternative; an indel has no more than a substitution."""
    return float(sight.background[axis.column(call.variant.chrom, call.variant.pos - 1)])


def _counts(one: NDArray[np.uint8], two: NDArray[np.uint8]) -> Counts:
    """Fragments with (both, only the first, only the second, none) of two alternatives; other bases are left out."""
    a, b = one == ALTERNATIVE, two == ALTERNATIVE
    not_a, not_b = one == REFERENCE, two == REFERENCE
    return int((a & b).sum()), int((a & not_b).sum()), int((not_a & b).sum()), int((not_a & not_b).sum())


def _name(call: Call) -> str:
    return call.consequence.protein if call.consequence and call.consequence.protein else call.variant.name


def bounds_by_fractions(one: Call, two: Call) -> str:
    """What the allele fractions alone allow for a pair that no fragment spans. This is not phasing.

    Shares a and b of all molecules overlap in at least ``a + b - 1`` and at most ``min(a, b)`` of them (Frechet 1951,
    Ann. Univ. Lyon A 14:53); the ends of both 95% intervals are taken to the wider side.
    """
    more, fewer = (one, two) if one.vaf >= two.vaf else (two, one)
    least = max(0.0, more.vaf_low + fewer.vaf_low - 1.0)
    share = least / max(fewer.vaf_high, 1e-9)
    said = f"by the allele fractions alone (not phasing) {share:.0%} to 100% of the molecules with {_name(fewer)}"
    said += f" may carry {_name(more)}"
    if more.vaf_low > fewer.vaf_high:
        said += f", and some with {_name(more)} do not carry {_name(fewer)}"
    return said


def _distance(one: Call, two: Call, axis: Axis) -> str:
    """Why no fragment shows both sites."""
    if one.variant.chrom != two.variant.chrom:
        return "no fragment spans both: different chromosomes"
    distance = abs(one.variant.pos - two.variant.pos)
    longest = max((amplicon.end - amplicon.start for amplicon in axis.amplicons), default=0)
    return f"no fragment spans both: {distance:,} bp apart, the longest amplicon has {longest} bp"
