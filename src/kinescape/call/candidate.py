"""A significant variant before the filters, with the numbers of a LoFreq VCF line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Candidate:
    """One line of a LoFreq-like VCF.

    Attributes
    ----------
    contig, position
        0-based position of the first base of ``reference``.
    reference, alternative
        Alleles; an insertion or deletion stands behind its anchor base.
    quality
        -10 log10 P, cut to a whole number (QUAL).
    depth
        DP: spanning reads; of an insertion or deletion without those that end at its anchor.
    allele_frequency
        AF: reads with the allele over ``depth``, in single precision.
    strand_bias
        SB: phred of Fisher's test on ``dp4``.
    dp4
        Reads with the reference (or without the event) and with the alternative, forward and reverse each.
    high_quality_count
        HQA: alternative bases that were used in the test; None for an insertion or deletion.
    homopolymer
        HRUN: length of the homopolymer to the right of an insertion or deletion; None for an SNV.
    """

    contig: str
    position: int
    reference: str
    alternative: str
    quality: int
    depth: int
    allele_frequency: float
    strand_bias: int
    dp4: tuple[int, int, int, int]
    high_quality_count: int | None = None
    homopolymer: int | None = None

    @property
    def is_indel(self) -> bool:
        """Whether it is an insertion or deletion."""
        return self.homopolymer is not None
