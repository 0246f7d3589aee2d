"""SNV calls of one aligner from its columns, by LoFreq's model and the filters of Villa et al. 2024.

Every allele of every position between the primers is tested; those that LoFreq's model calls are *candidates* and are
kept whatever the filters say, with the filters' names as reasons.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.call.filters import fdr_rejected, quality_threshold, strand_filtered
from kinescape.call.strand import strand_bias_phreds
from kinescape.call.tail import column_tails, phred_array
from kinescape.columns.from_mates import MateColumns
from kinescape.compiled import kernel
from kinescape.records import Parameters

FILTER_DEPTH = "min_depth"
FILTER_VAF = "min_vaf"
FILTER_QUALITY = "call_fdr"
FILTER_STRAND = "strand_bias"
FILTER_NOT_CALLED = "not_called"


@dataclass(frozen=True)
class AlleleTests:
    """Every tested allele of one aligner, one element per (position, alternative base).

    Attributes
    ----------
    position, base
        int64: axis index; 0 to 3.
    depth, alt_count
        int64: reads that span the position; reads with the base at quality >= 3.
    vaf
        float64: alt_count / depth (LoFreq's AF).
    qual, strand_bias
        int64: LoFreq's QUAL and SB.
    dp4
        int64[alleles, 4].
    candidate
        bool: called by LoFreq's model.
    filters
        One tuple of filter names per allele; empty where it passes.
    """

    aligner: str
    position: NDArray[np.int64]
    base: NDArray[np.int64]
    depth: NDArray[np.int64]
    alt_count: NDArray[np.int64]
    vaf: NDArray[np.float64]
    qual: NDArray[np.int64]
    strand_bias: NDArray[np.int64]
    dp4: NDArray[np.int64]
    candidate: NDArray[np.bool_]
    filters: tuple[tuple[str, ...], ...]
    quality_needed: int
    """QUAL that a call must reach: LoFreq's Bonferroni threshold over the alleles tested in this sample."""

    def row(self, position: int, base: int) -> int | None:
        """Row of an allele, None where it was not tested (no read shows it)."""
        found = np.flatnonzero((self.position == position) & (self.base == base))
        return int(found[0]) if len(found) else None


def error_groups(
    columns: MateColumns, min_base_quality: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """The used bases of every column, grouped by error probability.

    The error of one base is LoFreq's: mapping error, else base error (docs/lofreq-mode.md).

    Returns
    -------
    offsets : int64[positions + 1]
    error : float64[groups], ascending within a column
    count : int64[groups]
    """
    used = columns.histogram.sum(axis=2)[:, :, min_base_quality:]
    classes, positions, qualities = used.shape
    base_error = 10.0 ** (-(np.arange(qualities) + min_base_quality) / 10.0)
    mapping_error = 10.0 ** (-columns.mapping_qualities / 10.0)
    mapping_error = np.where(columns.mapping_qualities == 255, 0.0, mapping_error)
    mapping_error = np.where(columns.mapping_qualities == 0, 0.5, mapping_error)[:classes]
    error = mapping_error[:, None] + (1.0 - mapping_error[:, None]) * base_error[None, :]
    by_position = used.transpose(1, 0, 2).reshape(positions, -1)
    place, group = np.nonzero(by_position)
    offsets = np.zeros(positions + 1, np.int64)
    np.cumsum(np.bincount(place, minlength=positions), out=offsets[1:])
    return offsets, error.reshape(-1)[group], by_position[place, group].astype(np.int64)


def tested_alleles(columns: MateColumns, parameters: Parameters) -> AlleleTests:
    """Test every alternative base that any read shows between the primers."""
    axis = columns.axis
    usable = (
        np.flatnonzero(axis.in_insert & (columns.depth > 0))
        if parameters.mask_primers
        else np.flatnonzero(columns.depth > 0)
    )
    offsets, error, count = error_groups(columns, parameters.min_base_quality)
    tested_counts = columns.histogram[:, :, :, parameters.min_base_quality :].sum(axis=(0, 3)).astype(np.int64)
    tested_counts[np.arange(len(axis)), axis.reference] = 0
    with_alternative = usable[tested_counts[usable].sum(axis=1) > 0]
    tests = 3 * len(with_alternative)
    needed = quality_threshold(parameters.significance, tests)
    limit = np.full(len(axis), 0.0)
    inside = np.zeros(len(axis), np.bool_)
    inside[with_alternative] = True
    tails = column_tails(offsets, error, count, np.where(inside[:, None], tested_counts, 0), limit)
    position, base = np.nonzero(np.where(inside[:, None], tested_counts, 0))
    counts = columns.base_counts()
    strands = columns.strand_counts()
    reference = axis.reference[position].astype(np.int64)
    dp4 = np.stack(
        (
            strands[position, 0, reference],
            strands[position, 1, reference],
            strands[position, 0, base],
            strands[position, 1, base],
        ),
        axis=1,
    )
    qual = phred_array(tails[position, base])
    depth = columns.depth[position]
    alt_count = counts[position, base]
    vaf = alt_count / depth
    candidate = qual >= needed
    strand_bias = np.zeros(len(position), np.int64)
    strand_bias[candidate] = strand_bias_phreds(dp4[candidate])
    biased = np.zeros(len(position), np.bool_)
    biased[candidate] = strand_filtered(strand_bias[candidate], dp4[candidate], alpha=parameters.strand_fdr)
    # The false discovery rate is controlled over all alleles tested, not over those that already passed LoFreq's
    # Bonferroni threshold, among which it would remove nothing.
    significant = fdr_rejected(qual, parameters.call_fdr, max(tests, 1))
    return AlleleTests(
        columns.aligner,
        position.astype(np.int64),
        base.astype(np.int64),
        depth,
        alt_count,
        vaf,
        qual,
        strand_bias,
        dp4,
        candidate,
        filter_names(
            candidate=candidate,
            significant=significant,
            biased=biased,
            depth=depth,
            vaf=vaf,
            parameters=parameters,
        ),
        needed,
    )


def filter_names(
    *,
    candidate: NDArray[np.bool_],
    significant: NDArray[np.bool_],
    biased: NDArray[np.bool_],
    depth: NDArray[np.int64],
    vaf: NDArray[np.float64],
    parameters: Parameters,
) -> tuple[tuple[str, ...], ...]:
    """Names of the filters that each allele fails; empty where it passes.

    Parameters
    ----------
    candidate, significant, biased
        bool[alleles]: called by the model; holds the false discovery rate; fails the strand-bias rule.
    """
    failed = {
        FILTER_NOT_CALLED: ~candidate,
        FILTER_QUALITY: candidate & ~significant,
        FILTER_STRAND: candidate & biased,
        FILTER_DEPTH: depth < parameters.min_depth,
        FILTER_VAF: vaf < parameters.min_vaf,
    }
    return tuple(tuple(name for name, rows in failed.items() if rows[row]) for row in range(len(depth)))


def reads_needed(columns: MateColumns, parameters: Parameters, quality_needed: int) -> NDArray[np.int64]:
    """Reads with the same wrong base that a call takes at each position, from the base qualities there.

    Solved from Chernoff's bound of the same Poisson-binomial tail, which lies above the tail: the number is never too
    small, and at most a few reads too large.

    Returns
    -------
    int64[positions]
    """
    offsets, error, count = error_groups(columns, parameters.min_base_quality)
    needed = np.zeros(len(columns.axis), np.int64)
    _fill_needed(offsets, error, count, -quality_needed / 10.0 * np.log(10.0), needed)
    return needed


@kernel
def _fill_needed(
    offsets: NDArray[np.int64],
    error: NDArray[np.float64],
    count: NDArray[np.int64],
    log_limit: float,
    needed: NDArray[np.int64],
) -> None:
    """For each column the smallest k with min over theta of (K(theta) - theta k) below ``log_limit``."""
    for column in range(needed.shape[0]):
        low, high = 0.0, 40.0
        mean = 0.0
        for _ in range(50):
            theta = 0.5 * (low + high)
            cumulant, mean = 0.0, 0.0
            for group in range(offsets[column], offsets[column + 1]):
                grown = error[group] * np.exp(theta)
                total = 1.0 - error[group] + grown
                cumulant += count[group] * np.log(total)
                mean += count[group] * grown / total
            if cumulant - theta * mean < log_limit:
                high = theta
            else:
                low = theta
        needed[column] = max(1, math.ceil(mean))
