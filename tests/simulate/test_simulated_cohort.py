"""The demonstration cohort: what it promises, and what is really in its reads."""

from __future__ import annotations

import csv
from pathlib import Path

import msgspec
import numpy as np
import pytest

from kinescape.panel.model import Panel
from kinescape.sheet import read_sheet
from kinescape.simulate import cohort
from kinescape.simulate.cohort import demo_specs, sample_seed, write_demo_cohort
from kinescape.simulate.plan import make_plan
from kinescape.simulate.spec import SampleSpec

MIN_DEPTH = 5000
"""Villa et al. 2024, Methods: minimum coverage."""

PUBLISHED = {
    "L1196M": "chr2:29220765:G>T",
    "G1202R": "chr2:29220747:C>T",
    "L1198R": "chr2:29220758:A>C",
    "E1154K": "chr2:29222399:C>T",
    "F1174L": "chr2:29220829:G>T",
    "C1235R": "chr2:29214024:A>G",
    "C1237Y": "chr2:29214017:C>T",
    "L1196P": "chr2:29220764:A>G",
    "D1232N": "chr2:29214033:C>T",
    "T1211I": "chr2:29220719:G>A",
}


def stated(panel: Panel) -> dict[str, dict[str, float]]:
    found = {}
    for spec, _ in demo_specs():
        plan = make_plan(spec, panel)
        found[spec.sample] = {c.variant.name: f for c, f in zip(plan.changes, plan.fractions, strict=True)}
    return found


def test_the_ten_variants_stand_in_their_patients(panel: Panel) -> None:
    samples = stated(panel)
    in_patient = {
        "P1": {"L1196M", "G1202R"},
        "P2": {"L1198R"},
        "P4_relapse": {"E1154K", "F1174L"},
        "P4_beyond": {"F1174L"},
        "P6": {"C1235R", "C1237Y"},
        "P10": {"D1232N"},
        "P11": {"T1211I"},
        "P14_second": {"L1196P"},
    }
    for sample, names in in_patient.items():
        assert set(samples.pop(sample)) == {PUBLISHED[name] for name in names}, sample
    assert all(not changes for changes in samples.values())
    again = stated(panel)
    assert again["P1"][PUBLISHED["L1196M"]] == again["P1"][PUBLISHED["G1202R"]]
    assert again["P4_beyond"][PUBLISHED["F1174L"]] < again["P4_relapse"][PUBLISHED["F1174L"]]
    assert again["P4_relapse"][PUBLISHED["E1154K"]] < again["P4_relapse"][PUBLISHED["F1174L"]]
    everything = [fraction for changes in again.values() for fraction in changes.values()]
    assert min(everything) >= 0.01
    assert max(everything) <= 0.2


def test_compound_is_one_haplotype_and_trans_changes_are_two() -> None:
    specs = {spec.sample: spec for spec, _ in demo_specs()}
    assert [len(each.changes) for each in specs["P1"].haplotypes] == [2]
    assert [len(each.changes) for each in specs["P6"].haplotypes] == [1, 1]


def test_roles_depths_and_the_missing_amplicon(panel: Panel) -> None:
    rows = {row["sample"]: row for _, row in demo_specs()}
    assert sum(row["role"] == "control" for row in rows.values()) == 3
    assert all(row["simulated"] == "yes" for row in rows.values())
    assert sum(row["fusion"] == "CD74::ROS1" for row in rows.values()) == 2
    therapy = {"P1": "brigatinib", "P2": "crizotinib", "P4_relapse": "lorlatinib", "P6": "brigatinib"}
    therapy |= {"P14_first": "ceritinib", "P14_second": "lorlatinib", "P10": "", "P11": ""}
    assert {sample: rows[sample]["therapy"] for sample in therapy} == therapy
    per_ml = [float(row["cfdna_ng"]) / float(row["plasma_ml"]) for row in rows.values() if row["role"] == "plasma"]
    assert float(np.median(per_ml)) == pytest.approx(4.8, abs=0.4), "median yield of the paper"
    missing = []
    for spec, row in demo_specs():
        assert float(row["cfdna_ng"]) == spec.cfdna_ng
        for each in make_plan(spec, panel).amplicons:
            if each.pairs == 0:
                missing.append((spec.sample, each.amplicon.name))
            else:
                assert each.pairs >= 1.05 * MIN_DEPTH
    assert missing == [("ROS1_B", "ROS1_E41")]


def few_pairs() -> list[tuple[SampleSpec, dict[str, str]]]:
    return [(msgspec.structs.replace(spec, pairs=30), row) for spec, row in demo_specs()]


def test_cohort_is_written_with_a_sheet_that_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cohort, "demo_specs", few_pairs)
    seen: list[tuple[int, int, str]] = []
    written = write_demo_cohort(tmp_path / "demo", seed=3, threads=2, progress=lambda *a: seen.append(a))
    names = [spec.sample for spec, _ in demo_specs()]
    assert [sample for _, _, sample in seen] == names
    assert seen[-1][:2] == (len(names), len(names))
    sheet = read_sheet(written.sheet)
    assert [each.info.sample for each in sheet] == names
    assert all(each.simulated and each.fastq_1.is_file() and each.fastq_2.is_file() for each in sheet)
    assert {each.info.sample: each.info.extra for each in sheet}["ROS1_A"] == {"fusion": "CD74::ROS1"}
    with written.sheet.open() as handle:
        assert next(csv.reader(handle)) == list(cohort.SHEET_COLUMNS)
    assert [truth.sample for truth in written.truths] == names
    assert len({truth.seed for truth in written.truths}) == len(names)
    one = write_demo_cohort(tmp_path / "again", seed=3, threads=1)
    for first, second in zip(written.truths, one.truths, strict=True):
        assert [f.read_bytes() for f in first.files] == [f.read_bytes() for f in second.files]


def test_a_failing_sample_leaves_no_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cohort, "simulate_sample", broken)
    with pytest.raises(OSError, match="No space"):
        write_demo_cohort(tmp_path / "demo", seed=1)
    assert not (tmp_path / "demo" / "samples.csv").exists()


def test_seed_of_a_sample_depends_on_its_name_only() -> None:
    assert sample_seed(1, "P1") == sample_seed(1, "P1")
    assert len({sample_seed(seed, name) for seed in (0, 1) for name in ("P1", "P2")}) == 4
    assert 0 <= sample_seed(1, "P1") < 2**63
