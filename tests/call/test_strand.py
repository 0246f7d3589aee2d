"""Fisher's test against scipy's, and LoFreq's printed numbers."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from kinescape.call.strand import LARGEST_PHRED, fisher_two_sided, strand_bias_phred, strand_bias_phreds

cell = st.one_of(st.integers(0, 12), st.integers(0, 400))


@given(cell, cell, cell, cell)
def test_equals_scipy(a, b, c, d):
    assume(a + b > 0 and c + d > 0 and a + c > 0 and b + d > 0)
    expected = fisher_exact([[a, b], [c, d]]).pvalue
    assume(expected > 1e-300)
    assert fisher_two_sided(a, b, c, d) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(
    ("dp4", "printed"),
    [((6926, 6910, 65, 71), 2), ((3523, 3524, 3461, 3459), 0), ((6949, 6963, 32, 24), 5), ((6945, 6929, 44, 47), 1)],
)
def test_what_lofreq_prints(dp4, printed):
    assert strand_bias_phred(*dp4) == printed
    assert strand_bias_phreds(np.array([dp4]))[0] == printed


def test_underflow_is_the_largest_integer():
    assert strand_bias_phred(20000, 0, 0, 20000) == LARGEST_PHRED
    assert 0 < strand_bias_phred(300, 0, 0, 300) < LARGEST_PHRED


def test_no_reference_and_one_strand():
    assert strand_bias_phred(0, 0, 7, 0) == LARGEST_PHRED
    assert strand_bias_phred(0, 0, 7, 1) == 0


def test_large_tables_are_symmetric():
    one = fisher_two_sided(500_000, 480_000, 900, 1000)
    assert one == pytest.approx(fisher_two_sided(480_000, 500_000, 1000, 900), rel=1e-6)
    assert math.isclose(one, fisher_two_sided(900, 1000, 500_000, 480_000), rel_tol=1e-6)
