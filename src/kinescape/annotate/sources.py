"""The sources that can be consulted: names, licences, where they are published. Facts only; nothing is read here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kinescape.errors import InputError

SourceKey = Literal["gnomad", "clinvar", "boostdm", "civic"]


@dataclass(frozen=True)
class Source:
    """One database.

    Attributes
    ----------
    urls
        Where it is published, for GRCh38; ``{chrom}`` stands for a chromosome of the panel. Empty: it has to be
        brought by the user.
    by_index
        Whether the files are too large to be brought whole, so that only the blocks of the panel's windows are read,
        through the tabix index beside them.
    md5_beside
        Whether the publisher puts ``URL.md5`` beside the file.
    """

    key: SourceKey
    label: str
    what: str
    licence: str
    home: str
    urls: tuple[str, ...]
    version: str = ""
    """Version and date of the default addresses; empty where they change and the file states them."""
    date: str = ""
    by_index: bool = False
    md5_beside: bool = False


_GNOMAD = "https://storage.googleapis.com/gcp-public-data--gnomad/release/4.1/vcf"

SOURCES: dict[str, Source] = {
    each.key: each
    for each in (
        Source(
            key="gnomad",
            label="gnomAD",
            what="allele fractions in the population",
            licence="CC0 1.0",
            home="https://gnomad.broadinstitute.org/",
            urls=(
                f"{_GNOMAD}/exomes/gnomad.exomes.v4.1.sites.{{chrom}}.vcf.bgz",
                f"{_GNOMAD}/genomes/gnomad.genomes.v4.1.sites.{{chrom}}.vcf.bgz",
            ),
            version="4.1",
            date="2024-04-19",
            by_index=True,
        ),
        Source(
            key="clinvar",
            label="ClinVar",
            what="clinical significance as submitted",
            licence="public domain (NCBI)",
            home="https://www.ncbi.nlm.nih.gov/clinvar/",
            urls=("https://ftp.ncbi.nlm.nih.gov/pub/clinvar/vcf_GRCh38/clinvar.vcf.gz",),
            md5_beside=True,
        ),
        Source(
            key="boostdm",
            label="BoostDM",
            what="predicted drivers, from a table of your own",
            licence="as agreed with the publisher (IntOGen)",
            home="https://www.intogen.org/boostdm/",
            urls=(),
        ),
        Source(
            key="civic",
            label="CIViC",
            what="curated clinical evidence items",
            licence="CC0 1.0",
            home="https://civicdb.org/",
            urls=("https://civicdb.org/downloads/nightly/nightly-civic_accepted.vcf",),
        ),
    )
}
"""By key, in the order in which they are listed. Date of gnomAD 4.1: its release notes."""


def source_of(name: str) -> Source:
    """The source of that key or label, whatever its case; InputError when there is none."""
    found = SOURCES.get(name.lower())
    if found is None:
        raise InputError("no such annotation source", found=name, expected="one of " + ", ".join(SOURCES))
    return found
