"""TSV, MAF and VCF, read back by csv, pysam and cyvcf2."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import cyvcf2
import pysam
import pytest
from cbioportal_rules import CLASSIFICATIONS, maf_faults
from example_results import CONTIGS, EXAMPLES, compound_cis, no_calls, panel, weak_call
from hypothesis import given
from hypothesis import strategies as st
from results_at_hand import ODD, odd, variant_call, with_calls

from kinescape.exports.cells import harmless
from kinescape.exports.maf import COLUMNS, maf_alleles, maf_text
from kinescape.exports.variant_table import variant_table
from kinescape.exports.vcf import contigs_of, export_vcf
from kinescape.panel.genome import contigs
from kinescape.records import Variant
from kinescape.report.vcf import vcf_text

FORMULA_SIGNS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def rows_of(text: str) -> list[dict[str, str]]:
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith("#")]
    return list(csv.DictReader(io.StringIO("".join(lines)), delimiter="\t", strict=True))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_table_has_every_number_of_every_call(name: str) -> None:
    result = EXAMPLES[name]()
    rows = rows_of(variant_table([result]))
    assert len(rows) == len(result.calls)
    for row, call in zip(rows, sorted(result.calls, key=lambda each: each.variant), strict=True):
        assert (row["chrom"], int(row["pos"]), row["ref"], row["alt"]) == (
            call.variant.chrom,
            call.variant.pos,
            call.variant.ref,
            call.variant.alt,
        )
        assert float(row["vaf"]) == pytest.approx(call.vaf, rel=1e-5)
        assert row["evidence"] == call.evidence
        assert row["filters"].split(";") == (list(call.filters) or ["PASS"])
        assert row["simulated"] == "yes"
        assert row["use"].startswith("Research use only")
        for numbers in call.by_aligner:
            assert int(row[f"depth_{numbers.aligner}"]) == numbers.depth
            assert int(row[f"alt_{numbers.aligner}"]) == numbers.alt_count
            assert row[f"dp4_{numbers.aligner}"] == ",".join(str(count) for count in numbers.dp4)


def test_what_nobody_consulted_is_said_and_a_missing_date_stays_empty() -> None:
    row = rows_of(variant_table([weak_call()]))[0]
    assert row["annotation_ClinVar"] == "not consulted"
    assert row["date"] == ""
    assert row["inspected"] == "not inspected"


def test_samples_of_one_table_keep_their_own_columns_apart() -> None:
    rows = rows_of(variant_table([compound_cis(), weak_call(), no_calls()]))
    assert {row["sample"] for row in rows} == {"SIM01-relapse", "SIM04-relapse", "SIM09-relapse"}
    assert all(row["cis_with"] for row in rows if row["protein"] == "G1202R")


def test_no_cell_of_odd_text_is_a_formula() -> None:
    for text in (variant_table([odd()]), maf_text([odd()])):
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        for row in csv.reader(lines, delimiter="\t", strict=True):
            for cell in row:
                if cell.startswith(FORMULA_SIGNS) and cell not in ("+", "-"):
                    float(cell)  # a number, or the test fails here
    row = next(row for row in rows_of(variant_table([odd()])) if row["evidence"] == "strong")
    assert row["inspected"] == "'=cmd|'/C calc'!A0"
    assert row["annotation_lines"] == "first second third"
    assert row["annotation_unicode"] == "Łódź 漢字 😀 [U+202E] \u0378"
    assert row["patient"] == "../../etc/passwd"


@given(st.text())
def test_a_guarded_cell_is_one_line_and_a_number_or_text(text: str) -> None:
    cell = harmless(text)
    assert not set(cell) & set("\t\r\n\x0b\x0c\x85\u2028\u2029")
    if cell.startswith(FORMULA_SIGNS) and cell not in ("+", "-"):
        float(cell)


@pytest.mark.parametrize("number", ["-1.5", "+2", "1e-05", "0", ".5", "-0.001"])
def test_numbers_stay_numbers(number: str) -> None:
    assert harmless(number) == number


@pytest.mark.parametrize("text", [*ODD.values(), " =1+1", "\u00a0=1+1", "-", "+"])
def test_text_is_kept_readable(text: str) -> None:
    assert harmless(text).removeprefix("'")[:3] in " ".join(text.split()) or "[U+" in harmless(text)


# ------------------------------------------------------------------------------------------------------------- MAF

REF_3 = "".join(panel().base("chr2", pos) for pos in range(29220828, 29220831))
REF_1 = REF_3[0]
OTHER = {"A": "C", "C": "A", "G": "T", "T": "G"}


def spelled(ref: str, alt: str) -> Variant:
    return Variant(chrom="chr2", pos=29220829, ref=ref, alt=alt)


@pytest.mark.parametrize(
    ("variant", "start", "end", "ref", "alt", "kind", "classification"),
    [
        (spelled(REF_1, OTHER[REF_1]), 29220829, 29220829, REF_1, OTHER[REF_1], "SNP", "Missense_Mutation"),
        (spelled(REF_1, REF_1 + "ACG"), 29220829, 29220830, "-", "ACG", "INS", "In_Frame_Ins"),
        (spelled(REF_1, REF_1 + "A"), 29220829, 29220830, "-", "A", "INS", "Frame_Shift_Ins"),
        (spelled(REF_3, REF_1), 29220830, 29220831, REF_3[1:], "-", "DEL", "Frame_Shift_Del"),
    ],
)
def test_maf_spells_alleles_as_vcf2maf_does(
    variant: Variant, start: int, end: int, ref: str, alt: str, kind: str, classification: str
) -> None:
    (row,) = rows_of(maf_text([with_calls(compound_cis(), variant_call(variant))]))
    assert (row["Start_Position"], row["End_Position"]) == (str(start), str(end))
    assert (row["Reference_Allele"], row["Tumor_Seq_Allele2"], row["Variant_Type"]) == (ref, alt, kind)
    assert row["Variant_Classification"] == classification
    assert row["Reference_Allele"] == row["Tumor_Seq_Allele1"]
    assert maf_faults(row) == []


BASES = st.text("ACGT", min_size=1, max_size=6)


@given(BASES, BASES)
def test_maf_alleles_put_the_same_bases_in_the_same_place(ref: str, alt: str) -> None:
    if ref == alt:
        return
    made = maf_alleles(Variant(chrom="chr2", pos=100, ref=ref, alt=alt))
    window = "N" * 99 + ref + "N" * 20
    if made.kind == "INS" and made.ref == "-":
        changed = window[: made.start] + made.alt + window[made.start :]
        assert made.end == made.start + 1
    else:
        assert window[made.start - 1 : made.end] == made.ref
        changed = window[: made.start - 1] + made.alt.replace("-", "") + window[made.end :]
    assert changed == "N" * 99 + alt + "N" * 20


@pytest.mark.parametrize("name", EXAMPLES)
def test_maf_rows_follow_the_specification(name: str) -> None:
    result = EXAMPLES[name]()
    text = maf_text([result])
    assert text.startswith("#version 2.4\n#kinescape 0.1.0; Research use only")
    assert "#SIMULATED DATA" in text
    rows = rows_of(text)
    shown = [call for call in result.calls if call.evidence != "filtered"]
    assert len(rows) == len(shown)
    for row, call in zip(rows, sorted(shown, key=lambda each: each.variant), strict=True):
        assert list(row) == list(COLUMNS)
        assert maf_faults(row) == []
        assert row["Variant_Classification"] in CLASSIFICATIONS
        assert row["NCBI_Build"] == "GRCh38"
        assert (row["FILTER"] == "PASS") == (call.evidence == "strong")
        assert int(row["t_ref_count"]) + int(row["t_alt_count"]) <= int(row["t_depth"])
        assert call.consequence is not None
        assert row["HGVSp_Short"] == f"p.{call.consequence.protein}"


def test_only_listed_strong_calls_are_named_somatic() -> None:
    rows = rows_of(maf_text([weak_call()]))
    told = {row["HGVSp_Short"]: (row["Mutation_Status"], row["FILTER"], row["kinescape_origin"]) for row in rows}
    assert told["p.F1174L"][:2] == ("Somatic", "PASS")
    assert told["p.E1154K"][:2] == ("Unknown", "weak_evidence")
    assert "no matched normal" in told["p.F1174L"][2]
    unlisted = with_calls(compound_cis(), variant_call(spelled(REF_1, OTHER[REF_1])))
    (row,) = rows_of(maf_text([unlisted]))
    assert row["Mutation_Status"] == "Unknown"


# ------------------------------------------------------------------------------------------------------------- VCF


def test_the_contigs_of_a_result_are_those_of_its_panel() -> None:
    assert contigs_of(compound_cis()) == contigs(panel()) == CONTIGS


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_vcf_again_is_the_vcf_of_the_run(name: str, tmp_path: Path) -> None:
    result = EXAMPLES[name]()
    export_vcf(tmp_path / "plain.vcf", result)
    assert (tmp_path / "plain.vcf").read_text(encoding="utf-8") == vcf_text(result, contigs(panel()))
    export_vcf(tmp_path / "packed.vcf.gz", result)
    assert (tmp_path / "packed.vcf.gz.tbi").is_file()
    with pysam.VariantFile(str(tmp_path / "packed.vcf.gz")) as handle:
        by_htslib = [(r.chrom, r.pos, r.ref, r.alts[0], list(r.filter)) for r in handle]
    reader = cyvcf2.VCF(str(tmp_path / "packed.vcf.gz"))
    by_cyvcf2 = [(r.CHROM, r.POS, r.REF, r.ALT[0], r.FILTER.split(";") if r.FILTER else ["PASS"]) for r in reader]
    assert by_htslib == by_cyvcf2
    assert len(by_htslib) == len(result.calls)
    assert "Research use only" in reader.raw_header
    assert "SIMULATED" in reader.raw_header
    reader.close()
