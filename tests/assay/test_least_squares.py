"""The general least-squares search against values certified by NIST."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from kinescape.assay.least_squares import least_squares

NIST = json.loads((Path(__file__).parents[1] / "data" / "assay" / "nist_strd.json").read_text())

MODELS = {
    "Misra1a": lambda b, x: b[0] * (1 - np.exp(-b[1] * x)),
    "Chwirut2": lambda b, x: np.exp(-b[0] * x) / (b[1] + b[2] * x),
    "Rat42": lambda b, x: b[0] / (1 + np.exp(b[1] - b[2] * x)),
    "Rat43": lambda b, x: b[0] / (1 + np.exp(b[1] - b[2] * x)) ** (1 / b[3]),
    "MGH09": lambda b, x: b[0] * (x**2 + x * b[1]) / (x**2 + x * b[2] + b[3]),
    "MGH10": lambda b, x: b[0] * np.exp(b[1] / (x + b[2])),
    "Eckerle4": lambda b, x: b[0] / b[1] * np.exp(-0.5 * ((x - b[2]) / b[1]) ** 2),
    "BoxBOD": lambda b, x: b[0] * (1 - np.exp(-b[1] * x)),
}


@pytest.mark.parametrize("start", ["start1", "start2"])
@pytest.mark.parametrize("name", MODELS)
def test_certified_values_to_six_digits_from_both_starts(name, start):
    data = NIST[name]
    x, y = np.array(data["x"]), np.array(data["y"])
    found = least_squares(lambda b: y - MODELS[name](b, x), data[start])
    np.testing.assert_allclose(found.parameters, data["cert"], rtol=1e-6)
    np.testing.assert_allclose(found.errors, data["se"], rtol=1e-6)
    assert found.rss == pytest.approx(data["rss"], rel=1e-9)
    assert found.degrees == len(y) - len(data["cert"])


def test_a_bound_is_kept_and_its_parameter_has_the_edge_value():
    x = np.linspace(0, 10, 21)
    y = 3 * np.exp(-0.5 * x)
    found = least_squares(lambda b: y - b[0] * np.exp(-b[1] * x), [1.0, 0.1], lower=[0, 0], upper=[10, 0.3])
    assert found.parameters[1] == 0.3
    assert found.rss > 0


def test_equal_bounds_fix_a_parameter():
    x = np.linspace(0, 10, 21)
    y = 3 * np.exp(-0.5 * x)
    found = least_squares(lambda b: y - b[0] * np.exp(-b[1] * x), [1.0, 0.5], lower=[-9, 0.5], upper=[9, 0.5])
    assert found.parameters == pytest.approx([3.0, 0.5])
    assert np.isnan(found.errors[1])
