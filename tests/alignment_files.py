"""Small BAM files and references, written by tests."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pysam

from kinescape.columns.aligned import AlignedReads, ReadFilter
from kinescape.columns.bam import AlignmentFile
from kinescape.columns.decode import decoded

DATA = Path(__file__).parent / "data" / "parity"


@dataclass
class Read:
    """One alignment of a test; ``start`` is 0-based."""

    start: int
    cigar: str
    bases: str
    qualities: list[int] | int = 30
    flag: int = 0
    mapping_quality: int = 60
    contig: str = "chrT"
    name: str = "r"
    tags: tuple[tuple[str, object], ...] = ()


def write_fasta(path: Path, sequences: dict[str, str]) -> Path:
    path.write_text("".join(f">{name}\n{sequence}\n" for name, sequence in sequences.items()))
    return path


def write_bam(path: Path, contigs: dict[str, int], reads: list[Read], order: str = "coordinate") -> Path:
    """Write reads as they come; the header says they are sorted. The suffix decides between BAM, CRAM and SAM."""
    header = pysam.AlignmentHeader.from_dict(
        {"HD": {"VN": "1.6", "SO": order}, "SQ": [{"SN": name, "LN": length} for name, length in contigs.items()]}
    )
    with pysam.AlignmentFile(str(path), {".bam": "wb", ".sam": "w"}[path.suffix], header=header) as handle:
        for read in reads:
            handle.write(_segment(read, header))
    return path


def _segment(read: Read, header: pysam.AlignmentHeader) -> pysam.AlignedSegment:
    segment = pysam.AlignedSegment(header)
    segment.query_name = read.name
    segment.flag = read.flag
    segment.reference_id = header.get_tid(read.contig)
    segment.reference_start = read.start
    segment.mapping_quality = read.mapping_quality
    segment.cigarstring = read.cigar
    segment.query_sequence = read.bases
    if read.qualities != []:
        qualities = [read.qualities] * len(read.bases) if isinstance(read.qualities, int) else read.qualities
        segment.query_qualities = pysam.qualitystring_to_array("".join(chr(33 + quality) for quality in qualities))
    for name, value in read.tags:
        segment.set_tag(name, value)
    return segment


def random_reads(
    rng: np.random.Generator, reference: str, count: int, length: int = 40, contig: str = "chrT"
) -> list[Read]:
    """Sorted reads with mismatches, N, gaps, clips, low qualities and all strands."""
    reads = []
    for start in np.sort(rng.integers(0, len(reference) - length - 8, count)):
        bases, cigar = _walk(rng, reference, int(start), length)
        quality = rng.choice([2, 5, 11, 25, 30, 37, 41], len(bases)).tolist()
        reads.append(
            Read(
                int(start),
                cigar,
                bases,
                quality,
                flag=int(rng.choice([0, 16])),
                mapping_quality=int(rng.choice([0, 20, 60])),
                contig=contig,
            )
        )
    return reads


def _walk(rng: np.random.Generator, reference: str, start: int, length: int) -> tuple[str, str]:
    """Bases and CIGAR of one read of about ``length`` aligned bases."""
    letters = "".join(rng.choice(list("ACGT"), 12))
    clip, end_clip = int(rng.integers(0, 4)), int(rng.integers(0, 4))
    bases, cigar, x = letters[:clip], f"{clip}S" if clip else "", start
    kind = rng.choice(["none", "none", "insertion", "deletion"])
    if kind != "none":
        first, gap = int(rng.integers(8, length - 8)), int(rng.integers(1, 4))
        bases += reference[x : x + first]
        cigar += f"{first}M"
        x += first
        if kind == "insertion":
            bases, cigar = bases + letters[4 : 4 + gap], cigar + f"{gap}I"
        else:
            cigar, x = cigar + f"{gap}D", x + gap
        length -= first
    bases += reference[x : x + length]
    cigar += f"{length}M"
    bases, cigar = bases + letters[:end_clip], cigar + (f"{end_clip}S" if end_clip else "")
    changed = [str(rng.choice(list("ACGTN"))) if rng.random() < 0.05 else base for base in bases]
    return "".join(changed), cigar


def loaded(path: Path, keep: ReadFilter | None = None) -> list[AlignedReads]:
    """All reads that count, as batches."""
    alignments = AlignmentFile(path, DATA / "reference.fa")
    keep = keep or ReadFilter()
    return [batch for records in alignments.blocks() for batch in decoded(records, alignments.contigs, keep, path)]
