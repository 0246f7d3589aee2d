"""Corrections and rules on whole-number phreds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from kinescape.call.filters import (
    bonferroni_rejected,
    coverage_filtered,
    fdr_rejected,
    frequency_filtered,
    holm_rejected,
    one_sided,
    quality_threshold,
    rejected,
    strand_filtered,
)

phreds = st.lists(st.integers(0, 90), min_size=1, max_size=30)


@given(phreds)
def test_fdr_is_benjamini_and_hochberg(values):
    p = 10 ** (-np.array(values) / 10)
    adjusted = false_discovery_control(p)
    clear = np.abs(adjusted - 0.01) > 1e-12
    assert (fdr_rejected(values, 0.01)[clear] == (adjusted < 0.01)[clear]).all()


@given(phreds)
def test_bonferroni_rejects_least_and_fdr_most(values):
    bonferroni, holm, fdr = (rejected(values, rule, 0.01) for rule in ("bonf", "holm", "fdr"))
    assert not (bonferroni & ~holm).any()
    assert not (holm & ~fdr).any()


def test_number_of_tests_can_be_given():
    assert fdr_rejected([31, 5], 0.01).tolist() == [True, False]
    assert fdr_rejected([31, 5], 0.01, 100).tolist() == [False, False]
    assert bonferroni_rejected([31], 0.01, 100).tolist() == [False]
    assert holm_rejected([25, 22], 0.01).tolist() == [True, True]
    assert bonferroni_rejected([25, 22], 0.01).tolist() == [True, False]


def test_strand_rule_is_compound():
    dp4 = np.array([[50, 50, 10, 0], [50, 50, 80, 20], [50, 50, 86, 14], [50, 50, 0, 0]])
    assert one_sided(dp4).tolist() == [True, False, True, False]
    bias = [60, 60, 60, 60]
    assert strand_filtered(bias, dp4).tolist() == [True, False, True, False]
    assert strand_filtered(bias, dp4, compound=False).all()
    assert not strand_filtered([3, 3, 3, 3], dp4).any()


def test_thresholds():
    assert coverage_filtered([9, 10]).tolist() == [True, False]
    assert frequency_filtered([0.0059999, 0.006], 0.006).tolist() == [True, False]
    assert quality_threshold(0.01, 3702) == 55
    assert quality_threshold(0.01, 1) == 20


def test_a_high_quality_does_not_switch_off_the_frequency_filter():
    # LoFreq 2.1.5 loses its --af-min here (a QUAL above about 3080 underflows in the FDR step).
    assert fdr_rejected([49314, 20], 0.001).tolist() == [True, False]
    assert frequency_filtered([0.494, 0.0014], 0.006).tolist() == [False, True]


def test_nothing_to_filter():
    for rule in ("bonf", "holm", "fdr"):
        assert rejected([], rule).size == 0


def test_unknown_correction_is_refused():
    with pytest.raises(KeyError):
        rejected([1], "sidak")
