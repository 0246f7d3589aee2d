"""Windows and amplicons of a panel, compared with each other."""

from __future__ import annotations

import re
from pathlib import Path

from kinescape.coordinates import interval_to_zero_based, reverse_complement
from kinescape.errors import InputError
from kinescape.panel import tally
from kinescape.panel.fasta import BASES, Entry, read_fasta
from kinescape.panel.model import Amplicon, Gene, Window
from kinescape.panel.tally import Tally
from kinescape.tables import Row, read_table

AMPLICON_COLUMNS = (
    "name", "gene", "exon", "chrom", "start", "end", "insert_start", "insert_end", "forward_primer", "reverse_primer",
)  # fmt: skip
SHORTEST_PRIMER = 8
"""Bases; the model of the melting temperature is for oligonucleotides."""
_PLACE = re.compile(r"([^:\s]+):(\d+)-(\d+)")


def read_windows(path: Path) -> tuple[Window, ...]:
    """FASTA with headers ``>name chrom:first-last`` (1-based inclusive), plus strand."""
    windows: list[Window] = []
    for entry in read_fasta(path, BASES):
        window = _window(entry)
        for other in windows:
            if other.chrom == window.chrom and other.start < window.end and window.start < other.end:
                raise entry.error(f"overlaps window {other.name}", expected="one window for neighbouring exons")
        windows.append(window)
    return tuple(windows)


def _window(entry: Entry) -> Window:
    place = _PLACE.fullmatch(entry.words[0]) if entry.words else None
    if place is None:
        raise entry.error("place is missing", found=" ".join(entry.words), expected="'>name chrom:first-last'")
    start, end = interval_to_zero_based(int(place[2]), int(place[3]))
    if start < 0 or end - start != len(entry.sequence):
        raise entry.error("place and sequence differ in length", found=len(entry.sequence), expected=end - start)
    return Window(entry.name, place[1], start, end, entry.sequence)


def read_amplicons(
    path: Path, genes: dict[str, Gene], windows: tuple[Window, ...], counts: Tally
) -> tuple[Amplicon, ...]:
    """The table of amplicons; primers must be what the windows say at both ends."""
    amplicons: dict[str, Amplicon] = {}
    for row in read_table(path, required=AMPLICON_COLUMNS, optional=()):
        amplicon = _amplicon(row, genes)
        if amplicon.name in amplicons:
            raise row.error("amplicon stands twice", column="name", expected="one line for each amplicon")
        for other in amplicons.values():
            if (other.chrom, other.start, other.end) == (amplicon.chrom, amplicon.start, amplicon.end):
                raise row.error(f"same place as amplicon {other.name}", column="start")
        _check_amplicon(amplicon, row, genes[amplicon.gene], windows, counts)
        amplicons[amplicon.name] = amplicon
    if not amplicons:
        raise InputError("has no line", file=path, expected="at least one amplicon")
    return tuple(amplicons.values())


def _amplicon(row: Row, genes: dict[str, Gene]) -> Amplicon:
    start, end = interval_to_zero_based(row.integer("start"), row.integer("end"))
    insert_start, insert_end = interval_to_zero_based(row.integer("insert_start"), row.integer("insert_end"))
    if not start < insert_start < insert_end < end:
        raise row.error(
            "insert is not inside the amplicon",
            column="insert_start",
            expected="start < insert_start <= insert_end < end",
        )
    return Amplicon(
        name=row.text("name"),
        gene=row.choice("gene", tuple(genes)),
        exon=row.integer("exon"),
        chrom=row.text("chrom"),
        start=start,
        end=end,
        insert_start=insert_start,
        insert_end=insert_end,
        forward_primer=row.text("forward_primer").upper(),
        reverse_primer=row.text("reverse_primer").upper(),
    )


def _check_amplicon(amplicon: Amplicon, row: Row, gene: Gene, windows: tuple[Window, ...], counts: Tally) -> None:
    window = next(
        (
            each
            for each in windows
            if each.chrom == amplicon.chrom and each.start <= amplicon.start and amplicon.end <= each.end
        ),
        None,
    )
    if window is None:
        raise row.error(
            f"amplicon {amplicon.name} is not inside one window",
            column="start",
            expected="a window that holds all of it",
        )
    _check_exon(amplicon, row, gene)
    counts.add(tally.AMPLICONS)
    left = window.sequence[amplicon.start - window.start : amplicon.insert_start - window.start]
    right = window.sequence[amplicon.insert_end - window.start : amplicon.end - window.start]
    for column, primer, expected in (
        ("forward_primer", amplicon.forward_primer, left),
        ("reverse_primer", amplicon.reverse_primer, reverse_complement(right)),
    ):
        if len(primer) < SHORTEST_PRIMER:
            raise row.error("primer is too short", column=column, expected=f"at least {SHORTEST_PRIMER} bases")
        if primer != expected:
            raise row.error(f"primer of {amplicon.name} does not match the window", column=column, expected=expected)
        counts.add(tally.PRIMERS)


def _check_exon(amplicon: Amplicon, row: Row, gene: Gene) -> None:
    if amplicon.chrom != gene.chrom:
        raise row.error(f"{gene.symbol} is on another chromosome", column="chrom", expected=gene.chrom)
    numbers = [exon.number for exon in gene.exons]
    if amplicon.exon not in numbers:
        raise row.error(f"{gene.symbol} has no such exon", column="exon", expected=f"{numbers[0]} to {numbers[-1]}")
    exon = gene.exon(amplicon.exon)
    if amplicon.insert_end <= exon.coding_start or exon.coding_end <= amplicon.insert_start:
        raise row.error(
            f"no coding base of exon {exon.number} of {gene.symbol} lies between the primers",
            column="exon",
            expected=f"an insert that overlaps {exon.coding_start + 1}-{exon.coding_end}",
        )
