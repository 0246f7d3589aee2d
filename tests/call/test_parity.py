"""LoFreq's printed numbers: same records, same integers, same thresholds, on all eight VCF files."""

from dataclasses import replace
from pathlib import Path

import pytest

from alignment_files import DATA, loaded
from kinescape.call.indel import IndelSettings, indel_candidates
from kinescape.call.lofreq import call_bam, filtered
from kinescape.call.settings import CallSettings
from kinescape.call.snv import SnvSettings, snv_candidates
from kinescape.call.vcf import vcf_text
from kinescape.columns.bam import AlignmentFile
from kinescape.columns.indel_quality import dindel_by_position, with_dindel_quality
from kinescape.columns.pileup import PileupSettings
from kinescape.columns.reference import Reference
from parity_counts import unpack, without_alignment_quality

MODES = {
    "nobaq": CallSettings(pileup=PileupSettings(alignment_quality="off")),
    "nobaq_nodefault": CallSettings(pileup=PileupSettings(alignment_quality="off"), default_filter=False),
    "baq": CallSettings(),
    "indels": CallSettings(call_indels=True),
}

FULL = Path(__file__).parents[2].parent / "shared" / "parity"
"""The whole BAM files, where they lie beside the project."""


def records(text: str) -> list[tuple[object, ...]]:
    """Lines of a VCF, AF as a number."""
    rows = []
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        chrom, pos, _, ref, alt, qual, verdict, info = line.split("\t")
        fields = dict(part.split("=") if "=" in part else (part, "") for part in info.split(";"))
        frequency = float(fields.pop("AF"))
        rows.append((chrom, int(pos), ref, alt, int(qual), verdict, tuple(sorted(fields.items())), frequency))
    return rows


def thresholds(text: str) -> list[str]:
    """Names of the filters that a VCF header declares."""
    return [line.split("ID=")[1].split(",")[0] for line in text.splitlines() if line.startswith("##FILTER")]


def agrees(text: str, sample: str, mode: str) -> None:
    printed = (DATA / f"{sample}.{mode}.vcf").read_text()
    mine, theirs = records(text), records(printed)
    assert [row[:-1] for row in mine] == [row[:-1] for row in theirs]
    assert [row[-1] for row in mine] == pytest.approx([row[-1] for row in theirs], abs=1e-6)
    assert thresholds(text) == thresholds(printed)


def call(bam: Path, settings: CallSettings) -> str:
    result = call_bam(bam, DATA / "reference.fa", settings)
    return vcf_text(result.passed, result.filters, result.contigs, "call", "reference.fa")


@pytest.mark.parametrize("mode", MODES)
def test_sample_2_from_its_reads(mode):
    settings = MODES[mode]
    # The reads are packed without BI and BD, which LoFreq's --dindel made of the reference.
    settings = replace(settings, pileup=replace(settings.pileup, indel_quality="dindel"))
    agrees(call(DATA / "parity_2.cram", settings), "parity_2", mode)


@pytest.mark.parametrize("mode", MODES)
def test_sample_1_from_its_counts(mode):
    settings = MODES[mode]
    candidates, snv_tests, indel_tests = [], 0, 1
    with Reference(DATA / "reference.fa") as reference:
        for columns, indels in unpack(DATA / "parity_1.counts.npz"):
            codes = reference.codes(columns.contig, DATA)
            if settings.pileup.alignment_quality == "off":
                columns = without_alignment_quality(columns)
            if settings.call_indels:
                found, indel_tests = indel_candidates(columns, indels, codes, IndelSettings(), indel_tests)
                candidates += found
            part = codes[columns.start : columns.start + columns.size]
            found, snv_tests = snv_candidates(columns, part, SnvSettings(), snv_tests)
            candidates = sorted([*candidates, *found], key=lambda one: contigs_order(one.contig, one.position))
    calls, lines = filtered(candidates, settings, snv_tests, indel_tests)
    passed = [each for each in calls if each.passed]
    agrees(vcf_text(passed, lines, (), "call", "reference.fa"), "parity_1", mode)


def contigs_order(contig: str, position: int) -> tuple[int, int]:
    names = [line[1:].split()[0] for line in (DATA / "reference.fa").read_text().splitlines() if line.startswith(">")]
    return names.index(contig), position


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sample", ["parity_1", "parity_2"])
def test_whole_files_with_lofreqs_tags(sample, mode):
    bam = FULL / f"{sample}.bam"
    if not bam.exists():
        pytest.skip("the whole BAM files are not part of the project")
    agrees(call(bam, MODES[mode]), sample, mode)


@pytest.mark.slow
@pytest.mark.parametrize("sample", ["parity_1", "parity_2"])
def test_dindel_qualities_are_the_tags_that_lofreq_wrote(sample):
    bam = FULL / f"{sample}.bam"
    if not bam.exists():
        pytest.skip("the whole BAM files are not part of the project")
    with Reference(DATA / "reference.fa") as reference:
        for reads in loaded(bam):
            name = AlignmentFile(bam, DATA / "reference.fa").contigs[reads.contig].name
            computed = with_dindel_quality(reads, dindel_by_position(reference.codes(name, bam)))
            assert (computed.insertion_quality == reads.insertion_quality).all()
            assert (computed.deletion_quality == reads.deletion_quality).all()
