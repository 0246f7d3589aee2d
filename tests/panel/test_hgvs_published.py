"""Names against published changes and against other programs."""

from __future__ import annotations

import re

import pytest
from panel_samples import DATA

from kinescape.panel.hgvs import describe, normalise, variant_from_c, variant_from_g, variants_for_protein
from kinescape.panel.model import Panel
from kinescape.records import Variant
from kinescape.tables import Row, read_table


def rows_of(name: str) -> list[Row]:
    return read_table(DATA / name, required=("gene",))


KNOWN = rows_of("variants_hgvs.tsv")


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: f"{row.text('gene')}-{row.text('protein_change')}-{row.line}")
def test_every_known_change_is_named_both_ways(panel: Panel, row: Row) -> None:
    gene, change = row.text("gene"), row.text("protein_change")
    ways = variants_for_protein(panel, gene, change)
    assert ways == variants_for_protein(panel, gene, row.text("hgvs_p"))
    assert ways == variants_for_protein(panel, gene, row.text("hgvs_p").replace("(", "").replace(")", ""))
    assert all(describe(panel, way).protein == change for way in ways)  # type: ignore[union-attr]
    if row.text("n_possible_snvs") == "0":
        assert ways
        assert all(len(way.ref) > 1 and len(way.ref) == len(way.alt) for way in ways)
        return
    variant = Variant(
        chrom=row.text("hg38_chrom"), pos=row.integer("hg38_pos"), ref=row.text("hg38_ref"), alt=row.text("hg38_alt")
    )
    named = describe(panel, variant)
    assert named is not None
    assert (named.hgvs_c, named.hgvs_p, named.protein, named.exon, named.kind) == (
        row.text("hgvs_c"), row.text("hgvs_p"), change, row.integer("exon"), "missense",
    )  # fmt: skip
    assert variant_from_c(panel, gene, row.text("hgvs_c")) == variant
    assert variant_from_g(panel, named.hgvs_g) == variant
    assert variant in ways
    assert len(ways) == row.integer("n_possible_snvs")
    residue = int(change[1:-1])
    assert panel.genes[gene].cds[3 * residue - 3 : 3 * residue] == row.text("codon_ref>alt").split(">")[0]


def test_all_rows_are_there() -> None:
    assert len(KNOWN) == 67


@pytest.mark.parametrize(
    ("gene", "change", "names"),
    [
        ("ALK", "G1202K", {"chr2:29220746:CC>TT"}),
        ("ALK", "G1202L", {"chr2:29220746:CC>AA", "chr2:29220746:CC>AG"}),
        ("ALK", "G1269S", {"chr2:29209815:TCC>ACT", "chr2:29209815:TCC>GCT", "chr2:29209816:CC>GA"}),
        ("ROS1", "G2032K", {"chr6:117317183:CC>TT"}),
        ("ROS1", "V2098I", {"chr6:117310221:CAC>AAT", "chr6:117310221:CAC>GAT", "chr6:117310221:CAC>TAT"}),
    ],
)
def test_changes_that_need_more_than_one_base(panel: Panel, gene: str, change: str, names: set[str]) -> None:
    assert {variant.name for variant in variants_for_protein(panel, gene, change)} == names


def test_c_names_agree_with_pyhgvs(panel: Panel) -> None:
    """Splice sites, introns and exons; substitutions, deletions, duplications, insertions, both genes."""
    rows = rows_of("pyhgvs_c_names.tsv")
    assert len(rows) == 500
    for row in rows:
        variant = Variant(chrom=row.text("chrom"), pos=row.integer("pos"), ref=row.text("ref"), alt=row.text("alt"))
        named = describe(panel, variant)
        assert named is not None
        assert named.hgvs_c == row.text("hgvs_c"), variant.name
        assert variant_from_c(panel, row.text("gene"), row.text("hgvs_c")) == normalise(panel, variant)


def test_p_names_agree_with_biocommons_hgvs(panel: Panel) -> None:
    """Three differences are known, and HGVS nomenclature is on this program's side in each of them."""
    rows = rows_of("biocommons_p_names.tsv")
    assert len(rows) == 600
    for row in rows:
        named = describe(panel, variant_from_c(panel, row.text("gene"), row.text("hgvs_c")))
        assert named is not None
        expected = row.text("hgvs_p")
        if expected == "p.Met1?":
            expected = "p.(Met1?)"  # predicted, so in parentheses
        expected = re.sub(r"Ter[A-Z].*\)", "Ter)", expected)  # nothing behind a stop codon is translated
        if named.kind == "synonymous" and "_" in named.hgvs_p:
            expected = re.sub(r"=\)", "", expected)  # the range of a silent change of two codons, not its first alone
            assert named.hgvs_p.startswith(expected), row.text("hgvs_c")
            continue
        assert named.hgvs_p == expected, row.text("hgvs_c")
