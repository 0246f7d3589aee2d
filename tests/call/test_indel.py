"""Insertions and deletions from counts."""

import numpy as np
import pytest

from kinescape.call.indel import IndelSettings, homopolymer_length, indel_candidates
from kinescape.call.tail import log10_tail
from kinescape.columns.histogram import ColumnCounts, pack_codes
from kinescape.columns.indel_counts import IndelAllele, IndelCounts, indel_consensus, merged_alleles
from kinescape.columns.reference import base_codes

REFERENCE = base_codes("GGACTTTTGCN")
NONE = 255


def allele(offset, kind, sequence, forward, reverse, gap_quality=NONE, quality=40):
    code = pack_codes([offset], 0 if kind == "insertion" else 1, quality, 60, gap_quality)
    return IndelAllele(offset, kind, sequence, forward, reverse, code, np.array([forward + reverse]))


def call(alleles, *, without=1000, tails=0, tests_before=1, **settings):
    size = REFERENCE.size
    events = merged_alleles(alleles)
    offsets = np.arange(size)
    codes = np.sort(np.concatenate([pack_codes(offsets, kind, 40, 60) for kind in (0, 1)]))
    indels = IndelCounts(
        without=np.full((size, 2), without // 2),
        tails=np.full(size, tails),
        group_code=codes,
        group_count=np.full(codes.size, without),
        alleles=events,
    )
    depth = np.full(size, without)
    np.add.at(depth, [each.offset for each in events], [each.count for each in events])
    columns = ColumnCounts(
        "chrT", 0, depth, np.zeros((size, 4, 2), dtype=np.int64), np.zeros(size, dtype=np.int64),
        np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64), indel_consensus(size, indels),
    )  # fmt: skip
    return indel_candidates(columns, indels, REFERENCE, IndelSettings(**settings), tests_before)


def test_a_deletion_has_all_its_numbers():
    (candidate,), tests = call([allele(3, "deletion", "TT", 12, 8)])
    p = 1 - (1 - 1e-6) * (1 - 1e-4)
    assert (candidate.position, candidate.reference, candidate.alternative) == (3, "CTT", "C")
    assert candidate.quality == int(-10 * log10_tail(np.array([p]), np.array([1020]), 20))
    assert candidate.depth == 1020
    assert candidate.allele_frequency == pytest.approx(20 / 1020)
    assert candidate.dp4 == (500, 500, 12, 8)
    assert candidate.homopolymer == 4
    assert candidate.is_indel
    assert tests == 2


def test_reads_that_end_at_the_anchor_are_no_coverage():
    (candidate,), _ = call([allele(1, "insertion", "T", 5, 5)], tails=990)
    assert candidate.depth == 20
    assert candidate.allele_frequency == pytest.approx(0.5)


def test_gap_quality_counts_for_the_tested_event_only():
    sure = allele(3, "insertion", "A", 20, 0, gap_quality=60)
    unsure = allele(3, "insertion", "C", 20, 0, gap_quality=10)
    qualities = {c.alternative: c.quality for c in call([sure, unsure])[0]}
    assert qualities["CA"] > qualities["CC"] + 100
    alone = call([unsure])[0][0].quality
    assert qualities["CC"] == pytest.approx(alone, abs=2)


def test_slippage_of_a_and_t_is_ignored():
    both = [allele(3, "insertion", "T", 15, 15), allele(3, "deletion", "T", 15, 15)]
    assert call(both) == ([], 1)
    frequent = [allele(3, "insertion", "T", 60, 60), allele(3, "deletion", "T", 15, 15)]
    assert len(call(frequent)[0]) == 2
    other_bases = [allele(8, "insertion", "C", 15, 15), allele(8, "deletion", "C", 15, 15)]
    assert len(call(other_bases)[0]) == 2


def test_an_unknown_anchor_is_not_called():
    assert call([allele(10, "insertion", "A", 30, 30)]) == ([], 1)


def test_without_indel_quality_nothing_is_significant():
    candidates, tests = call([allele(3, "insertion", "A", 300, 300, quality=0)])
    assert candidates == []
    assert tests == 2


def test_homopolymers_reach_to_both_sides_of_the_anchor():
    assert homopolymer_length(REFERENCE, 0) == 2  # GG: the anchor belongs to the run
    assert homopolymer_length(REFERENCE, 3) == 4
    assert homopolymer_length(REFERENCE, 5) == 4
    assert homopolymer_length(REFERENCE, 1) == 1
    assert homopolymer_length(REFERENCE, REFERENCE.size - 1) == 1
