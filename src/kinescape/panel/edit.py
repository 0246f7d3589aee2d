"""A change of the genome without its VCF wrapping: ``ref`` at ``start`` becomes ``alt``; trim it, shift it, name it.

Left alignment as VCF wants it (Tan, Abecasis, Kang, Bioinformatics 2015;31:2202); the most 3' place and the forms del,
dup, ins, delins and inv as HGVS nomenclature 21.0 wants them ("General", "DNA").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kinescape.coordinates import reverse_complement, to_one_based, to_zero_based
from kinescape.errors import InputError
from kinescape.panel.fasta import BASES
from kinescape.panel.model import Panel, Window
from kinescape.records import Variant


@dataclass(frozen=True, order=True)
class Edit:
    """Replace ``ref`` (plus strand, from the 0-based position ``start`` on) by ``alt``; an empty ``ref`` inserts."""

    chrom: str
    start: int
    ref: str
    alt: str

    @property
    def end(self) -> int:
        """First position behind the replaced bases."""
        return self.start + len(self.ref)

    @property
    def slides(self) -> bool:
        """Whether it is a pure insertion or deletion, which may have several equivalent places."""
        return bool(self.ref) != bool(self.alt)


def edit_of(panel: Panel, variant: Variant) -> Edit:
    """The trimmed edit of a VCF variant.

    Raises
    ------
    InputError
        Letters other than A, C, G and T, no change, or a reference allele that differs from the panel's sequence.
        Where the panel has no sequence (deep introns) the reference allele is taken as it is.
    """
    ref, alt = variant.ref.upper(), variant.alt.upper()
    for name, allele in (("reference", ref), ("alternative", alt)):
        if not allele or set(allele) - set(BASES):
            raise InputError(f"{variant.name}: {name} allele", found=allele, expected="A, C, G and T")
    if ref == alt:
        raise InputError(f"{variant.name} changes nothing", expected="two different alleles")
    edit = Edit(variant.chrom, to_zero_based(variant.pos), ref, alt)
    check_reference(panel, edit, variant.name)
    return trimmed(edit)


def check_reference(panel: Panel, edit: Edit, name: str) -> None:
    """InputError unless the panel's plus strand reads ``ref`` at ``start``, as far as its sequences reach."""
    for stretch in (*panel.windows, *panel.coding_stretches):
        start, end = max(edit.start, stretch.start), min(edit.end, stretch.end)
        if stretch.chrom != edit.chrom or start >= end:
            continue
        found = edit.ref[start - edit.start : end - edit.start]
        expected = stretch.sequence[start - stretch.start : end - stretch.start]
        if found != expected:
            raise InputError(
                f"{name}: reference {'base' if len(found) == 1 else 'bases'} at {edit.chrom}:{to_one_based(start)}",
                found=found,
                expected=f"{expected} ({panel.genome}, plus strand)",
            )


def trimmed(edit: Edit) -> Edit:
    """The edit without the bases that ``ref`` and ``alt`` share at their ends."""
    ref, alt = edit.ref, edit.alt
    shortest = min(len(ref), len(alt))
    tail = 0
    while tail < shortest and ref[-1 - tail] == alt[-1 - tail]:
        tail += 1
    head = 0
    while head < shortest - tail and ref[head] == alt[head]:
        head += 1
    return Edit(edit.chrom, edit.start + head, ref[head : len(ref) - tail], alt[head : len(alt) - tail])


def stretch_around(panel: Panel, edit: Edit) -> Window | None:
    """The sequence inside which an edit may slide: it holds the replaced bases, or both sides of an insertion."""
    if edit.ref:
        return panel.stretch_at(edit.chrom, edit.start, edit.end)
    return panel.stretch_at(edit.chrom, edit.start - 1, edit.start + 1) or panel.stretch_at(
        edit.chrom, edit.start, edit.start
    )


def clipped(stretch: Window, start: int, end: int) -> Window:
    """The part of a stretch inside ``[start, end)``."""
    start, end = max(start, stretch.start), min(end, stretch.end)
    return Window(
        stretch.name, stretch.chrom, start, end, stretch.sequence[start - stretch.start : end - stretch.start]
    )


def shifted(edit: Edit, stretch: Window, direction: int) -> Edit:
    """The equivalent insertion or deletion farthest to the left (-1) or right (+1) inside the stretch."""
    if not edit.slides:
        return edit
    start, end, moving = edit.start, edit.end, edit.ref or edit.alt
    sequence, origin = stretch.sequence, stretch.start
    if direction < 0:
        while start > origin and sequence[start - 1 - origin] == moving[-1]:
            moving = moving[-1] + moving[:-1]
            start, end = start - 1, end - 1
    else:
        while end < stretch.end and sequence[end - origin] == moving[0]:
            moving = moving[1:] + moving[0]
            start, end = start + 1, end + 1
    return Edit(edit.chrom, start, moving, "") if edit.ref else Edit(edit.chrom, start, "", moving)


def variant_of(panel: Panel, edit: Edit) -> Variant:
    """The VCF variant: left-aligned inside its stretch, with the base before it where one allele would be empty.

    Raises
    ------
    InputError
        An insertion or deletion where the panel has no sequence: its left-most place cannot be known.
    """
    if not edit.slides:
        return Variant(chrom=edit.chrom, pos=to_one_based(edit.start), ref=edit.ref, alt=edit.alt)
    stretch = stretch_around(panel, edit)
    if stretch is None:
        raise InputError(
            f"{edit.chrom}:{to_one_based(edit.start)} is outside the sequences of panel '{panel.name}'",
            expected="a position inside its windows or coding exons",
        )
    edit = shifted(edit, stretch, -1)
    start, ref, alt = edit.start, edit.ref, edit.alt
    if start > stretch.start:
        start -= 1
        anchor = stretch.sequence[start - stretch.start]
        ref, alt = anchor + ref, anchor + alt
    else:
        # Nothing is known before the stretch; VCF then takes the base after (as at position 1 of a chromosome).
        anchor = stretch.sequence[edit.end - stretch.start]
        ref, alt = ref + anchor, alt + anchor
    return Variant(chrom=edit.chrom, pos=to_one_based(start), ref=ref, alt=alt)


def dna_name(edit: Edit, number: Callable[[int], str], strand: int, stretch: Window | None) -> str:
    """The part of a c. or g. name after the dot.

    Parameters
    ----------
    edit
        The edit, already at its most 3' place.
    number
        0-based chromosome position -> its number in the name.
    strand
        -1 names the edit as the minus strand reads it.
    stretch
        The bases around an insertion, to see whether it repeats what lies on its 5' side; None where not known.
    """
    ref, alt = edit.ref, edit.alt
    if strand < 0:
        ref, alt = reverse_complement(ref), reverse_complement(alt)
    if len(ref) == len(alt) == 1:
        return f"{number(edit.start)}{ref}>{alt}"
    if ref:
        span = _span(edit.start, edit.end, number, strand)
        if not alt:
            return f"{span}del"
        return f"{span}inv" if alt == reverse_complement(ref) else f"{span}delins{alt}"
    start, end = (edit.start - len(alt), edit.start) if strand > 0 else (edit.start, edit.start + len(alt))
    if stretch is not None and stretch.start <= start and end <= stretch.end:
        copied = stretch.sequence[start - stretch.start : end - stretch.start]
        if copied == edit.alt:
            return _span(start, end, number, strand) + "dup"
    return f"{_span(edit.start - 1, edit.start + 1, number, strand)}ins{alt}"


def _span(start: int, end: int, number: Callable[[int], str], strand: int) -> str:
    first, last = (start, end - 1) if strand > 0 else (end - 1, start)
    return number(first) if first == last else f"{number(first)}_{number(last)}"
