"""The background of insertions and deletions: rates that are learned, and a test that keeps what it promises."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from background_samples import SHEET_HEADER, sheet_line, simulate
from drawn_gaps import DEPTH, drawn_gaps, true_gap_rates

from kinescape.call.beta_binomial import upper_tail
from kinescape.call.filters import fdr_rejected
from kinescape.call.gap_background import fit_gap_background, gaps_against_background, run_lengths
from kinescape.cli.main import main
from kinescape.columns.axis import BASES, Axis
from kinescape.panel.model import Panel
from kinescape.records import Call, Variant
from kinescape.report.result import read_result


def test_longer_runs_get_higher_rates_and_single_sites_keep_their_own(panel: Panel, axis: Axis) -> None:
    rng = np.random.default_rng(1)
    rates = true_gap_rates(panel, axis, rng)
    noisy = int(np.flatnonzero(axis.in_insert)[17])
    rates[noisy, 0] = 0.01
    background = fit_gap_background(panel, axis, [drawn_gaps(panel, axis, rng, rates) for _ in range(4)])
    runs = run_lengths(panel, axis)
    of_run = [float(np.median(background.rate[(runs == run) & axis.in_insert])) for run in (1, 2, 3, 4)]
    assert of_run == sorted(of_run)
    assert of_run[3] > 20 * of_run[0]
    assert background.rate[noisy, 0] == pytest.approx(0.01, rel=0.3)


@pytest.mark.parametrize("controls", [3, 6])
def test_fresh_controls_are_called_as_seldom_as_stated(panel: Panel, axis: Axis, controls: int) -> None:
    rng = np.random.default_rng(controls)
    rates = true_gap_rates(panel, axis, rng)
    background = fit_gap_background(panel, axis, [drawn_gaps(panel, axis, rng, rates) for _ in range(controls)])
    inside = axis.in_insert
    tails = []
    for _ in range(20):
        fresh = drawn_gaps(panel, axis, rng, rates)
        tails.append(
            upper_tail(
                fresh.shown[inside], fresh.trials[inside], background.rate[inside], background.dispersion[inside]
            )
        )
    share = np.stack(tails)
    for level in (0.05, 0.01, 0.001):
        assert (share <= level).mean() <= 1.25 * level
    assert not any(fdr_rejected(-10.0 * np.log10(each.reshape(-1)), 0.001).any() for each in tails)


def test_a_germline_deletion_leaves_its_control_out(panel: Panel, axis: Axis) -> None:
    rng = np.random.default_rng(5)
    rates = true_gap_rates(panel, axis, rng)
    counted = [drawn_gaps(panel, axis, rng, rates) for _ in range(3)]
    anchor = int(np.flatnonzero(axis.in_insert)[30])
    counted[1].shown[anchor, 0] = DEPTH // 2
    background = fit_gap_background(panel, axis, counted)
    assert background.controls[anchor].tolist() == [2, 3]
    assert background.rate[anchor, 0] < 0.001


def test_an_event_is_tested_at_its_anchor_and_kind(panel: Panel, axis: Axis) -> None:
    rng = np.random.default_rng(6)
    rates = true_gap_rates(panel, axis, rng)
    anchor = int(np.flatnonzero(axis.in_insert)[25])
    rates[anchor, 0] = 0.01
    background = fit_gap_background(panel, axis, [drawn_gaps(panel, axis, rng, rates) for _ in range(4)])
    chrom, pos = axis.chromosomes[axis.chrom[anchor]], int(axis.position[anchor]) + 1
    base, after = BASES[axis.reference[anchor]], panel.base(axis.chromosomes[axis.chrom[anchor]], pos)
    deletion = Variant(chrom=chrom, pos=pos, ref=base + after, alt=base)
    insertion = Variant(chrom=chrom, pos=pos, ref=base, alt=base + "TT")
    sample = drawn_gaps(panel, axis, rng, rates)
    found = gaps_against_background(
        background, axis, replace(sample, by_variant={deletion: DEPTH // 100, insertion: DEPTH // 100}), 0.001
    )
    assert found.above == {deletion: False, insertion: True}
    assert found.rate[deletion] == pytest.approx(0.01, rel=0.3)
    assert found.rate[insertion] < 0.001


SLIP = "ALK:c.3625del"
REAL = "ALK:c.3605_3607del"


@pytest.mark.aligners
def test_a_deletion_that_controls_show_is_filtered_and_another_stays(tmp_path: Path) -> None:
    """Simulated: SLIP is in 1.2% of the molecules of every tube, as if the assay made it; REAL is the patient's own."""
    slip = {"name": "slip", "fraction": 0.012, "changes": [SLIP]}
    for number in (1, 2, 3):
        simulate(tmp_path, f"H{number}", 30 + number, haplotypes=[slip])
    simulate(tmp_path, "P", 40, haplotypes=[slip, {"name": "real", "fraction": 0.012, "changes": [REAL]}])
    (tmp_path / "controls.csv").write_text(SHEET_HEADER + "".join(sheet_line(f"H{number}") for number in (1, 2, 3)))
    (tmp_path / "patients.csv").write_text(SHEET_HEADER + sheet_line("P", "plasma"))
    background, patients = str(tmp_path / "b.parquet"), str(tmp_path / "patients.csv")
    assert main(["background", str(tmp_path / "controls.csv"), "-o", background, "--quiet"]) == 0
    assert main(["run", patients, "-o", str(tmp_path / "without"), "--quiet"]) == 0
    assert main(["run", patients, "-o", str(tmp_path / "with"), "--quiet", "--background", background]) == 0
    plain, tested = (_deletions(tmp_path / run) for run in ("without", "with"))
    assert {name: call.evidence for name, call in plain.items()} == {"c.3625del": "strong", "c.3605_3607del": "strong"}
    assert tested["c.3625del"].evidence == "filtered"
    assert tested["c.3625del"].filters == ("background",)
    assert "not above the background of its site" in tested["c.3625del"].reason
    assert tested["c.3625del"].background_ratio == pytest.approx(1, abs=0.4)
    assert tested["c.3605_3607del"].evidence == "strong"
    assert (tested["c.3605_3607del"].background_ratio or 0) > 100
    for name, call in tested.items():
        assert (call.vaf, call.alt_fragments) == (plain[name].vaf, plain[name].alt_fragments)


def _deletions(out: Path) -> dict[str, Call]:
    calls = read_result(out / "samples" / "P" / "result.json").calls
    return {
        call.consequence.hgvs_c: call
        for call in calls
        if call.consequence is not None and len(call.variant.ref) > len(call.variant.alt) and call.vaf > 0.005
    }
