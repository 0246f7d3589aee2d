"""The command's numbers against R's, to six digits and better."""

from __future__ import annotations

import numpy as np
import pytest

from kinescape.cohort.columns import read_columns
from kinescape.cohort.stats.cox import fit_cox
from kinescape.cohort.stats.kaplan_meier import kaplan_meier, quantile
from kinescape.cohort.stats.records import Survival

LUNG = ("--time", "time", "--event", "status", "--group")
AML = ("--time", "time", "--event", "status", "--group", "x")


def near(value: float, other: float, digits: int = 8) -> bool:
    return value == pytest.approx(other, rel=10.0**-digits)


def test_lung_by_sex(run_survival, expected, shipped) -> None:
    body = run_survival(shipped("lung.csv"), *LUNG, "sex", "--strata", "ph.ecog", "--rho", "1")
    for key, name in (("logrank", "lung_sex"), ("logrank_stratified", "lung_sex_strata_ecog"),
                      ("logrank_weighted", "lung_sex_rho1")):  # fmt: skip
        assert near(body[key]["chisq"], expected[name]["chisq"])
        assert near(body[key]["p"], expected[name]["p"])
        assert body[key]["df"] == 1
        assert list(body[key]["expected"].values()) == pytest.approx(expected[name]["exp"], rel=1e-9)
        assert list(body[key]["observed"].values()) == pytest.approx(expected[name]["obs"], rel=1e-9)
    for group, log, loglog in zip("12", expected["med_lung_sex_log"], expected["med_lung_sex_loglog"], strict=True):
        median = body["medians"][group]
        assert [median["median"], median["ci_low"], median["ci_high"]] == loglog[2:]
        assert [median["ci_low_log"], median["ci_high_log"]] == log[3:]
        assert body["groups"][group] == {"n": loglog[0], "events": loglog[1]}
    assert body["tau"] == 965
    for group, value, se in zip("12", *expected["rmst_lung_965"].values(), strict=True):
        assert near(body["rmst"][group]["rmst"], value)
        assert near(body["rmst"][group]["se"], se)


def test_lung_by_ecog_has_three_degrees_of_freedom(run_survival, expected, shipped) -> None:
    body = run_survival(shipped("lung.csv"), *LUNG, "ph.ecog", "--asymptotic")
    assert near(body["logrank"]["chisq"], expected["lung_ecog"]["chisq"])
    assert near(body["logrank"]["p"], expected["lung_ecog"]["p"])
    assert body["logrank"]["df"] == 3
    assert body["n"] == 227
    assert body["omitted"] == [{"line": 15, "column": "ph.ecog", "reason": "empty cell"}]


def test_ovarian(run_survival, expected, tables) -> None:
    options = ("--time", "futime", "--event", "fustat", "--group", "rx", "--strata", "resid.ds", "--asymptotic")
    body = run_survival(tables / "ovarian.csv", *options)
    assert near(body["logrank"]["chisq"], expected["ovarian_rx"]["chisq"])
    assert near(body["logrank"]["p"], expected["ovarian_rx"]["p"])
    assert near(body["logrank_stratified"]["chisq"], expected["ovarian_rx_strata_resid"]["chisq"])
    for group, row in zip("12", expected["med_ovarian_rx"], strict=True):
        median = body["medians"][group]
        found = [median["median"], median["ci_low"], median["ci_high"]]
        assert found == [None if value == "NA" else value for value in row[2:]]


def test_aml_curve_medians_and_exact_test(run_survival, expected, tables) -> None:
    body = run_survival(tables / "aml.csv", *AML)
    assert near(body["logrank"]["chisq"], expected["aml_x"]["chisq"])
    assert near(body["exact"]["p"], expected["coin_exact_aml"]["p"])
    assert near(abs(body["exact"]["statistic"]), expected["coin_exact_aml"]["z"])
    assert body["exact"]["assignments"] == 1352078
    for group, row in zip(("Maintained", "Nonmaintained"), expected["med_aml"], strict=True):
        median = body["medians"][group]
        found = [median["median"], median["ci_low"], median["ci_high"]]
        assert found == [None if value == "NA" else value for value in row[2:]]
        steps = [step for step in expected["km_aml"] if step["strata"] == f"x={group}"]
        curve = body["curves"][group]
        for step in steps:
            place = curve["time"].index(step["time"])
            assert curve["at_risk"][place] == step["nrisk"]
            assert near(curve["survival"][place], step["surv"]) or step["surv"] == 0
            if step["surv"]:
                assert near(curve["ci_low"][place], step["lo"])
                assert near(curve["ci_high"][place], step["hi"])
                assert near(curve["se"][place], step["se"])
            else:
                assert curve["ci_low"][place] is None


def test_rossi_and_waltons(run_survival, expected, shipped) -> None:
    options = ("--time", "week", "--event", "arrest", "--group", "fin", "--strata", "race")
    body = run_survival(shipped("rossi.csv"), *options)
    assert near(body["logrank"]["chisq"], expected["rossi_week_fin"]["chisq"], 7)
    assert near(body["logrank"]["p"], expected["rossi_week_fin"]["p"], 5)
    assert near(body["logrank_stratified"]["chisq"], expected["rossi_week_fin"]["stratified_by_race"], 7)
    waltons = run_survival(shipped("waltons_dataset.csv"), "--time", "T", "--event", "E", "--group", "group")
    assert near(waltons["logrank"]["chisq"], expected["waltons"]["chisq"], 9)


def test_cox_of_lung(expected, shipped) -> None:
    table = read_columns(shipped("lung.csv"))
    table = table.where(table.present("ph.ecog"))
    names = expected["cox_lung_sex_age_ecog"]["names"]
    covariates = np.column_stack([table.numbers(name) for name in names])
    fit = fit_cox(Survival(table.numbers("time"), table.numbers("status") == 1), covariates)
    r = expected["cox_lung_sex_age_ecog"]
    assert fit.coef == pytest.approx(r["coef"], rel=1e-8)
    assert fit.se == pytest.approx(r["se"], rel=1e-8)
    assert fit.loglik == pytest.approx(r["loglik"], rel=1e-11)
    assert fit.likelihood_ratio == pytest.approx(r["lrt"], rel=1e-9)
    assert fit.score == pytest.approx(r["score"], rel=1e-9)
    assert fit.wald == pytest.approx(r["wald"], abs=0.005)


def test_cox_of_rossi_through_the_command(run_survival, expected, shipped) -> None:
    covariates = "age,race,wexp,mar,paro,prio"
    options = ("--time", "week", "--event", "arrest", "--group", "fin", "--covariates", covariates)
    cox = run_survival(shipped("rossi.csv"), *options)["cox"]
    assert cox["names"] == ["1", *covariates.split(",")]
    assert cox["coef"] == pytest.approx(expected["cox_rossi"]["coef"], abs=5e-8)
    assert cox["loglik"][1] == pytest.approx(expected["cox_rossi"]["loglik"], abs=5e-7)


def test_delayed_entry_with_tied_times(run_survival, expected, shipped) -> None:
    """Entries and events share days here: statsmodels gives 0.0828 for this model."""
    options = ("--time", "stop", "--event", "event", "--entry", "start", "--group", "transplant")
    body = run_survival(shipped("stanford_heart.csv"), *options)
    assert body["cox"]["coef"][0] == pytest.approx(expected["cox_heart_transplant"]["coef"], abs=5e-5)
    assert body["exact"]["method"].startswith("risk sets")


def test_median_with_delayed_entry_is_not_the_naive_one() -> None:
    """A hand-made case: who enters at 50 cannot have died before, and lengthens the naive curve."""
    time = np.array([10.0, 20, 30, 60, 70, 80])
    event = np.ones(6, dtype=bool)
    entry = np.array([0.0, 0, 0, 50, 50, 50])
    naive = quantile(kaplan_meier(Survival(time, event)))
    right = quantile(kaplan_meier(Survival(time, event, entry)))
    assert naive.value == 45.0
    assert right.value == 20.0


def test_typed_tables_name_their_source(tables) -> None:
    for name in ("aml.csv", "ovarian.csv"):
        assert (tables / name).read_text().startswith("#")
    assert (tables / "r_survival.json").exists()
