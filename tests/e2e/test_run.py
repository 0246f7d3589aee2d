"""``kinescape run`` on simulated reads, through the real aligners."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pysam
import pytest
from e2e_samples import SHALLOW, Simulated, make

from kinescape.cli.main import main
from kinescape.report.result import read_result

pytestmark = pytest.mark.aligners


def result_of(run: Simulated, sample: str) -> Any:
    return read_result(run.out / "samples" / sample / "result.json")


def strong(run: Simulated, sample: str) -> dict[str, float]:
    return {
        call.consequence.protein: call.vaf
        for call in result_of(run, sample).calls
        if call.evidence == "strong" and call.consequence
    }


def test_everything_put_in_comes_out_and_nothing_else(simulated: Simulated) -> None:
    found = strong(simulated, "compound")
    assert set(found) == {"L1196M", "G1202R", "C1237Y", "C1235R", "G2032del"}
    for true in simulated.compound.variants:
        call = next(c for c in result_of(simulated, "compound").calls if c.variant == true.variant)
        assert call.vaf == pytest.approx(true.read_vaf, abs=0.012)
        assert call.vaf_low < true.drawn_vaf < call.vaf_high
    # At a thousand fragments the amplification's own errors reach 0.6%, but not 1%.
    assert all(vaf < 0.01 for vaf in strong(simulated, "gap").values())


def test_phase_of_the_compound_and_of_the_two_clones(simulated: Simulated) -> None:
    with (simulated.out / "samples" / "compound" / "phase.tsv").open() as handle:
        rows = {frozenset((row["variant_a"], row["variant_b"])): row for row in csv.DictReader(handle, delimiter="\t")}
    assert rows[frozenset(("ALK:L1196M", "ALK:G1202R"))]["verdict"] == "cis"
    assert rows[frozenset(("ALK:C1235R", "ALK:C1237Y"))]["verdict"] == "trans"
    apart = rows[frozenset(("ALK:L1196M", "ALK:C1237Y"))]
    assert apart["verdict"] == "undeterminable"
    assert "6,748 bp apart" in apart["reason"]
    assert list(next(iter(rows.values())))[:11] == [
        *("variant_a", "variant_b", "n11", "n10", "n01", "n00", "verdict", "reason"),
        *("cis_fraction", "ci_low", "ci_high"),
    ]


def test_drugs_rest_on_the_compound_and_on_both_clones(simulated: Simulated) -> None:
    drugs = {(drug.gene, drug.drug): drug for drug in result_of(simulated, "compound").drugs}
    lorlatinib = drugs["ALK", "Lorlatinib"]
    assert lorlatinib.state == "resistance"
    assert any(set(row.variants) == {"L1196M", "G1202R"} for row in lorlatinib.evidence)
    assert all(row.source for row in lorlatinib.evidence)


def test_missing_amplicon_is_never_a_look(simulated: Simulated) -> None:
    result = result_of(simulated, "gap")
    assert result.gate.status == "limited"
    assert any("ROS1_E41" in reason for reason in result.gate.reasons)
    exon_41 = [known for known in result.known_positions if (known.gene, known.exon) == ("ROS1", 41)]
    assert exon_41
    assert {known.state for known in exon_41} == {"not_covered"}
    assert all(known.lod95 is None for known in exon_41)
    assert any("exon 41" in each.what for each in result.not_assessed)
    page = (simulated.out / "samples" / "gap" / "report.html").read_text()
    assert not re.search(r"wild[- ]?type", page.split("<body")[1], re.IGNORECASE) or "not covered" in page.lower()


def test_every_known_position_has_a_state_and_every_look_a_limit(simulated: Simulated) -> None:
    for sample in ("compound", "gap"):
        for known in result_of(simulated, sample).known_positions:
            if known.state == "not_detected":
                assert known.lod95 is not None
                assert 0.006 < known.lod95 < 0.05
            if known.state in ("not_on_panel", "not_covered"):
                assert known.lod95 is None
    states = {known.protein: known.state for known in result_of(simulated, "compound").known_positions}
    assert states["L1196M"] == "detected"
    assert states["L2086F"] == "not_on_panel"
    assert states["G1269A"] == "not_detected"


def test_vcf_reads_with_other_programs(simulated: Simulated, program: Callable[[str], str]) -> None:
    path = simulated.out / "samples" / "compound" / "variants.vcf.gz"
    done = subprocess.run([program("bcftools"), "view", str(path)], capture_output=True, text=True, check=True)
    assert not done.stderr
    with pysam.VariantFile(str(path)) as variants:
        records = list(variants.fetch("chr2", 29213900, 29221000))
        by_place = {(record.pos, record.ref, (record.alts or ("",))[0]): record for record in records}
        g1202r = by_place[29220747, "C", "T"]
        assert list(g1202r.filter) == ["PASS"]
        assert g1202r.info["PROTEIN"] == "G1202R"
        sample = g1202r.samples[0]
        assert sample["DP_BWA"] > 2000
        assert sample["AF_BT2"][0] == pytest.approx(0.06, abs=0.03)
        for record in variants.fetch():
            if list(record.filter) != ["PASS"]:
                assert record.info["EVIDENCE"] != "strong"
                assert record.info["REASON"]


def test_positions_table(simulated: Simulated) -> None:
    path = simulated.out / "samples" / "compound" / "positions.tsv.gz"
    with pysam.TabixFile(str(path)) as table:
        first = pysam.BGZFile(str(path)).read().decode().partition("\n")[0]
        header = first.lstrip("#").split("\t")
        for name in ("chrom", "pos", "ref", "depth", "fragments", "molecules", "background", "lod95"):
            assert name in header
        (line,) = table.fetch("chr2", 29220746, 29220747)
        row = dict(zip(header, line.split("\t"), strict=True))
        assert (row["ref"], row["molecules"]) == ("C", "5000")
        assert int(row["depth"]) > 2000
        assert 1000 < int(row["fragments"]) <= 1200


def test_page_is_self_contained_and_labelled_simulated(simulated: Simulated) -> None:
    page = (simulated.out / "samples" / "compound" / "report.html").read_text()
    assert "SIMULATED" in page.upper()
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", page)
    index = (simulated.out / "index.html").read_text()
    assert "samples/compound/report.html" in index
    assert "samples/gap/report.html" in index


def test_background_is_what_was_put_in(simulated: Simulated) -> None:
    for aligner, value in result_of(simulated, "gap").qc.mismatches_per_base.items():
        assert value == pytest.approx(0.0024, rel=0.2), aligner


def test_same_bytes_whatever_the_threads(simulated: Simulated, tmp_path: Path) -> None:
    assert main(["run", str(simulated.sheet), "-o", str(tmp_path), "--threads", "1", *SHALLOW]) == 0
    # Logs tell the time; nothing else does.
    first = sorted(path for path in simulated.out.rglob("*") if path.is_file() and path.parent.name != "logs")
    assert first
    for path in first:
        assert path.read_bytes() == (tmp_path / path.relative_to(simulated.out)).read_bytes(), path.name


def test_second_run_keeps_what_is_there_and_a_changed_setting_does_not(simulated: Simulated, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(simulated.out, out)
    marks = {path: path.stat().st_mtime_ns for path in out.glob("samples/*/result.json")}
    assert main(["run", str(simulated.sheet), "-o", str(out), *SHALLOW]) == 0
    assert {path: path.stat().st_mtime_ns for path in marks} == marks
    (out / "samples" / "gap" / "report.html").unlink()
    assert main(["run", str(simulated.sheet), "-o", str(out), *SHALLOW]) == 0
    changed = {path.parent.name for path in marks if path.stat().st_mtime_ns != marks[path]}
    assert changed == {"gap"}
    assert main(["run", str(simulated.sheet), "-o", str(out), *SHALLOW, "--min-vaf", "0.1"]) == 0
    assert {call.evidence for call in read_result(out / "samples/compound/result.json").calls} == {"filtered"}


def test_one_pair_without_a_sheet(simulated: Simulated, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(simulated.folder / f"compound_R{mate}.fastq.gz") for mate in (1, 2)]
    assert main(["run", "--fastq", *files, "-o", str(tmp_path), "--cfdna-ng", "16.5", *SHALLOW]) == 0
    printed = capsys.readouterr().out
    assert "ALK G1202R" in printed
    assert (tmp_path / "samples" / "compound" / "result.json").exists()


def test_weak_evidence_says_which_aligner_and_why(simulated: Simulated, tmp_path: Path) -> None:
    files = [str(simulated.folder / f"compound_R{mate}.fastq.gz") for mate in (1, 2)]
    arguments = ["run", "--fastq", *files, "-o", str(tmp_path), *SHALLOW, "--min-vaf", "0.0585"]
    assert main(arguments) == 0
    calls = read_result(tmp_path / "samples" / "compound" / "result.json").calls
    for call in calls:
        if call.evidence == "weak":
            assert "weak_evidence" in call.filters
            assert call.reason
        if call.evidence == "strong":
            assert all(each.vaf >= 0.0585 for each in call.by_aligner)


def test_reads_below_the_depth_asked_for_are_no_look(simulated: Simulated, tmp_path: Path) -> None:
    files = [str(simulated.folder / f"gap_R{mate}.fastq.gz") for mate in (1, 2)]
    assert main(["run", "--fastq", *files, "-o", str(tmp_path), "--quiet"]) == 0
    result = read_result(tmp_path / "samples" / "gap" / "result.json")
    assert result.gate.status == "fail"
    states = {known.state for known in result.known_positions}
    assert states <= {"below_depth", "not_covered", "not_on_panel"}
    assert all(drug.state == "not_assessable" for drug in result.drugs)
    assert json.loads((tmp_path / "provenance.json").read_text())["parameters"]["min_depth"] == 5000


def test_adapter_only_and_foreign_reads_are_a_failed_gate_not_a_crash(tmp_path: Path) -> None:
    make(tmp_path, "foreign", 3, pairs={"default": 0, "ALK_E22": 30}, off_target={"fraction": 0.9})
    files = [str(tmp_path / f"foreign_R{mate}.fastq.gz") for mate in (1, 2)]
    assert main(["run", "--fastq", *files, "-o", str(tmp_path / "out"), *SHALLOW]) == 0
    result = read_result(tmp_path / "out" / "samples" / "foreign" / "result.json")
    assert result.gate.status == "fail"
    assert result.qc.on_target_fraction < 0.2
