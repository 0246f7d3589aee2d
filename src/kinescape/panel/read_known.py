"""The known changes of a panel."""

from __future__ import annotations

from pathlib import Path

from kinescape.panel.model import Amplicon, KnownChange
from kinescape.records import Variant
from kinescape.tables import Row, read_table

KNOWN_COLUMNS = ("gene", "protein", "hgvs_p", "hgvs_c", "chrom", "pos", "ref", "alt", "exon", "codon", "basis")
OPTIONAL_COLUMNS = ("aliases", "note")
NONE = "."


def read_known(path: Path, amplicons: tuple[Amplicon, ...]) -> tuple[KnownChange, ...]:
    """The table of known changes: one line for each way on the nucleotides, grouped by gene and protein change."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in read_table(path, required=KNOWN_COLUMNS, optional=OPTIONAL_COLUMNS):
        groups.setdefault((row.text("gene"), row.text("protein")), []).append(row)
    return tuple(_known(rows, amplicons) for rows in groups.values())


def _known(rows: list[Row], amplicons: tuple[Amplicon, ...]) -> KnownChange:
    first = rows[0]
    variants = tuple(
        Variant(chrom=row.text("chrom"), pos=row.integer("pos"), ref=row.text("ref"), alt=row.text("alt"))
        for row in rows
        if row.text("pos") != NONE
    )
    amplicon = next(
        (
            each.name
            for each in amplicons
            if variants and all(each.holds(v.chrom, v.pos - 1, v.pos - 1 + len(v.ref)) for v in variants)
        ),
        None,
    )
    exon = first.text("exon")
    return KnownChange(
        gene=first.text("gene"),
        protein=first.text("protein"),
        hgvs_p=first.text("hgvs_p"),
        exon=None if exon == NONE else first.integer("exon"),
        variants=variants,
        amplicon=amplicon,
        note=first.text("note", ""),
        basis=first.text("basis"),
        aliases=tuple(first.text("aliases", "").split(";")) if first.text("aliases", "") else (),
    )
