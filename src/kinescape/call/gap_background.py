"""The background of insertions and deletions, learned from healthy controls: one beta-binomial per anchor and kind.

The model and its estimators are those of the substitutions (:mod:`kinescape.call.background`), with other likenesses: a
site is an anchor and a kind (any deletion, or any insertion, behind it), and like sites are those of one kind before
homopolymer runs of one length: a polymerase slips in runs, and more often in longer ones. The spread between controls
is learned over all sites of a kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.call.background import (
    GERMLINE_SHARE,
    LEAST_RATE,
    MOST_DISPERSION,
    between_controls,
    effective_fragments,
    shrunk,
    sites_prior,
)
from kinescape.call.beta_binomial import upper_tail
from kinescape.call.filters import fdr_rejected
from kinescape.columns.axis import Axis
from kinescape.columns.gap_fragments import GapFragments, kind_of
from kinescape.panel.model import Panel
from kinescape.records import Variant

KINDS = 2
LONGEST_RUN = 4
"""Runs of this length and longer are one class: a panel has few of them."""
_SMALLEST = 1e-300

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class GapBackground:
    """Background of one aligner; arrays have the shape [positions of the axis, 2 kinds], NaN and 0 outside the inserts.

    Attributes
    ----------
    controls, fragments, alt_fragments
        int64: controls that count at the anchor, their fragments over it, and those that show the kind.
    kind_rate, run_rate
        float64: mean share over the sites of the kind, and over those before runs of this length.
    rate, dispersion
        float64: share expected by error in a new sample, and its dispersion.
    """

    controls: IntArray
    fragments: IntArray
    alt_fragments: IntArray
    kind_rate: FloatArray
    run_rate: FloatArray
    rate: FloatArray
    dispersion: FloatArray


def run_lengths(panel: Panel, axis: Axis) -> IntArray:
    """int64[positions]: length of the run of equal bases behind each anchor between the primers, 0 elsewhere."""
    lengths = np.zeros(len(axis), np.int64)
    for row in np.flatnonzero(axis.in_insert).tolist():
        chrom, start = axis.chromosomes[axis.chrom[row]], int(axis.position[row]) + 1
        stretch = panel.stretch_at(chrom, start, start + 1)
        if stretch is None:
            continue
        text = stretch.sequence[start - stretch.start :]
        lengths[row] = len(text) - len(text.lstrip(text[0]))
    return lengths


def fit_gap_background(
    panel: Panel, axis: Axis, counted: Sequence[GapFragments], left_out_above: float = GERMLINE_SHARE
) -> GapBackground:
    """Learn the background of one aligner from the fragments of every control; their order does not matter."""
    inside = np.repeat(axis.in_insert[:, None], KINDS, axis=1)
    trials = np.stack([each.trials for each in counted])
    shown = np.stack([each.shown for each in counted])
    used = inside & (trials > 0) & (shown <= left_out_above * trials)
    trials, shown = np.where(used, trials, 0), np.where(used, shown, 0)
    everywhere = np.ones(len(axis), np.bool_)
    rho = between_controls([(everywhere, kind) for kind in range(KINDS)], inside, shown, trials)
    effective = effective_fragments(trials, rho)
    total, hits = trials.sum(axis=0), shown.sum(axis=0)
    runs = np.minimum(run_lengths(panel, axis), LONGEST_RUN)
    rates = {name: np.full(inside.shape, np.nan) for name in ("kind", "run", "rate", "dispersion")}
    rows = np.flatnonzero(axis.in_insert)
    for kind in range(KINDS):
        rates["kind"][rows, kind] = max(LEAST_RATE, hits[rows, kind].sum() / max(1, total[rows, kind].sum()))
        for run in np.unique(runs[rows]).tolist():
            # The spread between sites is that within a class: rates differ by orders of magnitude between classes.
            like = rows[runs[rows] == run]
            own = hits[like, kind] / np.maximum(1, total[like, kind])
            one_context = np.zeros(len(like), np.int64)
            prior = sites_prior(own, effective[like, kind], hits[like, kind], total[like, kind], one_context)
            rates["run"][like, kind] = prior.substitution
            rates["rate"][like, kind], known = shrunk(own, effective[like, kind], prior)
            rates["dispersion"][like, kind] = np.minimum(MOST_DISPERSION, rho[like, kind] + 1.0 / (known + 1.0))
    return GapBackground(used.sum(axis=0), total, hits, rates["kind"], rates["run"], rates["rate"], rates["dispersion"])


@dataclass(frozen=True)
class GapTest:
    """One sample's events against the background: share expected by error, and whether each is above it."""

    rate: Mapping[Variant, float]
    above: Mapping[Variant, bool]


def gaps_against_background(background: GapBackground, axis: Axis, sample: GapFragments, fdr: float) -> GapTest:
    """Test every event of a sample against all events of its kind at its anchor.

    The false discovery rate (Benjamini & Hochberg 1995, J R Stat Soc B 57:289) is held over both kinds at all anchors
    with fragments, whether or not the sample shows anything there.
    """
    variants = [each for each in sample.by_variant if axis.in_insert[axis.column(each.chrom, each.pos - 1)]]
    if not variants:
        return GapTest({}, {})
    anchors = np.array([axis.column(each.chrom, each.pos - 1) for each in variants], np.int64)
    kinds = np.array([kind_of(each) for each in variants], np.int64)
    counts = np.array([sample.by_variant[each] for each in variants], np.int64)
    rate, dispersion = background.rate[anchors, kinds], background.dispersion[anchors, kinds]
    tail = upper_tail(counts, sample.trials[anchors, kinds], rate, dispersion)
    looked_at = int((sample.trials[axis.in_insert] > 0).sum())
    tests = max(looked_at, len(variants))
    above = fdr_rejected(-10.0 * np.log10(np.maximum(tail, _SMALLEST)), fdr, tests)
    return GapTest(dict(zip(variants, rate.tolist(), strict=True)), dict(zip(variants, above.tolist(), strict=True)))
