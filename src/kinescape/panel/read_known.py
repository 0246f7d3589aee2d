"""The known changes of a panel: read, completed by the ways that the list leaves out, compared with the sequences."""

from __future__ import annotations

from pathlib import Path

from kinescape.errors import InputError
from kinescape.panel import tally
from kinescape.panel.codons import CODE
from kinescape.panel.edit import Edit, edit_of, variant_of
from kinescape.panel.hgvs import describe
from kinescape.panel.model import Gene, KnownChange, Panel
from kinescape.panel.protein_change import parse_protein_change
from kinescape.panel.region import exon_of
from kinescape.panel.residues import variants_for_protein
from kinescape.panel.tally import Tally
from kinescape.records import Variant
from kinescape.tables import Row, read_table

REQUIRED_COLUMNS = ("gene", "protein", "basis")
OPTIONAL_COLUMNS = ("hgvs_p", "hgvs_c", "chrom", "pos", "ref", "alt", "exon", "codon", "aliases", "note")
NOT_GIVEN = "."


def read_known(path: Path, panel: Panel, counts: Tally) -> tuple[KnownChange, ...]:
    """The table of known changes; ``panel`` is complete but for them.

    One line for each change, or for each of its variants. Whatever a line states (c. and p. name, place and alleles,
    exon, codon) is compared with what follows from the sequences; ``.`` or an empty cell states nothing.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in read_table(path, required=REQUIRED_COLUMNS, optional=OPTIONAL_COLUMNS):
        groups.setdefault((row.choice("gene", tuple(panel.genes)), row.text("protein")), []).append(row)
    known: list[KnownChange] = []
    for (symbol, name), rows in groups.items():
        change = _known(panel, panel.genes[symbol], name, rows, counts)
        for other in known:
            if other.gene == symbol and {change.protein, *change.aliases} & {other.protein, *other.aliases}:
                raise rows[0].error(f"names the same change as {other.protein}", column="protein")
        known.append(change)
    return tuple(known)


def _known(panel: Panel, gene: Gene, name: str, rows: list[Row], counts: Tally) -> KnownChange:
    try:
        change = parse_protein_change(name)
        ways = variants_for_protein(panel, gene.symbol, name)
    except InputError as problem:
        raise _at(rows[0], "protein", problem) from None
    if change.one_letter() != name:
        raise rows[0].error("one-letter name of the change", column="protein", expected=change.one_letter())
    counts.add(tally.KNOWN_RESIDUES)
    listed: list[Variant] = []
    for row in rows:
        variant = _listed_variant(panel, row, name, counts)
        if variant is not None:
            if variant in listed:
                raise row.error("variant stands twice", column="pos")
            listed.append(variant)
        _check_names(gene, row, f"p.({change.three_letter()})", ways)
    variants = tuple(listed) + tuple(way for way in ways if way not in listed)
    exons = {exon_of(gene, edit_of(panel, variant)) for variant in variants}
    stated = _cell(rows[0], "aliases")
    return KnownChange(
        gene=gene.symbol,
        protein=name,
        hgvs_p=f"p.({change.three_letter()})",
        exon=exons.pop() if len(exons) == 1 else None,
        variants=variants,
        amplicon=_amplicon(panel, variants),
        note="; ".join(dict.fromkeys(filter(None, (_cell(row, "note") for row in rows)))),
        basis="; ".join(dict.fromkeys(row.text("basis") for row in rows)),
        aliases=tuple(part.strip() for part in stated.split(";")) if stated else (),
    )


def _listed_variant(panel: Panel, row: Row, name: str, counts: Tally) -> Variant | None:
    """The variant of a line, if it states one: its base, its names and its residue must be the sequences'."""
    if not _cell(row, "pos"):
        return None
    variant = Variant(chrom=row.text("chrom"), pos=row.integer("pos"), ref=row.text("ref"), alt=row.text("alt"))
    try:
        normal = variant_of(panel, edit_of(panel, variant))
        consequence = describe(panel, variant)
    except InputError as problem:
        raise _at(row, "ref", problem) from None
    if consequence is None or consequence.gene != row.text("gene"):
        raise row.error(f"{variant.name} is not in {row.text('gene')}", column="pos")
    if normal != variant:
        raise row.error(f"{variant.name} is not left-aligned and trimmed", column="pos", expected=normal.name)
    for column, found in (
        ("protein", consequence.protein),
        ("hgvs_c", consequence.hgvs_c),
        ("exon", str(consequence.exon or "")),
    ):
        stated = _cell(row, column)
        if stated and stated != found:
            raise row.error(f"{variant.name} does not agree", column=column, expected=found)
    codon = _cell(row, "codon")
    if codon and codon != _codon_change(panel, panel.genes[consequence.gene], variant, name):
        expected = _codon_change(panel, panel.genes[consequence.gene], variant, name)
        raise row.error(f"{variant.name} does not agree", column="codon", expected=expected)
    counts.add(tally.KNOWN_BASES)
    return variant


def _codon_change(panel: Panel, gene: Gene, variant: Variant, name: str) -> str:
    """``GGA>AGA``, or ``.`` for a change that is not one codon for another."""
    change = parse_protein_change(name)
    edit: Edit = edit_of(panel, variant)
    if change.form != "substitution" or len(edit.ref) != len(edit.alt):
        return NOT_GIVEN
    positions = gene.codon_positions(change.first)
    plus = {edit.start + index: base for index, base in enumerate(edit.alt)}
    complement = dict(zip("ACGT", "TGCA", strict=True))
    old = gene.cds[3 * change.first - 3 : 3 * change.first]
    new = "".join(
        (plus[position] if gene.strand > 0 else complement[plus[position]]) if position in plus else base
        for position, base in zip(positions, old, strict=True)
    )
    return f"{old}>{new}" if CODE[new] == change.alt else NOT_GIVEN


def _check_names(gene: Gene, row: Row, hgvs_p: str, ways: tuple[Variant, ...]) -> None:
    """What a line states beside its variant: three-letter name, chromosome, and the exon of a change without bases."""
    stated = _cell(row, "hgvs_p")
    if stated and stated != hgvs_p:
        raise row.error("three-letter name of the change", column="hgvs_p", expected=hgvs_p)
    if _cell(row, "chrom") not in ("", gene.chrom):
        raise row.error(f"{gene.symbol} is on another chromosome", column="chrom", expected=gene.chrom)
    if _cell(row, "exon") and not _cell(row, "pos") and ways:
        position = ways[0].pos - 1
        numbers = {str(exon.number) for exon in gene.exons if exon.start <= position < exon.end}
        if _cell(row, "exon") not in numbers:
            raise row.error("exon of the change", column="exon", expected=", ".join(numbers))


def _amplicon(panel: Panel, variants: tuple[Variant, ...]) -> str | None:
    for amplicon in panel.amplicons:
        if variants and all(amplicon.holds(v.chrom, v.pos - 1, v.pos - 1 + len(v.ref)) for v in variants):
            return amplicon.name
    return None


def _cell(row: Row, column: str) -> str:
    value = row.text(column, "")
    return "" if value == NOT_GIVEN else value


def _at(row: Row, column: str, problem: InputError) -> InputError:
    """The same fault, with the place of the row."""
    return InputError(
        problem.what, file=row.file, line=row.line, column=column, found=problem.found, expected=problem.expected
    )
