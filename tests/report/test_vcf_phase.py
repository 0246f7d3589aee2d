"""Phase in the VCF: partners in INFO, phase sets where every pair is in cis."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pysam
from example_results import CONTIGS, Sketch, compound_cis, info, phase_of, result_of, trans_clones

from kinescape.records import SampleResult
from kinescape.report.vcf import write_vcf
from kinescape.report.vcf_phase import phase_fields


def records(result: SampleResult, folder: Path) -> dict[str, pysam.VariantRecord]:
    write_vcf(folder / "v.vcf.gz", result, CONTIGS)
    with pysam.VariantFile(str(folder / "v.vcf.gz")) as variants:
        return {record.info["PROTEIN"]: record for record in variants.fetch() if "PROTEIN" in record.info}


def test_a_compound_is_one_phase_set(tmp_path: Path) -> None:
    found = records(compound_cis(), tmp_path)
    assert found["L1196M"].info["CIS"] == "chr2:29220747:C>G"
    assert found["G1202R"].info["CIS"] == "chr2:29220765:G>T"
    assert {found[name].samples[0]["PS"] for name in ("L1196M", "G1202R")} == {29220747}


def test_clones_in_trans_are_named_and_in_no_set(tmp_path: Path) -> None:
    found = records(trans_clones(), tmp_path)
    assert found["C1235R"].info["TRANS"] == "chr2:29214017:C>T"
    assert "CIS" not in found["C1235R"].info
    assert "PS" not in found["C1235R"].format


def test_branches_are_no_phase_set() -> None:
    changes = {"F1174L": (0.05, "strong"), "L1196M": (0.02, "strong"), "G1202R": (0.02, "strong")}
    result = result_of(Sketch(info("B"), changes, drugs=False))
    pairs = (("F1174L", "L1196M", "cis"), ("F1174L", "G1202R", "cis"), ("L1196M", "G1202R", "trans"))
    fields = phase_fields(msgspec.structs.replace(result, phases=tuple(phase_of(*pair) for pair in pairs)))
    assert all(each.phase_set is None for each in fields.values())
    assert sorted(len(each.cis) for each in fields.values()) == [1, 1, 2]
    chain = tuple(phase_of(a, b, "cis") for a, b, _ in pairs)
    assert len({each.phase_set for each in phase_fields(msgspec.structs.replace(result, phases=chain)).values()}) == 1
