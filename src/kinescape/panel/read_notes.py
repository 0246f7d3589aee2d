"""What a panel says about its proteins: features and fusions, compared with the protein sequences."""

from __future__ import annotations

from pathlib import Path

from kinescape.panel import tally
from kinescape.panel.manifest import Node
from kinescape.panel.model import FEATURE_KINDS, Feature, Fusion, Gene
from kinescape.panel.tally import Tally
from kinescape.tables import read_table

FEATURE_COLUMNS = ("gene", "first_aa", "last_aa", "kind", "name", "sequence", "verified", "basis")
FUSION_KEYS = (
    "name", "variant", "partner", "partner_exon", "partner_last_aa", "gene", "gene_exon", "gene_first_aa", "junction",
    "length_aa", "basis",
)  # fmt: skip
FROM_MEMORY = "recalled"
"""The word in ``basis`` that marks something written from memory; such a feature cannot be called verified."""


def read_features(path: Path, proteins: dict[str, str], counts: Tally) -> tuple[Feature, ...]:
    """The table of domains, motifs, helices and residues; residues 1-based inclusive."""
    features: list[Feature] = []
    for row in read_table(path, required=FEATURE_COLUMNS, optional=()):
        gene = row.choice("gene", tuple(proteins))
        first, last = row.integer("first_aa"), row.integer("last_aa")
        protein = proteins[gene]
        if not 1 <= first <= last <= len(protein):
            raise row.error("feature outside its protein", column="last_aa", expected=f"1 to {len(protein)}")
        counts.add(tally.FEATURE_LIMITS)
        sequence = row.text("sequence", "")
        if sequence:
            if protein[first - 1 : last] != sequence:
                raise row.error(
                    f"sequence differs from {gene} {first}-{last}",
                    column="sequence",
                    expected=protein[first - 1 : last],
                )
            counts.add(tally.FEATURE_SEQUENCES)
        verified = row.choice("verified", ("yes", "no")) == "yes"
        basis = row.text("basis")
        if verified and FROM_MEMORY in basis.lower():
            raise row.error("its basis is recalled, so it cannot be verified", column="verified", expected="no")
        kind = row.choice("kind", FEATURE_KINDS)
        features.append(Feature(gene, first, last, row.text("name"), kind, basis, verified, sequence))
    return tuple(features)


def read_fusions(
    nodes: Node | None, genes: dict[str, Gene], proteins: dict[str, str], counts: Tally
) -> tuple[Fusion, ...]:
    """The manifest's fusions; length and junction must follow from the two proteins."""
    if nodes is None:
        return ()
    return tuple(_fusion(node, genes, proteins, counts) for node in nodes.items())


def _fusion(node: Node, genes: dict[str, Gene], proteins: dict[str, str], counts: Tally) -> Fusion:
    keys = node.keys(FUSION_KEYS)
    fusion = Fusion(
        name=keys["name"].text(),
        variant=keys["variant"].text(),
        partner=keys["partner"].text(),
        partner_exon=keys["partner_exon"].integer(),
        partner_last_aa=keys["partner_last_aa"].integer(),
        gene=keys["gene"].text(),
        gene_exon=keys["gene_exon"].integer(),
        gene_first_aa=keys["gene_first_aa"].integer(),
        junction=keys["junction"].text(),
        length_aa=keys["length_aa"].integer(),
        basis=keys["basis"].text(),
    )
    if fusion.gene not in genes:
        raise keys["gene"].error("no gene of this panel", found=fusion.gene, expected="one of " + ", ".join(genes))
    if fusion.partner not in proteins:
        raise keys["partner"].error("partner has no protein sequence", found=fusion.partner)
    gene = genes[fusion.gene]
    if not 1 <= fusion.partner_last_aa <= len(proteins[fusion.partner]):
        raise keys["partner_last_aa"].error("outside the partner's protein", found=fusion.partner_last_aa)
    if not 1 <= fusion.gene_first_aa <= len(gene.protein):
        raise keys["gene_first_aa"].error("outside the gene's protein", found=fusion.gene_first_aa)
    exon = next((each for each in gene.exons if each.number == fusion.gene_exon), None)
    if exon is None or (exon.c_first + 2) // 3 != fusion.gene_first_aa:
        raise keys["gene_first_aa"].error(
            f"is not the first residue of exon {fusion.gene_exon} of {gene.symbol}",
            found=fusion.gene_first_aa,
            expected=(exon.c_first + 2) // 3 if exon else "an exon of the gene",
        )
    length = fusion.partner_last_aa + 1 + len(gene.protein) - fusion.gene_first_aa
    if length != fusion.length_aa:
        raise keys["length_aa"].error("length of the fusion", found=fusion.length_aa, expected=length)
    counts.add(tally.FUSIONS)
    return fusion


def partners_of(fusions: tuple[Fusion, ...], proteins: dict[str, str]) -> dict[str, str]:
    """Fusion partner -> protein sequence."""
    return {fusion.partner: proteins[fusion.partner] for fusion in fusions}
