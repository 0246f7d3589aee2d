"""``kinescape simulate lod``: the series, its fit, and the command beside ``kinescape simulate SPEC``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from kinescape.cli.main import main
from kinescape.columns.axis import Axis
from kinescape.engine.dilution import Series, place_mutations
from kinescape.limits.probit import probit_limit

FRACTIONS = np.array([0.002, 0.004, 0.006, 0.008, 0.012, 0.02])


@given(st.floats(0.005, 0.015), st.floats(2.0, 8.0), st.integers(0, 10_000))
def test_probit_finds_the_limit_that_made_the_series(limit: float, slope: float, seed: int) -> None:
    power = norm.cdf(norm.ppf(0.95) + slope * np.log(FRACTIONS / limit))
    trials = np.full(len(FRACTIONS), 4000)
    found = probit_limit(FRACTIONS, trials, np.random.default_rng(seed).binomial(trials, power))
    assert found is not None
    assert found.value == pytest.approx(limit, rel=0.1)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.value <= found.high


def test_interval_of_the_limit_covers_as_often_as_stated() -> None:
    rng = np.random.default_rng(11)
    power = norm.cdf(norm.ppf(0.95) + 4.0 * np.log(FRACTIONS / 0.009))
    trials = np.full(len(FRACTIONS), 40)
    covered, runs = 0, 120
    for _ in range(runs):
        found = probit_limit(FRACTIONS, trials, rng.binomial(trials, power))
        assert found is not None
        covered += (found.low or 0.0) <= 0.009 <= (found.high or 1.0)
    # 95% with a standard error of 2%.
    assert covered / runs > 0.89


def test_no_limit_where_the_series_shows_none() -> None:
    trials = np.full(len(FRACTIONS), 10)
    assert probit_limit(FRACTIONS, trials, trials) is None
    assert probit_limit(FRACTIONS, trials, np.zeros_like(trials)) is None
    flat = probit_limit(FRACTIONS, trials, np.full(len(FRACTIONS), 4))
    assert flat is None or flat.high is None


@given(st.integers(0, 1000), st.integers(1, 20), st.integers(1, 5))
def test_every_fraction_stands_in_every_sample(axis: Axis, seed: int, replicate: int, sites: int) -> None:
    series = Series(seed=seed, sites=sites)
    put_in = place_mutations(series, axis, replicate)
    assert sorted(put_in.values()) == sorted(series.fractions * sites)
    places = {(variant.chrom, variant.pos) for variant in put_in}
    assert len(places) == len(put_in)
    for variant in put_in:
        index = axis.index(variant.chrom, variant.pos - 1)
        assert index is not None
        assert axis.in_insert[index]
    assert place_mutations(series, axis, replicate) == put_in
    assert place_mutations(series, axis, replicate + 1) != put_in


@pytest.mark.aligners
def test_series_through_the_pipeline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["simulate", "lod", "-o", str(tmp_path / "series"), "--pairs", "1500", "--min-depth", "500", "--quiet"]
    command += ["--replicates", "1", "--fractions", "0.001,0.03", "--sites", "6", "--ng", "30"]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("# SIMULATED dilution: 30 ng, 1,500 pairs per amplicon, 1 samples")
    table = (tmp_path / "series.tsv").read_text()
    assert table in printed
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    assert rows[0] == ["fraction", "trials", "detected", "measured", "measured_low", "measured_high", "promised"]
    low, high = rows[1:]
    assert low[:3] == ["0.001", "6", "0"]
    assert high[:3] == ["0.03", "6", "6"]
    assert float(low[6]) < 0.1
    assert float(high[6]) > 0.999
    assert (tmp_path / "series.svg").read_text().count("<svg") == 1
    assert (tmp_path / "series.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--fractions", "0.1;0.2"], "not a list of numbers"),
        (["--fractions", "0.1"], "a series needs several fractions"),
        (["--fractions", "0,0.1"], "fraction out of range"),
        (["--fractions", "0.2,0.4", "--sites", "10"], "too many mutations"),
        (["--replicates", "0"], "Invalid value"),
        (["-o", "folder/"], "output prefix is a folder"),
    ],
)
@pytest.mark.aligners
def test_bad_series(
    options: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["simulate", "lod", "--quiet", *options]) == 2
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_simulate_of_one_sample_is_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = "sample: S\npairs: 5\nmolecules: 10\n"
    # Even a specification that is called lod, given as a path.
    for name in ("spec.yaml", "lod"):
        (tmp_path / name).write_text(spec)
        assert main(["simulate", f"./{name}", "-o", f"out/{name}"]) == 0
        assert (tmp_path / "out" / f"{name}_R1.fastq.gz").exists()
    assert main(["simulate", "-o", "out/first", "spec.yaml"]) == 0
    assert main(["simulate", "--example"]) == 0
    assert main(["simulate", "--help"]) == 0
    assert main(["simulate", "lod", "--help"]) == 0
    printed = capsys.readouterr().out
    assert "Usage: kinescape simulate [OPTIONS] [SPEC]" in printed
    assert "Usage: kinescape simulate lod [OPTIONS]" in printed
    assert main(["simulate"]) == 2
