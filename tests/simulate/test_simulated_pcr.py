"""Polymerase errors follow the tree of copies; chimeras join what two molecules have."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinescape.panel.model import Panel
from kinescape.simulate.pcr import Chimeras, Errors, draw_errors, join_errors, site_rates
from kinescape.simulate.plan import AmpliconPlan, SamplePlan, make_plan
from kinescape.simulate.spec import Pcr
from kinescape.simulate.spec_file import to_spec


def plan_with(panel: Panel, **pcr: object) -> SamplePlan:
    return make_plan(to_spec({"sample": "s", "pairs": 10, "molecules": 10, "pcr": pcr}), panel)


@pytest.fixture(scope="module")
def exon_23(panel: Panel) -> AmpliconPlan:
    return next(each for each in plan_with(panel).amplicons if each.amplicon.name == "ALK_E23")


def test_mean_error_is_half_the_doublings_times_the_rate() -> None:
    rates = np.full((100, 3), 1e-4 / 3)
    molecule = np.arange(20_000, dtype=np.int64)
    errors = draw_errors(molecule, rates, cycles=20, rng=np.random.default_rng(1))
    expected = 20_000 * 100 * 1e-4 * 20 / 2
    assert errors.pair.size == pytest.approx(expected, abs=5 * math.sqrt(expected))
    assert np.all(np.diff(errors.pair) >= 0)
    positions = np.bincount(errors.position, minlength=100)
    assert positions.std() == pytest.approx(math.sqrt(expected / 100), rel=0.35)
    assert set(errors.change.tolist()) == {1, 2, 3}


def test_the_mean_does_not_depend_on_how_reads_are_grouped_into_molecules() -> None:
    rates = np.full((100, 3), 2e-5)
    sizes = []
    for seed in range(60):
        molecule = np.repeat(np.arange(2, dtype=np.int64), 1000)
        sizes.append(draw_errors(molecule, rates, cycles=15, rng=np.random.default_rng(seed)).pair.size)
    expected = 2000 * 100 * 6e-5 * 15 / 2
    standard_error = float(np.std(sizes)) / math.sqrt(len(sizes))
    assert np.mean(sizes) == pytest.approx(expected, abs=4.5 * standard_error)
    assert np.std(sizes) > 1.5 * math.sqrt(expected), "shared errors come in bunches"


def test_an_error_of_the_first_doubling_stands_in_a_quarter_of_its_molecule() -> None:
    rates = np.full((200, 3), 0.002)
    molecule = np.repeat(np.arange(2, dtype=np.int64), 4000)
    errors = draw_errors(molecule, rates, cycles=1, rng=np.random.default_rng(4))
    kinds = Counter(zip((errors.pair // 4000).tolist(), errors.position.tolist(), errors.change.tolist(), strict=True))
    shares = np.array(list(kinds.values())) / 4000
    assert shares.size >= 2
    # Two errors of the same kind on both new strands would show as a half; one shows as a quarter.
    assert np.all((np.abs(shares - 0.25) < 0.03) | (np.abs(shares - 0.5) < 0.03))


def test_later_doublings_give_smaller_shares() -> None:
    rates = np.full((5000, 3), 2e-5)
    molecule = np.zeros(4096, np.int64)
    errors = draw_errors(molecule, rates, cycles=12, rng=np.random.default_rng(5))
    kinds = Counter(zip(errors.position.tolist(), errors.change.tolist(), strict=True))
    shares = np.array(sorted(kinds.values())) / 4096
    assert shares.max() <= 0.29
    assert np.median(shares) < 0.002


def test_primers_have_no_errors_and_transitions_have_their_share(exon_23: AmpliconPlan) -> None:
    rates = site_rates(exon_23, Pcr(site_spread=0.0, transition_share=0.6), 1e-5, ())
    first = exon_23.amplicon.insert_start - exon_23.amplicon.start
    last = exon_23.amplicon.insert_end - exon_23.amplicon.start
    assert rates[:first].sum() == 0
    assert rates[last:].sum() == 0
    assert rates[first:last].sum(axis=1) == pytest.approx(1e-5)
    assert rates[first:last, 1] == pytest.approx(0.6e-5)


def test_noise_belongs_to_the_site_and_not_to_the_sample(panel: Panel, exon_23: AmpliconPlan) -> None:
    spread = site_rates(exon_23, Pcr(site_spread=0.5), 1e-5, ())
    again = site_rates(exon_23, Pcr(site_spread=0.5, chimera_fraction=0.1), 1e-5, ())
    other = site_rates(exon_23, Pcr(site_spread=0.5, site_seed=1), 1e-5, ())
    assert np.array_equal(spread, again)
    assert not np.allclose(spread, other)
    inside = spread[spread[:, 0] > 0]
    assert np.log(inside[:, 0]).std() == pytest.approx(0.5, rel=0.2)
    assert inside.sum(axis=1).mean() == pytest.approx(1e-5, rel=0.15)


def test_a_noisy_site_shows_at_its_vaf(panel: Panel) -> None:
    plan = plan_with(panel, error_rate=0, noisy_sites=[{"change": "chr2:29220765:G>T", "vaf": 0.01}])
    each = next(a for a in plan.amplicons if a.amplicon.name == "ALK_E23")
    rates = site_rates(each, plan.spec.pcr, 0.0, plan.noisy_sites)
    molecule = np.arange(50_000, dtype=np.int64)
    errors = draw_errors(molecule, rates, 30, np.random.default_rng(1))
    assert set(errors.position.tolist()) == {29220764 - each.amplicon.start}
    assert set(errors.change.tolist()) == {2 ^ 3}, "G is code 2, T is code 3"
    assert np.unique(errors.pair).size / 50_000 == pytest.approx(0.01, abs=5 * math.sqrt(0.01 / 50_000))


def test_no_rate_no_errors() -> None:
    assert draw_errors(np.arange(10), np.zeros((5, 3)), 30, np.random.default_rng(0)).pair.size == 0
    assert draw_errors(np.zeros(0, np.int64), np.ones((5, 3)), 30, np.random.default_rng(0)).pair.size == 0


@given(st.data())
def test_a_chimera_has_its_own_errors_before_the_breakpoint_and_its_partners_behind_it(data: st.DataObject) -> None:
    pairs = data.draw(st.integers(1, 8))
    one = st.tuples(st.integers(0, pairs - 1), st.integers(0, 9), st.integers(1, 3))
    drawn = sorted(data.draw(st.lists(one, max_size=20)), key=lambda error: error[0])
    chimeric = data.draw(st.lists(st.integers(0, pairs - 1), unique=True, max_size=pairs).map(sorted))
    partners = [data.draw(st.integers(0, pairs - 1)) for _ in chimeric]
    places = [data.draw(st.integers(1, 9)) for _ in chimeric]
    errors = Errors(
        np.array([e[0] for e in drawn], np.int64),
        np.array([e[1] for e in drawn], np.int32),
        np.array([e[2] for e in drawn], np.uint8),
    )
    chimeras = Chimeras(np.array(chimeric, np.int64), np.array(partners, np.int64), np.array(places, np.int32))
    joined = join_errors(errors, chimeras, pairs)
    expected = []
    for pair in range(pairs):
        own = [(e[1], e[2]) for e in drawn if e[0] == pair]
        if pair in chimeric:
            at = chimeric.index(pair)
            partner = [(e[1], e[2]) for e in drawn if e[0] == partners[at]]
            own = [e for e in own if e[0] < places[at]] + [e for e in partner if e[0] >= places[at]]
        expected += [(pair, *e) for e in own]
    found = list(zip(joined.pair.tolist(), joined.position.tolist(), joined.change.tolist(), strict=True))
    assert sorted(found) == sorted(expected)
    assert joined.pair.tolist() == sorted(joined.pair.tolist())
