"""Genes of a panel: the manifest's transcripts, exons, coding sequences and proteins, compared with each other."""

from __future__ import annotations

from pathlib import Path

from kinescape.coordinates import interval_to_zero_based, reverse_complement
from kinescape.panel import tally
from kinescape.panel.codons import STOP, translate
from kinescape.panel.fasta import BASES, RESIDUES, Entry, read_fasta
from kinescape.panel.manifest import Node
from kinescape.panel.model import Exon, Gene, Window, coding_sequence_of
from kinescape.panel.tally import Tally
from kinescape.tables import Row, read_table

EXON_COLUMNS = ("gene", "exon", "start", "end", "coding_start", "coding_end", "c_first", "c_last")
GENE_KEYS = ("refseq", "ensembl", "chrom", "strand")
DONORS = ("GT", "GC")
ACCEPTORS = ("AG",)
"""U2 introns; GC is the donor of about 1% of them (Burset et al., Nucleic Acids Res 2000;28:4364)."""


def read_genes(
    manifest: Node, files: dict[str, Path], windows: tuple[Window, ...], counts: Tally
) -> tuple[dict[str, Gene], dict[str, str]]:
    """All genes, and every protein of the protein file (genes and fusion partners) by name."""
    coding = {entry.name: entry for entry in read_fasta(files["cds"], BASES)}
    proteins = {entry.name: entry for entry in read_fasta(files["proteins"], RESIDUES)}
    tails = {entry.name: entry for entry in read_fasta(files["utr3"], BASES)} if "utr3" in files else {}
    rows = read_table(files["exons"], required=EXON_COLUMNS, optional=())
    genes: dict[str, Gene] = {}
    for symbol, node in manifest.mapping().items():
        keys = {name: value.text() for name, value in node.keys(GENE_KEYS).items()}
        if keys["strand"] not in ("+", "-"):
            raise node.error(f"strand of {symbol}", found=keys["strand"], expected="'+' or '-'")
        for name, entries in (("cds", coding), ("proteins", proteins)):
            if symbol not in entries:
                raise node.error(f"gene {symbol} has no sequence in {files[name].name}", expected=f"'>{symbol}'")
        own = [row for row in rows if row.text("gene") == symbol]
        if not own:
            raise node.error(f"gene {symbol} has no exon in {files['exons'].name}")
        strand = 1 if keys["strand"] == "+" else -1
        tail = tails[symbol].sequence if symbol in tails else ""
        gene = Gene(
            symbol=symbol,
            refseq=keys["refseq"],
            ensembl=keys["ensembl"],
            chrom=keys["chrom"],
            strand=strand,
            exons=tuple(_exon(row) for row in own),
            cds=coding[symbol].sequence,
            protein=proteins[symbol].sequence,
            utr3=tail,
        )
        _check_tiling(gene, own, counts)
        _check_translation(gene, coding[symbol], proteins[symbol], counts)
        for exon, row in zip(gene.exons, own, strict=True):
            _check_window(gene, exon, row, windows, counts)
        genes[symbol] = gene
    for row in rows:
        if row.text("gene") not in genes:
            raise row.error("gene is not in the manifest", column="gene", expected="one of " + ", ".join(genes))
    return genes, {name: entry.sequence for name, entry in proteins.items()}


def _exon(row: Row) -> Exon:
    number, first, last = row.integer("exon"), row.integer("start"), row.integer("end")
    if not 1 <= first <= last:
        raise row.error("exon ends before it starts", column="end", expected=f"{first} or more")
    start, end = interval_to_zero_based(first, last)
    if row.text("c_first") == "0":
        return Exon(number, start, end, 0, 0, 0, 0)
    coding_start, coding_end = interval_to_zero_based(row.integer("coding_start"), row.integer("coding_end"))
    if not start <= coding_start < coding_end <= end:
        raise row.error("coding part outside its exon", column="coding_start", expected=f"within {first}-{last}")
    c_first, c_last = row.integer("c_first"), row.integer("c_last")
    if c_last - c_first != coding_end - coding_start - 1 or c_first < 1:
        raise row.error(
            "c. range and coding part differ in length",
            column="c_last",
            expected=f"{c_first + coding_end - coding_start - 1}",
        )
    return Exon(number, start, end, c_first, c_last, coding_start, coding_end)


def _check_tiling(gene: Gene, rows: list[Row], counts: Tally) -> None:
    """Exons follow each other along the strand; their c. ranges tile 1..len(cds); only the ends are untranslated."""
    expected = 1
    for index, (exon, row) in enumerate(zip(gene.exons, rows, strict=True)):
        if index:
            before = gene.exons[index - 1]
            gap = exon.start - before.end if gene.strand > 0 else before.start - exon.end
            if gap < 0:
                raise row.error(
                    f"exons of {gene.symbol} overlap or are not in the order of transcription", column="start"
                )
        if not exon.c_first:
            if 1 < expected <= len(gene.cds):
                raise row.error("exon without coding bases inside the coding sequence", column="c_first")
            continue
        if exon.c_first != expected:
            raise row.error("coding sequence does not continue here", column="c_first", expected=expected)
        expected = exon.c_last + 1
        upstream, downstream = exon.coding_start - exon.start, exon.end - exon.coding_end
        if gene.strand < 0:
            upstream, downstream = downstream, upstream
        if (upstream and exon.c_first != 1) or (downstream and exon.c_last != len(gene.cds)):
            raise row.error("untranslated bases inside the coding sequence", column="coding_start")
    if expected != len(gene.cds) + 1:
        raise rows[-1].error(
            f"exons of {gene.symbol} do not reach the end of its coding sequence",
            column="c_last",
            expected=len(gene.cds),
        )
    counts.add(tally.EXON_TABLES, len(rows))


def _check_translation(gene: Gene, coding: Entry, protein: Entry, counts: Tally) -> None:
    if len(gene.cds) % 3:
        raise coding.error("coding sequence is not a whole number of codons", found=len(gene.cds))
    made = translate(gene.cds)
    if made[-1] != STOP:
        raise coding.error("coding sequence does not end with a stop codon", found=gene.cds[-3:])
    for index, (left, right) in enumerate(zip(made[:-1], gene.protein, strict=False), 1):
        if left != right:
            raise protein.error(f"residue {index} differs from the coding sequence", found=right, expected=left)
    if len(made) - 1 != len(gene.protein):
        raise protein.error("length differs from the coding sequence", found=len(gene.protein), expected=len(made) - 1)
    counts.add(tally.TRANSLATIONS)


def _check_window(gene: Gene, exon: Exon, row: Row, windows: tuple[Window, ...], counts: Tally) -> None:
    for window in windows:
        if window.chrom != gene.chrom or exon.end <= window.start or window.end <= exon.start:
            continue
        if exon.start < window.start or window.end < exon.end:
            raise row.error(
                f"exon {exon.number} of {gene.symbol} reaches outside window {window.name}",
                column="start" if exon.start < window.start else "end",
                expected=f"within {window.start + 1}-{window.end}, or no overlap",
            )
        _check_bases(gene, exon, row, window, counts)
        _check_splice_sites(gene, exon, row, window, counts)


def _check_bases(gene: Gene, exon: Exon, row: Row, window: Window, counts: Tally) -> None:
    expected = coding_sequence_of(gene, exon)
    found = window.sequence[exon.coding_start - window.start : exon.coding_end - window.start]
    if found == expected:
        counts.add(tally.EXON_BASES)
        return
    for index, (left, right) in enumerate(zip(found, expected, strict=True)):
        if left != right:
            raise row.error(
                f"exon {exon.number} of {gene.symbol} differs from window {window.name} at "
                f"{gene.chrom}:{exon.coding_start + index + 1}: the window has {left}, the coding sequence {right} "
                "(plus strand)"
            )


def _check_splice_sites(gene: Gene, exon: Exon, row: Row, window: Window, counts: Tally) -> None:
    left = window.sequence[max(0, exon.start - 2 - window.start) : exon.start - window.start]
    right = window.sequence[exon.end - window.start : exon.end + 2 - window.start]
    acceptor, donor = (left, right) if gene.strand > 0 else (reverse_complement(right), reverse_complement(left))
    if exon is not gene.exons[0]:
        if acceptor not in ACCEPTORS:
            raise row.error(f"acceptor of exon {exon.number} of {gene.symbol} is '{acceptor}'", expected="AG")
        counts.add(tally.SPLICE_SITES)
    if exon is not gene.exons[-1]:
        if donor not in DONORS:
            raise row.error(f"donor of exon {exon.number} of {gene.symbol} is '{donor}'", expected="GT or GC")
        counts.add(tally.SPLICE_SITES)
