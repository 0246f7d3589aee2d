"""Single-nucleotide variants: every column's alternative bases against the errors that its qualities predict.

LoFreq's test (Wilm et al. 2012, Nucleic Acids Res. 40:11189): under the null every base that is not the reference's is
an error, and each of the column's bases is one with its own probability. The P of an alternative base seen k times is
the probability of k or more errors among all used bases of the column.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kinescape.call.candidate import Candidate
from kinescape.call.error_model import error_probability
from kinescape.call.strand import strand_bias_phreds
from kinescape.call.tail import column_tails, phred_array
from kinescape.columns.histogram import BASES, ColumnCounts

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

TESTS_PER_COLUMN = 3
"""Every tested column counts as three tests, one per alternative base."""

LIMIT_SLACK = 1e-6
"""Tails this little (in log10) above the significance limit are still computed exactly, and then compared."""


@dataclass(frozen=True)
class SnvSettings:
    """Thresholds of the test. Defaults are LoFreq's."""

    min_base_quality: int = 6
    """Bases below are not used."""
    min_alternative_quality: int = 6
    """Alternative bases below are not used."""
    min_coverage: int = 1
    """Visible bases that a column needs."""
    significance: float = 0.01
    bonferroni: int | None = None
    """Number of tests to correct for; None counts them as they come (dynamic)."""
    use_mapping_quality: bool = True


@dataclass(frozen=True, eq=False)
class SnvTests:
    """The tested columns of a window.

    Attributes
    ----------
    offset
        int64[c]: window offsets of the columns with at least one used alternative base.
    reference
        int64[c]: index of the reference base.
    used
        int64[c, 4]: used bases by base; the reference's own cell is 0.
    log10_p
        float64[c, 4]: log10 P of each alternative, exact where it is below the limit; 0 where it is not.
    correction
        int64[c]: number of tests that P is corrected for.
    """

    offset: IntArray
    reference: IntArray
    used: IntArray
    log10_p: FloatArray
    correction: IntArray


def tested_columns(columns: ColumnCounts, reference: npt.NDArray[np.uint8], settings: SnvSettings) -> BoolArray:
    """bool[n]: where SNVs are sought. ``reference`` is uint8[n], the window's base codes.

    Not where the reference is unknown, the consensus an insertion or deletion, or fewer than half of the spanning
    reads show a visible base.
    """
    visible = columns.strand_counts.sum(axis=(1, 2)) + columns.unknown
    return np.asarray(
        (reference < len(BASES))
        & ~columns.indel_consensus
        & (2 * visible >= columns.depth)
        & (visible >= settings.min_coverage)
    )


def test_columns(
    columns: ColumnCounts, reference: npt.NDArray[np.uint8], settings: SnvSettings, tests_before: int
) -> SnvTests:
    """Test all columns of a window; ``tests_before`` is the number of tests of the columns before it."""
    position, base, qualities = columns.group_position, columns.group_base, columns.group_qualities
    alternative = base != reference[position]
    minimum = np.where(
        alternative, max(settings.min_base_quality, settings.min_alternative_quality), settings.min_base_quality
    )
    kept = (qualities[:, 0] >= minimum) & tested_columns(columns, reference, settings)[position]
    position, base, alternative = position[kept], base[kept], alternative[kept]
    count = columns.group_count[kept]
    used = np.zeros((columns.size, len(BASES)), dtype=np.int64)
    np.add.at(used, (position[alternative], base[alternative]), count[alternative])
    offset = np.flatnonzero(used.any(axis=1))
    correction = _corrections(offset.size, settings, tests_before)
    bounds = np.searchsorted(position, np.stack([offset, offset + 1]))
    groups = np.concatenate([np.arange(*pair) for pair in bounds.T]) if offset.size else np.zeros(0, dtype=np.int64)
    p = error_probability(*qualities[kept][groups].T, use_mapping_quality=settings.use_mapping_quality)
    log10_p = column_tails(
        np.concatenate([[0], np.cumsum(bounds[1] - bounds[0])]).astype(np.int64),
        p,
        count[groups],
        used[offset],
        np.log10(settings.significance / correction) + LIMIT_SLACK,
    )
    return SnvTests(offset, reference[offset].astype(np.int64), used[offset], log10_p, correction)


def snv_candidates(
    columns: ColumnCounts, reference: npt.NDArray[np.uint8], settings: SnvSettings, tests_before: int
) -> tuple[list[Candidate], int]:
    """The significant alternatives of a window, by position and base, and the number of tests with this window's."""
    tests = test_columns(columns, reference, settings, tests_before)
    significant = tests.log10_p + np.log10(tests.correction)[:, None] < math.log10(settings.significance)
    candidates = list(_candidates(columns, tests, significant & (tests.used > 0)))
    return candidates, tests_before + TESTS_PER_COLUMN * int(tests.offset.size)


def _corrections(tested: int, settings: SnvSettings, tests_before: int) -> IntArray:
    """int64[tested]: the number of tests so far at each tested column, or the fixed one."""
    if settings.bonferroni is not None:
        return np.full(tested, settings.bonferroni, dtype=np.int64)
    return tests_before + TESTS_PER_COLUMN * np.arange(1, tested + 1, dtype=np.int64)


def _candidates(columns: ColumnCounts, tests: SnvTests, significant: BoolArray) -> Iterator[Candidate]:
    rows, bases = np.nonzero(significant)
    offset, reference = tests.offset[rows], tests.reference[rows]
    strands = columns.strand_counts
    dp4 = np.concatenate([strands[offset, reference], strands[offset, bases]], axis=1)
    biases = strand_bias_phreds(dp4)
    qualities = phred_array(tests.log10_p[rows, bases])
    for i in range(rows.size):
        depth = int(columns.depth[offset[i]])
        yield Candidate(
            contig=columns.contig,
            position=columns.start + int(offset[i]),
            reference=BASES[reference[i]],
            alternative=BASES[bases[i]],
            quality=int(qualities[i]),
            depth=depth,
            allele_frequency=float(np.float32(int(dp4[i, 2:].sum())) / np.float32(depth)),
            strand_bias=int(biases[i]),
            dp4=(int(dp4[i, 0]), int(dp4[i, 1]), int(dp4[i, 2]), int(dp4[i, 3])),
            high_quality_count=int(tests.used[rows[i], bases[i]]),
        )
