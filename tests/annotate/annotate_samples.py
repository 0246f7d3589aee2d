"""Small files of variants, made for the tests. Their numbers are invented; the bases are the panel's."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import pysam

from kinescape.panel.load import load_panel

PANEL = load_panel()
CONTIGS = "##contig=<ID=chr2,length=242193529>\n##contig=<ID=chr6,length=170805979>\n"
T1151M, G1202R, G2032R = ("chr2", 29222407, "G", "A"), ("chr2", 29220747, "C", "T"), ("chr6", 117317184, "C", "T")
COMMON = ("chr2", 29220717, "G", "A")
"""ALK R1212C, which nothing is on record of: the tests pretend that it is common."""
GNOMAD = [(*T1151M, "AC=19;AN=1000000;AF=0.000019;AF_grpmax=0.00005;grpmax=sas"), (*COMMON, "AC=300;AN=1000;AF=0.3")]
CLINVAR = [
    (*G1202R, "CLNSIG=Pathogenic/Likely_pathogenic;CLNDN=Invented_tumour|not_provided;CLNREVSTAT=no_assertion"),
    (*G2032R, "ONC=Oncogenic;ONCDN=Invented_tumour;CLNVC=single_nucleotide_variant"),
]
Line = tuple[str, int, str, str, str]


def vcf_text(lines: Sequence[Line], *, header: str = CONTIGS, bare: bool = False) -> str:
    """A VCF; ``bare`` writes chromosomes without ``chr``."""
    rows = sorted(lines, key=lambda each: (each[0], each[1]))
    body = "".join(
        f"{c.removeprefix('chr') if bare else c}\t{p}\t{n}\t{r}\t{a}\t.\tPASS\t{i}\n"
        for n, (c, p, r, a, i) in enumerate(rows, 101)
    )
    return f"##fileformat=VCFv4.2\n{header}#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n{body}"


def plain_vcf(path: Path, lines: Sequence[Line], *, header: str = CONTIGS, bare: bool = False) -> Path:
    path.write_text(vcf_text(lines, header=header, bare=bare))
    return path


def gzip_vcf(path: Path, lines: Sequence[Line]) -> Path:
    path.write_bytes(gzip.compress(vcf_text(lines).encode()))
    return path


def bgzip_vcf(path: Path, lines: Sequence[Line], *, index: bool = True, bare: bool = False) -> Path:
    with pysam.BGZFile(str(path), "w", None) as handle:
        handle.write(vcf_text(lines, bare=bare).encode())
    if index:
        pysam.tabix_index(str(path), preset="vcf", force=True, keep_original=True)
    return path


def many(chrom: str = "chr2", step: int = 7) -> list[Line]:
    """A record at every ``step``-th base of the windows of a chromosome and of their surroundings."""
    lines: list[Line] = []
    other = dict(zip("ACGT", "CATG", strict=True))
    for window in PANEL.windows:
        if window.chrom != chrom:
            continue
        around = range(window.start - 900, window.start, 9)
        lines += [(chrom, p, "A", "T", "AF=0.5") for p in around if PANEL.window_at(chrom, p - 1, p) is None]
        for offset in range(0, len(window.sequence), step):
            ref = window.sequence[offset]
            lines.append((chrom, window.start + offset + 1, ref, other[ref], f"AC={offset};AN=100000"))
    return sorted(set(lines), key=lambda each: each[1])


def window_records(lines: Sequence[Line]) -> int:
    return sum(any(w.chrom == c and w.start < p <= w.end for w in PANEL.windows) for c, p, *_ in lines)
