"""Methods without a number of R's: against other formulations, by properties, and at the edges."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinescape.cohort.stats.competing import cumulative_incidence, gray_test
from kinescape.cohort.stats.cox import NotEstimableError, fit_cox
from kinescape.cohort.stats.kaplan_meier import kaplan_meier, quantile, restricted_mean
from kinescape.cohort.stats.logrank import log_rank
from kinescape.cohort.stats.partial_likelihood import PartialLikelihood
from kinescape.cohort.stats.permutation import log_rank_scores, permutation_log_rank
from kinescape.cohort.stats.proportions import chi_square_test, exact_p, wilson_interval
from kinescape.cohort.stats.records import Survival
from kinescape.cohort.stats.risk_sets import risk_set_test

times = st.lists(st.tuples(st.integers(1, 40), st.booleans(), st.integers(0, 1)), min_size=6, max_size=30)


def records(rows: list[tuple[int, bool, int]]) -> tuple[Survival, np.ndarray]:
    data = Survival(np.array([float(row[0]) for row in rows]), np.array([row[1] for row in rows]))
    return data, np.array([row[2] for row in rows])


@settings(max_examples=60, deadline=None)
@given(times, st.randoms(use_true_random=False))
def test_order_of_patients_never_matters(rows, random) -> None:
    data, group = records(rows)
    order = list(range(len(rows)))
    random.shuffle(order)
    other, moved = data.where(np.array(order)), group[order]
    assert quantile(kaplan_meier(data)) == quantile(kaplan_meier(other))
    assert log_rank(data, group, 2).chisq == pytest.approx(log_rank(other, moved, 2).chisq, abs=1e-9)
    strata = np.array([row[0] % 2 for row in rows])
    first = permutation_log_rank(data, group, 2, strata, permutations=99)
    second = permutation_log_rank(other, moved, 2, strata[order], permutations=99)
    assert first.p == second.p
    assert first.method == second.method


@settings(max_examples=60, deadline=None)
@given(times, st.sampled_from([0.5, 2.0, 30.4375]))
def test_scaling_time_scales_medians_and_means(rows, factor) -> None:
    data, group = records(rows)
    scaled = Survival(data.time * factor, data.event)
    median, other = quantile(kaplan_meier(data)), quantile(kaplan_meier(scaled))
    for one, two in zip((median.value, median.low, median.high), (other.value, other.low, other.high), strict=True):
        assert (one is None) == (two is None)
        if one is not None and two is not None:
            assert two == pytest.approx(one * factor)
    tau = float(data.time.max())
    mean, longer = restricted_mean(kaplan_meier(data), tau), restricted_mean(kaplan_meier(scaled), tau * factor)
    assert longer.value == pytest.approx(mean.value * factor)
    assert longer.se == pytest.approx(mean.se * factor)
    assert log_rank(data, group, 2).chisq == pytest.approx(log_rank(scaled, group, 2).chisq, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 9), st.booleans(), st.integers(0, 1), st.integers(0, 1)), min_size=4, max_size=9)
)
def test_exact_p_equals_brute_force(rows) -> None:
    data, group = records([row[:3] for row in rows])
    strata = np.array([row[3] for row in rows])
    result = permutation_log_rank(data, group, 2, strata)
    scores = np.zeros(len(rows))
    for number in np.unique(strata):
        mine = strata == number
        scores[mine] = log_rank_scores(data.where(mine))
    seen = abs(float(scores[group == 1].sum()))
    parts = []
    for number in np.unique(strata):
        mine = np.flatnonzero(strata == number)
        size = int(group[mine].sum())
        parts.append([sum(scores[list(chosen)]) for chosen in itertools.combinations(mine.tolist(), size)])
    sums = [abs(sum(choice)) for choice in itertools.product(*parts)]
    if result.p is None:
        assert np.ptp(sums) == pytest.approx(0.0, abs=1e-9)
    else:
        assert result.p == pytest.approx(np.mean([value >= seen - 1e-9 for value in sums]))


def test_large_strata_go_to_monte_carlo_and_stay_near_the_normal_tail() -> None:
    random = np.random.default_rng(3)
    data = Survival(random.exponential(1, 150), random.random(150) < 0.8)
    group = random.integers(0, 2, 150)
    result = permutation_log_rank(data, group, 2)
    assert result.method == "Monte Carlo"
    assert result.p == pytest.approx(log_rank(data, group, 2).p, abs=0.03)


def test_no_mixed_stratum_is_not_estimable() -> None:
    data = Survival(np.array([1.0, 2, 3, 4]), np.ones(4, dtype=bool))
    result = permutation_log_rank(data, np.array([0, 0, 1, 1]), 2, np.array([0, 0, 1, 1]))
    assert result.p is None
    assert result.method == "not estimable"
    assert "no stratum" in result.reason


def test_entry_times_are_not_permuted() -> None:
    data = Survival(np.array([2.0, 3]), np.ones(2, dtype=bool), np.array([1.0, 0]))
    with pytest.raises(ValueError, match="exchangeable"):
        permutation_log_rank(data, np.array([0, 1]), 2)


def test_firth_estimate_is_finite_where_the_likelihood_is_monotone() -> None:
    data = Survival(np.arange(1.0, 7), np.array([1, 1, 1, 0, 0, 0], dtype=bool))
    x = np.array([[1.0], [1], [1], [0], [0], [0]])
    assert fit_cox(data, x).monotone
    fit = fit_cox(data, x, firth=True)
    assert not fit.monotone
    assert 1 < fit.coef[0] < 4
    assert fit.low[0] > 0
    assert fit.p[0] < 0.05


def test_firth_maximises_the_penalised_likelihood() -> None:
    """The estimate against a search by brute force, with two covariates, ties and delayed entry."""
    random = np.random.default_rng(5)
    time = random.integers(2, 12, 25).astype(float)
    data = Survival(time, random.random(25) < 0.5, np.where(random.random(25) < 0.4, 1.0, 0.0))
    x = np.column_stack([random.integers(0, 2, 25), random.normal(size=25)]).astype(float)
    likelihood = PartialLikelihood(data, x)

    def penalised(beta: np.ndarray) -> float:
        found = likelihood.at(beta)
        return found.loglik + 0.5 * float(np.linalg.slogdet(found.information)[1])

    fit = fit_cox(data, x, firth=True)
    best = penalised(fit.coef)
    for step in itertools.product((-1e-3, 0, 1e-3), repeat=2):
        assert penalised(fit.coef + np.array(step)) <= best + 1e-12
    assert fit.loglik[1] == pytest.approx(best)


def test_derivatives_agree_with_differences() -> None:
    random = np.random.default_rng(8)
    data = Survival(random.integers(2, 9, 30).astype(float), random.random(30) < 0.7)
    likelihood = PartialLikelihood(data, random.normal(size=(30, 2)), random.integers(0, 2, 30))
    beta, h = np.array([0.3, -0.2]), 1e-5
    here = likelihood.at(beta, third=True)
    assert here.third is not None
    for place in range(2):
        step = np.eye(2)[place] * h
        up, down = likelihood.at(beta + step), likelihood.at(beta - step)
        assert (up.loglik - down.loglik) / (2 * h) == pytest.approx(here.score[place], abs=1e-6)
        assert -(up.score - down.score) / (2 * h) == pytest.approx(here.information[place], abs=1e-6)
        assert (up.information - down.information) / (2 * h) == pytest.approx(here.third[:, :, place], abs=1e-6)


def test_score_residuals_sum_to_the_score_with_ties_and_entry() -> None:
    random = np.random.default_rng(9)
    entry = random.integers(0, 3, 40).astype(float)
    data = Survival(entry + random.integers(1, 6, 40), random.random(40) < 0.7, entry)
    likelihood = PartialLikelihood(data, random.normal(size=(40, 2)))
    beta = np.array([0.5, -0.4])
    assert likelihood.score_residuals(beta).sum(axis=0) == pytest.approx(likelihood.at(beta).score, abs=1e-9)


@pytest.mark.slow
def test_robust_errors_equal_those_of_lifelines_without_ties() -> None:
    lifelines = pytest.importorskip("lifelines")
    pandas = pytest.importorskip("pandas")
    random = np.random.default_rng(4)
    frame = pandas.DataFrame({"x": random.normal(size=80), "z": random.normal(size=80)})
    frame["t"] = random.exponential(1, 80)
    frame["e"] = (random.random(80) < 0.7).astype(int)
    frame["c"] = np.arange(80) // 3
    theirs = lifelines.CoxPHFitter().fit(frame, "t", "e", cluster_col="c")
    ours = fit_cox(
        Survival(frame.t.to_numpy(), frame.e.to_numpy() == 1),
        frame[["x", "z"]].to_numpy(),
        cluster=frame.c.to_numpy(),
    )
    assert ours.robust_se == pytest.approx(theirs.standard_errors_.to_numpy(), rel=1e-5)


def test_cox_without_events_or_variation_is_refused() -> None:
    data = Survival(np.array([1.0, 2, 3]), np.zeros(3, dtype=bool))
    with pytest.raises(NotEstimableError, match="no event"):
        fit_cox(data, np.array([[0.0], [1], [0]]))
    with pytest.raises(NotEstimableError, match="does not vary"):
        fit_cox(Survival(data.time, np.ones(3, dtype=bool)), np.ones((3, 1)))


def test_risk_set_test_equals_fisher_for_one_event_time() -> None:
    """All events at one time: the risk set is a 2 x 2 table, and twice the mid-p is Fisher's tail sum and its rest."""
    data = Survival(np.array([5.0] * 4 + [6.0] * 4), np.array([True] * 4 + [False] * 4))
    second = np.array([1, 1, 1, 0, 1, 0, 0, 0])
    probabilities = np.array([1, 16, 36, 16, 1]) / 70
    expected = probabilities[[0, 4]].sum() + probabilities[[1, 3]].sum() / 2
    assert risk_set_test(data, second).p == pytest.approx(expected)


def test_cumulative_incidence_by_hand() -> None:
    found = cumulative_incidence(np.array([1.0, 2, 3, 4]), np.array([1, 2, 1, 0]))
    assert found.incidence.tolist() == pytest.approx([0.25, 0.25, 0.5])
    assert found.se[0] == pytest.approx(np.sqrt(0.25 * 0.75 / 4))


def test_cumulative_incidence_without_competing_events_is_kaplan_meier() -> None:
    random = np.random.default_rng(6)
    time, event = random.integers(1, 30, 50).astype(float), random.random(50) < 0.7
    curve = kaplan_meier(Survival(time, event))
    found = cumulative_incidence(time, event.astype(int))
    steps = curve.events > 0
    assert 1 - found.incidence == pytest.approx(curve.survival[steps])
    assert found.se == pytest.approx(np.nan_to_num(curve.se[steps]), abs=1e-9)


def test_gray_without_competing_events_is_the_log_rank_test() -> None:
    random = np.random.default_rng(2)
    time, event = random.integers(1, 20, 60).astype(float), random.random(60) < 0.7
    group = random.integers(0, 3, 60)
    gray = gray_test(time, event.astype(int), group, 3)
    plain = log_rank(Survival(time, event), group, 3)
    assert gray.chisq == pytest.approx(plain.chisq, rel=1e-9)
    assert gray.df == 2


@pytest.mark.slow
def test_gray_keeps_its_level_when_censoring_and_competing_events_differ() -> None:
    random = np.random.default_rng(1)
    hits = 0
    for _ in range(800):
        group = random.integers(0, 2, 80)
        first = random.random(80) < 0.5
        time = np.where(first, random.exponential(1, 80), random.exponential(np.where(group == 1, 3.0, 0.5)))
        limit = random.uniform(0.3, np.where(group == 1, 3, 5))
        cause = np.where(time < limit, np.where(first, 1, 2), 0)
        hits += gray_test(np.minimum(time, limit), cause, group, 2).p < 0.05
    assert 0.03 <= hits / 800 <= 0.07


def test_wilson_and_exact_tests() -> None:
    assert wilson_interval(7, 18) == pytest.approx((0.20305, 0.61381), abs=5e-6)
    assert wilson_interval(0, 5)[0] == 0.0
    assert wilson_interval(0, 0) == (0.0, 1.0)
    assert exact_p([3, 1], [1, 3]) == pytest.approx(34 / 70)
    assert exact_p([1, 4], [5, 4]) == pytest.approx(0.3006993, abs=1e-7)
    assert exact_p([0, 0], [3, 4]) is None
    assert exact_p([2], [3]) is None
    assert exact_p([500] * 5, [500] * 5) is None
    assert chi_square_test([500] * 5, [500] * 5) == pytest.approx(1.0)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=4))
def test_exact_p_of_tables_equals_brute_force(cells) -> None:
    mutated, without = [a for a, _ in cells], [b for _, b in cells]
    found = exact_p(mutated, without)
    labels = np.repeat(np.arange(len(cells)), [a + b for a, b in cells])
    if found is None:
        return
    from math import comb

    def ways(table: tuple[int, ...]) -> int:
        product = 1
        for k, (a, b) in zip(table, cells, strict=True):
            product *= comb(a + b, k)
        return product

    tables = [t for t in itertools.product(*(range(a + b + 1) for a, b in cells)) if sum(t) == sum(mutated)]
    seen = ways(tuple(mutated))
    total = sum(ways(t) for t in tables)
    assert labels.size == sum(mutated) + sum(without)
    assert found == pytest.approx(sum(ways(t) for t in tables if ways(t) <= seen) / total)
