"""Pairs of samples: one person or two? By the likelihood of their genotypes under both.

The two hypotheses are those of forensic genetics (one person: one genotype seen twice, with errors; two unrelated
people: two genotypes drawn under Hardy-Weinberg proportions). Under either hypothesis a likelihood ratio of t or more
in favour of the other one has a probability of at most 1/t, so that the limit below, the number of pairs over 0.05,
holds the chance of any wrong verdict in a run to 5% as far as the model holds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kinescape.identity.counts import RunCounts
from kinescape.identity.genotypes import Genotypes

Expected = Literal["same", "different", "not_stated"]
Verdict = Literal["agree", "differ", "doubtful", "cannot_be_told"]

GENOTYPE_ERROR = 0.02
"""Chance that a heterozygote is read as one homozygote, or a homozygote as heterozygote: loss of one copy in the
tumour, a clonal change of the tumour, dropout of an allele. Chosen by this project."""
ERROR_OF_RUN = 0.05
LEAST_ODDS = 20.0
DOUBT = -1.0
"""log10 of the likelihood ratio from which on a pair that is said to be one person deserves a look."""


@dataclass(frozen=True)
class PairAgreement:
    """Two samples."""

    a: str
    b: str
    expected: Expected
    sites: int
    """Sites at which both genotypes can be read."""
    equal: int
    different: int
    opposite: int
    """Of the different ones, those with no base in common: 0 copies against 2."""
    lod: float
    """log10 of the likelihood of one person over that of two; 0 says nothing."""
    power: float
    """Chance that two unrelated people would show different genotypes at these sites."""
    verdict: Verdict
    concern: str
    """What a reader has to do about it; empty: nothing."""
    differing: tuple[str, ...]
    """Names of the sites that differ."""


def agreements(run: RunCounts, found: Genotypes) -> list[PairAgreement]:
    """Every pair of samples, in the order of the run."""
    count = len(run.samples)
    first, second = np.triu_indices(count, 1)
    lods, powers = _by_gene(found)
    total = np.zeros((count, count))
    clash = np.ones((count, count))
    called = found.called.astype(np.int64)
    for sites in _sites_by_gene(found).values():
        lowest, highest, best = np.zeros((count, count)), np.zeros((count, count)), np.zeros((count, count))
        for site in sites:
            mine = called[:, site]
            both = (mine[:, None] >= 0) & (mine[None, :] >= 0)
            value = np.where(both, lods[site][mine[:, None], mine[None, :]], 0.0)
            lowest, highest = np.minimum(lowest, value), np.maximum(highest, value)
            best = np.maximum(best, np.where(both, powers[site], 0.0))
        # The sites of a gene are inherited together: a single one of them speaks, the one against before the one for.
        total += np.where(lowest < 0, lowest, highest)
        clash *= 1 - best
    expected = [_expected(run, a, b) for a, b in zip(first.tolist(), second.tolist(), strict=True)]
    limits = {kind: _limit(expected.count(kind)) for kind in ("same", "different", "not_stated")}
    return [
        _pair(run, found, a, b, kind, float(total[a, b]), 1 - float(clash[a, b]), limits[kind])
        for a, b, kind in zip(first.tolist(), second.tolist(), expected, strict=True)
    ]


def _expected(run: RunCounts, a: int, b: int) -> Expected:
    one, other = run.samples[a].patient, run.samples[b].patient
    if not one or not other:
        return "not_stated"
    return "same" if one == other else "different"


def _limit(pairs: int) -> float:
    return math.log10(max(LEAST_ODDS, pairs / ERROR_OF_RUN))


def _pair(
    run: RunCounts, found: Genotypes, a: int, b: int, expected: Expected, lod: float, power: float, limit: float
) -> PairAgreement:
    one, other = found.called[a].astype(int), found.called[b].astype(int)
    both = (one >= 0) & (other >= 0)
    apart = both & (one != other)
    verdict: Verdict = "cannot_be_told"
    if lod <= -limit:
        verdict = "differ"
    elif lod >= limit:
        verdict = "agree"
    elif lod <= DOUBT and expected == "same":
        verdict = "doubtful"
    return PairAgreement(
        a=run.samples[a].name,
        b=run.samples[b].name,
        expected=expected,
        sites=int(both.sum()),
        equal=int((both & (one == other)).sum()),
        different=int(apart.sum()),
        opposite=int((both & (np.abs(one - other) == 2)).sum()),
        lod=lod,
        power=power,
        verdict=verdict,
        concern=_concern(expected, verdict, run.samples[a].patient),
        differing=tuple(found.names[site] for site in np.flatnonzero(apart).tolist()),
    )


def _concern(expected: Expected, verdict: Verdict, patient: str) -> str:
    if expected == "same" and verdict == "differ":
        return f"said to be one patient ({patient}), but the germline genotypes are those of two people: swapped?"
    if expected == "same" and verdict == "doubtful":
        said = f"said to be one patient ({patient}), but a germline genotype differs"
        return f"{said}: swapped, or one copy lost in the tumour?"
    if expected == "different" and verdict == "agree":
        return "said to be two patients, but the germline genotypes are those of one person: one sample twice?"
    return ""


def _sites_by_gene(found: Genotypes) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for site, gene in enumerate(found.genes):
        groups.setdefault(gene, []).append(site)
    return groups


def _by_gene(found: Genotypes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Per site: log10 likelihood ratio of every pair of genotypes [sites, 3, 3], and the chance that two differ."""
    read = _reading_errors()
    p = found.frequency
    proportions = np.stack([(1 - p) ** 2, 2 * p * (1 - p), p**2], axis=1).reshape(-1, 3)
    seen = proportions @ read
    together = np.einsum("sg,gi,gj->sij", proportions, read, read)
    apart = seen[:, :, None] * seen[:, None, :]
    return np.log10(together / apart), 1 - (proportions**2).sum(axis=1)


def _reading_errors() -> NDArray[np.float64]:
    """[true, read]: chance of every reading."""
    e, both = GENOTYPE_ERROR, GENOTYPE_ERROR**2
    return np.array([[1 - e - both, e, both], [e, 1 - 2 * e, e], [both, e, 1 - e - both]])
