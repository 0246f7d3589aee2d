"""``kinescape cohort survival``: honest defaults, refusals, bad tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kinescape.cli.main import main

BASIC = ("--time", "t", "--event", "e", "--group", "g")


@pytest.fixture
def table(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str, name: str = "table.csv") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def fails(path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    out = path.parent / "never"
    assert main(["cohort", "survival", str(path), "-o", str(out), *(options or BASIC)]) == 2
    assert not out.exists()
    error = capsys.readouterr().err
    assert error.startswith("kinescape: error: ")
    assert error.count("\n") == 1
    return error


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("t,e,g\n1,1,a\n2,2,b\n", "line 3, column e", "event is not 0 or 1"),
        ("t,e,g\n1,1,a\nx,1,b\n", "line 3, column t", "not a number"),
        ("t,e,g\n1,1,a\n-2,1,b\n", "line 3, column t", "negative time"),
        ("t,e,g\n1,1,a\ninf,1,b\n", "line 3, column t", "not a finite number"),
        ("t,e,g\n,1,a\n", "table.csv", "no complete row"),
        ("t,e\n1,1\n", "table.csv, line 1", "column 'g' is missing"),
        ("t,e,g\n1,1\n", "line 2", "wrong number of cells"),
        ("t,e,g\n", "table.csv", "no complete row"),
        ("", "table.csv", "is empty"),
    ],
)
def test_bad_tables_are_named_by_line_and_column(table, capsys, text: str, where: str, what: str) -> None:
    error = fails(table(text), capsys)
    assert where in error
    assert what in error


def test_missing_file_and_tau_beyond_follow_up(table, tmp_path, capsys) -> None:
    assert "no such file" in fails(tmp_path / "absent.csv", capsys)
    assert "tau" in fails(table("t,e,g\n1,1,a\n9,1,b\n"), capsys, *BASIC, "--tau", "5")


def test_censoring_flag_of_adtte_is_refused(table, capsys) -> None:
    path = table("AVAL,CNSR,TRT\n1,1,a\n2,0,b\n")
    error = fails(path, capsys, "--time", "AVAL", "--event", "CNSR", "--group", "TRT")
    assert "opposite of an event" in error


def test_entry_must_lie_before_time(table, capsys) -> None:
    error = fails(table("t,e,g,s\n5,1,a,0\n4,1,b,4\n"), capsys, *BASIC, "--entry", "s")
    assert "line 3, column s" in error


def test_few_events_withhold_large_sample_numbers(run_survival, tables) -> None:
    options = ("--time", "time", "--event", "status", "--group", "x")
    body = run_survival(tables / "aml.csv", *options)
    assert body["logrank"]["p"] is None
    assert "7 events, fewer than 10" in body["logrank"]["p_withheld"]
    assert body["logrank"]["label"].startswith("unadjusted")
    assert body["cox"]["method"].startswith("Firth")
    assert body["rmst_difference"][0]["p"] is None
    assert body["headline"]["test"] == "permutation log-rank test"
    shown = run_survival(tables / "aml.csv", *options, "--asymptotic")
    assert shown["logrank"]["p"] == pytest.approx(0.065339322041)
    assert shown["cox"]["method"].startswith("partial likelihood")


def test_not_reached_is_null_and_nothing_is_infinite(run_survival, table) -> None:
    rows = "".join(f"{t},{int(t < 4)},a\n{t},0,b\n" for t in range(1, 9))
    body = run_survival(table("t,e,g\n" + rows), *BASIC)
    assert body["medians"]["b"] == {
        "median": None, "ci_low": None, "ci_high": None, "ci_kind": "log-log", "ci_low_log": None, "ci_high_log": None,
        "text": "NR (95% CI NR–NR)",
    }  # fmt: skip
    assert "nfinity" not in json.dumps(body)
    assert "NaN" not in json.dumps(body)
    assert body["cox"]["method"].startswith("Firth")


def test_separated_groups_get_penalised_hazard_ratio_even_with_many_events(run_survival, table) -> None:
    rows = "".join(f"{t},1,a\n{t + 100},1,b\n" for t in range(1, 15))
    cox = run_survival(table("t,e,g\n" + rows), *BASIC)["cox"]
    assert cox["method"].startswith("Firth")
    assert "no maximum" in cox["reason"]


def test_group_known_later_is_refused_with_the_alternatives(table, capsys) -> None:
    rows = "t,e,g,k\n10,1,mutated,4\n12,0,none,\n8,1,none,\n"
    error = fails(table(rows), capsys, *BASIC, "--known-at", "k")
    assert "immortal-time bias" in error
    for alternative in ("--time-varying", "--landmark", "--entry", "clock that starts there"):
        assert alternative in error


def test_time_varying_group_splits_records(run_survival, table) -> None:
    rows = "t,e,g,k\n10,1,mutated,4\n12,0,none,\n8,1,none,\n9,1,mutated,2\n"
    body = run_survival(table(rows), *BASIC, "--known-at", "k", "--time-varying")
    assert body["n"] == 6
    assert body["groups"] == {"mutated": {"n": 2, "events": 2}, "none": {"n": 4, "events": 1}}
    assert body["exact"]["method"].startswith("risk sets")


def test_landmark_uses_the_group_known_by_then(run_survival, table) -> None:
    rows = "t,e,g,k\n10,1,mutated,4\n12,0,none,\n3,1,none,\n9,1,mutated,6\n7,1,none,\n"
    body = run_survival(table(rows), *BASIC, "--known-at", "k", "--landmark", "5")
    assert body["groups"]["mutated"]["n"] == 1
    assert body["groups"]["none"]["n"] == 3
    assert any("landmark at 5: 1 records" in note for note in body["notes"])
    assert body["curves"]["mutated"]["time"] == [5.0]


def test_competing_events(run_survival, table, capsys) -> None:
    rows = "t,e,c,g\n" + "".join(f"{t},{int(t % 3 == 1)},{int(t % 3 == 2)},{'ab'[t % 2]}\n" for t in range(1, 61))
    body = run_survival(table(rows), *BASIC, "--competing", "c")
    gray = body["competing"]["gray"]
    assert gray["df"] == 1
    assert 0 < gray["p"] < 1
    assert body["competing"]["incidence"]["a"]["incidence"][-1] < 1
    assert "1 where 'e' is 1 too" in fails(table("t,e,c,g\n1,1,1,a\n"), capsys, *BASIC, "--competing", "c")


def test_clustered_records_get_robust_errors(run_survival, table) -> None:
    rows = "t,e,g,p\n" + "".join(f"{(7 * i) % 31 + 1},1,{'ab'[i % 2]},{i // 2}\n" for i in range(40))
    cox = run_survival(table(rows), *BASIC, "--cluster", "p")["cox"]
    assert cox["robust_se"][0] > 0
    assert cox["robust_se"][0] != cox["se"][0]


def test_same_bytes_every_time_and_pictures(tables, tmp_path) -> None:
    options = ["--time", "time", "--event", "status", "--group", "x", "--unit", "weeks"]
    for name in ("one", "two"):
        assert main(["cohort", "survival", str(tables / "aml.csv"), *options, "-o", str(tmp_path / name)]) == 0
    for name in ("survival.json", "km.svg", "km.pdf", "km.png"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert b"<svg" in (tmp_path / "one" / "km.svg").read_bytes()


def test_large_tables_by_duckdb_name_the_line_too(table, capsys, monkeypatch, run_survival) -> None:
    from kinescape.cohort import columns

    monkeypatch.setattr(columns, "LARGE_FILE", 10)
    path = table("t,e,g\n1,1,a\n2,0,b\n3,5,b\n")
    assert "line 4, column e" in fails(path, capsys)
    commented = table("# a comment\nt,e,g\n1,1,a\n\n2,0,b\n3,5,b\n", "commented.csv")
    assert "line 6, column e" in fails(commented, capsys)
    good = table("t,e,g\n1,1,a\n2,0,\n3,1,b\n", "good.csv")
    assert run_survival(good, *BASIC)["omitted"] == [{"line": 3, "column": "g", "reason": "empty cell"}]
