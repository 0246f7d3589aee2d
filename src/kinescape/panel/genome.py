"""Lengths of whole chromosomes, which file headers state although a panel holds only windows of them."""

from __future__ import annotations

from kinescape.panel.model import Panel

GRCH38_LENGTHS = {
    "chr1": 248956422,
    "chr2": 242193529,
    "chr3": 198295559,
    "chr4": 190214555,
    "chr5": 181538259,
    "chr6": 170805979,
    "chr7": 159345973,
    "chr8": 145138636,
    "chr9": 138394717,
    "chr10": 133797422,
    "chr11": 135086622,
    "chr12": 133275309,
    "chr13": 114364328,
    "chr14": 107043718,
    "chr15": 101991189,
    "chr16": 90338345,
    "chr17": 83257441,
    "chr18": 80373285,
    "chr19": 58617616,
    "chr20": 64444167,
    "chr21": 46709983,
    "chr22": 50818468,
    "chrX": 156040895,
    "chrY": 57227415,
}
"""NCBI assembly report of GRCh38 (GCF_000001405.40)."""


def contigs(panel: Panel) -> list[tuple[str, int]]:
    """(name, length) of the chromosomes; where the genome is not GRCh38, the length is the last window's end."""
    names = sorted({window.chrom for window in panel.windows})
    ends = {name: max(window.end for window in panel.windows if window.chrom == name) for name in names}
    lengths = GRCH38_LENGTHS if panel.genome == "GRCh38" else {}
    return [(name, lengths.get(name, ends[name])) for name in names]
