"""What a true run leaves, exported: the same records, and files that other parsers read."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from e2e_samples import Simulated
from fhir.resources.R4B.bundle import Bundle

from kinescape.cli.main import main
from kinescape.report.result import read_result

pytestmark = pytest.mark.aligners


def export(simulated: Simulated, kind: str, out: Path) -> Path:
    assert main(["export", str(simulated.out), "--format", kind, "-o", str(out)]) == 0
    return out


def test_the_vcf_is_that_of_the_run(simulated: Simulated, tmp_path: Path) -> None:
    out = export(simulated, "vcf", tmp_path / "vcf")
    for name in ("compound", "gap"):
        folder = simulated.out / "samples" / name
        for ending in ("vcf.gz", "vcf.gz.tbi"):
            assert (out / f"{name}.{ending}").read_bytes() == (folder / f"variants.{ending}").read_bytes()


def test_a_deletion_of_the_run_is_spelled_as_maf_wants(simulated: Simulated, tmp_path: Path) -> None:
    text = export(simulated, "maf", tmp_path / "all.maf").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith("#")]
    rows = list(csv.DictReader(io.StringIO("".join(lines)), delimiter="\t"))
    (deletion,) = [row for row in rows if row["Variant_Type"] == "DEL"]
    assert deletion["Hugo_Symbol"] == "ROS1"
    assert deletion["Variant_Classification"] == "In_Frame_Del"
    assert deletion["Tumor_Seq_Allele2"] == "-"
    assert len(deletion["Reference_Allele"]) == 3
    assert int(deletion["End_Position"]) - int(deletion["Start_Position"]) == 2
    calls = read_result(simulated.out / "samples" / "compound").calls
    named = [c.consequence for c in calls if c.consequence and c.consequence.kind == "inframe_deletion"]
    assert deletion["HGVSc"] in [each.hgvs_c for each in named]


def test_an_amplicon_without_reads_is_no_call(simulated: Simulated, tmp_path: Path) -> None:
    out = export(simulated, "fhir", tmp_path / "fhir")
    parsed = Bundle.model_validate_json((out / "gap.json").read_bytes())
    of_exon_41 = [
        entry.resource.valueCodeableConcept.coding[0].code
        for entry in parsed.entry
        if entry.resource.get_resource_type() == "Observation"
        and entry.resource.code.coding[0].code == "69548-6"
        and any("not covered" in note.text for note in entry.resource.note or [])
    ]
    assert of_exon_41
    assert set(of_exon_41) == {"LA18198-4"}


def test_the_run_made_the_pdf(simulated: Simulated, tmp_path: Path) -> None:
    out = export(simulated, "pdf", tmp_path / "pdf")
    for name in ("compound", "gap"):
        made = (simulated.out / "samples" / name / "report.pdf").read_bytes()
        assert made == (out / f"{name}.pdf").read_bytes()
        assert made.startswith(b"%PDF")
