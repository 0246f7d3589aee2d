"""Names of variants with the accession of the sequence they count on, as exchange formats want them."""

from __future__ import annotations

from kinescape.records import Call

_VERSIONS = dict(
    zip(
        [*(str(number) for number in range(1, 23)), "X", "Y"],
        [11, 12, 12, 12, 10, 12, 14, 11, 12, 11, 10, 12, 11, 9, 10, 10, 11, 10, 10, 11, 9, 11, 11, 10],
        strict=True,
    )
)
"""Chromosome -> version of its RefSeq accession; NCBI assembly report of GRCh38 (GCF_000001405.40)."""


def accession(chrom: str, genome: str) -> str:
    """``chr2`` -> ``NC_000002.12``; empty for another genome or contig."""
    name = chrom.removeprefix("chr")
    if genome != "GRCh38" or name not in _VERSIONS:
        return ""
    number = {"X": 23, "Y": 24}.get(name) or int(name)
    return f"NC_{number:06d}.{_VERSIONS[name]}"


def hgvs_genomic(call: Call, genome: str) -> str:
    """``NC_000002.12:g.29220765G>T``; empty where the chromosome has no accession here or the call no name."""
    found = accession(call.variant.chrom, genome)
    if not found or call.consequence is None:
        return ""
    return f"{found}:{call.consequence.hgvs_g.rpartition(':')[2]}"


def hgvs_coding(call: Call) -> str:
    """``NM_004304.5:c.3586C>A``; empty where there is no name."""
    named = call.consequence
    return f"{named.transcript}:{named.hgvs_c.rpartition(':')[2]}" if named and named.hgvs_c else ""


def hgvs_protein(call: Call) -> str:
    """``p.(Leu1196Met)``, without an accession: the result names the transcript, not the protein's own record."""
    named = call.consequence
    return named.hgvs_p.rpartition(":")[2] if named else ""
