"""Single-nucleotide variants from column counts."""

import math

import numpy as np
import pytest

from kinescape.call.snv import SnvSettings, columns_to_test, snv_candidates
from kinescape.call.tail import log10_tail
from kinescape.columns.histogram import CodeCounter, ColumnCounts, pack_codes

A, C, G, T = range(4)
REFERENCE = np.array([A, C, 4, T], dtype=np.uint8)


def columns(bases, *, depth=None, unknown=None, indel=()):
    """Counts from (position, base, strand, quality, mapping quality, how many)."""
    strands = np.zeros((4, 4, 2), dtype=np.int64)
    counter = CodeCounter()
    for position, base, strand, quality, mapping, count in bases:
        strands[position, base, strand] += count
        counter.add(pack_codes([position], base, quality, mapping), np.array([count]))
    codes, counts = counter.sorted()
    unknown = np.zeros(4, dtype=np.int64) if unknown is None else np.array(unknown)
    consensus = np.zeros(4, dtype=np.bool_)
    consensus[list(indel)] = True
    return ColumnCounts(
        "chrT",
        100,
        strands.sum(axis=(1, 2)) + unknown if depth is None else np.array(depth),
        strands,
        unknown,
        codes,
        counts,
        consensus,
    )


def call(counts, tests_before=0, **settings):
    return snv_candidates(counts, REFERENCE, SnvSettings(**settings), tests_before)


def test_a_clear_variant_has_all_its_numbers():
    counts = columns([(1, C, 0, 30, 60, 500), (1, C, 1, 30, 60, 480), (1, T, 0, 37, 60, 12), (1, T, 1, 5, 60, 8)])
    (candidate,), tests = call(counts)
    p = [1 - (1 - 1e-6) * (1 - 10 ** (-quality / 10)) for quality in (30, 37)]
    expected = log10_tail(np.array(p), np.array([980, 12]), 12)
    assert (candidate.position, candidate.reference, candidate.alternative) == (101, "C", "T")
    assert candidate.quality == math.floor(-10 * expected)
    assert candidate.dp4 == (500, 480, 12, 8)
    assert candidate.depth == 1000
    assert candidate.allele_frequency == pytest.approx(0.02, abs=1e-7)
    assert candidate.high_quality_count == 12  # those of quality 5 are counted, but not used
    assert not candidate.is_indel
    assert tests == 3


def test_what_errors_explain_is_no_variant():
    candidates, tests = call(columns([(1, C, 0, 20, 60, 990), (1, T, 0, 20, 60, 10)]))
    assert candidates == []
    assert tests == 3


def test_two_alternatives_at_one_column():
    counts = columns([(0, A, 0, 40, 60, 900), (0, C, 0, 40, 60, 30), (0, G, 1, 40, 60, 20)])
    candidates, _ = call(counts)
    assert [(c.alternative, c.high_quality_count) for c in candidates] == [("C", 30), ("G", 20)]


def test_tests_are_counted_as_they_come():
    """A P between 0.01/6 and 0.01/3 is significant in the first column and not in the second."""
    weak = [(C, 0, 13, 255, 23), (T, 0, 13, 255, 6)]
    p = 10 ** log10_tail(np.array([10**-1.3]), np.array([29]), 6)
    assert 0.01 / 6 < p < 0.01 / 3
    assert len(call(columns([(1, *cell) for cell in weak]))[0]) == 1
    before = [(0, A, 0, 13, 255, 20), (0, G, 0, 13, 255, 1)]
    candidates, tests = call(columns([*before, *[(1, *cell) for cell in weak]]))
    assert candidates == []
    assert tests == 6
    assert len(call(columns([(1, *cell) for cell in weak]), tests_before=3)[0]) == 0
    assert len(call(columns([(1, *cell) for cell in weak]), tests_before=3, bonferroni=1)[0]) == 1


def test_columns_without_an_alternative_are_no_tests():
    assert call(columns([(1, C, 0, 30, 60, 100), (3, T, 0, 30, 60, 50), (3, G, 0, 5, 60, 50)])) == ([], 0)


def test_where_no_snv_is_sought():
    many = [(position, base, 0, 30, 60, 100) for position in range(4) for base in (A, G)]
    assert columns_to_test(columns(many), REFERENCE, SnvSettings()).tolist() == [True, True, False, True]
    assert not columns_to_test(columns(many, indel=[1]), REFERENCE, SnvSettings())[1]
    deep = columns(many, depth=[200, 401, 200, 400])
    assert columns_to_test(deep, REFERENCE, SnvSettings()).tolist() == [True, False, False, True]
    helped = columns(many, depth=[200, 401, 200, 400], unknown=[0, 1, 0, 0])
    assert columns_to_test(helped, REFERENCE, SnvSettings())[1], "N bases count as visible"
    assert not columns_to_test(columns(many), REFERENCE, SnvSettings(min_coverage=201)).any()


def test_mapping_quality_matters_unless_left_out():
    counts = columns([(1, C, 0, 37, 3, 980), (1, T, 0, 37, 3, 20)])
    assert call(counts)[0] == []
    assert len(call(counts, use_mapping_quality=False)[0]) == 1


def test_minimal_qualities():
    counts = columns([(1, C, 0, 30, 60, 980), (1, T, 0, 25, 60, 20)])
    assert len(call(counts)[0]) == 1
    assert call(counts, min_alternative_quality=26) == ([], 0)
    assert call(counts, min_base_quality=26) == ([], 0)


def test_nothing_at_all():
    assert call(columns([]), tests_before=9) == ([], 9)
