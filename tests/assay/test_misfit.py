"""Lack of fit against replicates, and a fitted top that left the untreated wells."""

from __future__ import annotations

import math

import numpy as np
import pytest
from bench_rows import read_tsv
from scipy import stats

from kinescape.assay.curve import Points
from kinescape.assay.fit import fit_points, noise_levels
from kinescape.assay.misfit import ALPHA, misfit
from kinescape.assay.models import Box
from kinescape.assay.noise import CONSTANT, estimated_noise
from kinescape.cli.main import main

DOSE = np.repeat([0.0, *(10000 / 3.0 ** np.arange(11, -1, -1))], 3)


def fall(ic50, slope=1.2):
    return 1 / (1 + (DOSE / ic50) ** slope)


TWO_PHASES = 0.5 * fall(1.0, 1.0) + 0.5 * fall(1000.0, 1.5)
STIMULATED = (1 + 0.028 * DOSE) / (1 + (DOSE / 61) ** 2.0)


def fitted(curves, noise):
    weights = [np.ones_like(p.signal) for p in curves]
    if not noise.constant:
        levels = noise_levels(curves, "4pl", Box())
        weights = [noise.weights(level, p.reference) for level, p in zip(levels, curves, strict=True)]
    return fit_points(curves, weights=weights, intervals=False)


def test_the_f_test_is_that_of_the_textbooks():
    """Sums of squares by hand: dose means around the curve over readings around their dose mean."""
    rng = np.random.default_rng(1)
    points = Points(DOSE, 100 * TWO_PHASES + rng.normal(0, 5, DOSE.size))
    (fit,) = fit_points([points], intervals=False)
    by_dose = {d: points.signal[points.dose == d] for d in np.unique(DOSE)}
    pure = sum(float(np.sum((v - v.mean()) ** 2)) for v in by_dose.values())
    lack = fit.rss - pure
    on_bound = int(fit.bottom == 0.0)
    expected = stats.f.sf(lack / (13 - 4 + on_bound) / (pure / 26), 13 - 4 + on_bound, 26)
    assert misfit(fit).lack_p == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("scatter", ["constant", "proportional"])
def test_curves_of_the_right_shape_are_warned_of_at_the_nominal_rate(scatter):
    rng = np.random.default_rng(11)
    plates = []
    for _ in range(200):
        share = (bottom := rng.choice([0.0, 0.02, 0.2])) + (1 - bottom) * fall(
            10 ** rng.uniform(0.5, 4), rng.uniform(0.6, 2.5)
        )
        sd = 0.05 if scatter == "constant" else np.hypot(0.01, 0.05 * share)
        plates.append(Points(DOSE, 50000 * np.maximum(share + sd * rng.normal(0, 1, DOSE.size), 0)))
    found = [misfit(fit) for fit in fitted(plates, estimated_noise(plates))]
    p = np.array([m.lack_p for m in found])
    assert 0.01 <= np.mean(p < 0.05) <= 0.1
    # Of 200 at 0.001 each, more than 2 come by chance once in 900 times.
    assert np.sum(p < ALPHA) <= 2
    assert sum(bool(m.warnings) for m in found) <= 2


@pytest.mark.parametrize("shape", [TWO_PHASES, STIMULATED])
@pytest.mark.parametrize("weights", ["replicates", "constant"])
def test_the_wrong_shape_is_found_whatever_the_weights(shape, weights):
    rng = np.random.default_rng(2)
    plates = [Points(DOSE, 10000 * shape * (1 + rng.normal(0, 0.03, DOSE.size))) for _ in range(4)]
    fits = fitted(plates, estimated_noise(plates) if weights == "replicates" else CONSTANT)
    for fit in fits:
        assert any("assay compare --extended" in warning for warning in misfit(fit).warnings)
    tops = [w for fit in fits for w in misfit(fit).warnings if w.startswith("fitted top lies")]
    if weights == "replicates":
        side = "above" if shape is STIMULATED else "below"
        assert len(tops) == 4
        assert all(f"{side} the untreated wells" in top for top in tops)


def test_what_cannot_be_tested_is_not():
    rng = np.random.default_rng(3)
    singles = Points(DOSE[::3], 100 * fall(50)[::3] + rng.normal(0, 3, DOSE.size // 3))
    alike = Points(DOSE, np.repeat(100 * TWO_PHASES[::3], 3))
    treated = Points(DOSE[3:], 100 * fall(50)[3:] + rng.normal(0, 3, DOSE.size - 3))
    found = [misfit(fit) for fit in fit_points([singles, alike, treated], intervals=False)]
    assert [math.isnan(m.lack_p) for m in found] == [True, True, False]
    assert all(math.isnan(m.top_p) for m in found)
    assert [m.warnings for m in found] == [[], [], []]


def test_the_warning_reaches_tables_and_page(write_wells, tmp_path):
    rng = np.random.default_rng(4)
    signal = 10000 * TWO_PHASES * (1 + rng.normal(0, 0.03, DOSE.size))
    rows = [
        ["e1", "WT", "D", f"{d:.6g}", "nM", i, f"{s:.1f}"] for i, (d, s) in enumerate(zip(DOSE, signal, strict=True))
    ]
    out = tmp_path / "o"
    assert main(["assay", "fit", str(write_wells(rows)), "-o", str(out), "--pictures", "none"]) == 0
    (fit,) = read_tsv(out / "fits.tsv")
    assert float(fit["lack_of_fit_p"]) < 1e-10
    said = "see assay compare --extended"
    assert said in fit["warnings"]
    assert said in read_tsv(out / "ic50.tsv")[0]["warnings"]
    assert said in (out / "screen.html").read_text()
