"""A panel's genes as the records that ``result.json`` carries, so that a page can be drawn without the panel."""

from __future__ import annotations

from typing import Literal, cast

from kinescape.coordinates import interval_to_one_based
from kinescape.panel.model import Exon, Feature, Gene, Panel
from kinescape.records import ExonSpan, GeneModel, ProteinFeature

FeatureKind = Literal["domain", "region", "motif", "helix", "residue"]


def gene_models(panel: Panel) -> tuple[GeneModel, ...]:
    """The genes of ``panel`` in its order, each with the features that the panel states for it."""
    return tuple(_model(gene, panel.features) for gene in panel.genes.values())


def _model(gene: Gene, features: tuple[Feature, ...]) -> GeneModel:
    return GeneModel(
        gene=gene.symbol,
        transcript=gene.refseq,
        chrom=gene.chrom,
        strand=1 if gene.strand > 0 else -1,
        protein_length=len(gene.protein),
        exons=tuple(_span(exon) for exon in gene.exons if exon.c_first),
        features=tuple(_feature(feature) for feature in features if feature.gene == gene.symbol),
    )


def _span(exon: Exon) -> ExonSpan:
    start, end = interval_to_one_based(exon.coding_start, exon.coding_end)
    return ExonSpan(number=exon.number, start=start, end=end, c_first=exon.c_first, c_last=exon.c_last)


def _feature(feature: Feature) -> ProteinFeature:
    return ProteinFeature(
        first_aa=feature.first_aa,
        last_aa=feature.last_aa,
        name=feature.name,
        kind=cast(FeatureKind, feature.kind),
        basis=feature.basis,
        verified=feature.verified,
    )
