"""From IC50 tables to folds and classes, against Table 2 of Villa et al. 2024 and what its text says of it."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from resistance_samples import KB

from kinescape.errors import InputError
from kinescape.resistance.classify import Classified, classify, fold_interval, pan_resistant, table_text
from kinescape.resistance.ic50_tables import Ic50, read_ic50_table
from kinescape.rules import RuleSet
from kinescape.tables import read_table

DATA = Path(__file__).parent.parent / "data" / "knowledge"
TABLE_2 = DATA / "villa2024_table2_ic50_nM.csv"
DOCS = Path(__file__).parent.parent.parent / "docs" / "knowledge-base.md"

FITTING = {
    # What a word of the text allows, by class; both rule sets share the cuts 2 and 10.
    "none": {"sensitive", "sensitised"},
    "moderate": {"moderate"},
    "loss": {"moderate", "resistant", "highly_resistant"},
}


def rules(name: str = "villa-2-10") -> RuleSet:
    return KB.rules.rule_set(name)


def table_2(rule_set: RuleSet) -> dict[tuple[str, str], Classified]:
    classified = classify(read_ic50_table(TABLE_2, KB.drugs), rule_set)
    return {(item.variant, item.drug): item for item in classified}


def misfits(rule_set: RuleSet) -> tuple[list[tuple[str, str]], int]:
    """Checks where the number does not fit the word, and how many checks there are."""
    top_class = rule_set.classes[-1].name
    classes = table_2(rule_set)
    wrong, number = [], 0
    for row in read_table(DATA / "villa2024_verbal_claims.tsv", required=("claim",)):
        for drug in row.text("drugs").split(";"):
            number += 1
            allowed = FITTING.get(row.text("expected"), {top_class})
            if classes[row.text("variant"), drug].name not in allowed:
                wrong.append((row.text("variant"), drug))
    return wrong, number


def test_pan_resistant_variants_of_table_2_are_the_three_of_the_paper() -> None:
    for name in KB.rules.rule_sets:
        rule_set = KB.rules.rule_set(name)
        (over,) = KB.rules.pan_sets()
        classified = classify(read_ic50_table(TABLE_2, KB.drugs), rule_set)
        found = [verdict.variant for verdict in pan_resistant(classified, rule_set, over) if verdict.pan_resistant]
        assert found == ["L1196P", "C1237Y", "L1196M+G1202R"]


def test_words_of_the_paper_fit_its_numbers_except_five() -> None:
    wrong, number = misfits(rules("villa-2-10"))
    assert number == 53
    assert wrong == [
        ("L1198R", "Zotizalkib"),
        ("L1198R", "Repotrectinib"),
        ("C1235R", "Lorlatinib"),
        ("C1235R", "Zotizalkib"),
        ("C1235R", "Repotrectinib"),
    ]
    # No cut repairs them: all five folds lie at or near one, and so do folds that the text calls "no effect".
    assert all(0.5 < (table_2(rules())[pair].fold or 0) < 1.2 for pair in wrong)


def test_a_third_cut_at_four_fits_the_words_worse() -> None:
    wrong, _ = misfits(rules("2-4-10"))
    assert len(wrong) == 8
    assert {("L1198R", "Brigatinib"), ("L1198R", "Lorlatinib"), ("F1174L", "Zotizalkib")} <= set(wrong)


def test_documented_table_says_what_the_numbers_say() -> None:
    """Every line of the table of claims in docs/knowledge-base.md is recomputed."""
    classes = table_2(rules())
    lines = re.findall(r"^\| (V\d\d) \| ([^|]+) \| [^|]+ \| ([^|]+) \| ([^|]+) \|$", DOCS.read_text(), flags=re.M)
    claims = {row.text("claim"): row for row in read_table(DATA / "villa2024_verbal_claims.tsv", required=("claim",))}
    wrong = {f"{variant} {drug}" for variant, drug in misfits(rules())[0]}
    assert [line[0] for line in lines] == list(claims)
    for claim, variant, folds, verdict in lines:
        row = claims[claim]
        assert variant.strip() == row.text("variant")
        expected = [f"{drug} {classes[variant.strip(), drug].cells[4]}" for drug in row.text("drugs").split(";")]
        assert [part.strip() for part in folds.split(",")] == expected
        disagreeing = [drug for drug in row.text("drugs").split(";") if f"{variant.strip()} {drug}" in wrong]
        assert verdict.strip() == (f"not {', '.join(disagreeing)}" if disagreeing else "fits")


def test_censored_values_stay_censored_and_not_tested_is_not_sensitive() -> None:
    classes = table_2(rules())
    assert classes["C1237Y", "Ceritinib"].cells == (
        "C1237Y",
        "Ceritinib",
        ">10000",
        "37",
        ">270.3",
        ">",
        "resistant",
    )
    assert classes["L1196M+G1202R", "Zotizalkib"].name == "not_tested"
    assert table_text(classes.values()).splitlines()[0] == "variant\tdrug\tic50\twt_ic50\tfold\tcensored\tclass"


@pytest.mark.parametrize(
    ("fold", "censoring", "expected"),
    [
        (0.49, "=", "sensitised"),
        (0.5, "=", "sensitive"),
        (2, "=", "sensitive"),
        (2.01, "=", "moderate"),
        (10, "=", "moderate"),
        (10.01, "=", "resistant"),
        (10, ">", "resistant"),
        (9.9, ">", "uncertain"),
        (0.5, "<", "sensitised"),
        (0.6, "<", "uncertain"),
    ],
)
def test_cuts_of_villa_2_10(fold: float, censoring: str, expected: str) -> None:
    assert rules().classify(fold, censoring) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(2.1, 9.9, "moderate"), (1.9, 4, "uncertain"), (2.0, 4, "uncertain"), (4, 11, "uncertain")],
)
def test_an_interval_across_a_cut_is_uncertain(low: float, high: float, expected: str) -> None:
    assert rules().classify(3.5, "=", low, high) == expected


@settings(deadline=None)
@given(fold=st.floats(0.01, 1e5), other=st.floats(0.01, 1e5))
def test_a_larger_fold_is_never_in_a_lower_class(fold: float, other: float) -> None:
    for rule_set in KB.rules.rule_sets.values():
        order = ["sensitised", *(item.name for item in rule_set.classes)]
        low, high = sorted((fold, other))
        assert order.index(rule_set.classify(low)) <= order.index(rule_set.classify(high))


@settings(deadline=None)
@given(
    fold=st.floats(0.01, 1e4),
    widths=st.tuples(st.floats(1, 5), st.floats(1, 5)),
)
def test_point_class_lies_within_an_interval_that_is_not_uncertain(fold: float, widths: tuple[float, float]) -> None:
    name = rules().classify(fold, "=", fold / widths[0], fold * widths[1])
    assert name in {"uncertain", rules().classify(fold)}


def test_interval_of_a_fold_by_hand() -> None:
    # Limits x/÷ 2 around both IC50: the fold's are x/÷ 2^sqrt(2).
    mutant = Ic50(2, "G1202R", "Lorlatinib", 40.0, "=", 20.0, 80.0)
    unmutated = Ic50(3, "WT", "Lorlatinib", 10.0, "=", 5.0, 20.0)
    low, high = fold_interval(mutant, unmutated)
    assert low == pytest.approx(4 / 2 ** math.sqrt(2))
    assert high == pytest.approx(4 * 2 ** math.sqrt(2))


def test_long_table_with_intervals_aliases_and_units(tmp_path: Path) -> None:
    path = tmp_path / "ic50.csv"
    path.write_text(
        "variant,drug,ic50,ic50_low,ic50_high,unit\n"
        "WT,PF-06463922,0.002,0.001,0.004,uM\n"
        "G1202R,lorlatinib,0.005,0.0025,0.010,uM\n"
        "L1196M / G1202R,Lorlatinib,>10,,,uM\n"
    )
    table = read_ic50_table(path, KB.drugs)
    first, second = classify(table, rules())
    assert (first.drug, first.fold, first.name) == ("Lorlatinib", pytest.approx(2.5), "uncertain")
    assert second.cells == ("L1196M+G1202R", "Lorlatinib", ">10000", "2", ">5000", ">", "resistant")


def test_a_censored_unmutated_value_turns_the_sign_around(tmp_path: Path) -> None:
    path = tmp_path / "ic50.csv"
    path.write_text("variant,Lorlatinib,Alectinib\nWT,<2,>10\nG1202R,30,>50\n")
    lorlatinib, alectinib = classify(read_ic50_table(path, KB.drugs), rules())
    assert lorlatinib.cells[4:] == (">15", ">", "resistant")
    assert alectinib.cells[4:] == ("", "", "uncertain")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("variant,Lorlatinib\nG1202R,5\n", "no line of the unmutated fusion"),
        ("variant,Lorlatinib\nWT,5\nG1202R,about 5\n", "line 3, column Lorlatinib: not an IC50"),
        ("variant,Lorlatinib\nWT,5\nG1202R,0\n", "above zero"),
        ("variant,Lorlatinib\nWT,5\nG1202R,-3\n", "not an IC50"),
        ('variant,Lorlatinib\nWT,"1,8"\nG1202R,5\n', "not an IC50"),
        ("variant,Lorlatinib\nWT,5\nG1202R,5\nG1202R,6\n", "stands twice"),
        ("variant,Lorlatinib,PF-06463922\nWT,5,5\n", "stands twice"),
        ("variant,drug,ic50,ic50_low,ic50_high\nWT,Lorlatinib,5,9,2\n", "not an interval"),
        ("variant,source\nWT,here\n", "no column of values"),
        ("variant,Lorlatinib\n", "has no values"),
        ("mutation,Lorlatinib\nWT,5\n", "column 'variant' is missing"),
    ],
)
def test_bad_tables_are_named_by_line_and_column(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "ic50.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=re.escape(message)):
        read_ic50_table(path, KB.drugs)
