"""Names of indels, splice sites, introns, starts and stops; several changes on one molecule; faults in names."""

from __future__ import annotations

import pytest

from kinescape.errors import InputError
from kinescape.panel.hgvs import (
    combine,
    describe,
    normalise,
    variant_from_c,
    variant_from_g,
    variants_for_protein,
)
from kinescape.panel.model import Panel
from kinescape.records import Consequence, Variant


def named(panel: Panel, c_name: str, gene: str = "ALK") -> Consequence:
    consequence = describe(panel, variant_from_c(panel, gene, c_name))
    assert consequence is not None
    return consequence


@pytest.mark.parametrize(
    ("c_name", "p_name", "one_letter", "kind"),
    [
        ("c.3586C>A", "p.(Leu1196Met)", "L1196M", "missense"),
        ("c.3588G>A", "p.(Leu1196=)", "", "synonymous"),
        ("c.3625C>T", "p.(Arg1209Ter)", "R1209*", "nonsense"),
        ("c.3604_3605delinsAA", "p.(Gly1202Lys)", "G1202K", "missense"),
        ("c.3606_3607delinsTA", "p.(Asp1203Asn)", "D1203N", "missense"),
        ("c.3605_3607delinsAGA", "p.(Gly1202_Asp1203delinsGluAsn)", "G1202_D1203delinsEN", "missense"),
        ("c.3520_3522del", "p.(Phe1174del)", "F1174del", "inframe_deletion"),
        ("c.3521_3523del", "p.(Phe1174_Asn1175delinsTyr)", "F1174_N1175delinsY", "inframe_delins"),
        ("c.3451_3453dup", "p.(Thr1151dup)", "T1151dup", "inframe_insertion"),
        ("c.3453_3454insCCC", "p.(Thr1151_Leu1152insPro)", "T1151_L1152insP", "inframe_insertion"),
        ("c.3625del", "p.(Arg1209GlufsTer49)", "R1209Efs*49", "frameshift"),
        ("c.3625_3626insA", "p.(Arg1209GlnfsTer76)", "R1209Qfs*76", "frameshift"),
        ("c.3601_3602insTAGCCC", "p.(Gly1201delinsValAlaArg)", "G1201delinsVAR", "inframe_delins"),
        ("c.3600_3601insTAGCCC", "p.(Gly1201Ter)", "G1201*", "nonsense"),
        ("c.3600_3601insCCCTAG", "p.(Ala1200_Gly1201insProTer)", "A1200_G1201insP*", "nonsense"),
        ("c.1A>G", "p.(Met1?)", "M1?", "start_lost"),
        ("c.4861T>C", "p.(Ter1621ArgextTer41)", "*1621Rext*41", "stop_lost"),
        ("c.4862del", "p.(Ter1621=)", "", "synonymous"),
        ("c.4860_4861insACC", "p.(Ter1621ThrextTer1)", "*1621Text*1", "inframe_insertion"),
        ("c.3515+1G>A", "p.?", "", "splice_site"),
        ("c.3516-2A>G", "p.?", "", "splice_site"),
        ("c.3513_3515+1del", "p.?", "", "splice_site"),
        ("c.3515+5A>G", "", "", "intronic"),
        ("c.3516-3del", "", "", "intronic"),
        ("c.3515+2_3515+3insC", "", "", "intronic"),
        ("c.3515+1_3515+2insC", "p.?", "", "splice_site"),
    ],
)
def test_forms(panel: Panel, c_name: str, p_name: str, one_letter: str, kind: str) -> None:
    consequence = named(panel, c_name)
    assert (consequence.hgvs_p, consequence.protein, consequence.kind) == (p_name, one_letter, kind)


def test_most_3_prime_in_names_and_left_aligned_in_vcf(panel: Panel) -> None:
    # Codon 1151 is ACG: five ways to write the same duplicated codon, the first of them at the edge of the exon.
    for name in (
        "c.3451-1_3451insACG", "c.3451_3452insCGA", "c.3452_3453insGAC", "c.3453_3454insACG", "c.3451_3453dup",
    ):  # fmt: skip
        variant = variant_from_c(panel, "ALK", name)
        assert variant.name == "chr2:29222405:G>GCGT"
        consequence = describe(panel, variant)
        assert consequence is not None
        assert (consequence.hgvs_c, consequence.hgvs_g) == ("c.3451_3453dup", "chr2:g.29222407_29222409dup")
    right_aligned = Variant(chrom="chr2", pos=29222408, ref=panel.base("chr2", 29222407), alt="TCGT")
    assert normalise(panel, right_aligned).name == "chr2:29222405:G>GCGT"


def test_a_duplication_at_the_end_of_an_exon_stays_in_the_exon(panel: Panel) -> None:
    consequence = named(panel, "c.2114_2125dup", "ROS1")
    assert (consequence.hgvs_p, consequence.kind, consequence.exon) == (
        "p.(Gly705_Ser708dup)", "inframe_insertion", 14,
    )  # fmt: skip
    # A second G where the exon's last G meets the intron's first: nobody knows which one the spliceosome keeps.
    assert named(panel, "c.3515+1dup").kind == "splice_site"


def test_a_duplication_over_the_end_of_an_intron_is_left_open(synthetic: Panel) -> None:
    consequence = named(synthetic, "c.41-6_41-1dup", "SYN1")
    assert (consequence.hgvs_c, consequence.hgvs_p, consequence.kind) == ("c.41-5_41dup", "p.?", "splice_site")


def test_intron_numbers_count_from_the_nearer_exon(panel: Panel) -> None:
    gene = panel.genes["ALK"]
    end, start = gene.exon(22).start, gene.exon(23).end  # minus strand: the intron lies between start and end
    middle = (end + start) // 2
    for position, number in (
        (end - 1, "c.3515+1"),
        (middle + 10, "c.3515+"),
        (middle - 10, "c.3516-"),
        (start, "c.3516-1"),
    ):
        base = panel.base("chr2", position)
        variant = Variant(chrom="chr2", pos=position + 1, ref=base, alt="A" if base != "A" else "C")
        consequence = describe(panel, variant)
        assert consequence is not None
        assert consequence.hgvs_c.startswith(number)
        assert consequence.exon is None
        assert variant_from_c(panel, "ALK", consequence.hgvs_c) == variant


def test_outside_genes_and_outside_windows(panel: Panel) -> None:
    assert describe(panel, Variant(chrom="chr1", pos=100, ref="A", alt="C")) is None
    assert describe(panel, Variant(chrom="chr2", pos=100, ref="A", alt="C")) is None
    deep = describe(panel, Variant(chrom="chr2", pos=29800000, ref="A", alt="C"))  # an intron without a window
    assert deep is not None
    assert deep.kind == "intronic"
    with pytest.raises(InputError, match="outside the sequences"):
        normalise(panel, Variant(chrom="chr2", pos=29800000, ref="AC", alt="A"))


def test_untranslated_regions(synthetic: Panel) -> None:
    gene = synthetic.genes["SYN1"]
    for name, kind in (("c.-3", "utr"), ("c.*4", "utr")):
        position = gene.exons[0].coding_start - 3 if name == "c.-3" else gene.exons[-1].coding_end + 3
        base = synthetic.base("chrS", position)
        alt = "A" if base != "A" else "C"
        consequence = named(synthetic, f"{name}{base}>{alt}", "SYN1")
        assert (consequence.kind, consequence.hgvs_p) == (kind, "")
        assert consequence.hgvs_g == f"chrS:g.{position + 1}{base}>{alt}"
    assert named(synthetic, "c.-2_3del", "SYN1").kind == "start_lost"
    lost = named(synthetic, "c.177_*3del", "SYN1")
    assert (lost.kind, lost.hgvs_p) == ("stop_lost", "p.?")


def test_two_bases_of_a_codon_are_one_change(panel: Panel) -> None:
    variants = [variant_from_c(panel, "ALK", name) for name in ("c.3604G>A", "c.3605G>A")]
    consequence = combine(panel, variants)
    assert (consequence.hgvs_c, consequence.hgvs_p, consequence.protein) == (
        "c.3604_3605delinsAA", "p.(Gly1202Lys)", "G1202K",
    )  # fmt: skip
    assert consequence == describe(panel, Variant(chrom="chr2", pos=29220746, ref="CC", alt="TT"))
    outer = combine(panel, [variant_from_c(panel, "ALK", name) for name in ("c.3606A>C", "c.3604G>A")])
    assert (outer.hgvs_c, outer.protein) == ("c.3604_3606delinsAGC", "G1202S")


def test_a_compound_in_cis_keeps_its_parts_apart(panel: Panel) -> None:
    consequence = combine(panel, [variant_from_c(panel, "ALK", name) for name in ("c.3604G>A", "c.3586C>A")])
    assert consequence.hgvs_c == "c.[3586C>A;3604G>A]"
    assert consequence.hgvs_g == "chr2:g.[29220747C>T;29220765G>T]"
    assert consequence.hgvs_p == "p.[(Leu1196Met;Gly1202Arg)]"
    assert consequence.protein == "L1196M+G1202R"
    assert (consequence.kind, consequence.exon) == ("missense", 23)


def test_a_second_indel_can_mend_the_frame(panel: Panel) -> None:
    broken = combine(panel, [variant_from_c(panel, "ALK", name) for name in ("c.3625del", "c.3630del")])
    assert (broken.kind, broken.hgvs_p) == ("frameshift", "p.(Arg1209GlufsTer75)")
    mended = combine(panel, [variant_from_c(panel, "ALK", name) for name in ("c.3625del", "c.3630_3631insT")])
    assert mended.kind == "missense"
    assert mended.hgvs_p.startswith("p.(Arg1209_")
    assert "delins" in mended.hgvs_p


def test_silent_parts_are_named_in_three_letters_only(panel: Panel) -> None:
    consequence = combine(panel, [variant_from_c(panel, "ALK", name) for name in ("c.3588G>A", "c.3604G>A")])
    assert (consequence.hgvs_p, consequence.protein) == ("p.[(Leu1196=;Gly1202Arg)]", "G1202R")


def test_variants_that_cannot_share_a_molecule(panel: Panel) -> None:
    alk, other = variant_from_c(panel, "ALK", "c.3604G>A"), variant_from_c(panel, "ALK", "c.3604G>C")
    with pytest.raises(InputError, match=r"overlap.*chr2:29220747:C>"):
        combine(panel, [alk, other])
    with pytest.raises(InputError, match="cannot lie on one molecule"):
        combine(panel, [alk, variant_from_c(panel, "ROS1", "c.6094G>A")])
    with pytest.raises(InputError, match="no variant to name"):
        combine(panel, [])
    assert combine(panel, [alk]) == describe(panel, alk)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("T1151dup", "p.(Thr1151dup)"),
        ("T1151insT", "p.(Thr1151dup)"),
        ("1151Tins", "p.(Thr1151dup)"),
        ("T1151_L1152insT", "p.(Thr1151dup)"),
        ("T1151dup(T1151insT)", "p.(Thr1151dup)"),
        ("p.Thr1151dup", "p.(Thr1151dup)"),
        ("F1174del", "p.(Phe1174del)"),
        ("R1209X", "p.(Arg1209Ter)"),
        ("R1209*", "p.(Arg1209Ter)"),
        ("NP_004295.2:p.(Arg1209Ter)", "p.(Arg1209Ter)"),
        ("L1196_E1197delinsMK", "p.(Leu1196_Glu1197delinsMetLys)"),
        ("L1196=", "p.(Leu1196=)"),
    ],
)
def test_older_and_other_protein_names(panel: Panel, name: str, change: str) -> None:
    variants = variants_for_protein(panel, "ALK", name)
    assert variants
    assert {describe(panel, variant).hgvs_p for variant in variants} == {change}  # type: ignore[union-attr]


def test_a_codon_split_between_exons_has_no_single_deletion(panel: Panel) -> None:
    assert variants_for_protein(panel, "ALK", "S1172del") == ()
    snvs = variants_for_protein(panel, "ALK", "S1172I")
    assert [describe(panel, variant).protein for variant in snvs] == ["S1172I"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("K1202R", "reference residue of ALK NM_004304.5; found 'K1202'; expected G1202 (codon GGA)"),
        ("G2032R", "has no such residue; found 2032; expected 1 to 1620"),
        ("1202", "not a protein change"),
        ("R1209Sfs*12", "does not name its bases"),
        ("G1202_D1203insSSS", "can be made in 216 ways"),
        ("G1202_D1203del(", "not a protein change"),
        ("D1203_G1202del", "range ends before it starts"),
    ],
)
def test_faults_in_protein_names(panel: Panel, name: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        variants_for_protein(panel, "ALK", name)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("c.3604C>A", "c.3604C>A: reference base of GRCh38; found 'C'; expected G"),
        ("c.3521_3523delAAA", "reference bases of GRCh38; found 'AAA'; expected TCA"),
        ("c.3521_3523delTC", "stated bases and range differ in length"),
        ("c.3604>A", "substitution without its reference base"),
        ("c.3605_3604del", "range ends before it starts"),
        ("c.3604_3606insA", "an insertion stands between two neighbours"),
        ("c.9999G>A", "NM_004304.5 (ALK) has no coding base; found 'c.9999'"),
        ("c.3514+5G>A", "c.3514+5 is not in an intron"),
        ("c.3515+999999G>A", "is not in an intron"),
        ("3604G>A", "not a c. name"),
        ("c.3604G>N", "not a c. name"),
        ("c.[3586C>A;3604G>A]", "several changes in one name"),
        ("NM_001378902.1:c.3604G>A", "name on another transcript than the reporting one of ALK"),
        ("c.3604_3605delinsGG", "changes nothing"),
    ],
)
def test_faults_in_c_names(panel: Panel, name: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        variant_from_c(panel, "ALK", name)
    assert words in str(caught.value)


def test_the_mane_numbering_of_ros1_is_refused(panel: Panel) -> None:
    # In NM_001378902 (2341 residues) the literature's G2032 has another number; its names must not pass silently.
    with pytest.raises(InputError, match="reference residue of ROS1"):
        variants_for_protein(panel, "ROS1", "G2026R")


def test_c_names_with_their_transcript(panel: Panel) -> None:
    expected = variant_from_c(panel, "ALK", "c.3604G>A")
    for name in ("NM_004304.5:c.3604G>A", "NM_004304.4(ALK):c.3604G>A", "ENST00000389048.8:c.3604G>A", "ALK:c.3604G>A"):
        assert variant_from_c(panel, "ALK", name) == expected
    assert variant_from_c(panel, "ALK", "c.3521_3523delTCA") == variant_from_c(panel, "ALK", "c.3521_3523del")
    assert variant_from_c(panel, "ALK", "c.3604_3605GG>AA") == variant_from_c(panel, "ALK", "c.3604_3605delinsAA")


def test_g_names(panel: Panel) -> None:
    expected = Variant(chrom="chr2", pos=29220765, ref="G", alt="T")
    for name in ("chr2:g.29220765G>T", "NC_000002.12:g.29220765G>T", "chr2:29220765:G>T"):
        assert variant_from_g(panel, name) == expected
    with pytest.raises(InputError, match=r"reference base of GRCh38; found 'C'; expected G"):
        variant_from_g(panel, "chr2:g.29220765C>T")
    with pytest.raises(InputError, match=r"reference base at chr2:29220765; found 'C'"):
        variant_from_g(panel, "chr2:29220765:C>T")
    with pytest.raises(InputError, match="chromosome without a gene"):
        variant_from_g(panel, "chr9:g.29220765G>T")
    with pytest.raises(InputError, match=r"not a g\. name"):
        variant_from_g(panel, "chr2:29220765")


@pytest.mark.parametrize(("ref", "alt"), [("N", "A"), ("", "A"), ("C", "<DEL>"), ("C", "*"), ("C", "C"), ("CC", "C.")])
def test_alleles_that_are_no_bases(panel: Panel, ref: str, alt: str) -> None:
    with pytest.raises(InputError, match="chr2:29220747:"):
        describe(panel, Variant(chrom="chr2", pos=29220747, ref=ref, alt=alt))
