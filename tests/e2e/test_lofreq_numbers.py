"""From FASTQ, through distinct mates: the integers that LoFreq printed for a BAM of all reads.

Needs the full parity BAM, which is too large to be packed; skipped where it is not beside the checkout. The packed
parity data (``tests/call``) cover the caller itself.
"""

from __future__ import annotations

from pathlib import Path

import pysam
import pytest

from kinescape.cli.main import main
from kinescape.coordinates import reverse_complement
from kinescape.report.result import read_result

PARITY = Path(__file__).resolve().parents[3] / "shared" / "parity"
pytestmark = [
    pytest.mark.aligners,
    pytest.mark.skipif(not PARITY.is_dir(), reason="the full parity BAMs are not beside this checkout"),
]


def write_fastq(bam: Path, folder: Path) -> list[str]:
    reads: tuple[list[str], list[str]] = ([], [])
    names: tuple[list[str], list[str]] = ([], [])
    with pysam.AlignmentFile(str(bam), check_sq=False) as alignments:
        for read in alignments:
            if read.is_secondary or read.is_supplementary:
                continue
            bases, qualities = read.query_sequence or "", read.qual or ""
            if read.is_reverse:
                bases, qualities = reverse_complement(bases), qualities[::-1]
            mate = 1 if read.is_read2 else 0
            reads[mate].append(f"@{read.query_name}\n{bases}\n+\n{qualities}\n")
            names[mate].append(read.query_name or "")
    paths = []
    for mate in (0, 1):
        order = sorted(range(len(names[mate])), key=names[mate].__getitem__)
        path = folder / f"reads_{mate + 1}.fastq"
        path.write_text("".join(reads[mate][index] for index in order))
        paths.append(str(path))
    return paths


@pytest.mark.parametrize("sample", ["parity_1", "parity_2"])
def test_same_integers_as_lofreq_on_all_reads(sample: str, tmp_path: Path) -> None:
    files = write_fastq(PARITY / f"{sample}.bam", tmp_path)
    arguments = ["run", "--fastq", *files, "-o", str(tmp_path / "out"), "--sample", "S", "--mode", "lofreq", "--quiet"]
    assert main(arguments) == 0
    ours = {
        (call.variant.chrom, call.variant.pos, call.variant.alt): call.by_aligner[0]
        for call in read_result(tmp_path / "out" / "samples" / "S" / "result.json").calls
    }
    with pysam.VariantFile(str(PARITY / f"{sample}.nobaq.vcf")) as theirs:
        records = list(theirs)
    assert len(records) >= 8
    for record in records:
        chrom, _, span = record.chrom.partition(":")
        place = (chrom, int(span.split("-")[0]) + record.pos - 1, (record.alts or ("",))[0])
        assert place in ours, place
        call = ours[place]
        assert call.qual == int(record.qual or 0), place
        assert call.depth == record.info["DP"]
        assert call.dp4 == tuple(record.info["DP4"])
        assert call.strand_bias == record.info["SB"]
        assert call.vaf == pytest.approx(record.info["AF"], abs=1e-6)
