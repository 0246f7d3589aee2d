"""``kinescape run --annotations`` on simulated reads through the real aligners: ALK T1151M, and a common change."""

from __future__ import annotations

import json
from pathlib import Path

import pysam
import pytest
from annotate_samples import CLINVAR, GNOMAD, bgzip_vcf, plain_vcf

from kinescape.cli.main import main
from kinescape.panel.load import load_panel
from kinescape.report.result import read_result
from kinescape.simulate.sample import simulate_sample
from kinescape.simulate.spec_file import to_spec

pytestmark = pytest.mark.aligners
SHALLOW = ["--min-depth", "500", "--quiet", "--threads", "1"]
DATE = ["--version", "9.9", "--date", "2020-02-29"]


def slices(folder: Path, files: Path) -> Path:
    for source, lines in (("gnomad", GNOMAD), ("clinvar", CLINVAR)):
        path = bgzip_vcf(files / f"{source}.vcf.gz", [*lines, ("chr6", 1000, "A", "C", "AF=0.1")])
        assert main(["annot", "slice", source, str(path), "-o", str(folder), *DATE]) == 0
    return folder


def test_known_change_is_kept_and_flagged_and_a_common_one_filtered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KINESCAPE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KINESCAPE_ANNOTATION", str(tmp_path / "none"))
    panel = load_panel()
    values = {
        "sample": "s",
        "panel": "alk-ros1",
        "background": 0.0024,
        "molecules": 5000,
        "pairs": {"default": 0, "ALK_E22": 900, "ALK_E23": 900},
        "haplotypes": [
            {"name": "known", "fraction": 0.05, "changes": ["ALK:c.3452C>T"]},
            {"name": "common", "fraction": 0.45, "changes": ["ALK:c.3634C>T"]},
        ],
    }
    simulate_sample(to_spec(values), panel, tmp_path / "s", 7)
    fastq = [str(tmp_path / f"s_R{mate}.fastq.gz") for mate in (1, 2)]
    folder, out = slices(tmp_path / "annotation", tmp_path), tmp_path / "out"
    command = ["run", "--fastq", *fastq, "-o", str(out), "--annotations", str(folder), *SHALLOW]
    assert main(command) == 0
    path = out / "samples" / "s" / "result.json"
    result = read_result(path)
    calls = {call.variant.pos: call for call in result.calls}
    known, common = calls[29222407], calls[29220717]
    assert (known.evidence, known.filters) == ("strong", ())
    assert "allele fraction 1.9e-05" in known.annotations["gnomAD"]
    assert "kept all the same: ALK T1151M is a known change of the panel" in known.annotations["gnomAD"]
    assert known.annotations["ClinVar"] == "no record in ClinVar 9.9"
    assert known.annotations["BoostDM"] == "not consulted"
    assert "27009859" in known.annotations["CIViC"]
    assert (common.evidence, common.filters) == ("filtered", ("gnomad_af",))
    assert result.annotation_sources["gnomAD"] == "9.9 (2020-02-29)"
    # A germline variant that is set aside is still no error of the reads.
    assert all(value < 0.004 for value in result.qc.mismatches_per_base.values())
    with pysam.VariantFile(str(out / "samples" / "s" / "variants.vcf.gz")) as variants:
        filters = {record.pos: list(record.filter) for record in variants}
    assert filters[29222407] == ["PASS"]
    assert filters[29220717] == ["gnomad_af"]
    page = (out / "samples" / "s" / "report.html").read_text()
    assert "kept all the same" in page
    assert "9.9 (2020-02-29)" in page
    provenance = json.loads((out / "provenance.json").read_text())
    assert provenance["annotation"]["sources"]["ClinVar"] == "9.9 (2020-02-29)"

    before = path.stat().st_mtime_ns
    assert main(command) == 0
    assert path.stat().st_mtime_ns == before
    assert main([*command, "--max-population-af", "0.5"]) == 0
    assert {c.variant.pos: c.evidence for c in read_result(path).calls}[29220717] == "strong"

    before = path.stat().st_mtime_ns
    newer = plain_vcf(tmp_path / "newer.vcf", [(*GNOMAD[0][:4], "AF=0.000001"), ("chr6", 1000, "A", "C", "AF=0.1")])
    assert main(["annot", "slice", "gnomad", str(newer), "-o", str(folder), *DATE]) == 0
    assert main(command) == 0
    assert path.stat().st_mtime_ns != before
    assert read_result(path).calls[-1].annotations["ClinVar"]
    assert "Traceback" not in capsys.readouterr().err


def test_folder_without_slices_stops_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    command = ["run", "--fastq", "a_1.fastq", "a_2.fastq", "-o", str(tmp_path / "out")]
    assert main([*command, "--annotations", str(tmp_path / "empty")]) == 2
    assert "has no annotation slices" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
