"""What happens to a finding from one sample to the next, on records."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from timeline_samples import sample

from kinescape.call.interval import allele_fraction_interval
from kinescape.errors import InputError
from kinescape.records import Call, SampleResult
from kinescape.timeline.build import Course, independent_observations, timeline_of
from kinescape.timeline.change import difference_of
from kinescape.timeline.order import in_order, series_by_patient


def courses(*samples: SampleResult) -> dict[str, Course]:
    (series,) = series_by_patient(samples)
    return {course.name.split()[1]: course for course in timeline_of(series).courses}


def names(*samples: SampleResult, change: str = "F1174L") -> list[str]:
    return [step.change.name for step in courses(*samples)[change].steps]


def test_patient_4_under_continued_lorlatinib() -> None:
    """Villa et al. 2024, text: E1154K below detection and F1174L lower while lorlatinib went on."""
    found = courses(sample("relapse", {"E1154K": 0.017, "F1174L": 0.036}), sample("beyond", {"F1174L": 0.014}))
    gone = found["E1154K"].steps[1]
    assert gone.change.name == "cleared"
    assert gone.point.state == "not_detected"
    assert gone.point.lod95 is not None
    assert f"{100 * gone.point.lod95:.2f}%" in gone.change.note
    lower = found["F1174L"].steps[1].change
    assert lower.name == "falling"
    assert lower.difference is not None
    assert lower.difference.low < 0.014 - 0.036 < lower.difference.high < 0


def test_every_kind_of_change() -> None:
    assert names(sample("a", {}), sample("b", {"F1174L": 0.03})) == ["not_found", "emerging"]
    assert names(sample("a", {"F1174L": 0.03}), sample("b", {"F1174L": 0.031})) == ["baseline", "persisting"]
    assert names(sample("a", {"F1174L": 0.01}), sample("b", {"F1174L": 0.03})) == ["baseline", "rising"]
    recurring = courses(sample("a", {"F1174L": 0.03}), sample("b", {}), sample("c", {"F1174L": 0.02}))["F1174L"]
    assert [step.change.name for step in recurring.steps] == ["baseline", "cleared", "emerging"]
    assert "again" in recurring.steps[2].change.note


def test_what_was_not_looked_at_is_never_cleared() -> None:
    first = sample("a", {"F1174L": 0.03})
    last = sample("c", {"F1174L": 0.031})
    for more in ({"shallow": ("ALK_E23",)}, {"missing": ("ALK_E23",)}):
        course = courses(first, sample("b", {}, **more), last)["F1174L"]
        assert [step.change.name for step in course.steps] == ["baseline", "not_assessable", "persisting"]
        assert course.steps[1].point.lod95 is None
        assert course.steps[2].compared_with == "a"


def test_a_limit_above_the_fraction_before_clears_nothing() -> None:
    # 0.5 ng hold 151 genomes: the limit lies far above 0.9%.
    course = courses(sample("a", {"F1174L": 0.009}), sample("b", {}, ng=0.5), sample("c", {"F1174L": 0.009}))["F1174L"]
    assert [step.change.name for step in course.steps] == ["baseline", "within_limit", "persisting"]
    assert "not excluded" in course.steps[1].change.note


def test_a_candidate_that_fails_a_filter_at_a_high_fraction_is_not_cleared() -> None:
    later = sample("b", {"F1174L": 0.05})
    (call,) = later.calls
    failed = msgspec.structs.replace(call, evidence="filtered", filters=("strand_bias",), reason="strand bias")
    later = msgspec.structs.replace(later, calls=(failed,))
    course = courses(sample("a", {"F1174L": 0.04}), later)["F1174L"]
    assert course.steps[1].change.name == "within_limit"
    assert "did not pass" in course.steps[1].change.note


def test_few_molecules_make_a_difference_uncertain() -> None:
    """The same fractions and depths: a difference with 30 ng, none with 1 ng (303 genomes)."""
    many = names(sample("a", {"F1174L": 0.02}), sample("b", {"F1174L": 0.03}))
    few = names(sample("a", {"F1174L": 0.02}, ng=1.0), sample("b", {"F1174L": 0.03}, ng=1.0))
    assert (many[1], few[1]) == ("rising", "persisting")


def test_weak_evidence_is_said() -> None:
    course = courses(sample("a", {}), sample("b", {"F1174L": 0.02}, weak=("F1174L",)))["F1174L"]
    assert course.steps[1].change.name == "emerging"
    assert "weak evidence" in course.steps[1].change.note


def test_interval_of_the_difference_is_newcombes() -> None:
    """Newcombe 1998, Table II, method 10: 56/70 against 48/80 gives 0.0524 to 0.3339."""
    template = sample("a", {"F1174L": 0.5}).calls[0]

    def share(count: int, total: int) -> Call:
        low, high = allele_fraction_interval(count / total, total, None)
        return msgspec.structs.replace(template, vaf=count / total, vaf_low=low, vaf_high=high)

    difference = difference_of(share(48, 80), share(56, 70))
    assert (difference.low, difference.high) == pytest.approx((0.0524, 0.3339), abs=2e-4)


def test_an_unchanged_fraction_is_seldom_called_rising_or_falling() -> None:
    """Molecules drawn first, then fragments, the same truth twice: at most about one in twenty."""
    rng = np.random.default_rng(4)
    template = sample("a", {"F1174L": 0.02}).calls[0]

    def drawn(fraction: float, molecules: int, fragments: int) -> Call:
        seen = rng.binomial(fragments, rng.binomial(molecules, fraction) / molecules) / fragments
        low, high = allele_fraction_interval(seen, fragments, molecules)
        return msgspec.structs.replace(template, vaf=seen, vaf_low=low, vaf_high=high)

    wrong, runs = 0, 2000
    for _ in range(runs):
        fraction, molecules = float(rng.uniform(0.01, 0.1)), int(rng.uniform(500, 9000))
        difference = difference_of(*(drawn(fraction, molecules, 8000) for _ in range(2)))
        wrong += difference.low > 0 or difference.high < 0
    assert 0.02 < wrong / runs < 0.07


def test_independent_observations_are_fewer_than_fragments_and_molecules() -> None:
    call = msgspec.structs.replace(sample("a", {"F1174L": 0.02}).calls[0], fragments=6000)
    assert independent_observations(call, 3000) == pytest.approx(2000)
    assert independent_observations(call, None) == 6000


def test_order_is_by_date_only_where_all_have_one() -> None:
    late = sample("late", {}, date="2023-05-01")
    early = sample("early", {}, date="2022-01-31")
    undated = sample("undated", {})
    assert [each.sample.sample for each in in_order([late, early])[0]] == ["early", "late"]
    ordered, basis = in_order([late, undated, early])
    assert [each.sample.sample for each in ordered] == ["late", "undated", "early"]
    assert basis == "as given"
    assert in_order([late, sample("odd", {}, date="spring 2022")])[1] == "as given"


def test_who_is_compared() -> None:
    a, b = sample("a", {}), sample("b", {})
    with pytest.raises(InputError, match="given twice"):
        series_by_patient([a, a])
    other_genome = msgspec.structs.replace(b, panel=msgspec.structs.replace(b.panel, genome="GRCh37"))
    with pytest.raises(InputError, match="same genome"):
        series_by_patient([a, other_genome])
    control = msgspec.structs.replace(b, sample=msgspec.structs.replace(b.sample, role="control"))
    assert series_by_patient([a, control, sample("c", {}, patient=""), sample("d", {}, patient="Q")]) == ()
