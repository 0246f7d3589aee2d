"""VCF 4.3 again from a result: the same records as the run wrote."""

from __future__ import annotations

from pathlib import Path

from kinescape.files import write_text
from kinescape.panel.genome import GRCH38_LENGTHS
from kinescape.records import SampleResult
from kinescape.report.vcf import vcf_text, write_vcf


def export_vcf(path: Path, result: SampleResult) -> None:
    """Write ``path``: compressed and indexed where it ends in ``.gz``, else as text."""
    if path.suffix == ".gz":
        write_vcf(path, result, contigs_of(result))
    else:
        write_text(path, vcf_text(result, contigs_of(result)))


def contigs_of(result: SampleResult) -> list[tuple[str, int]]:
    """(name, length in bases) of the chromosomes that the result names, in the order of their names.

    A genome other than GRCh38 is known here by its amplicons only; a length is then the last position named on it.
    """
    ends: dict[str, int] = {}
    for amplicon in result.amplicons:
        ends[amplicon.chrom] = max(ends.get(amplicon.chrom, 0), amplicon.end)
    for call in result.calls:
        variant = call.variant
        ends[variant.chrom] = max(ends.get(variant.chrom, 0), variant.pos + len(variant.ref) - 1)
    lengths = GRCH38_LENGTHS if result.panel.genome == "GRCh38" else {}
    return [(name, lengths.get(name, ends[name])) for name in sorted(ends)]
