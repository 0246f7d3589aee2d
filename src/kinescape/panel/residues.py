"""From a protein change back to the variants of the genome that make it."""

from __future__ import annotations

from itertools import product

from kinescape.coordinates import reverse_complement
from kinescape.errors import InputError
from kinescape.panel.codons import STOP, codons_for
from kinescape.panel.edit import Edit, trimmed, variant_of
from kinescape.panel.model import Gene, Panel
from kinescape.panel.protein_change import ProteinChange, parse_protein_change
from kinescape.records import Variant

MOST_WAYS = 64
"""More ways than this are no answer: the change then has to be given by its c. name."""


def variants_for_protein(panel: Panel, gene: str, change: str) -> tuple[Variant, ...]:
    """The variants that make a protein change, with as few changed bases as possible.

    A substitution gives every codon of the new residue at the smallest number of changed bases: single-nucleotide
    variants where there are any (``G1202R``: two), else two or three bases as one variant (``G1202K``: one). ``del``
    and ``dup`` give the whole codons, ``ins`` every codon of the new residues. Empty when no single variant makes the
    change, because the codon is split between exons.

    Raises
    ------
    InputError
        Not a protein change, a residue that the reporting transcript does not have there, or a change that does not
        name its bases (frameshift, extension, lost start).
    """
    own = panel.gene(gene)
    parsed = _checked(own, parse_protein_change(change), change)
    if parsed.form in ("substitution", "delins", "same"):
        return _replacements(panel, own, parsed, change)
    if parsed.form in ("del", "dup"):
        return _codon_copies(panel, own, parsed)
    if parsed.form == "ins":
        return _insertions(panel, own, parsed, change)
    raise InputError("does not name its bases", found=change, expected="the c. name of the change")


def _checked(gene: Gene, change: ProteinChange, text: str) -> ProteinChange:
    """Compare the stated residues with the protein, and fill in those that the name leaves out."""
    protein = gene.protein + STOP
    if not 1 <= change.first <= change.last <= len(protein):
        raise InputError(
            f"{text}: {gene.symbol} {gene.refseq} has no such residue",
            found=change.last,
            expected=f"1 to {len(gene.protein)}",
        )
    for residue, stated in ((change.first, change.ref[0]), (change.last, change.ref[-1])):
        if stated not in ("?", protein[residue - 1]):
            raise InputError(
                f"{text}: reference residue of {gene.symbol} {gene.refseq}",
                found=f"{stated}{residue}",
                expected=f"{protein[residue - 1]}{residue} (codon {_codon(gene, residue)})",
            )
    ref = protein[change.first - 1 : change.last]
    return ProteinChange(change.form, change.first, change.last, ref, change.alt, change.distance)


def _codon(gene: Gene, residue: int) -> str:
    return gene.cds[3 * residue - 3 : 3 * residue]


def _replacements(panel: Panel, gene: Gene, change: ProteinChange, text: str) -> tuple[Variant, ...]:
    alt = change.ref if change.form == "same" else change.alt
    if len(alt) != len(change.ref):
        raise InputError("does not name its bases", found=text, expected="the c. name of the change")
    old = gene.cds[3 * change.first - 3 : 3 * change.last]
    ways = [new for new in _codings(alt, text) if new != old]
    if not ways:
        return ()
    fewest = min(_distance(old, new) for new in ways)
    found = (_replacing(panel, gene, change.first, old, new) for new in ways if _distance(old, new) == fewest)
    return tuple(sorted(variant for variant in found if variant is not None))


def _codings(residues: str, text: str) -> list[str]:
    choices = [codons_for(residue) for residue in residues]
    ways = 1
    for choice in choices:
        ways *= len(choice)
    if ways > MOST_WAYS:
        raise InputError(f"can be made in {ways} ways", found=text, expected="the c. name of the change")
    return ["".join(codons) for codons in product(*choices)]


def _distance(left: str, right: str) -> int:
    return sum(a != b for a, b in zip(left, right, strict=True))


def _replacing(panel: Panel, gene: Gene, residue: int, old: str, new: str) -> Variant | None:
    """One variant that turns the coding bases ``old`` from the residue's first base on into ``new``; None if split."""
    changed = [index for index in range(len(old)) if old[index] != new[index]]
    first, last = changed[0], changed[-1]
    edit = _contiguous(
        gene, 3 * residue - 2 + first, 3 * residue - 2 + last, old[first : last + 1], new[first : last + 1]
    )
    return None if edit is None else variant_of(panel, edit)


def _contiguous(gene: Gene, c_first: int, c_last: int, ref: str, alt: str) -> Edit | None:
    """The edit of the coding bases ``c_first`` to ``c_last`` (1-based), None when an intron lies between them."""
    start, end = sorted((gene.position_of_coding_base(c_first), gene.position_of_coding_base(c_last)))
    if end - start != c_last - c_first:
        return None
    if gene.strand < 0:
        ref, alt = reverse_complement(ref), reverse_complement(alt)
    return trimmed(Edit(gene.chrom, start, ref, alt))


def _codon_copies(panel: Panel, gene: Gene, change: ProteinChange) -> tuple[Variant, ...]:
    """Deletion or duplication of whole codons."""
    c_first, c_last = 3 * change.first - 2, 3 * change.last
    bases = gene.cds[c_first - 1 : c_last]
    edit = _contiguous(gene, c_first, c_last, bases, bases * 2 if change.form == "dup" else "")
    return () if edit is None else (variant_of(panel, edit),)


def _insertions(panel: Panel, gene: Gene, change: ProteinChange, text: str) -> tuple[Variant, ...]:
    """New codons between two residues; a copy of the residues before keeps their codons (it is their duplication)."""
    length = len(change.alt)
    if gene.protein[change.first - length : change.first] == change.alt:
        copied = ProteinChange("dup", change.first - length + 1, change.first, change.alt)
        return _codon_copies(panel, gene, copied)
    left, right = 3 * change.first, 3 * change.first + 1
    flanks = gene.cds[left - 1 : right]
    edits = [_contiguous(gene, left, right, flanks, flanks[0] + new + flanks[1]) for new in _codings(change.alt, text)]
    return tuple(sorted(variant_of(panel, edit) for edit in edits if edit is not None))
