"""Limits of detection and intervals, against figures worked out elsewhere and against simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinescape.call.interval import allele_fraction_interval
from kinescape.limits.detection import detection_power, limits_of_detection, molecules_from_nanograms

BACKGROUND = 0.0008
DEPTH = 24_687
"""Median coverage of called variants (Villa et al. 2024, Methods)."""


def limit(fragments: int, molecules: int | None, background: float = BACKGROUND, needed: int | None = None) -> float:
    least = needed if needed is not None else int(np.ceil(0.006 * fragments))
    found = limits_of_detection(np.array([fragments]), np.array([least]), np.array([background]), molecules)
    return float(found[0])


@pytest.mark.parametrize(("molecules", "expected"), [(None, 0.0061), (3000, 0.0080), (300, 0.0158)])
def test_depth_is_not_sensitivity(molecules: int | None, expected: float) -> None:
    assert limit(DEPTH, molecules) == pytest.approx(expected, abs=1.5e-4)
    assert limit(65_000, molecules) == pytest.approx(expected, abs=6e-4)


@pytest.mark.parametrize("molecules", [None, 300, 5000])
def test_power_at_the_limit_is_what_a_simulation_finds(molecules: int | None) -> None:
    rng = np.random.default_rng(7)
    fragments, needed = 8000, 48
    fraction = limit(fragments, molecules, needed=needed)
    runs = 40_000
    share = np.full(runs, fraction) if molecules is None else rng.binomial(molecules, fraction, runs) / molecules
    shown = share + (1 - share) * BACKGROUND
    called = (rng.binomial(fragments, shown) >= needed).mean()
    # The fragments are cut to three digits before, never up: the simulation may do slightly better.
    assert 0.945 <= called <= 0.965


def test_no_limit_where_nothing_could_be_called() -> None:
    limits = limits_of_detection(np.array([0, 5, 1000]), np.array([1, 10, 6]), np.full(3, BACKGROUND), None)
    assert np.isnan(limits[:2]).all()
    assert limits[2] > 0


def test_a_position_out_of_reach_does_not_hold_up_the_others() -> None:
    limits = limits_of_detection(np.array([1000, 100]), np.array([6, 95]), np.full(2, BACKGROUND), 500)
    assert limits[0] < 0.05
    assert np.isnan(limits[1])


@given(
    fragments=st.integers(50, 100_000),
    molecules=st.one_of(st.none(), st.integers(20, 50_000)),
    share=st.floats(0.001, 0.05),
)
def test_more_of_anything_never_hurts(fragments: int, molecules: int | None, share: float) -> None:
    least = max(1, int(share * fragments))
    here = limit(fragments, molecules, needed=least)
    assert np.isnan(here) or here >= limit(fragments, molecules, needed=max(1, least - 1)) - 1e-6
    if molecules is not None:
        more = limit(fragments, 4 * molecules, needed=least)
        assert np.isnan(here) or more <= here + 1e-6


@given(st.floats(0.0, 0.5), st.integers(1, 20_000), st.integers(1, 20_000))
def test_power_is_a_probability(fraction: float, fragments: int, molecules: int) -> None:
    power = detection_power(
        np.array([fraction]), np.array([fragments]), np.array([min(5, fragments)]), np.array([BACKGROUND]), molecules
    )
    assert -1e-9 <= power[0] <= 1 + 1e-9


def test_genome_copies_of_a_nanogram() -> None:
    assert molecules_from_nanograms(3.3) == 1000
    assert molecules_from_nanograms(20.0) == 6060


def test_wilson_interval_of_a_textbook_case() -> None:
    # 15 of 148: 0.0624 to 0.1605 (Newcombe 1998, Stat Med 17:857, Table I, method 3).
    low, high = allele_fraction_interval(15 / 148, 148, None)
    assert (round(low, 4), round(high, 4)) == (0.0624, 0.1605)


@given(st.floats(0, 1), st.integers(0, 10**6), st.one_of(st.none(), st.integers(1, 10**6)))
def test_interval_holds_the_estimate_and_molecules_widen_it(vaf: float, fragments: int, molecules: int | None) -> None:
    low, high = allele_fraction_interval(vaf, fragments, molecules)
    assert 0 <= low <= vaf + 1e-6
    assert vaf - 1e-6 <= high <= 1
    if molecules is not None:
        narrow_low, narrow_high = allele_fraction_interval(vaf, fragments, None)
        assert low <= narrow_low + 1e-6
        assert high >= narrow_high - 1e-6
