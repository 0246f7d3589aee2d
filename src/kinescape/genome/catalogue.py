"""Which genomes are known by name."""

from __future__ import annotations

from dataclasses import dataclass

from kinescape.errors import InputError


@dataclass(frozen=True)
class Genome:
    """A genome as it is published: one gzip FASTA."""

    name: str
    what: str
    url: str
    md5: str
    bytes: int
    """Of the file as it is published."""
    bases: int
    """About as many as the FASTA holds: for the free space asked for."""


GENOMES = {
    "hg38": Genome(
        name="hg38",
        what="GRCh38 analysis set for aligners: no alternative loci, pseudoautosomal copies on Y masked (NCBI)",
        url=(
            "https://ftp.ncbi.nlm.nih.gov/genomes/all/GCA/000/001/405/GCA_000001405.15_GRCh38/"
            "seqs_for_alignment_pipelines.ucsc_ids/GCA_000001405.15_GRCh38_no_alt_analysis_set.fna.gz"
        ),
        md5="a08035b6a6e31780e96a34008ff21bd6",  # md5checksums.txt of the same folder
        bytes=872_949_833,
        bases=3_099_922_541,
    )
}


def genome_named(name: str) -> Genome:
    """The genome of this name; InputError for another."""
    if name not in GENOMES:
        raise InputError("unknown genome", found=name, expected=" or ".join(GENOMES))
    return GENOMES[name]
