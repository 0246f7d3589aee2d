"""Melting temperatures against another program."""

from __future__ import annotations

import pytest

from kinescape.errors import InputError
from kinescape.panel.primers import melting_temperature


@pytest.mark.parametrize(
    ("primer", "celsius"),
    [
        # Biopython 1.88, Bio.SeqUtils.MeltingTemp.Tm_NN(nn_table=DNA_NN3, dnac1=250, dnac2=0, Na=50, saltcorr=5)
        ("GTGAGGGTGTCTCTCTGTGGCTT", 61.708),
        ("TCCCCACCCTCCCCTTCTCT", 61.953),
        ("TGCAGCAAAGACTGGTTCTCACTC", 60.856),
        ("TACATATGTTAACATAATTAACTT", 45.652),
        ("AAGCTTGGCA", 34.042),
        ("ACGTTGCAACGT", 42.783),  # its own reverse complement: selfcomp=True
    ],
)
def test_agrees_with_biopython(primer: str, celsius: float) -> None:
    assert melting_temperature(primer) == pytest.approx(celsius, abs=0.001)


@pytest.mark.parametrize("primer", ["ACGT", "ACGTNACGTA", ""])
def test_no_primer(primer: str) -> None:
    with pytest.raises(InputError, match="not a primer"):
        melting_temperature(primer)
