"""The background of a panel, learned from healthy controls: one beta-binomial per position and alternative base.

For every aligner, position and alternative base the model is the one of shearwater (Gerstung, Papaemmanuil & Campbell
2014, Bioinformatics 30:1198): of ``n`` fragments a beta-binomial number shows the base by error, with a mean of the
site and a dispersion between samples. Laboratories have few controls, so both borrow from like sites;
:func:`fit_background` says how.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.columns.axis import Axis

GERMLINE_SHARE = 0.05
"""A control in which any alternative exceeds this share of the fragments is left out at that position: a germline
variant. The same cut as ``truncate`` of shearwater's maximum-likelihood version (deepSNV, betabinLRT)."""
ASSUMED_DISPERSION = 1e-4
"""Where fewer than two controls cover a class of sites, nothing can be learned of the spread between samples: then
the smallest dispersion that shearwater admits (deepSNV, ``rho.min``)."""
LEAST_DISPERSION, MOST_DISPERSION = 1e-5, 0.1
"""The smallest keeps the distribution a proper one where controls happen to agree better than chance; the largest is
shearwater's ``rho.max``."""
LEAST_RATE = 1e-6
"""No rate is below this (deepSNV, ``mu.min``)."""
PRIOR_DEGREES = 10.0
"""Degrees of freedom that the dispersion of the substitution weighs against those of the site itself (chosen)."""
SUBSTITUTIONS = tuple(
    (reference, alternative) for reference in range(4) for alternative in range(4) if reference != alternative
)

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class SiteBackground:
    """Background of one aligner; arrays have the shape [positions of the axis, 4 alternatives].

    Where a position is outside the inserts, and for the reference base, rates are NaN and counts 0.

    Attributes
    ----------
    controls
        int64: controls that count at the site.
    fragments, alt_fragments
        int64: their fragments that speak, and those that show the alternative.
    reads, alt_reads
        int64: the same in reads, bases of quality >= 3.
    substitution_rate, context_rate
        float64: mean share over the sites of the substitution, and that of its trinucleotide context.
    rate
        float64: expected share of fragments of a new sample that show the alternative by error.
    dispersion
        float64: dispersion of that share in a new sample: between samples, and what is not known of ``rate``.
    """

    controls: IntArray
    fragments: IntArray
    alt_fragments: IntArray
    reads: IntArray
    alt_reads: IntArray
    substitution_rate: FloatArray
    context_rate: FloatArray
    rate: FloatArray
    dispersion: FloatArray

    @property
    def mismatches_per_base(self) -> float:
        """Bases that differ from the reference per base read, over the inserts, germline variants left out."""
        rows = self.reads.max(axis=1)
        return float(self.alt_reads.sum() / max(1, rows.sum()))


def trinucleotides(axis: Axis) -> NDArray[np.int64]:
    """int64[positions]: code ``4 * before + after`` of the neighbouring bases on the plus strand.

    -1 at the ends of a stretch of the axis, which are primer bases.
    """
    contexts = np.full(len(axis), -1, np.int64)
    joined = (axis.position[2:] - axis.position[:-2] == 2) & (axis.chrom[2:] == axis.chrom[:-2])
    inner = 4 * axis.reference[:-2].astype(np.int64) + axis.reference[2:]
    contexts[1:-1] = np.where(joined, inner, -1)
    return contexts


def fit_background(
    axis: Axis,
    fragments: Sequence[IntArray],
    reads: Sequence[IntArray],
    left_out_above: float = GERMLINE_SHARE,
) -> SiteBackground:
    """Learn the background of one aligner.

    Parameters
    ----------
    fragments, reads
        Per control int64[positions, 4]: fragments and reads by the base they show. The order does not matter.
    left_out_above
        A control is left out at positions where an alternative has a larger share of its fragments.

    Notes
    -----
    All estimates are by moments. With x_i of n_i fragments in control i, p = sum x / sum n, and

        S = sum n_i (x_i / n_i - p)^2,   rho = [S - v (m - 1)] / [v (N - sum n_i^2 / N - (m - 1))],   v = p (1 - p)

    (the analysis-of-variance estimator; Ridout, Demetrio & Firth 1999, Biometrics 55:137). *Between controls* numerator
    and denominator are summed over the sites of a substitution; a site's own rho, where larger, is mixed in with m - 1
    degrees of freedom against :data:`PRIOR_DEGREES`. A site then holds N_eff = sum n_i / (1 + rho (n_i - 1))
    independent fragments.
    *Between sites* the same estimator gives the dispersion of a substitution's sites about their mean, and its inverse
    minus 1 is what that mean is worth in fragments, tau. The mean itself is that of the trinucleotide context, shrunk
    to the substitution's (one-way random effects). The site's rate is

        rate = (N_eff p + tau context) / (N_eff + tau),   never more than one standard error below p

    (limited translation; Efron & Morris 1972, J Am Stat Assoc 67:130), so that a noisy site is not talked down by its
    quiet neighbours. A new sample's dispersion is rho + 1 / (N_eff + tau + 1): what controls did not tell is in it, and
    more controls make it smaller.
    """
    counts = np.stack([np.asarray(each, np.int64) for each in fragments])
    read_counts = np.stack([np.asarray(each, np.int64) for each in reads])
    alternative = np.ones((len(axis), 4), np.bool_)
    alternative[np.arange(len(axis)), axis.reference] = False
    alternative &= axis.in_insert[:, None]
    trials = counts.sum(axis=2)
    share = np.where(alternative, counts, 0) / np.maximum(1, trials)[:, :, None]
    used = (trials > 0) & (share.max(axis=2) <= left_out_above) & axis.in_insert
    kept_trials = np.where(used, trials, 0)[:, :, None] * alternative
    kept = np.where(used[:, :, None] & alternative, counts, 0)
    kept_reads = np.where(used[:, :, None] & alternative, read_counts, 0)
    read_trials = np.where(used, read_counts.sum(axis=2), 0)[:, :, None] * alternative

    groups = [(axis.reference == reference, base) for reference, base in SUBSTITUTIONS]
    rho = between_controls(groups, alternative, kept, kept_trials)
    rate = np.full(alternative.shape, np.nan)
    dispersion = np.full(alternative.shape, np.nan)
    substitution_rate = np.full(alternative.shape, np.nan)
    context_rate = np.full(alternative.shape, np.nan)
    effective = effective_fragments(kept_trials, rho)
    contexts = trinucleotides(axis)
    total, hits = kept_trials.sum(axis=0), kept.sum(axis=0)
    for reference, base in SUBSTITUTIONS:
        rows = np.flatnonzero(axis.in_insert & (axis.reference == reference))
        if not len(rows):
            continue
        own = hits[rows, base] / np.maximum(1, total[rows, base])
        prior = sites_prior(own, effective[rows, base], hits[rows, base], total[rows, base], contexts[rows])
        substitution_rate[rows, base] = prior.substitution
        context_rate[rows, base] = prior.context
        rate[rows, base], known = shrunk(own, effective[rows, base], prior)
        dispersion[rows, base] = np.minimum(MOST_DISPERSION, rho[rows, base] + 1.0 / (known + 1.0))
    return SiteBackground(
        controls=used.sum(axis=0)[:, None] * alternative,
        fragments=total,
        alt_fragments=hits,
        reads=read_trials.sum(axis=0),
        alt_reads=kept_reads.sum(axis=0),
        substitution_rate=substitution_rate,
        context_rate=context_rate,
        rate=rate,
        dispersion=dispersion,
    )


def _sum(terms: FloatArray) -> FloatArray:
    """Sum over the controls that does not depend on their order in the last digit."""
    return np.asarray(np.sort(terms, axis=0).sum(axis=0))


def effective_fragments(trials: IntArray, rho: FloatArray) -> FloatArray:
    """float64[positions, columns]: what int64[controls, positions, columns] fragments are worth as independent ones."""
    return _sum(trials / (1.0 + rho * np.maximum(0, trials - 1)))


def between_controls(
    groups: Sequence[tuple[NDArray[np.bool_], int]], alternative: NDArray[np.bool_], hits: IntArray, trials: IntArray
) -> FloatArray:
    """float64[positions, columns]: dispersion between controls.

    Parameters
    ----------
    groups
        Like sites: (bool[positions], column).
    alternative
        bool[positions, columns]: what is looked at.
    hits, trials
        int64[controls, positions, columns]
    """
    controls = (trials > 0).sum(axis=0)
    total = trials.sum(axis=0)
    mean = hits.sum(axis=0) / np.maximum(1, total)
    squares = _sum(trials * (hits / np.maximum(1, trials) - mean) ** 2)
    variance = mean * (1.0 - mean)
    degrees = np.maximum(0, controls - 1)
    spare = total - (trials.astype(np.float64) ** 2).sum(axis=0) / np.maximum(1, total) - degrees
    excess, weight = squares - variance * degrees, variance * spare
    told = alternative & (degrees > 0)
    rho = np.full(alternative.shape, ASSUMED_DISPERSION)
    for here, base in groups:
        rows = np.flatnonzero(told[:, base] & here)
        if not len(rows) or weight[rows, base].sum() <= 0:
            continue
        pooled = float(np.clip(excess[rows, base].sum() / weight[rows, base].sum(), LEAST_DISPERSION, MOST_DISPERSION))
        rho[here, base] = pooled
        own = np.where(weight[rows, base] > 0, excess[rows, base] / np.maximum(weight[rows, base], 1e-300), pooled)
        mixed = (degrees[rows, base] * own + PRIOR_DEGREES * pooled) / (degrees[rows, base] + PRIOR_DEGREES)
        rho[rows, base] = np.clip(mixed, pooled, MOST_DISPERSION)
    return rho


@dataclass(frozen=True)
class SitesPrior:
    """What the sites of one substitution (or of one kind of gap) say of each of them.

    ``context`` float64[sites], worth ``tau`` fragments.
    """

    substitution: float
    context: FloatArray
    tau: float


LEAST_SITE_SPREAD = 1e-6
"""Dispersion between sites that is always allowed for: a mean over other sites is never worth more than a million
fragments of the site itself."""


def sites_prior(
    own: FloatArray, effective: FloatArray, hits: IntArray, total: IntArray, contexts: IntArray
) -> SitesPrior:
    """What like sites say of each of them; all arrays [sites], ``contexts`` the codes of their contexts."""
    seen = total > 0
    mean = max(LEAST_RATE, float(hits.sum() / max(1, total.sum())))
    if seen.sum() < 2:
        return SitesPrior(mean, np.full(len(own), mean), 1.0)
    weights, values = effective[seen], own[seen]
    centre = float((weights * values).sum() / weights.sum())
    variance = max(mean * (1.0 - mean), 1e-300)
    degrees = int(seen.sum()) - 1
    spare = weights.sum() - (weights**2).sum() / weights.sum() - degrees
    between = (float((weights * (values - centre) ** 2).sum()) - variance * degrees) / (variance * max(spare, 1e-300))
    tau = 1.0 / float(np.clip(between, LEAST_SITE_SPREAD, 0.5)) - 1.0
    return SitesPrior(mean, _context_means(own, seen, contexts, mean), tau)


def _context_means(own: FloatArray, seen: NDArray[np.bool_], contexts: IntArray, mean: float) -> FloatArray:
    """Mean of each site's context, shrunk to the substitution's by the spread between and within contexts."""
    groups = {int(code): own[seen & (contexts == code)] for code in np.unique(contexts[seen])}
    within = sum(float(((values - values.mean()) ** 2).sum()) for values in groups.values())
    within_degrees = sum(len(values) - 1 for values in groups.values())
    result = np.full(len(own), mean)
    if len(groups) < 2 or within_degrees < 1:
        return result
    inside = within / within_degrees
    sizes = np.array([len(values) for values in groups.values()], np.float64)
    means = np.array([values.mean() for values in groups.values()])
    centre = float((sizes * means).sum() / sizes.sum())
    size = (sizes.sum() - (sizes**2).sum() / sizes.sum()) / (len(groups) - 1)
    outside = max(0.0, (float((sizes * (means - centre) ** 2).sum()) / (len(groups) - 1) - inside) / size)
    for code, values in groups.items():
        weight = outside / (outside + inside / len(values)) if outside > 0 else 0.0
        result[contexts == code] = max(LEAST_RATE, mean + weight * (float(values.mean()) - mean))
    return result


def shrunk(own: FloatArray, effective: FloatArray, prior: SitesPrior) -> tuple[FloatArray, FloatArray]:
    """The sites' rates, and how many fragments each rests on."""
    rate = (effective * own + prior.tau * prior.context) / (effective + prior.tau)
    error = np.sqrt(own * (1.0 - own) / np.maximum(effective, 1e-300))
    lowest = np.where(effective > 0, own - error, 0.0)
    contradicted = rate < lowest
    rate = np.maximum(np.where(contradicted, lowest, rate), LEAST_RATE)
    return rate, np.where(contradicted, effective, effective + prior.tau)
