"""SNV calls of one aligner from its columns, by LoFreq's model and the filters of Villa et al. 2024.

Every allele of every position between the primers is tested; those that LoFreq's model calls are *candidates* and are
kept whatever the filters say, with the filters' names as reasons.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.call.base_errors import ErrorTable, observed_errors, stated_errors
from kinescape.call.filters import fdr_rejected, quality_threshold, strand_filtered
from kinescape.call.site_test import SiteTest
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
FILTER_BACKGROUND = "background"

UNKNOWN_MAPPING_QUALITY = 255
MIN_STRAND_SHARE = 0.05
"""Where less than this share of the reads comes from one of the strands, strand bias cannot be tested."""

Dp4 = NDArray[np.int64]


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
    site_test: SiteTest | None = None
    """The test against the background of healthy controls, where one was given."""

    def row(self, position: int, base: int) -> int | None:
        """Row of an allele, None where it was not tested (no read shows it)."""
        found = np.flatnonzero((self.position == position) & (self.base == base))
        return int(found[0]) if len(found) else None


@dataclass(frozen=True)
class ErrorGroups:
    """The used bases of every column, grouped by what decides their error.

    Attributes
    ----------
    offsets
        int64[positions + 1]: groups of column ``c`` are ``offsets[c] : offsets[c + 1]``.
    reference, quality
        int64[groups]: reference base of the column; base quality.
    misplaced
        float64[groups]: probability that the read is misplaced, from its mapping quality (LoFreq's; 0 means one half).
    count
        int64[groups]: bases.
    """

    offsets: NDArray[np.int64]
    reference: NDArray[np.int64]
    quality: NDArray[np.int64]
    misplaced: NDArray[np.float64]
    count: NDArray[np.int64]

    def error(self, table: ErrorTable, alternative: int) -> NDArray[np.float64]:
        """float64[groups]: probability that a base shows ``alternative`` by error: misplaced, else misread."""
        misread = table[self.reference, alternative, self.quality]
        return np.asarray(self.misplaced + (1.0 - self.misplaced) * misread)


def error_groups(columns: MateColumns, min_base_quality: int) -> ErrorGroups:
    """Group the bases of every column by base quality and mapping quality."""
    used = columns.histogram.sum(axis=2)[:, :, min_base_quality:]
    positions = used.shape[1]
    by_position = used.transpose(1, 0, 2)
    place, level, quality = np.nonzero(by_position)
    offsets = np.zeros(positions + 1, np.int64)
    np.cumsum(np.bincount(place, minlength=positions), out=offsets[1:])
    misplaced = 10.0 ** (-columns.mapping_qualities / 10.0)
    misplaced = np.where(columns.mapping_qualities == UNKNOWN_MAPPING_QUALITY, 0.0, misplaced)
    misplaced = np.where(columns.mapping_qualities == 0, 0.5, misplaced)
    return ErrorGroups(
        offsets,
        columns.axis.reference[place].astype(np.int64),
        quality + min_base_quality,
        misplaced[level],
        by_position[place, level, quality].astype(np.int64),
    )


def error_table(columns: MateColumns, parameters: Parameters) -> ErrorTable:
    """The error model of the run's mode."""
    return stated_errors() if parameters.mode == "lofreq" else observed_errors(columns)


def _tails(groups: ErrorGroups, table: ErrorTable, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """float64[positions, 4]: log10 Pr(X >= count) of every cell with a count."""
    tails = np.zeros(counts.shape)
    limit = np.zeros(len(counts))
    for alternative in range(4):
        alone = np.zeros_like(counts)
        alone[:, alternative] = counts[:, alternative]
        error = groups.error(table, alternative)
        tails[:, alternative] = column_tails(groups.offsets, error, groups.count, alone, limit)[:, alternative]
    return tails


def _bias_tables(columns: MateColumns, position: NDArray[np.int64], base: NDArray[np.int64], mode: str) -> Dp4:
    """int64[alleles, 4] for Fisher's test of bias: reads by strand, or by orientation where strand says nothing.

    Towards the ends of an amplicon every read of a position comes from one strand, whatever it shows. There the
    question is put to the orientation of the pair instead: whether the first mate reads the plus strand (F1R2) or the
    minus strand (F2R1), which the library deals to molecules by chance.
    """
    strands = _table_of(columns.strand_counts(), columns, position, base)
    if mode == "lofreq":
        return strands
    counts = columns.counts
    orientations = np.stack((counts[:, 0] + counts[:, 3], counts[:, 1] + counts[:, 2]), axis=1)
    both = columns.strand_counts().sum(axis=2)[position]
    confounded = both.min(axis=1) < MIN_STRAND_SHARE * both.sum(axis=1)
    return np.where(confounded[:, None], _table_of(orientations, columns, position, base), strands)


def _table_of(
    counts: NDArray[np.int64], columns: MateColumns, position: NDArray[np.int64], base: NDArray[np.int64]
) -> Dp4:
    """(reference one way, reference other way, alternative one way, other way) from int64[positions, 2, 4]."""
    reference = columns.axis.reference[position].astype(np.int64)
    return np.stack(
        (
            counts[position, 0, reference],
            counts[position, 1, reference],
            counts[position, 0, base],
            counts[position, 1, base],
        ),
        axis=1,
    )


def tested_alleles(
    columns: MateColumns,
    parameters: Parameters,
    site_test: SiteTest | None = None,  # noqa: PT028 - no test of pytest's
) -> AlleleTests:
    """Test every alternative base that any read shows between the primers (or anywhere, with primers kept).

    With a ``site_test`` an allele must be above the background of its site, and only then may it be as small as
    ``parameters.min_vaf_floor``; without one ``parameters.min_vaf`` holds everywhere.
    """
    axis = columns.axis
    looked_at = axis.in_insert if parameters.mask_primers else np.ones(len(axis), np.bool_)
    groups = error_groups(columns, parameters.min_base_quality)
    counts = columns.histogram[:, :, :, parameters.min_base_quality :].sum(axis=(0, 3)).astype(np.int64)
    counts[np.arange(len(axis)), axis.reference] = 0
    inside = looked_at & (counts.sum(axis=1) > 0)
    counts[~inside] = 0
    # LoFreq's Bonferroni factor: three alternatives for every column that shows any.
    tests = 3 * int(inside.sum())
    needed = quality_threshold(parameters.significance, tests)
    tails = _tails(groups, error_table(columns, parameters), counts)
    position, base = np.nonzero(counts)
    dp4 = _table_of(columns.strand_counts(), columns, position, base)
    qual = phred_array(tails[position, base])
    depth = columns.depth[position]
    alt_count = columns.base_counts()[position, base]
    vaf = alt_count / depth
    candidate = qual >= needed
    strand_bias = np.zeros(len(position), np.int64)
    bias_tables = _bias_tables(columns, position, base, parameters.mode)[candidate]
    strand_bias[candidate] = strand_bias_phreds(bias_tables)
    biased = np.zeros(len(position), np.bool_)
    biased[candidate] = strand_filtered(strand_bias[candidate], bias_tables, alpha=parameters.strand_fdr)
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
            above_background=site_test.above[position, base] if site_test is not None else None,
        ),
        needed,
        site_test,
    )


def filter_names(
    *,
    candidate: NDArray[np.bool_],
    significant: NDArray[np.bool_],
    biased: NDArray[np.bool_],
    depth: NDArray[np.int64],
    vaf: NDArray[np.float64],
    parameters: Parameters,
    above_background: NDArray[np.bool_] | None = None,
) -> tuple[tuple[str, ...], ...]:
    """Names of the filters that each allele fails; empty where it passes.

    Parameters
    ----------
    candidate, significant, biased
        bool[alleles]: called by the model; holds the false discovery rate; fails the strand-bias rule.
    above_background
        bool[alleles]: above the background of its site; None where no background was given.
    """
    smallest = parameters.min_vaf if above_background is None else parameters.min_vaf_floor
    failed = {
        FILTER_NOT_CALLED: ~candidate,
        FILTER_QUALITY: candidate & ~significant,
        FILTER_STRAND: candidate & biased,
        FILTER_DEPTH: depth < parameters.min_depth,
        FILTER_VAF: vaf < smallest,
    }
    if above_background is not None:
        failed[FILTER_BACKGROUND] = candidate & ~above_background
    return tuple(tuple(name for name, rows in failed.items() if rows[row]) for row in range(len(depth)))


def reads_needed(columns: MateColumns, parameters: Parameters, quality_needed: int) -> NDArray[np.int64]:
    """Reads with the same wrong base that a call takes at each position, from the error model alone.

    Solved from Chernoff's bound of the same Poisson-binomial tail, which lies above the tail: the number is never too
    small, and at most a few reads too large.

    Returns
    -------
    int64[positions, 4 alternatives]
        0 for the reference base.
    """
    groups = error_groups(columns, parameters.min_base_quality)
    table = error_table(columns, parameters)
    needed = np.zeros((len(columns.axis), 4), np.int64)
    for alternative in range(4):
        here = np.zeros(len(columns.axis), np.int64)
        error = groups.error(table, alternative)
        _fill_needed(groups.offsets, error, groups.count, -quality_needed / 10.0 * np.log(10.0), here)
        needed[:, alternative] = np.where(columns.axis.reference == alternative, 0, here)
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
