"""Where on the transcript a change lies: coding, untranslated, splice site or intron.

Splice sites are the two first and two last bases of an intron. Where equivalent places of an insertion lie on both
sides of an exon's end, the DNA alone does not tell what the spliceosome makes of it; see :func:`touched`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kinescape.coordinates import reverse_complement
from kinescape.panel.edit import Edit
from kinescape.panel.effect import CodingEdit, Kind
from kinescape.panel.model import Gene
from kinescape.panel.place import Place, exon_at, place_of


@dataclass(frozen=True)
class Touched:
    """What an edit touches. ``region`` is its kind where no codon has to be read, else ``coding`` is given."""

    region: Kind | None
    coding: CodingEdit | None
    exon: int | None


def touched(gene: Gene, last: Edit, first: Edit, *, duplicates: bool) -> Touched:
    """What an edit touches; ``last`` and ``first`` are its most 3' and most 5' place on the transcript.

    A change is judged at its most 3' place, as it is named, but for insertions at the ends of exons. One that repeats
    the last bases of an exon leaves the splice site as it was and lengthens the exon. One that could stand in the exon
    or behind its donor's first base, or that repeats (``duplicates``) intron and exon together, counts as in the splice
    site: which copy the spliceosome uses cannot be known.
    """
    if last.ref:
        return _at(gene, last, _region_of_replaced(gene, _places(gene, last)))
    place = last
    sides = _side(gene, first), _side(gene, last)
    if sides == ("inside", "edge"):
        place = first
    elif sides[1] == "outside" and sides[0] != "outside":
        return Touched("splice_site", None, None)
    elif sides[1] == "inside" and duplicates and not _copies_exon(gene, last):
        return Touched("splice_site", None, exon_of(gene, last))
    return _at(gene, place, _region_of_insertion(gene, _places(gene, place)))


def _copies_exon(gene: Gene, duplication: Edit) -> bool:
    """Whether the bases that a duplication at its most 3' place repeats are all exonic."""
    length = len(duplication.alt)
    start = duplication.start - length if gene.strand > 0 else duplication.start
    return all(exon_at(gene, position) is not None for position in range(start, start + length))


def exon_of(gene: Gene, edit: Edit) -> int | None:
    """The first exon that an edit touches; None in introns. An insertion is in an exon when both neighbours are."""
    if not edit.ref:
        left, right = exon_at(gene, edit.start - 1), exon_at(gene, edit.start)
        return left if left == right else None
    numbers = [number for number in (exon_at(gene, position) for position in range(edit.start, edit.end)) if number]
    return min(numbers) if numbers else None


def _places(gene: Gene, edit: Edit) -> list[Place]:
    """Of the replaced bases, or of both neighbours of an insertion."""
    first, last = (edit.start, edit.end - 1) if edit.ref else (edit.start - 1, edit.start)
    return [place_of(gene, position) for position in range(first, last + 1)]


def _at(gene: Gene, edit: Edit, region: Kind | None) -> Touched:
    exon = exon_of(gene, edit)
    if region is not None:
        return Touched(region, None, exon)
    indices = sorted(place.index for place in _places(gene, edit))
    alt = edit.alt if gene.strand > 0 else reverse_complement(edit.alt)
    start, end = (indices[0], indices[-1] + 1) if edit.ref else (indices[1], indices[1])
    return Touched(None, CodingEdit(start, end, alt), exon)


def _side(gene: Gene, insertion: Edit) -> Literal["inside", "edge", "outside"]:
    """Whether both, one or none of an insertion's neighbours are exonic."""
    exonic = [exon_at(gene, position) is not None for position in (insertion.start - 1, insertion.start)]
    return "inside" if all(exonic) else "edge" if any(exonic) else "outside"


def _region_of_replaced(gene: Gene, places: list[Place]) -> Kind | None:
    coding = [place.is_coding(gene) for place in places]
    if any(place.in_splice_site for place in places):
        return "splice_site"
    if all(coding):
        return None
    if not any(coding):
        return "intronic" if any(place.offset for place in places) else "utr"
    return "start_lost" if any(place.index < 0 for place in places) else "stop_lost"


def _region_of_insertion(gene: Gene, flanks: list[Place]) -> Kind | None:
    if any(place.offset for place in flanks):
        near = all(place.offset == 0 or place.in_splice_site for place in flanks)
        return "splice_site" if near else "intronic"
    return None if all(place.is_coding(gene) for place in flanks) else "utr"
