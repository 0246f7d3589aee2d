"""The rules of ``lofreq filter``, as pure functions on arrays.

Probabilities are rebuilt from the whole-number phreds of the VCF (QUAL, SB), as LoFreq does, and the number of tests
is by default the number of records: an FDR on records that already passed a Bonferroni threshold removes next to
nothing.

One rule differs on purpose. LoFreq 2.1.5 loses its own minimal allele frequency when a multiple-testing correction of
QUAL is asked for in the same command and a record has a QUAL above about 3080: a power underflows, the error number
stays set, and the reading of AF is then taken to have failed (CSB5/lofreq issue 99). Here both filters hold.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

Correction = Literal["bonf", "holm", "fdr"]

COMPOUND_STRAND_SHARE = np.float32(0.85)
"""A strand-biased call is filtered only if more than this share of its alternative bases is on one strand."""

DEFAULT_STRAND_ALPHA = 0.001
DEFAULT_MIN_COVERAGE = 10
DEFAULT_ALPHA = 0.01
"""Defaults of ``lofreq filter``."""


def probabilities(phreds: npt.ArrayLike) -> FloatArray:
    """10^(-phred / 10); 0 where that underflows."""
    return np.asarray(np.power(10.0, -np.asarray(phreds, dtype=np.float64) / 10.0))


def bonferroni_rejected(phreds: npt.ArrayLike, alpha: float, n_tests: int | None = None) -> BoolArray:
    """p * n < alpha."""
    p = probabilities(phreds)
    return np.asarray(p * (n_tests or p.size) < alpha)


def holm_rejected(phreds: npt.ArrayLike, alpha: float, n_tests: int | None = None) -> BoolArray:
    """Holm 1979 (Scand. J. Statist. 6:65): ascending, reject while p_(i) * (n - i + 1) < alpha."""
    p = probabilities(phreds)
    order = np.argsort(p, kind="stable")
    factors = (n_tests or p.size) - np.arange(p.size)
    holds = p[order] * factors < alpha
    rejected = np.zeros(p.size, dtype=np.bool_)
    rejected[order[: _leading(holds)]] = True
    return rejected


def fdr_rejected(phreds: npt.ArrayLike, alpha: float, n_tests: int | None = None) -> BoolArray:
    """Benjamini and Hochberg 1995: the largest i with p_(i) < alpha * i / n (strictly); 1..i are rejected."""
    p = probabilities(phreds)
    order = np.argsort(p, kind="stable")
    holds = p[order] < alpha * np.arange(1, p.size + 1) / (n_tests or max(p.size, 1))
    last = int(np.flatnonzero(holds)[-1]) + 1 if holds.any() else 0
    rejected = np.zeros(p.size, dtype=np.bool_)
    rejected[order[:last]] = True
    return rejected


def rejected(
    phreds: npt.ArrayLike, correction: Correction, alpha: float = DEFAULT_ALPHA, n_tests: int | None = None
) -> BoolArray:
    """The null hypotheses rejected under a correction. Of QUAL: the calls to keep. Of SB: the biased ones."""
    rule = {"bonf": bonferroni_rejected, "holm": holm_rejected, "fdr": fdr_rejected}[correction]
    return rule(phreds, alpha, n_tests)


def one_sided(dp4: IntArray) -> BoolArray:
    """More than 85% of the alternative bases are on one strand. ``dp4`` is int64[n, 4], LoFreq's DP4."""
    forward, reverse = dp4[:, 2].astype(np.float32), dp4[:, 3].astype(np.float32)
    alternative = forward + reverse
    with np.errstate(invalid="ignore"):
        share = np.maximum(forward, reverse) / alternative
    return np.asarray((alternative > 0) & (share > COMPOUND_STRAND_SHARE))


def strand_filtered(
    strand_bias: npt.ArrayLike,
    dp4: IntArray,
    *,
    correction: Correction = "fdr",
    alpha: float = DEFAULT_STRAND_ALPHA,
    compound: bool = True,
    n_tests: int | None = None,
) -> BoolArray:
    """The calls to drop for strand bias: significant after correction and, if ``compound``, :func:`one_sided`."""
    biased = rejected(strand_bias, correction, alpha, n_tests)
    return np.asarray(biased & one_sided(dp4)) if compound else biased


def coverage_filtered(depth: npt.ArrayLike, minimum: int = DEFAULT_MIN_COVERAGE) -> BoolArray:
    """The calls to drop for a depth below ``minimum``."""
    return np.asarray(np.asarray(depth) < minimum)


def frequency_filtered(allele_frequency: npt.ArrayLike, minimum: float) -> BoolArray:
    """The calls to drop for an allele frequency below ``minimum``; both are compared as float32, as LoFreq does."""
    return np.asarray(np.asarray(allele_frequency, dtype=np.float32) < np.float32(minimum))


def quality_threshold(significance: float, tests: int) -> int:
    """The phred that a call must reach once all tests are counted: trunc(-10 log10(significance / tests))."""
    return int(-10.0 * math.log10(significance / max(tests, 1)))


def _leading(holds: BoolArray) -> int:
    """Length of the leading run of True."""
    return int(holds.size if holds.all() else np.argmin(holds))
