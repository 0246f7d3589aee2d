"""The truth VCF, read by a strict reader of our own and by bcftools where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

SETTINGS: dict[str, Any] = {
    "pairs": {"default": 200, "ROS1_E41": 0},
    "haplotypes": [
        {"name": "ros1", "fraction": 0.1, "changes": ["ROS1:L2155S", "ROS1:c.6094G>A"]},
        {"name": "alk", "fraction": 0.2, "changes": ["ALK:c.3521_3523del", "ALK:L1196M", "ALK:c.3452_3454dup"]},
        {"name": "alk2", "fraction": 0.1, "changes": ["ALK:L1196M"]},
    ],
    "germline": [{"change": "chr2:29209860:G>A"}],
}


def test_vcf_is_complete_sorted_and_labelled(write_sample: Callable[..., Any]) -> None:
    sample = write_sample(**SETTINGS)
    text = sample.truth.files[2].read_text()
    lines = text.splitlines()
    assert lines[0] == "##fileformat=VCFv4.3"
    assert any(line.startswith("##simulated=yes") for line in lines)
    header = [line for line in lines if line.startswith("##")]
    contigs = re.findall(r"^##contig=<ID=([^,>]+)", text, re.MULTILINE)
    assert contigs == ["chr2", "chr6"]
    defined = set(re.findall(r"^##INFO=<ID=(\w+)", text, re.MULTILINE))
    assert lines[len(header)] == "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
    records = [line.split("\t") for line in lines[len(header) + 1 :]]
    assert len(records) == 6
    assert [(contigs.index(r[0]), int(r[1])) for r in records] == sorted(
        (contigs.index(r[0]), int(r[1])) for r in records
    )
    by_place = {}
    for chrom, pos, identifier, ref, alt, qual, verdict, info in records:
        assert (identifier, qual, verdict) == (".", ".", ".")
        start = int(pos) - 1
        assert sample.panel.bases(chrom, start, start + len(ref)) == ref
        # Left-aligned and parsimonious: alleles end differently, and begin with one common base only as an anchor.
        assert ref[-1] != alt[-1]
        assert len(ref) == 1 or len(alt) == 1
        values = dict(item.partition("=")[::2] for item in info.split(";"))
        assert set(values) <= defined
        by_place[chrom, int(pos)] = values
    both = by_place["chr2", 29220765]
    assert both["TVAF"] == "0.3"
    assert both["HAP"] == "alk,alk2"
    assert (both["TM"], both["TR"]) == ("3000", "200")
    assert "GERMLINE" in by_place["chr2", 29209860]
    failed = by_place["chr6", 117308899]
    assert (failed["AM"], failed["TM"], failed["AR"], failed["TR"]) == ("0", "0", "0", "0")


def test_bcftools_reads_it(write_sample: Callable[..., Any]) -> None:
    bcftools = shutil.which("bcftools")
    if bcftools is None:
        pytest.skip("bcftools is not installed")
    sample = write_sample(**SETTINGS)
    command = [bcftools, "query", "-f", "%POS %REF %ALT %INFO/TVAF %INFO/AR\n", str(sample.truth.files[2])]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 6


def test_a_sample_without_changes_has_a_vcf_without_records(write_sample: Callable[..., Any]) -> None:
    sample = write_sample(pairs=20)
    assert sample.truth.variants == ()
    assert sample.truth.files[2].read_text().splitlines()[-1].startswith("#CHROM")
