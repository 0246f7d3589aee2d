"""Genome, transcript and protein names of changes, on the panel's reporting transcripts.

``describe`` names one variant, ``combine`` several on one molecule; ``variant_from_g``, ``variant_from_c`` and
``variants_for_protein`` go the other way. Insertions and deletions are left-aligned in VCF and most 3' in names.
"""

from __future__ import annotations

from collections.abc import Callable

from kinescape.coordinates import to_one_based
from kinescape.errors import InputError
from kinescape.panel.edit import Edit, clipped, dna_name, edit_of, shifted, stretch_around, trimmed, variant_of
from kinescape.panel.effect import SEVERITY, Effect, Kind, effects_of
from kinescape.panel.model import Gene, Panel
from kinescape.panel.parse_dna import variant_from_c, variant_from_g
from kinescape.panel.place import place_of
from kinescape.panel.region import touched
from kinescape.panel.residues import variants_for_protein
from kinescape.records import Consequence, Variant

__all__ = ["combine", "describe", "normalise", "variant_from_c", "variant_from_g", "variants_for_protein"]


def normalise(panel: Panel, variant: Variant) -> Variant:
    """The same change trimmed and left-aligned inside its window (or coding exon).

    Raises
    ------
    InputError
        Wrong reference base, other letters than A, C, G, T, or an indel where the panel has no sequence.
    """
    return variant_of(panel, edit_of(panel, variant))


def describe(panel: Panel, variant: Variant) -> Consequence | None:
    """The variant in the words of the reporting transcript; None outside all genes of the panel.

    In introns where the panel has no sequence, the reference allele is not checked and indels are named where they
    stand.

    Raises
    ------
    InputError
        Wrong reference base, or other letters than A, C, G, T.
    """
    gene, edit = _in_gene(panel, edit_of(panel, variant))
    return None if gene is None else _consequence(panel, gene, [edit])


def combine(panel: Panel, variants: list[Variant] | tuple[Variant, ...]) -> Consequence:
    """Several variants of ONE molecule named together.

    Changes of the same codon, or of neighbouring codons, become one change of the protein (two bases of a codon:
    ``c.3604_3605delinsAA``, ``p.(Gly1202Lys)``); others stay apart: ``c.[3586C>A;3604G>A]``,
    ``p.[(Leu1196Met;Gly1202Arg)]``, ``L1196M+G1202R``. Behind a change that shifts the frame all are one.

    Raises
    ------
    InputError
        No variant, variants outside the genes or in different genes, or variants that overlap.
    """
    if not variants:
        raise InputError("no variant to name", expected="one variant or more")
    placed = [_in_gene(panel, edit_of(panel, variant)) for variant in variants]
    gene, edits = placed[0][0], sorted(edit for _, edit in placed)
    if gene is None or any(other is not gene for other, _ in placed):
        raise InputError(
            "variants cannot lie on one molecule of one gene",
            found=" + ".join(variant.name for variant in variants),
            expected="variants of one gene of the panel",
        )
    return _consequence(panel, gene, _merged(panel, gene, edits))


def _consequence(panel: Panel, gene: Gene, edits: list[Edit]) -> Consequence:
    """``edits`` are sorted, do not overlap, and lie inside the gene."""
    rightmost = [_slid(panel, edits, index, 1, None) for index in range(len(edits))]
    sense = [_slid(panel, edits, index, gene.strand, gene) for index in range(len(edits))]
    names_g = [_name(panel, edit, lambda position: str(to_one_based(position)), 1) for edit in rightmost]
    names_c = [_name(panel, edit, lambda position: place_of(gene, position).text(gene), gene.strand) for edit in sense]
    lies = [
        touched(gene, edit, _slid(panel, edits, index, -gene.strand, gene), duplicates=names_c[index].endswith("dup"))
        for index, edit in enumerate(sense)
    ]
    effects = effects_of(gene, sorted(each.coding for each in lies if each.coding is not None))
    kinds = [each.region for each in lies if each.region is not None] + [effect.kind for effect in effects]
    three_letter, one_letter = _protein_names(kinds, effects)
    exons = {each.exon for each in lies}
    return Consequence(
        gene=gene.symbol,
        transcript=gene.refseq,
        exon=exons.pop() if len(exons) == 1 else None,
        hgvs_g=f"{edits[0].chrom}:g.{_joined(names_g)}",
        hgvs_c=f"c.{_joined(names_c[:: gene.strand])}",
        hgvs_p=three_letter,
        protein=one_letter,
        kind=min(kinds, key=SEVERITY.index),
    )


def _in_gene(panel: Panel, edit: Edit) -> tuple[Gene | None, Edit]:
    """The gene that holds the whole edit, both neighbours of an insertion included, and the edit's place inside it.

    An insertion or deletion at the edge of a gene is inside when one of its equivalent places is.
    """
    stretch = stretch_around(panel, edit)
    others = () if stretch is None else (shifted(edit, stretch, -1), shifted(edit, stretch, 1))
    for place in (edit, *others):
        first, last = (place.start, place.end - 1) if place.ref else (place.start - 1, place.start)
        gene = panel.gene_at(place.chrom, first)
        if gene is not None and gene.start <= last < gene.end:
            return gene, place
    return None, edit


def _slid(panel: Panel, edits: list[Edit], index: int, direction: int, gene: Gene | None) -> Edit:
    """Edit ``index`` slid as far as it goes between its neighbours, and inside the gene if one is given."""
    edit = edits[index]
    stretch = stretch_around(panel, edit)
    if stretch is None:
        return edit
    start = edits[index - 1].end if index else stretch.start
    end = edits[index + 1].start if index + 1 < len(edits) else stretch.end
    if gene is not None:
        start, end = max(start, gene.start), min(end, gene.end)
    return shifted(edit, clipped(stretch, start, end), direction)


def _name(panel: Panel, edit: Edit, number: Callable[[int], str], strand: int) -> str:
    return dna_name(edit, number, strand, stretch_around(panel, edit))


def _joined(names: list[str]) -> str:
    return names[0] if len(names) == 1 else "[" + ";".join(names) + "]"


def _protein_names(kinds: list[Kind], effects: list[Effect]) -> tuple[str, str]:
    """Three- and one-letter name, predicted from the DNA: ``p.?`` where it cannot be told, both empty in introns."""
    if "splice_site" in kinds:
        return "p.?", ""
    if "start_lost" in kinds:
        return "p.(Met1?)", "M1?"
    names = [effect.change.three_letter() for effect in effects]
    if "?" in names or kinds.count("stop_lost") > sum(effect.kind == "stop_lost" for effect in effects):
        return "p.?", ""
    if not names:
        return "", ""
    three = f"p.({names[0]})" if len(names) == 1 else "p.[(" + ";".join(names) + ")]"
    return three, "+".join(filter(None, (effect.change.one_letter() for effect in effects)))


def _merged(panel: Panel, gene: Gene, edits: list[Edit]) -> list[Edit]:
    """Neighbouring edits as one; so are two substitutions around one base of the same codon (HGVS, "delins")."""
    merged: list[Edit] = []
    for edit in edits:
        before = merged[-1] if merged else None
        if before is None:
            merged.append(edit)
            continue
        if edit.start < before.end or (edit.start == before.start and not before.ref):
            raise InputError(
                "variants overlap, so they cannot lie on one molecule",
                found=f"{variant_of(panel, before).name} + {variant_of(panel, edit).name}",
            )
        if edit.start == before.end or _in_one_codon(gene, before, edit):
            between = panel.bases(edit.chrom, before.end, edit.start) if edit.start > before.end else ""
            joint = Edit(edit.chrom, before.start, before.ref + between + edit.ref, before.alt + between + edit.alt)
            merged[-1] = trimmed(joint)
            if not merged[-1].ref and not merged[-1].alt:
                merged.pop()
        else:
            merged.append(edit)
    if not merged:
        raise InputError("variants cancel each other", expected="a changed sequence")
    return merged


def _in_one_codon(gene: Gene, left: Edit, right: Edit) -> bool:
    """Whether two substitutions with one unchanged base between them lie in the same codon."""
    if right.start != left.end + 1 or len(left.ref) != len(left.alt) or len(right.ref) != len(right.alt):
        return False
    places = place_of(gene, left.end - 1), place_of(gene, right.start)
    return all(place.is_coding(gene) for place in places) and places[0].index // 3 == places[1].index // 3
