"""``kinescape background`` and ``run --background`` on simulated reads, through the real aligners."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from background_samples import GERMLINE, NOISY, QUIET, SHEET_HEADER, Assay, sheet_line

from kinescape.call.background_file import read_background
from kinescape.cli.main import main
from kinescape.columns.axis import BASES, Axis
from kinescape.panel.model import Panel
from kinescape.records import Call, KnownPosition, SampleResult
from kinescape.report.result import read_result

pytestmark = pytest.mark.aligners


def result(assay: Assay, run: str) -> SampleResult:
    return read_result(assay.folder / run / "samples" / "P" / "result.json")


def call(assay: Assay, run: str, name: str) -> Call:
    return next(each for each in result(assay, run).calls if each.variant.name == name)


def known(assay: Assay, run: str, gene: str, protein: str) -> KnownPosition:
    return next(each for each in result(assay, run).known_positions if (each.gene, each.protein) == (gene, protein))


def test_noisy_site_is_called_without_and_rejected_with(assay: Assay) -> None:
    plain = call(assay, "without", NOISY)
    assert plain.evidence == "strong"
    assert plain.vaf > 0.006
    assert plain.background_ratio is None
    rejected = call(assay, "with", NOISY)
    assert rejected.evidence == "filtered"
    assert "background" in rejected.filters
    assert "not above the background of its site" in rejected.reason
    assert rejected.background_ratio == pytest.approx(1, abs=0.35)
    assert known(assay, "without", "ALK", "L1196M").state == "detected"
    assert known(assay, "with", "ALK", "L1196M").state == "not_detected"


def test_small_variant_at_a_quiet_site_is_found_with_only(assay: Assay) -> None:
    plain = call(assay, "without", QUIET)
    assert plain.evidence == "filtered"
    assert plain.filters == ("min_vaf",)
    found = call(assay, "with", QUIET)
    assert found.evidence == "strong"
    assert 0.002 < found.vaf < 0.006
    assert found.background_ratio is not None
    assert found.background_ratio > 5
    assert known(assay, "with", "ALK", "G1202R").state == "detected"
    assert [each.variant.name for each in result(assay, "with").calls if each.evidence == "strong"] == [QUIET]


def test_limits_follow_the_site(assay: Assay) -> None:
    quiet_with, quiet_without = (known(assay, run, "ALK", "G1202R").lod95 for run in ("with", "without"))
    noisy_with, noisy_without = (known(assay, run, "ALK", "L1196M").lod95 for run in ("with", "without"))
    assert quiet_with is not None
    assert quiet_without is not None
    assert noisy_with is not None
    assert noisy_without is not None
    assert quiet_with < 0.006 < quiet_without
    assert noisy_with > noisy_without
    with gzip.open(assay.folder / "with" / "samples" / "P" / "positions.tsv.gz", "rt") as handle:
        header, *lines = handle.read().splitlines()
    names = header.split("\t")
    row = next(dict(zip(names, line.split("\t"), strict=True)) for line in lines if "\t29220765\t" in line)
    assert row["ref"] == "G"
    assert row["lod95_G"] == "."
    assert float(row["background_T"]) == pytest.approx(0.008, rel=0.3)
    assert float(row["lod95"]) == float(row["lod95_T"]) > float(row["lod95_A"])
    assert float(row["min_vaf_T"]) > 0.008


def test_identity_of_the_background_is_recorded(assay: Assay, panel: Panel, axis: Axis) -> None:
    reference = result(assay, "with").background
    assert result(assay, "without").background is None
    assert reference is not None
    background = read_background(assay.background, panel, axis)
    assert (reference.name, reference.sha256) == ("background.parquet", background.sha256)
    assert reference.controls == ("H1", "H2", "H3")
    assert reference.simulated
    provenance = json.loads((assay.folder / "with" / "provenance.json").read_text())
    assert provenance["background"]["sha256"] == background.sha256
    assert [each["sample"] for each in provenance["background"]["made_of"]["controls"]] == ["H1", "H2", "H3"]
    assert json.loads((assay.folder / "without" / "provenance.json").read_text())["background"] is None


def test_figures_are_those_of_the_simulator(assay: Assay, panel: Panel, axis: Axis) -> None:
    background = read_background(assay.background, panel, axis)
    expected = np.mean([truth.background.between_primers for truth in assay.controls])
    for rate in background.source.mismatches_per_base.values():
        # The masked ends of the reads are their worst part, and the noisy site comes on top.
        assert rate == pytest.approx(expected, rel=0.12)
    assert background.source.threshold == pytest.approx(
        2.5 * max(background.source.mismatches_per_base.values()), abs=1e-6
    )
    # Both mates read all of exon 25: what is left of the merged fragments is the amplification's.
    copying = np.mean([truth.background.between_primers - truth.background.machine for truth in assay.controls])
    exon_25 = axis.insert([each.name for each in axis.amplicons].index("ALK_E25"))
    sites = background.sites["bwa"]
    shown = sites.alt_fragments[exon_25].sum() / sites.fragments[exon_25].max(axis=1).sum()
    assert shown == pytest.approx(copying, rel=0.12)


def test_germline_variant_of_a_control_is_no_background(assay: Assay, panel: Panel, axis: Axis) -> None:
    background = read_background(assay.background, panel, axis)
    chrom, position, change = GERMLINE.split(":")
    index = axis.index(chrom, int(position) - 1)
    assert index is not None
    base = BASES.index(change[-1])
    for sites in background.sites.values():
        assert sites.controls[index, base] == 2
        assert sites.rate[index, base] < 0.005


def test_order_of_the_sheet_changes_no_byte_of_any_file(
    assay: Assay, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = assay.folder / "other_order.csv"
    other.write_text(SHEET_HEADER + "".join(sheet_line(f"H{n}") for n in (3, 1, 2)))
    assert main(["background", str(other), "-o", str(tmp_path / "background.parquet"), "--quiet"]) == 0
    printed = capsys.readouterr().out
    assert "3 healthy controls (SIMULATED): H1, H2, H3" in printed
    assert "bwa: 0.00" in printed
    assert "bowtie2: 0.00" in printed
    assert "(Villa et al. 2024: 0.60% = 2.5 x 0.0024)" in printed
    for suffix in (".parquet", ".contexts.tsv", ".svg", ".png"):
        here, there = assay.background.with_suffix(suffix), (tmp_path / "background.parquet").with_suffix(suffix)
        assert here.read_bytes() == there.read_bytes(), suffix
    table = [line.split("\t") for line in (tmp_path / "background.contexts.tsv").read_text().splitlines()]
    levels = [row[1] for row in table[1:] if row[0] == "bwa"]
    assert levels.count("substitution") == 12
    assert 150 < levels.count("context") <= 192


def test_result_without_background_is_not_kept_for_a_run_with_one(
    assay: Assay, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (assay.folder / "with" / "samples" / "P" / "result.json").stat().st_mtime_ns
    sheet = str(assay.folder / "patients.csv")
    command = ["run", sheet, "-o", str(assay.folder / "with"), "--quiet", "--background", str(assay.background)]
    assert main(command) == 0
    assert (assay.folder / "with" / "samples" / "P" / "result.json").stat().st_mtime_ns == before


def test_background_of_the_samples_themselves_says_so(assay: Assay, tmp_path: Path) -> None:
    sheet = assay.folder / "all.csv"
    sheet.write_text(SHEET_HEADER + "".join(sheet_line(name, "plasma") for name in ("P", "H2")))
    assert main(["run", str(sheet), "-o", str(tmp_path / "out"), "--quiet", "--background-from-samples"]) == 0
    found = read_result(tmp_path / "out" / "samples" / "P" / "result.json")
    assert found.background is not None
    assert found.background.kind == "samples"
    assert any("patients' samples themselves" in each.reason for each in found.not_assessed)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--background", "absent.parquet"], "no such file"),
        (["--background", "BACKGROUND", "--end-mask", "5"], "made with another end mask than this run's; found 8"),
        (["--background", "BACKGROUND", "--keep-primers"], "exclude each other"),
        (["--background", "BACKGROUND", "--background-from-samples"], "either --background or"),
        (["--background-from-samples"], "needs other samples"),
    ],
)
def test_bad_options_of_run(
    options: list[str], words: str, assay: Assay, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(assay.background) if each == "BACKGROUND" else each for each in options]
    assert main(["run", str(assay.folder / "patients.csv"), "-o", str(tmp_path / "out"), "--quiet", *given]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "out", "words"),
    [
        ("sample,fastq_1\nA,x\n", "b.parquet", "column 'fastq_2' is missing"),
        (SHEET_HEADER, "b.parquet", "has no samples"),
        (SHEET_HEADER + sheet_line("absent"), "b.parquet", "no such file"),
        (SHEET_HEADER + sheet_line("absent"), "b.csv", "a name that ends in .parquet"),
    ],
)
def test_bad_controls(text: str, out: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = tmp_path / "controls.csv"
    sheet.write_text(text)
    assert main(["background", str(sheet), "-o", str(tmp_path / out), "--quiet"]) == 2
    assert words in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["controls.csv"]
