"""Calls as a VCF file with LoFreq's INFO fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pysam

from kinescape import __version__
from kinescape.call.filtering import FilteredCall, FilterLine
from kinescape.columns.bam import Contig
from kinescape.coordinates import to_one_based
from kinescape.files import whole_file, write_text

_INFO = (
    ("DP", "1", "Integer", "Reads that span the position; of an indel without those that end there"),
    ("AF", "1", "Float", "Allele frequency"),
    ("SB", "1", "Integer", "Strand bias: phred of Fisher's exact test on DP4"),
    ("DP4", "4", "Integer", "Reads with the reference (forward, reverse) and with the alternative (forward, reverse)"),
    ("HQA", "1", "Integer", "Alternative bases of sufficient quality that were used in the test"),
    ("INDEL", "0", "Flag", "Insertion or deletion"),
    ("HRUN", "1", "Integer", "Length of the homopolymer to the right of an insertion or deletion"),
)


def vcf_text(
    calls: Iterable[FilteredCall],
    filters: Sequence[FilterLine],
    contigs: Sequence[Contig],
    command: str,
    reference: str,
) -> str:
    """The whole file. ``command`` are the options that made it; ``reference`` is a file's name, without folder."""
    header = [
        "##fileformat=VCFv4.2",
        f"##source=kinescape {__version__} {command}",
        f"##reference={reference}",
        *(f"##contig=<ID={contig.name},length={contig.length}>" for contig in contigs),
        *(f'##INFO=<ID={name},Number={number},Type={kind},Description="{text}">' for name, number, kind, text in _INFO),
        *(f'##FILTER=<ID={line.name},Description="{line.description}">' for line in filters),
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO",
    ]
    return "\n".join([*header, *_lines(calls)]) + "\n"


def write_vcf(path: Path, text: str) -> None:
    """Write the file whole; a name that ends in ``.gz`` is compressed by bgzip and gets an index beside it."""
    if path.suffix != ".gz":
        write_text(path, text)
        return
    with whole_file(path) as temporary:
        with pysam.BGZFile(str(temporary), "w", None) as handle:
            handle.write(text.encode("utf-8"))
        index = path.with_name(path.name + ".tbi")
        with whole_file(index) as temporary_index:
            pysam.tabix_index(str(temporary), preset="vcf", force=True, keep_original=True, index=str(temporary_index))


def _lines(calls: Iterable[FilteredCall]) -> Iterator[str]:
    for call in calls:
        candidate = call.candidate
        info = [
            f"DP={candidate.depth}",
            f"AF={candidate.allele_frequency:f}",
            f"SB={candidate.strand_bias}",
            "DP4=" + ",".join(str(count) for count in candidate.dp4),
        ]
        if candidate.high_quality_count is not None:
            info.append(f"HQA={candidate.high_quality_count}")
        if candidate.homopolymer is not None:
            info += ["INDEL", f"HRUN={candidate.homopolymer}"]
        yield "\t".join(
            (
                candidate.contig,
                str(to_one_based(candidate.position)),
                ".",
                candidate.reference,
                candidate.alternative,
                str(candidate.quality),
                ";".join(call.failed) or "PASS",
                ";".join(info),
            )
        )
