"""The merged error probability."""

import numpy as np
import pytest

from kinescape.call.error_model import error_probability

ABSENT = 255


def one(base, mapping=ABSENT, alignment=ABSENT, source=ABSENT, **options):
    arrays = (np.array([quality], dtype=np.uint8) for quality in (base, mapping, alignment, source))
    return float(error_probability(*arrays, **options)[0])


def test_terms_that_are_absent_are_zero():
    assert one(30) == pytest.approx(1e-3)
    assert one(30, 60) == pytest.approx(1 - (1 - 1e-6) * (1 - 1e-3))
    assert one(30, 60, 20, 10) == pytest.approx(1 - (1 - 1e-6) * (1 - 0.1) * (1 - 0.01) * (1 - 1e-3))


def test_a_read_that_fits_elsewhere_is_half_an_error():
    assert one(93, 0) == pytest.approx(0.5)


def test_mapping_quality_can_be_left_out():
    assert one(30, 0, use_mapping_quality=False) == pytest.approx(1e-3)


def test_an_alignment_quality_of_zero_is_a_certain_error():
    assert one(37, 60, 0) == 1.0
