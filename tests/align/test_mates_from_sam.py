"""SAM lines of an aligner -> arrays."""

from __future__ import annotations

import pytest

from kinescape.align.mates import UNPLACED, alignments_from_sam
from kinescape.align.reference import Contig
from kinescape.errors import KinescapeError

CONTIGS = {"chr2:101-200": Contig("chr2", 100), "chr6": Contig("chr6", 0)}


def sam(name: int, flag: int, contig: str, position: int, quality: int, cigar: str) -> bytes:
    return f"{name}\t{flag}\t{contig}\t{position}\t{quality}\t{cigar}\t*\t0\t0\tACGT\tIIII\n".encode()


def test_positions_become_chromosome_positions() -> None:
    lines = [
        b"@SQ\tSN:chr6\tLN:1000\n",
        sam(0, 0, "chr2:101-200", 11, 60, "4M"),
        sam(1, 16, "chr6", 500, 42, "1S2M3D1M"),
        sam(2, 4, "*", 0, 0, "*"),
        sam(3, 0, "chr9", 7, 60, "4M"),
    ]
    placed = alignments_from_sam("bwa", lines, 4, CONTIGS)
    assert placed.chromosomes == ("chr2", "chr6")
    assert placed.chrom.tolist() == [0, 1, UNPLACED, UNPLACED]
    assert placed.start.tolist()[:2] == [110, 499]
    assert placed.end.tolist()[:2] == [114, 505]
    assert placed.reverse.tolist() == [False, True, False, False]
    assert placed.mapping_quality.tolist() == [60, 42, 0, 0]
    assert placed.operations.tolist() == [[0, 4], [4, 1], [0, 2], [2, 3], [0, 1]]
    assert placed.operation_start.tolist() == [0, 1, 5, 5, 5]


def test_a_mate_counts_once_where_it_was_placed_first() -> None:
    lines = [
        sam(0, 0, "chr6", 500, 60, "4M"),
        sam(0, 2048, "chr6", 700, 60, "4M"),
        sam(0, 256, "chr6", 900, 0, "4M"),
    ]
    placed = alignments_from_sam("bwa", lines, 1, CONTIGS)
    assert placed.start.tolist() == [499]


def test_output_cut_short_is_a_failure() -> None:
    with pytest.raises(KinescapeError, match="1 of 2 mates"):
        alignments_from_sam("bwa", [sam(0, 0, "chr6", 500, 60, "4M")], 2, CONTIGS)
    with pytest.raises(KinescapeError, match="not SAM"):
        alignments_from_sam("bwa", [b"0\t0\tchr6"], 1, CONTIGS)
