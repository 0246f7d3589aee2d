"""Whose sample it is, from simulated counts with known people, swaps and mixtures."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from run_of_counts import FIVE, FOUR, ONE, POSITIONS, SITES, THREE, TWO, counted, mixed_run, mixed_samples, person

from kinescape.identity.agreement import agreements
from kinescape.identity.check import IdentityCheck, check_run
from kinescape.identity.contamination import ALL_OTHERS, Contamination
from kinescape.identity.counts import run_counts
from kinescape.identity.genotypes import genotypes
from kinescape.identity.table import CONTAMINATION_COLUMNS, IDENTITY_COLUMNS, contamination_table, identity_table


@pytest.fixture(scope="module")
def mixed() -> IdentityCheck:
    return mixed_run()


def of(check: IdentityCheck, recipient: str, donor: str) -> Contamination:
    (found,) = [each for each in check.contaminations if (each.recipient, each.donor) == (recipient, donor)]
    return found


def test_germline_sites_and_genotypes_are_read(mixed: IdentityCheck) -> None:
    assert mixed.germline_sites == ("chr2:101:A>G", "chr2:160:A>G", "chr6:105:A>G", "chr6:170:A>G")
    assert mixed.genotypes["P1_a"] == ONE
    assert mixed.genotypes["P2_b"] == THREE
    assert mixed.genotypes["P5"] == FIVE, "one percent of another does not change a genotype"


def test_swapped_samples_are_told_and_the_others_are_not(mixed: IdentityCheck) -> None:
    said = {(pair.a, pair.b): pair for pair in mixed.pairs if pair.expected == "same"}
    assert {names for names, pair in said.items() if pair.concern} == {("P2_a", "P2_b"), ("P3_a", "P3_b")}
    assert said["P2_a", "P2_b"].verdict == "differ"
    assert said["P1_a", "P1_b"].lod > 0
    assert said["P1_a", "P1_b"].different == 0
    assert [samples for samples, what in mixed.concerns if "swapped" in what] == ["P2_a, P2_b", "P3_a, P3_b"]


def test_one_percent_of_another_sample_is_found_and_measured(mixed: IdentityCheck) -> None:
    found = of(mixed, "P5", "P1_a")
    assert found.state == "seen"
    assert found.share == pytest.approx(0.01, rel=0.35)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.01 < found.high
    assert "P1_b" in found.fits_as_well, "two samples of one person cannot be told apart as the source"
    ((samples, what),) = [concern for concern in mixed.concerns if "holds about" in concern[1]]
    assert samples == "P5"
    assert "P1_a" in what or "P1_b" in what


def test_a_clean_sample_is_not_called_mixed(mixed: IdentityCheck) -> None:
    clean = [each for each in mixed.contaminations if each.recipient not in ("P5",)]
    assert {each.state for each in clean} <= {"not_seen", "cannot_be_told"}
    stated = [each for each in clean if each.state == "not_seen"]
    assert stated
    assert all(each.limit is not None and each.limit <= 0.05 for each in stated)


def test_without_a_difference_nothing_is_told() -> None:
    check = check_run([counted("a", "P1", FIVE), counted("b", "P1", FIVE), counted("c", "P2", FIVE)])
    assert check.germline_sites == ()
    assert {pair.verdict for pair in check.pairs} == {"cannot_be_told"}
    assert {pair.power for pair in check.pairs} == {0.0}
    assert {each.state for each in check.contaminations} == {"cannot_be_told"}
    assert all(each.share is None and each.limit is None and each.sites == 0 for each in check.contaminations)
    assert check.concerns == []


def test_agreement_at_few_sites_is_no_proof() -> None:
    check = check_run([counted("a", "P1", TWO), counted("b", "P1", TWO), counted("c", "P2", FIVE)])
    (pair,) = [each for each in check.pairs if each.expected == "same"]
    assert pair.verdict == "cannot_be_told"
    assert pair.power < 0.6
    assert pair.concern == ""


def test_one_differing_site_of_a_patient_deserves_a_look_but_is_no_verdict() -> None:
    rest = [counted(f"n{number}", f"N{number}", (TWO, FIVE)[number % 2]) for number in range(8)]
    check = check_run([counted("a", "P1", TWO), counted("b", "P1", FIVE), *rest])
    (pair,) = [each for each in check.pairs if each.expected == "same"]
    assert (pair.verdict, pair.different) == ("doubtful", 1)
    assert "one copy lost in the tumour" in pair.concern


def test_one_sample_under_two_names_is_told_where_alleles_are_rare() -> None:
    # Both genes have an allele that nobody else has, in both copies.
    rare = person(2, 0, 2, 0)
    others = [counted(f"n{number}", f"N{number}", FIVE) for number in range(60)]
    check = check_run([counted("a", "P1", rare), counted("b", "P2", rare), *others])
    (pair,) = [each for each in check.pairs if (each.a, each.b) == ("a", "b")]
    # Every pair of 62 samples is a test; what two genes can give does not reach beyond all of them.
    assert pair.lod > 3
    assert pair.verdict in ("agree", "cannot_be_told")
    alone = check_run([counted("a", "P1", rare), counted("b", "", rare)])
    assert alone.pairs[0].expected == "not_stated"


def test_a_known_resistance_change_is_no_germline_site() -> None:
    known = frozenset({SITES[0]})
    samples = [counted("a", "P1", ONE, known=known), counted("b", "P2", FIVE, known=known)]
    assert "chr2:101:A>G" not in check_run(samples).germline_sites
    assert all("chr2:101:G" not in each.alleles for each in check_run(samples).contaminations)


def test_sites_of_one_gene_count_once() -> None:
    run = run_counts([counted("a", "P1", person(2, 2, 0, 0)), counted("b", "P2", person(0, 0, 0, 0))])
    both = agreements(run, genotypes(run))[0].lod
    run = run_counts([counted("a", "P1", person(2, 0, 0, 0)), counted("b", "P2", person(0, 0, 0, 0))])
    assert both == pytest.approx(agreements(run, genotypes(run))[0].lod)


def test_the_more_is_mixed_in_the_more_is_measured() -> None:
    shares = []
    for amount in (0.003, 0.01, 0.03):
        samples = [counted("d", "P1", ONE), counted("r", "P5", FIVE, other=ONE, share=amount)]
        samples += [counted(f"n{number}", f"N{number}", FOUR) for number in range(5)]
        found = of(check_run(samples), "r", "d")
        assert found.share is not None
        shares.append(found.share)
    assert all(before < after for before, after in pairwise(shares))
    assert shares[-1] == pytest.approx(0.03, rel=0.3)


def test_few_molecules_widen_the_interval() -> None:
    widths = []
    for molecules in (5000, 300):
        samples = [counted("d", "P1", ONE), counted("r", "P5", FIVE, other=ONE, share=0.02, molecules=molecules)]
        found = of(check_run(samples), "r", "d")
        assert found.low is not None
        assert found.high is not None
        widths.append(found.high - found.low)
    assert widths[1] > 1.5 * widths[0]


def test_the_intervals_cover_what_was_mixed_in() -> None:
    """95% intervals over 60 simulated mixtures of 1%: at least 85% of them, which 95% miss with less than 1 in 1000."""
    covered = 0
    for seed in range(60):
        samples = [counted("d", "P1", ONE), counted("r", "P5", FIVE, other=ONE, share=0.01, seed=seed)]
        samples += [counted(f"n{number}", f"N{number}", FIVE, seed=seed) for number in range(6)]
        found = of(check_run(samples), "r", "d")
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 0.01 <= found.high
    assert covered >= 51


def test_clean_runs_are_called_mixed_in_five_of_a_hundred_at_most() -> None:
    false = 0
    for seed in range(40):
        samples = [counted("d", "P1", ONE, seed=seed), counted("e", "P2", FOUR, seed=seed)]
        samples += [counted(f"n{number}", f"N{number}", FIVE, seed=seed) for number in range(6)]
        false += any(each.state in ("seen", "suspected") for each in check_run(samples).contaminations)
    assert false <= 6, "6 or more of 40 at a rate of 5% have a probability of 1.4%"


def test_all_others_stand_for_index_hopping() -> None:
    donors = [counted(f"d{number}", f"P{number}", ONE) for number in range(4)]
    check = check_run([*donors, counted("r", "R", FIVE, other=ONE, share=0.02)])
    assert of(check, "r", ALL_OTHERS).state == "seen"


@given(st.permutations(range(10)))
def test_the_order_of_the_samples_changes_no_verdict(order: list[int]) -> None:
    samples = mixed_samples()
    first, other = check_run(samples), check_run([samples[place] for place in order])
    assert {frozenset((p.a, p.b)): (p.verdict, round(p.lod, 9)) for p in first.pairs} == {
        frozenset((p.a, p.b)): (p.verdict, round(p.lod, 9)) for p in other.pairs
    }
    one, two = ({(c.recipient, c.donor): c for c in check.contaminations} for check in (first, other))
    assert one.keys() == two.keys()
    for names, found in one.items():
        assert found.state == two[names].state
        assert found.log_likelihood == pytest.approx(two[names].log_likelihood) or math.isinf(found.log_likelihood)


def test_samples_on_other_positions_and_without_reads_do_no_harm() -> None:
    empty = counted("empty", "P9", FIVE, depth=1)
    check = check_run([counted("a", "P1", ONE), empty, counted("b", "P2", TWO)])
    assert set(check.genotypes["empty"]) == {-1}
    assert {p.verdict for p in check.pairs if "empty" in (p.a, p.b)} == {"cannot_be_told"}
    assert check_run([]).pairs == ()
    assert check_run([counted("a", "P1", ONE)]).contaminations == ()


def test_tables_have_a_line_for_every_pair(mixed: IdentityCheck) -> None:
    pairs = [line.split("\t") for line in identity_table(mixed).splitlines()]
    assert tuple(pairs[0]) == IDENTITY_COLUMNS
    assert len(pairs) == 1 + 10 * 9 // 2
    assert all(len(line) == len(IDENTITY_COLUMNS) and all(line) for line in pairs)
    rows = [line.split("\t") for line in contamination_table(mixed).splitlines()]
    assert tuple(rows[0]) == CONTAMINATION_COLUMNS
    # 10 x 9 ordered pairs without the 4 x 2 of one patient, and each against all others.
    assert len(rows) == 1 + 90 - 8 + 10
    assert all(len(line) == len(CONTAMINATION_COLUMNS) for line in rows)


def test_a_run_of_many_samples_is_compared_in_seconds() -> None:
    import time

    rng = np.random.default_rng(3)
    people = [person(*(int(v) for v in rng.integers(0, 3, 4))) for _ in range(25)]
    made = [counted(f"s{number}", f"P{number}", copies) for number, copies in enumerate(people)]
    before = time.process_time()
    check = check_run(made)
    assert time.process_time() - before < 5
    assert len(check.pairs) == 300
    assert len(POSITIONS) == 200
