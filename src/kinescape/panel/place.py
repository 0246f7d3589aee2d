"""Positions in c. numbering: ``3604``, ``3515+5``, ``-12``, ``*7-3``; to and from the chromosome.

Numbering follows HGVS nomenclature 21.0, "Numbering": coding bases from 1, ``-n`` before the start codon, ``*n`` after
the stop codon, ``+n`` and ``-n`` from the nearer exon inside introns (the upstream exon in the very middle).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kinescape.errors import InputError
from kinescape.panel.model import Exon, Gene

SPLICE_SITE_BASES = 2
"""The intron's dinucleotides at both ends, GT and AG."""

_PLACE = re.compile(r"(?P<region>[-*]?)(?P<number>\d+)(?P<offset>[+-]\d+)?")


@dataclass(frozen=True)
class Place:
    """A position relative to the spliced transcript.

    ``index`` is 0-based with the first base of the start codon at 0: negative before it, ``len(cds)`` and more after
    the stop codon. ``offset`` is 0 in exons, else the signed distance into the intron.
    """

    index: int
    offset: int = 0

    def text(self, gene: Gene) -> str:
        """As written in a c. name."""
        if self.index < 0:
            number = str(self.index)
        elif self.index < len(gene.cds):
            number = str(self.index + 1)
        else:
            number = f"*{self.index - len(gene.cds) + 1}"
        return f"{number}{self.offset:+d}" if self.offset else number

    def is_coding(self, gene: Gene) -> bool:
        """Whether the base belongs to a codon."""
        return self.offset == 0 and 0 <= self.index < len(gene.cds)

    @property
    def in_splice_site(self) -> bool:
        """Whether the base is one of the intron's two first or two last."""
        return 0 < abs(self.offset) <= SPLICE_SITE_BASES


def place_of(gene: Gene, position: int) -> Place:
    """The place of a 0-based chromosome position; InputError outside the transcript."""
    upstream: tuple[int, int] | None = None
    for exon, first in _indexed_exons(gene):
        before, inside = _relative(gene, exon, position)
        if inside is not None:
            return Place(first + inside)
        if before > 0:
            if upstream is None:
                break
            last, after = upstream
            return Place(last, after) if after <= before else Place(first, -before)
        upstream = first + exon.end - exon.start - 1, -before
    raise InputError(f"{gene.chrom}:{position + 1} is outside {gene.symbol} {gene.refseq}")


def position_of(gene: Gene, place: Place) -> int:
    """The 0-based chromosome position of a place.

    Raises
    ------
    InputError
        The transcript has no such base, or an offset does not start at the end of an exon or leaves its intron.
    """
    exons = _indexed_exons(gene)
    for number, (exon, first) in enumerate(exons):
        last = first + exon.end - exon.start - 1
        if not first <= place.index <= last:
            continue
        steps = place.index - first + place.offset
        position = exon.start + steps if gene.strand > 0 else exon.end - 1 - steps
        if place.offset:
            _check_offset(gene, place, exons, number, position)
        return position
    raise InputError(f"{gene.refseq} ({gene.symbol}) has no base c.{place.text(gene)}")


def exon_at(gene: Gene, position: int) -> int | None:
    """Number of the exon that holds the 0-based chromosome position; None in introns and outside."""
    for exon in gene.exons:
        if exon.start <= position < exon.end:
            return exon.number
    return None


def parse_place(gene: Gene, text: str) -> Place:
    """Read a position as written in a c. name; InputError when it is none."""
    match = _PLACE.fullmatch(text)
    if match is None or int(match["number"]) == 0:
        raise InputError("not a c. position", found=text, expected="such as 3604, 3515+5, -12 or *7")
    number = int(match["number"])
    index = {"": number - 1, "-": -number, "*": len(gene.cds) + number - 1}[match["region"]]
    if match["region"] == "" and number > len(gene.cds):
        raise InputError(
            f"{gene.refseq} ({gene.symbol}) has no coding base", found=f"c.{text}", expected=f"c.1 to c.{len(gene.cds)}"
        )
    return Place(index, int(match["offset"] or 0))


def _indexed_exons(gene: Gene) -> list[tuple[Exon, int]]:
    """Exons in the order of transcription, each with the index (see :class:`Place`) of its first base."""
    start_codon = 0
    for exon in gene.exons:
        if exon.c_first == 1:
            start_codon += exon.coding_start - exon.start if gene.strand > 0 else exon.end - exon.coding_end
            break
        start_codon += exon.end - exon.start
    indexed: list[tuple[Exon, int]] = []
    first = -start_codon
    for exon in gene.exons:
        indexed.append((exon, first))
        first += exon.end - exon.start
    return indexed


def _relative(gene: Gene, exon: Exon, position: int) -> tuple[int, int | None]:
    """(bases before the exon's first base, negative when behind its last one; index inside the exon or None)."""
    inside = position - exon.start if gene.strand > 0 else exon.end - 1 - position
    length = exon.end - exon.start
    if 0 <= inside < length:
        return 0, inside
    return (-inside, None) if inside < 0 else (length - 1 - inside, None)


def _check_offset(gene: Gene, place: Place, exons: list[tuple[Exon, int]], number: int, position: int) -> None:
    exon, first = exons[number]
    neighbour = number + 1 if place.offset > 0 else number - 1
    at_end = place.index == (first + exon.end - exon.start - 1 if place.offset > 0 else first)
    inside = 0 <= neighbour < len(exons) and exon_at(gene, position) is None and gene.start <= position < gene.end
    if inside:
        other = exons[neighbour][0]
        low, high = min(exon.end, other.end), max(exon.start, other.start)
        inside = low <= position < high
    if not at_end or not inside:
        raise InputError(
            f"c.{place.text(gene)} is not in an intron of {gene.refseq} ({gene.symbol})",
            expected="an offset from the first or last base of an exon",
        )
