"""Drift over a plate against known truth, and against scipy's fit of the same model to all wells at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import least_squares

from kinescape.assay.plates import ROW_LETTERS, well_place
from kinescape.assay.quality import drifts, plate_qualities
from kinescape.assay.wells import Well

LEVELS = [1.0, 0.95, 0.8, 0.6, 0.45, 0.35, 0.3, 0.25]


def plate(content, *, rows=0.0, columns=0.0, sd=0.0, seed=1):
    """``content`` gives each place its number in LEVELS (0: untreated); drifts are shares of the first row's level."""
    rng = np.random.default_rng(seed)
    wells = []
    for i, (r, c) in enumerate((r, c) for r in range(8) for c in range(12)):
        kind = content(r, c)
        share = LEVELS[kind] * (1 + rows * r / 7) * (1 + columns * c / 11) * (1 + sd * rng.normal())
        role, drug, dose = ("untreated", "", 0.0) if kind == 0 else ("sample", "D", 10.0**kind)
        place = f"{ROW_LETTERS[r]}{c + 1}"
        wells.append(Well("e", "WT", drug, dose, str(i), 50000 * share, role, "1", place, Path("p"), i))
    return wells


def scattered(r, c):
    """Every content in many rows and columns, but doses still rise from left to right within a row."""
    return (c * 2 // 3 + r * 5) % 8


def test_a_known_fall_over_the_columns_comes_back():
    row, column = drifts(plate(scattered, columns=-0.44))
    assert column.change == pytest.approx(-0.44, abs=1e-6)
    assert row.change == pytest.approx(0.0, abs=1e-6)
    row, column = drifts(plate(scattered, rows=0.35))
    assert (row.change, column.change) == (pytest.approx(0.35, abs=1e-6), pytest.approx(0.0, abs=1e-6))


def test_slopes_and_p_values_are_those_of_the_whole_model_by_scipy():
    wells = plate(scattered, rows=-0.1, columns=-0.3, sd=0.04)
    kinds = sorted({(w.drug, w.dose) for w in wells})
    group = np.array([kinds.index((w.drug, w.dose)) for w in wells])
    signal = np.array([w.signal for w in wells])
    place = np.array([well_place(w.position) for w in wells]) - np.array([3.5, 5.5])

    # Iterated: residuals as shares of the levels fitted before, as the levels are not known beforehand.
    level = np.array([signal[group == g].mean() for g in range(len(kinds))])
    for _ in range(30):
        fit = least_squares(
            lambda p, scale=level: (signal - p[2:][group] * scale[group] * (1 + place @ p[:2])) / scale[group],
            np.concatenate([[0.0, 0.0], np.ones(len(kinds))]),
            xtol=1e-14, ftol=1e-14, gtol=1e-14,
        )  # fmt: skip
        level = level * fit.x[2:]
    reach = np.array([3.5, 5.5])
    expected = 2 * fit.x[:2] * reach / (1 - fit.x[:2] * reach)
    found = drifts(wells)
    assert [d.change for d in found] == pytest.approx(expected, rel=1e-4)
    covariance = np.linalg.inv(fit.jac.T @ fit.jac) * 2 * fit.cost / (signal.size - fit.x.size)
    from scipy import stats

    t = fit.x[:2] / np.sqrt(np.diag(covariance)[:2])
    assert [d.p for d in found] == pytest.approx(2 * stats.t.sf(np.abs(t), signal.size - fit.x.size), rel=1e-3)


@pytest.mark.parametrize("along", ["columns", "rows"])
def test_where_doses_lie_along_an_axis_its_drift_is_not_assessable(along):
    def content(r, c):
        return c * 2 // 3 if along == "columns" else r

    truth = {along: -0.44}
    (quality,) = plate_qualities(plate(content, sd=0.03, **truth))
    other = "rows" if along == "columns" else "columns"
    assert np.isnan(quality.column_drift if along == "columns" else quality.row_drift)
    assert any(w.startswith(f"drift over the {along} not assessable: wells of the same") for w in quality.warnings)
    assert not any(f"over the {other}" in w for w in quality.warnings)


def test_scatter_that_would_hide_a_drift_is_said():
    (quality,) = plate_qualities(plate(scattered, sd=0.6))
    assert any("cannot be told from none" in w for w in quality.warnings)


def test_drift_along_the_other_axis_of_a_dose_plate_is_seen():
    (quality,) = plate_qualities(plate(lambda r, c: c * 2 // 3, rows=-0.35, sd=0.04))
    assert quality.row_drift == pytest.approx(-0.35, abs=0.05)
    assert "signal drifts by -3" in " ".join(quality.warnings)
