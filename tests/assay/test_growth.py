"""Growth rates, doubling times, and dose-response freed from growth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from bench_rows import HEADER, read_tsv

from kinescape.assay.growth_inhibition import gr_values
from kinescape.cli.main import main


@pytest.fixture
def counts(tmp_path):
    """Three experiments: WT doubles in 20 h, L1196P in 15 h."""
    rng = np.random.default_rng(2)
    lines = ["experiment,variant,time_h,count"]
    for experiment in range(1, 4):
        day = rng.normal(1, 0.03)
        for variant, doubling in (("WT", 20.0), ("L1196P", 15.0)):
            for time in (0, 24, 48, 72):
                for _ in range(3):
                    cells = 1e5 * 2 ** (time * day / doubling) * math.exp(rng.normal(0, 0.04))
                    lines.append(f"exp{experiment},{variant},{time},{cells:.0f}")
    path = tmp_path / "counts.csv"
    path.write_text("\n".join(lines))
    return path


def test_doubling_times_and_a_faster_mutant(counts, tmp_path, capsys):
    out = tmp_path / "g"
    assert main(["assay", "growth", str(counts), "-o", str(out)]) == 0
    rows = {r["variant"]: r for r in read_tsv(out / "growth.tsv")}
    assert float(rows["WT"]["doubling_h"]) == pytest.approx(20, rel=0.06)
    mutant = rows["L1196P"]
    assert float(mutant["doubling_low_h"]) < 15 < float(mutant["doubling_high_h"])
    assert float(mutant["ratio_low"]) < 20 / 15 < float(mutant["ratio_high"])
    assert float(mutant["p_value"]) < 0.01
    assert (out / "growth.svg").read_text().startswith("<?xml")
    assert "times as fast as WT" in capsys.readouterr().out


def test_a_plateau_inside_the_window_is_said(tmp_path):
    lines = ["experiment,variant,time_h,count"]
    for time in (0, 12, 24, 36, 48, 60, 72):
        lines += [f"e,WT,{time},{min(1e5 * 2 ** (time / 15), 6e5) * (1 + 0.01 * k):.0f}" for k in (-1, 0, 1)]
    (tmp_path / "c.csv").write_text("\n".join(lines))
    assert main(["assay", "growth", str(tmp_path / "c.csv"), "-o", str(tmp_path / "g"), "--pictures", "none"]) == 0
    assert "not exponential" in read_tsv(tmp_path / "g" / "growth.tsv")[0]["warnings"]
    command = [
        "assay",
        "growth",
        str(tmp_path / "c.csv"),
        "-o",
        str(tmp_path / "g"),
        "--to",
        "36",
        "--pictures",
        "none",
    ]
    assert main(command) == 0
    row = read_tsv(tmp_path / "g" / "growth.tsv")[0]
    assert float(row["doubling_h"]) == pytest.approx(15, rel=0.05)


@pytest.mark.parametrize(("bad", "message"), [("0", "above 0"), ("x", "not a number"), ("-5", "above 0")])
def test_bad_counts(tmp_path, capsys, bad, message):
    (tmp_path / "c.csv").write_text(f"experiment,variant,time_h,count\ne,WT,0,100\ne,WT,24,{bad}\n")
    assert main(["assay", "growth", str(tmp_path / "c.csv"), "-o", str(tmp_path / "g")]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "line 3, column count" in error


def test_one_time_gives_no_rate(tmp_path, capsys):
    (tmp_path / "c.csv").write_text("experiment,variant,time_h,count\ne,WT,0,100\n")
    assert main(["assay", "growth", str(tmp_path / "c.csv"), "-o", str(tmp_path / "g")]) == 2
    assert "no growth rate" in capsys.readouterr().err


def test_gr_by_its_definition():
    # Untreated doubles twice (1 -> 4): full growth 1, one doubling sqrt(2) - 1... standstill 0, half the start below 0.
    values = gr_values(np.array([4.0, 2.0, 1.0, 0.5]), 1.0, 4.0)
    assert values == pytest.approx([1.0, math.sqrt(2) - 1, 0.0, 1 / math.sqrt(2) - 1])


def test_gr_metrics_do_not_mistake_fast_growth_for_resistance(write_wells, tmp_path):
    """Both variants lose the same share of their growth rate to the drug; one doubles twice as often."""
    rng = np.random.default_rng(3)
    rows = []
    for variant, doublings in (("WT", 1.5), ("FAST", 3.0)):
        rows += [["e", variant, "", 0, "nM", k, 1000 + rng.normal(0, 10), "day0"] for k in range(4)]
        for dose in (0, 1, 3, 10, 30, 100, 300, 1000):
            rate = 1 / (1 + dose / 30)
            signal = 1000 * 2 ** (doublings * rate)
            rows += [["e", variant, "D", dose, "nM", k, signal * (1 + rng.normal(0, 0.02)), "sample"] for k in range(3)]
    path = write_wells(rows, header=[*HEADER, "role"])
    out = tmp_path / "o"
    assert main(["assay", "fit", str(path), "-o", str(out), "--pictures", "none", "--no-page"]) == 0
    gr = {r["variant"]: r for r in read_tsv(out / "gr.tsv")}
    ic50 = {r["variant"]: float(r["ic50_absolute_nM"]) for r in read_tsv(out / "ic50.tsv")}
    assert float(gr["FAST"]["gr50_nM"]) == pytest.approx(float(gr["WT"]["gr50_nM"]), rel=0.15)
    assert ic50["FAST"] < 0.7 * ic50["WT"]
    assert float(gr["WT"]["untreated_doublings"]) == pytest.approx(1.5, abs=0.05)


def test_without_day_0_the_area_stays_and_gr_says_why(write_wells, tmp_path):
    from bench_rows import screen_rows

    out = tmp_path / "o"
    path = write_wells(screen_rows({("WT", "D"): 20}, experiments=1))
    assert main(["assay", "fit", str(path), "-o", str(out), "--pictures", "none", "--no-page"]) == 0
    row = read_tsv(out / "gr.tsv")[0]
    assert 0.2 < float(row["auc"]) < 0.8
    assert row["gr50_nM"] == "na"
    assert "no day-0 wells" in row["note"]
