"""From the text of a change (``ALK:L1196M``) to a variant on the panel and the bases it replaces."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kinescape.coordinates import to_zero_based
from kinescape.errors import InputError
from kinescape.panel import hgvs
from kinescape.panel.model import Panel
from kinescape.records import Variant
from kinescape.simulate.spec import SpecError

_COORDINATES = re.compile(r"^(?P<pos>[1-9][0-9]{0,9}):(?P<ref>[ACGT]+)>(?P<alt>[ACGT]+)$", re.IGNORECASE)
FORMS = "ALK:L1196M, ALK:c.3604G>A, chr2:29220765:G>T or chr2:g.29220765G>T"


@dataclass(frozen=True)
class Change:
    """A variant (1-based, left-aligned) and the smallest replacement it makes.

    ``[start, end)`` (0-based, plus strand) is replaced by ``alt``; an insertion has ``start == end``.
    """

    variant: Variant
    start: int
    end: int
    alt: str

    def overlaps(self, other: Change) -> bool:
        """Whether both cannot lie on one molecule: they replace a common base or insert at the same place."""
        if self.variant.chrom != other.variant.chrom:
            return False
        if self.start == self.end and other.start == other.end:
            return self.start == other.start
        return self.start < other.end and other.start < self.end


def parse_change(panel: Panel, text: str, key: str) -> Change:
    """Read one change. A protein change that several codons make is a transition if one makes it, else the first.

    Raises
    ------
    SpecError
        At ``key``: not one of the forms, gene or residue not of the panel, wrong reference base.
    """
    try:
        variant = hgvs.normalise(panel, _variant(panel, text, key))
    except SpecError:
        raise
    except InputError as problem:
        raise SpecError(key, problem.what, found=problem.found or text, expected=problem.expected) from None
    return _smallest(variant)


def _variant(panel: Panel, text: str, key: str) -> Variant:
    left, colon, rest = text.strip().partition(":")
    if not (left and colon and rest):
        raise SpecError(key, "not a change", found=text, expected=FORMS)
    coordinates = _COORDINATES.match(rest)
    if coordinates:
        ref, alt = coordinates["ref"].upper(), coordinates["alt"].upper()
        if ref == alt:
            raise SpecError(key, "changes nothing", found=text, expected=FORMS)
        variant = Variant(chrom=left, pos=int(coordinates["pos"]), ref=ref, alt=alt)
        _check_reference(panel, variant, key)
        return variant
    if rest.startswith("g."):
        return hgvs.variant_from_g(panel, text.strip())
    if rest.startswith("c."):
        return hgvs.variant_from_c(panel, left, rest)
    ways = hgvs.variants_for_protein(panel, left, rest)
    if not ways:
        raise SpecError(key, "no change of the codon makes it", found=text, expected=FORMS)
    return min(ways, key=_unlikely)


def _unlikely(variant: Variant) -> int:
    """0 for a transition, 1 for a transversion, 2 for more than one base: the order in which mutations are common."""
    if len(variant.ref) != 1 or len(variant.alt) != 1:
        return 2
    return 0 if {variant.ref, variant.alt} in ({"A", "G"}, {"C", "T"}) else 1


def _check_reference(panel: Panel, variant: Variant, key: str) -> None:
    start = to_zero_based(variant.pos)
    window = panel.window_at(variant.chrom, start, start + len(variant.ref))
    if window is None:
        raise SpecError(key, "lies outside the panel's windows", found=variant.name)
    there = window.sequence[start - window.start : start - window.start + len(variant.ref)]
    if there != variant.ref:
        raise SpecError(key, "wrong reference base", found=variant.name, expected=f"{there} at {variant.pos}")


def _smallest(variant: Variant) -> Change:
    ref, alt, start = variant.ref, variant.alt, to_zero_based(variant.pos)
    while ref and alt and ref[0] == alt[0]:
        ref, alt, start = ref[1:], alt[1:], start + 1
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    return Change(variant, start, start + len(ref), alt)
