"""Comparing models and curves, censored means, folds, and the rules that classify them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from bench_rows import read_tsv, screen_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from kinescape.assay.blocks import differences
from kinescape.assay.compare import candidates, preferred
from kinescape.assay.comparison import linearised_ends
from kinescape.assay.curve import Points
from kinescape.assay.fit import fit_points
from kinescape.assay.noise import estimated_noise
from kinescape.assay.shared import fit_shared
from kinescape.assay.simulated import Design, simulated_rows
from kinescape.assay.tobit import EXACT, RIGHT, fit_tobit, profile_interval, t_of_ratio
from kinescape.cli.main import main

DOSE = np.repeat([0, *(10000 / 3.0 ** np.arange(11, -1, -1))], 3)
RNG = np.random.default_rng(9)
NOISE = RNG.normal(0, 2, DOSE.size)


def logistic(ic50, slope=1.2, top=100.0, bottom=2.0):
    return bottom + (top - bottom) / (1 + (DOSE / ic50) ** slope)


@pytest.mark.parametrize(
    ("signal", "best"),
    [
        (np.full(DOSE.size, 100.0), {"flat"}),
        (logistic(100, bottom=25), {"4pl"}),
        (0.5 * logistic(3, 1.5) + 0.5 * logistic(2000, 1.5), {"biphasic"}),
        ((100 + 0.6 * DOSE) / (1 + (DOSE / 200) ** 2.5), {"hormesis"}),
    ],
)
def test_aicc_finds_the_model_that_made_the_data(signal, best):
    found = candidates(Points(DOSE, signal + NOISE), extended=True)
    assert preferred(found).name in best
    rss = {c.name: c.rss for c in found}
    assert rss["5pl"] <= rss["4pl"] * (1 + 1e-9)
    assert rss["4pl"] <= rss["flat"]
    assert rss["biphasic"] <= rss["4pl"] * (1 + 1e-9)


def test_f_test_against_the_simpler_model():
    by_name = {c.name: c for c in candidates(Points(DOSE, logistic(100) + NOISE))}
    assert by_name["4pl"].p < 1e-20
    assert by_name["5pl"].p > 0.01
    assert [c for c in by_name if c in {"biphasic", "hormesis"}] == []


def test_sharing_plateaus_and_slope_keeps_the_ic50s_and_shortens_their_errors():
    rng = np.random.default_rng(3)
    curves = [Points(DOSE, logistic(ic50) + rng.normal(0, 4, DOSE.size)) for ic50 in (20, 60, 900)]
    joint = fit_shared(curves, ["top", "bottom", "slope"])
    assert joint.parameters["ic50"] == pytest.approx([20, 60, 900], rel=0.15)
    assert np.ptp(joint.parameters["slope"]) == 0
    assert joint.p > 0.01
    assert joint.delta_aicc < 0
    separate = fit_shared(curves, [])
    assert separate.rss == pytest.approx(separate.separate_rss, rel=1e-6)
    assert np.all(joint.log_ic50_errors < separate.log_ic50_errors)


def test_curves_that_differ_are_told_apart():
    rng = np.random.default_rng(4)
    same = [Points(DOSE, logistic(100) + rng.normal(0, 3, DOSE.size)) for _ in range(2)]
    other = [same[0], Points(DOSE, logistic(300) + rng.normal(0, 3, DOSE.size))]
    assert fit_shared(same, ["ic50"]).delta_aicc < 0
    assert fit_shared(other, ["ic50"]).p < 1e-6


def test_compare_verb(write_wells, tmp_path):
    path = write_wells(screen_rows({("WT", "D"): 20, ("M", "D"): 200}, experiments=2))
    out = tmp_path / "c"
    assert main(["assay", "compare", str(path), "-o", str(out), "--share", "slope", "--share", "top"]) == 0
    assert {r["ic50s_differ"] for r in read_tsv(out / "pairs.tsv")} == {"yes"}
    assert len(read_tsv(out / "models.tsv")) == 4 * 4
    assert len(read_tsv(out / "shared.tsv")) == 4


@pytest.mark.parametrize("noise", ["replicates", "constant"])
def test_compare_weighs_wells_as_fit_does_and_says_how(noise, write_wells, tmp_path, capsys):
    rows = simulated_rows({("WT", "D"): 20, ("M", "D"): 90}, {"D": 3000}, Design(experiments=2), seed=3)
    path = write_wells(rows)
    shared = ["--share", "slope", "--noise", noise, "-o", str(tmp_path / "c")]
    assert main(["assay", "compare", str(path), *shared]) == 0
    said = capsys.readouterr().out
    options = ["--noise", noise, "--pictures", "none", "--no-page", "-o", str(tmp_path / "f")]
    assert main(["assay", "fit", str(path), *options]) == 0
    key = ("experiment", "variant", "drug")
    fits = {tuple(r[k] for k in key): r["rss"] for r in read_tsv(tmp_path / "f" / "fits.tsv")}
    models = [r for r in read_tsv(tmp_path / "c" / "models.tsv") if r["model"] == "4pl"]
    assert len(models) == 4
    for row in models:
        assert float(row["rss"]) == pytest.approx(float(fits[tuple(row[k] for k in key)]), rel=1e-6)
    for name in ("models", "pairs", "shared"):
        (weights,) = {r["weights"] for r in read_tsv(tmp_path / "c" / f"{name}.tsv")}
        assert weights.split(" ")[0] == noise
        assert f"weights: {weights}" in said


def test_weights_of_one_apart_from_their_scale_change_no_comparison():
    rng = np.random.default_rng(3)
    curves = [Points(DOSE, logistic(ic50) + rng.normal(0, 4, DOSE.size)) for ic50 in (20, 90)]
    plain = fit_shared(curves, ["ic50"])
    scaled = fit_shared(curves, ["ic50"], weights=[np.full(DOSE.size, 3.0)] * 2)
    assert scaled.rss == pytest.approx(3 * plain.rss)
    assert (scaled.p, scaled.delta_aicc) == pytest.approx((plain.p, plain.delta_aicc))
    light = np.where(DOSE > 100, 0.2, 1.0)
    found = {c.name: c for c in candidates(curves[0], extended=True, weight=light)}
    assert found["biphasic"].rss <= found["4pl"].rss * (1 + 1e-9)
    assert (
        found["4pl"].rss
        < found["flat"].rss
        == pytest.approx(np.sum(light * (curves[0].signal - np.average(curves[0].signal, weights=light)) ** 2))
    )


def test_tobit_without_censoring_is_the_mean_and_its_t_interval():
    y = np.array([1.1, 1.4, 1.3, 1.9])
    fit = fit_tobit(np.ones((4, 1)), y, np.zeros(4, dtype=np.int64))
    assert fit.beta[0] == pytest.approx(y.mean())
    assert fit.sigma == pytest.approx(y.std())

    def t_at(value):
        loglik = -0.5 * 4 * math.log(np.mean((y - value) ** 2)) - 2 * math.log(2 * math.pi) - 2
        t = t_of_ratio(2 * (fit.loglik - loglik), 4, 3)
        return t if value < y.mean() else -t

    low, high = profile_interval(t_at, float(y.mean()), fit.sigma, 3.182446305)
    half = 3.182446305 * y.std(ddof=1) / 2
    assert (low, high) == pytest.approx((y.mean() - half, y.mean() + half), abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-2, 2), min_size=4, max_size=8), st.integers(0, 3))
def test_tobit_finds_the_top_of_its_likelihood(values, censored):
    y = np.array(values)
    kind = np.zeros(y.size, dtype=np.int64)
    kind[: min(censored, y.size - 3)] = RIGHT
    if np.ptp(y[kind == EXACT]) < 1e-3:
        return
    fit = fit_tobit(np.ones((y.size, 1)), y, kind)
    if fit is None:
        return

    from scipy.stats import norm

    def loglik(mean, sigma):
        exact = norm.logpdf(y[kind == EXACT], mean, sigma).sum()
        return exact + norm.logsf(y[kind == RIGHT], mean, sigma).sum()

    here = loglik(fit.beta[0], fit.sigma)
    assert here == pytest.approx(fit.loglik, abs=1e-8)
    for step in (-1e-3, 1e-3):
        assert loglik(fit.beta[0] + step, fit.sigma) <= here + 1e-9
        assert loglik(fit.beta[0], fit.sigma * math.exp(step)) <= here + 1e-9


def test_two_variants_in_blocks_are_the_paired_t_test():
    from scipy.stats import ttest_rel

    wild, own = [1.0, 1.3, 0.8, 1.1], [1.9, 2.4, 1.6, 2.2]
    found = differences({"WT": dict(enumerate(wild)), "M": dict(enumerate(own))}, "WT")["M"]
    test = ttest_rel(own, wild)
    assert found.estimate == pytest.approx(np.mean(np.subtract(own, wild)))
    assert found.degrees == 3
    assert found.p_value() == pytest.approx(test.pvalue)
    assert found.interval() == pytest.approx(tuple(test.confidence_interval()))


def test_scatter_that_grows_with_signal_is_seen_and_constant_scatter_too():
    rng = np.random.default_rng(6)
    level = logistic(100)
    growing = [
        Points(DOSE, level * (1 + rng.normal(0, 0.06, DOSE.size)) + rng.normal(0, 0.5, DOSE.size)) for _ in range(6)
    ]
    constant = [Points(DOSE, level + rng.normal(0, 4, DOSE.size)) for _ in range(6)]
    noise = estimated_noise(growing)
    assert noise.cv == pytest.approx(0.06, rel=0.35)
    assert estimated_noise(constant).constant


@pytest.mark.slow
@pytest.mark.parametrize("ratio", [0.1, 0.5, 1.0, 3.0])
def test_profile_intervals_hold_the_truth(ratio):
    """600 simulated curves per place, constant scatter, full kill: 95% within simulation error of 93-97%."""
    rng = np.random.default_rng(int(ratio * 10))
    truth = ratio * 10000
    dose = np.repeat([0, *(10000 / 3.0 ** np.arange(9, -1, -1))], 3)
    share = 1 / (1 + (dose / truth) ** 1.3)
    curves = [Points(dose, np.maximum(100 * share + rng.normal(0, 5, dose.size), 0)) for _ in range(600)]
    fits = fit_points(curves, threads=2)
    covered = np.mean([f.ic50_low <= truth <= f.ic50_high for f in fits])
    assert 0.93 - 0.027 <= covered <= 0.97 + 0.02


def test_page_and_pictures_are_self_contained_escaped_and_the_same_every_time(write_wells, tmp_path):
    name = "</script><script>alert(1)</script>"
    path = write_wells(screen_rows({("WT", "D"): 20, (name, "D"): 200}, experiments=2))
    texts = []
    for folder in ("a", "b"):
        out = tmp_path / folder
        assert main(["assay", "fit", str(path), "-o", str(out)]) == 0
        texts.append({p.name: p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()})
    assert texts[0] == texts[1]
    page = texts[0]["screen.html"].decode()
    assert name not in page
    assert page.count("<script") == 2
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page
    assert {"curves_D.svg", "ic50.svg"} <= set(texts[0])


def test_templates_can_be_run_as_they_are(tmp_path):
    for kind in ("wells", "layout", "plate", "growth", "blot"):
        assert main(["assay", "template", kind, "-o", str(tmp_path / f"{kind}.csv")]) == 0
    layout = ["--layout", str(tmp_path / "layout.csv")]
    for kind, verb, more in (
        ("wells", "fit", []),
        ("plate", "fit", layout),
        ("growth", "growth", []),
        ("blot", "blot", []),
    ):
        out = tmp_path / f"out_{kind}"
        assert main(["assay", verb, str(tmp_path / f"{kind}.csv"), "-o", str(out), "--pictures", "none", *more]) == 0
        if verb != "growth":
            rows = {row["variant"]: row for row in read_tsv(out / "ic50.tsv")}
            assert float(rows["WT"]["ic50_relative_nM"]) == pytest.approx(60, rel=0.15)
            assert float(rows["L1196P"]["fold"]) == pytest.approx(10, rel=0.15)


def test_simulated_plates_are_the_same_for_a_seed_and_say_what_they_are(tmp_path):
    (tmp_path / "t.csv").write_text("variant,D\nWT,20\nM,>3000\n")
    for name in ("a.csv", "b.csv"):
        command = ["assay", "simulate", str(tmp_path / "t.csv"), "-o", str(tmp_path / name), "--seed", "3"]
        assert main(command) == 0
    text = (tmp_path / "a.csv").read_text()
    assert text == (tmp_path / "b.csv").read_text()
    assert text.startswith("# simulated")
    assert "simulated-1,M,D,3000,nM" in text


def test_an_interval_too_wide_for_a_double_has_open_ends_and_no_warning():
    """Warnings are errors here; a flat curve's linearised error is hundreds of natural logs."""
    rng = np.random.default_rng(3)
    curves = [Points(DOSE, logistic(20) + rng.normal(0, 4, DOSE.size)) for _ in range(3)]
    joint = fit_shared(curves, ["slope"])
    wide = replace(joint, log_ic50_errors=np.array([joint.log_ic50_errors[0], 800.0, math.nan]))
    low, high = linearised_ends(wide, 0)
    assert 10 < low < joint.parameters["ic50"][0] < high < 40
    assert linearised_ends(wide, 1) == (0.0, math.inf)
    assert all(math.isnan(end) for end in linearised_ends(wide, 2))
