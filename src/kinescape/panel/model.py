"""The nouns of a panel.

Positions are 0-based half-open on the plus strand of the chromosome unless a name says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from kinescape.coordinates import reverse_complement
from kinescape.errors import InputError
from kinescape.records import Variant

FEATURE_KINDS = ("domain", "motif", "helix", "residue", "region")


@dataclass(frozen=True)
class Exon:
    """One exon of the reporting transcript, untranslated part included.

    ``c_first`` and ``c_last`` are 1-based inclusive c. numbers of its coding part, which lies at
    ``[coding_start, coding_end)`` on the chromosome; all four are 0 in an exon without coding bases.
    """

    number: int
    start: int
    end: int
    c_first: int
    c_last: int
    coding_start: int
    coding_end: int


@dataclass(frozen=True)
class Gene:
    """A gene with its reporting transcript. ``exons`` are in the order of transcription, ``strand`` is -1 or +1.

    ``cds`` runs from the start codon to the stop codon, 5' to 3'; ``protein`` has no sign for the stop. ``utr3`` is
    what follows the stop codon (needed only to find the next stop of a frameshift or a lost stop); may be empty.
    """

    symbol: str
    refseq: str
    ensembl: str
    chrom: str
    strand: int
    exons: tuple[Exon, ...]
    cds: str
    protein: str
    utr3: str = ""

    @property
    def start(self) -> int:
        """First 0-based position of the transcript on the chromosome."""
        return min(exon.start for exon in self.exons)

    @property
    def end(self) -> int:
        """End (exclusive) of the transcript on the chromosome."""
        return max(exon.end for exon in self.exons)

    def exon(self, number: int) -> Exon:
        """The exon with this number; KeyError when there is none."""
        for exon in self.exons:
            if exon.number == number:
                return exon
        raise KeyError(number)

    def position_of_coding_base(self, c_number: int) -> int:
        """0-based chromosome position of coding base ``c_number`` (1-based, 1 to ``len(cds)``)."""
        for exon in self.exons:
            if exon.c_first <= c_number <= exon.c_last and exon.c_first:
                offset = c_number - exon.c_first
                return exon.coding_start + offset if self.strand > 0 else exon.coding_end - 1 - offset
        raise InputError(f"{self.symbol} {self.refseq} has no coding base {c_number}", expected=f"1 to {len(self.cds)}")

    def codon_positions(self, residue: int) -> tuple[int, int, int]:
        """0-based chromosome positions of the three bases of a residue (1-based), in the order of the codon."""
        first = 3 * residue - 2
        return (
            self.position_of_coding_base(first),
            self.position_of_coding_base(first + 1),
            self.position_of_coding_base(first + 2),
        )


@dataclass(frozen=True)
class Window:
    """A stretch of the genome whose bases are at hand: plus strand, upper case, A, C, G and T only."""

    name: str
    chrom: str
    start: int
    end: int
    sequence: str


@dataclass(frozen=True)
class Amplicon:
    """One PCR product. ``[start, end)`` with primers, ``[insert_start, insert_end)`` between them.

    Primers are as ordered, 5' to 3'; the forward primer reads the plus strand of the genome (not of the gene).
    """

    name: str
    gene: str
    exon: int
    chrom: str
    start: int
    end: int
    insert_start: int
    insert_end: int
    forward_primer: str
    reverse_primer: str

    def holds(self, chrom: str, start: int, end: int) -> bool:
        """Whether ``[start, end)`` lies wholly between the primers, where bases are evidence."""
        return chrom == self.chrom and self.insert_start <= start and end <= self.insert_end


@dataclass(frozen=True)
class Feature:
    """A named part of a protein, residues 1-based inclusive.

    ``verified`` is True only where nothing in ``basis`` was written from memory; never show another one as checked.
    ``sequence`` is empty where the source gives none.
    """

    gene: str
    first_aa: int
    last_aa: int
    name: str
    kind: str
    basis: str
    verified: bool
    sequence: str = ""


@dataclass(frozen=True)
class KnownChange:
    """A protein change that the panel is asked about.

    ``variants`` are all its single-nucleotide ways; where no single base suffices, its ways with the fewest changed
    bases (``GG>AA`` for a codon, an insertion for a duplication). ``amplicon`` names the amplicon whose insert holds
    them all; None means that this design cannot see the change.
    """

    gene: str
    protein: str
    hgvs_p: str
    exon: int | None
    variants: tuple[Variant, ...]
    amplicon: str | None
    note: str
    basis: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def single_base(self) -> bool:
        """Whether one changed base is enough."""
        return bool(self.variants) and all(len(each.ref) == len(each.alt) == 1 for each in self.variants)


@dataclass(frozen=True)
class Fusion:
    """A fusion of a partner with a panel gene: partner residues 1..``partner_last_aa``, then the gene from
    ``gene_first_aa`` on. ``junction`` is the residue that the fused codon makes, in place of the gene's residue
    ``gene_first_aa``; empty when the junction changes no residue."""

    name: str
    variant: str
    partner: str
    partner_exon: int
    partner_last_aa: int
    gene: str
    gene_exon: int
    gene_first_aa: int
    junction: str
    length_aa: int
    basis: str


@dataclass(frozen=True)
class Panel:
    """A panel as read from its folder. ``sha256`` covers the bytes of all its files."""

    name: str
    version: str
    date: str
    genome: str
    description: str
    folder: Path
    sha256: str
    sources: tuple[str, ...]
    genes: dict[str, Gene]
    windows: tuple[Window, ...]
    amplicons: tuple[Amplicon, ...]
    features: tuple[Feature, ...] = ()
    known: tuple[KnownChange, ...] = ()
    fusions: tuple[Fusion, ...] = ()
    partners: dict[str, str] = field(default_factory=dict)
    """Fusion partner -> its protein sequence."""
    accessions: dict[str, str] = field(default_factory=dict)
    """Chromosome -> its accession (``NC_000002.12``), for HGVS with accessions."""
    coding_stretches: tuple[Window, ...] = ()
    """Coding exons outside all windows, cut from the CDS: their bases are known although their introns are not."""

    def window_at(self, chrom: str, start: int, end: int) -> Window | None:
        """The window that holds the whole of ``[start, end)``."""
        return _holding(self.windows, chrom, start, end)

    def stretch_at(self, chrom: str, start: int, end: int) -> Window | None:
        """The window, or else the coding exon, that holds the whole of ``[start, end)``."""
        return self.window_at(chrom, start, end) or _holding(self.coding_stretches, chrom, start, end)

    def base(self, chrom: str, pos0: int) -> str:
        """The base of the plus strand; InputError where the panel does not know it."""
        return self.bases(chrom, pos0, pos0 + 1)

    def bases(self, chrom: str, start: int, end: int) -> str:
        """The bases of ``[start, end)`` on the plus strand; InputError where the panel does not know them."""
        stretch = self.stretch_at(chrom, start, end)
        if stretch is None:
            raise InputError(
                f"{chrom}:{start + 1}-{end} is outside the sequences of panel '{self.name}'",
                expected="a position inside its windows or coding exons",
            )
        return stretch.sequence[start - stretch.start : end - stretch.start]

    def amplicon_at(self, chrom: str, pos0: int) -> Amplicon | None:
        """The amplicon whose insert (not its primers) holds the position."""
        for amplicon in self.amplicons:
            if amplicon.holds(chrom, pos0, pos0 + 1):
                return amplicon
        return None

    def gene_at(self, chrom: str, pos0: int) -> Gene | None:
        """The gene whose reporting transcript, introns included, spans the position."""
        for gene in self.genes.values():
            if gene.chrom == chrom and gene.start <= pos0 < gene.end:
                return gene
        return None

    def gene(self, symbol: str) -> Gene:
        """The gene of that symbol; InputError when the panel has none."""
        if symbol not in self.genes:
            raise InputError(
                f"no gene of panel '{self.name}'", found=symbol, expected="one of " + ", ".join(self.genes)
            )
        return self.genes[symbol]

    def known_change(self, gene: str, name: str) -> KnownChange | None:
        """The known change of that name (``G1202R``) or alias (``T1151insT``)."""
        for change in self.known:
            if change.gene == gene and (change.protein == name or name in change.aliases):
                return change
        return None


def _holding(stretches: tuple[Window, ...], chrom: str, start: int, end: int) -> Window | None:
    for stretch in stretches:
        if stretch.chrom == chrom and stretch.start <= start and end <= stretch.end:
            return stretch
    return None


def coding_sequence_of(gene: Gene, exon: Exon) -> str:
    """The coding part of an exon as the plus strand of the chromosome reads it, cut from the CDS."""
    if not exon.c_first:
        return ""
    part = gene.cds[exon.c_first - 1 : exon.c_last]
    return part if gene.strand > 0 else reverse_complement(part)
