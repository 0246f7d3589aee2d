"""A panel as plain data, for `panel show --json` and for other programs."""

from __future__ import annotations

from typing import Any

from kinescape.coordinates import interval_to_one_based
from kinescape.panel.model import Amplicon, Gene, KnownChange, Panel
from kinescape.panel.primers import melting_temperature


def panel_summary(panel: Panel) -> dict[str, Any]:
    """Everything that `panel show` prints, positions 1-based inclusive."""
    return {
        "name": panel.name,
        "version": panel.version,
        "date": panel.date,
        "genome": panel.genome,
        "description": panel.description,
        "sha256": panel.sha256,
        "sources": list(panel.sources),
        "genes": [_gene(panel, gene) for gene in panel.genes.values()],
        "amplicons": [_amplicon(panel, amplicon) for amplicon in panel.amplicons],
        "not_on_panel": [_known(change) for change in panel.known if change.amplicon is None],
        "fusions": [
            {
                "name": fusion.name,
                "variant": fusion.variant,
                "partner_residues": [1, fusion.partner_last_aa],
                "gene_residues": [fusion.gene_first_aa, len(panel.genes[fusion.gene].protein)],
                "length_aa": fusion.length_aa,
                "basis": fusion.basis,
            }
            for fusion in panel.fusions
        ],
        "features": {
            "verified": sum(feature.verified for feature in panel.features),
            "not_verified": sum(not feature.verified for feature in panel.features),
        },
    }


def known_on(panel: Panel, amplicon: Amplicon | None) -> list[KnownChange]:
    """Known changes whose variants all lie in the amplicon's insert; with None, those that lie on no amplicon."""
    name = None if amplicon is None else amplicon.name
    return [change for change in panel.known if change.amplicon == name]


def _gene(panel: Panel, gene: Gene) -> dict[str, Any]:
    return {
        "symbol": gene.symbol,
        "transcript": gene.refseq,
        "ensembl": gene.ensembl,
        "chrom": gene.chrom,
        "strand": "+" if gene.strand > 0 else "-",
        "exons": len(gene.exons),
        "residues": len(gene.protein),
        "exons_in_windows": [
            exon.number for exon in gene.exons if panel.window_at(gene.chrom, exon.start, exon.end) is not None
        ],
    }


def _amplicon(panel: Panel, amplicon: Amplicon) -> dict[str, Any]:
    first, last = interval_to_one_based(amplicon.start, amplicon.end)
    insert_first, insert_last = interval_to_one_based(amplicon.insert_start, amplicon.insert_end)
    primers = {"forward": amplicon.forward_primer, "reverse": amplicon.reverse_primer}
    return {
        "name": amplicon.name,
        "gene": amplicon.gene,
        "exon": amplicon.exon,
        "chrom": amplicon.chrom,
        "first": first,
        "last": last,
        "length": amplicon.end - amplicon.start,
        "insert_first": insert_first,
        "insert_last": insert_last,
        "primers": {
            side: {"sequence": primer, "melting_celsius": round(melting_temperature(primer), 1)}
            for side, primer in primers.items()
        },
        "known": [_known(change) for change in known_on(panel, amplicon)],
    }


def _known(change: KnownChange) -> dict[str, Any]:
    return {
        "gene": change.gene,
        "protein": change.protein,
        "hgvs_p": change.hgvs_p,
        "exon": change.exon,
        "variants": [variant.name for variant in change.variants],
        "basis": change.basis,
        "note": change.note,
        "aliases": list(change.aliases),
    }
