"""variants.vcf.gz: read back by htslib, and line by line against the specification."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote

import msgspec
import pysam
import pytest
from example_results import CONTIGS, EXAMPLES, HOSTILE, compound_cis, weak_call
from hypothesis import given
from hypothesis import strategies as st

from kinescape.annotate.consult import FILTER_POPULATION
from kinescape.call.from_columns import (
    FILTER_BACKGROUND,
    FILTER_DEPTH,
    FILTER_NOT_CALLED,
    FILTER_QUALITY,
    FILTER_STRAND,
    FILTER_VAF,
)
from kinescape.consensus.merge import WEAK_EVIDENCE
from kinescape.errors import KinescapeError
from kinescape.records import Call, SampleResult, Variant
from kinescape.report.check import WEAK_FILTER
from kinescape.report.vcf import encoded, vcf_text, write_vcf
from kinescape.report.vcf_header import FILTER_WORDS, aligner_tag

needs_bcftools = pytest.mark.skipif(
    shutil.which("bcftools") is None and not os.environ.get("CI"), reason="bcftools is not installed"
)


def with_calls(result: SampleResult, *calls: Call) -> SampleResult:
    return msgspec.structs.replace(result, calls=calls)


def changed(call: Call, **fields: object) -> Call:
    return msgspec.structs.replace(call, **fields)


@pytest.mark.parametrize("name", EXAMPLES)
def test_htslib_reads_back_every_number(name: str, tmp_path: Path) -> None:
    result = EXAMPLES[name]()
    write_vcf(tmp_path / "variants.vcf.gz", result, CONTIGS)
    by_name = {call.variant.name: call for call in result.calls}
    with pysam.VariantFile(str(tmp_path / "variants.vcf.gz")) as handle:
        assert handle.header.version == "VCFv4.3"
        records = list(handle)
        assert len(handle.header.samples) == 1
    assert len(records) == len(result.calls)
    for record in records:
        call = by_name[f"{record.chrom}:{record.pos}:{record.ref}>{record.alts[0]}"]
        values = record.samples[0]
        assert (list(record.filter) == ["PASS"]) == (call.evidence == "strong")
        assert record.qual == min(numbers.qual for numbers in call.by_aligner)
        assert values["AF"][0] == pytest.approx(call.vaf, rel=1e-5)
        assert (values["AFLOW"][0], values["AFHIGH"][0]) == pytest.approx((call.vaf_low, call.vaf_high), rel=1e-5)
        assert values["DP"] == min(numbers.depth for numbers in call.by_aligner)
        for numbers, tag in zip(call.by_aligner, ("BWA", "BT2"), strict=True):
            assert values[f"DP_{tag}"] == numbers.depth
            assert values[f"AD_{tag}"] == (numbers.dp4[0] + numbers.dp4[1], numbers.alt_count)
            assert values[f"AF_{tag}"][0] == pytest.approx(numbers.vaf, rel=1e-5)
            assert values[f"QUAL_{tag}"] == numbers.qual
            assert values[f"SB_{tag}"] == numbers.strand_bias
            assert values[f"DP4_{tag}"] == numbers.dp4
            assert values[f"FT_{tag}"] == (numbers.filters or ("PASS",))


def test_the_index_finds_a_region(tmp_path: Path) -> None:
    path = tmp_path / "variants.vcf.gz"
    write_vcf(path, compound_cis(), CONTIGS)
    assert (tmp_path / "variants.vcf.gz.tbi").exists()
    with pysam.VariantFile(str(path)) as handle:
        assert [r.pos for r in handle.fetch("chr2", 29220746, 29220765)] == [29220747, 29220765]
        assert [r.pos for r in handle.fetch("chr6")] == [117317210]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["variants.vcf.gz", "variants.vcf.gz.tbi"]


@needs_bcftools
@pytest.mark.parametrize("name", EXAMPLES)
def test_bcftools_has_nothing_to_say(name: str, tmp_path: Path) -> None:
    path = tmp_path / "variants.vcf.gz"
    write_vcf(path, EXAMPLES[name](), CONTIGS)
    for verb in ("view", "stats"):
        done = subprocess.run(["bcftools", verb, str(path)], capture_output=True, text=True, check=True)
        assert done.stderr == ""


META = re.compile(
    r"##[A-Za-z_]+=(?:[^<].*|<ID=[A-Za-z_][A-Za-z0-9_.]*(?:,[A-Za-z]+=(?:\"(?:[^\"\\]|\\.)*\"|[^,<>]*))*>)"
)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_text_keeps_the_rules_of_vcf_4_3(name: str) -> None:
    lines = vcf_text(EXAMPLES[name](), CONTIGS).removesuffix("\n").split("\n")
    assert lines[0] == "##fileformat=VCFv4.3"
    meta = [line for line in lines if line.startswith("##")]
    assert all(META.fullmatch(line) for line in meta), [line for line in meta if not META.fullmatch(line)]
    declared = {
        (m[1], m[2]): (m[3], m[4])
        for line in meta
        if (m := re.match(r"##(INFO|FORMAT|FILTER)=<ID=([^,]+)(?:,Number=([^,]+),Type=([^,]+))?", line))
    }
    assert len(declared) == sum(line.startswith(("##INFO", "##FORMAT", "##FILTER")) for line in meta)
    header = lines[len(meta)].split("\t")
    assert header[:9] == ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"]
    assert len(header) == 10
    places = []
    for line in lines[len(meta) + 1 :]:
        chrom, pos, _, ref, alt, qual, filters, info, keys, values = line.split("\t")
        places.append(([c for c, _ in CONTIGS].index(chrom), int(pos), ref, alt))
        assert float(qual) >= 0
        assert all(("FILTER", f) in declared for f in filters.split(";"))
        for field in info.split(";"):
            key, _, value = field.partition("=")
            number, kind = declared["INFO", key]
            assert number in {"1", "A"}
            assert not set(value) & set(";=,\t")
            if kind != "String":
                float(value)
        assert len(keys.split(":")) == len(values.split(":"))
        for key, value in zip(keys.split(":"), values.split(":"), strict=True):
            number, kind = declared["FORMAT", key]
            parts = value.split(",")
            wanted = {"1": 1, "A": 1, "R": 2, "4": 4, ".": len(parts)}[number]
            assert len(parts) == wanted
            if kind != "String":
                assert all(float(part) >= 0 for part in parts)
    assert places == sorted(places)


def test_names_with_signs_of_the_format_are_encoded() -> None:
    text = vcf_text(weak_call(), CONTIGS)
    assert "HGVSP=p.(Leu1187%3D);" in text
    assert "HGVSC=c.3522C>G;" in text
    assert "REASON=allele fraction below 0.60%25%3B strand bias;" in text


@given(st.text())
def test_an_encoded_text_holds_no_sign_of_the_format_and_can_be_decoded(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    assert not set(encoded(text)) & set(";=,\t\r\n")
    assert unquote(encoded(text), errors="strict") == text


def test_every_filter_of_the_stages_before_is_described() -> None:
    names = (
        *(FILTER_NOT_CALLED, FILTER_QUALITY, FILTER_STRAND, FILTER_DEPTH, FILTER_VAF, FILTER_BACKGROUND),
        FILTER_POPULATION,
        WEAK_EVIDENCE,
    )
    assert set(names) == set(FILTER_WORDS)
    assert WEAK_FILTER == WEAK_EVIDENCE


def test_the_label_of_simulated_data_stands_in_the_file() -> None:
    assert "##kinescape_simulated=SIMULATED DATA" in vcf_text(weak_call(), CONTIGS)
    real = msgspec.structs.replace(weak_call(), simulated=False)
    assert "SIMULATED" not in vcf_text(real, CONTIGS)


def test_a_hostile_sample_name_stays_one_cell() -> None:
    (line,) = [x for x in vcf_text(EXAMPLES["hostile"](), CONTIGS).split("\n") if x.startswith("#CHROM")]
    assert line.split("\t")[9] == HOSTILE
    tabbed = msgspec.structs.replace(weak_call().sample, sample="a\tb\nc")
    text = vcf_text(msgspec.structs.replace(weak_call(), sample=tabbed), CONTIGS)
    assert "\tFORMAT\ta%09b%0Ac\n" in text


def test_an_aligner_without_numbers_is_missing_and_a_new_one_has_keys_of_its_own() -> None:
    call = weak_call().calls[2]
    alone = changed(call, by_aligner=call.by_aligner[:1])
    line = vcf_text(with_calls(weak_call(), alone), CONTIGS).split("\n")[-2]
    assert line.endswith(":.:.:.:.:.:.:.")
    assert aligner_tag("mini-map 2") == "MINI_MAP_2"


@pytest.mark.parametrize(
    ("variant", "filters", "told"),
    [
        (Variant(chrom="chr9", pos=5, ref="A", alt="C"), (), "contig that the VCF does not declare"),
        (Variant(chrom="chr2", pos=242193529, ref="AC", alt="A"), (), "beyond the end"),
        (Variant(chrom="chr2", pos=5, ref="A", alt="<DEL>"), (), "two different alleles"),
        (Variant(chrom="chr2", pos=5, ref="a", alt="c"), (), "two different alleles"),
        (Variant(chrom="chr2", pos=5, ref="A", alt="A"), (), "two different alleles"),
        (Variant(chrom="chr2", pos=5, ref="A", alt="C"), ("low depth",), "cannot be the name of a VCF filter"),
        (Variant(chrom="chr2", pos=5, ref="A", alt="C"), ("PASS",), "cannot be the name of a VCF filter"),
    ],
)
def test_what_a_vcf_cannot_say_is_refused(
    variant: Variant, filters: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    call = changed(weak_call().calls[2], variant=variant, filters=filters)
    with pytest.raises(KinescapeError, match=told):
        write_vcf(tmp_path / "variants.vcf.gz", with_calls(weak_call(), call), CONTIGS)
    assert list(tmp_path.iterdir()) == []


def test_the_same_result_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_vcf(tmp_path / name / "variants.vcf.gz", weak_call(), CONTIGS)
    for file in ("variants.vcf.gz", "variants.vcf.gz.tbi"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    assert gzip.decompress((tmp_path / "a" / "variants.vcf.gz").read_bytes()).decode() == vcf_text(weak_call(), CONTIGS)
