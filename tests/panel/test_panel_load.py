"""The packaged panel holds the published facts, and a user's panel works the same way."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kinescape.errors import InputError
from kinescape.panel.load import PACKAGED, load_panel, packaged_panels, read_panel
from kinescape.panel.model import Panel

# Exons that Villa et al. 2024 amplified, with 26 bases on both sides (1-based inclusive, GRCh38).
DESIGN = {
    "ALK_E22": ("chr2", 29222318, 29222434),
    "ALK_E23": ("chr2", 29220680, 29220861),
    "ALK_E24": ("chr2", 29213958, 29214107),
    "ALK_E25": ("chr2", 29209760, 29209904),
    "ROS1_E37": ("chr6", 117318162, 117318278),
    "ROS1_E38": ("chr6", 117317117, 117317298),
    "ROS1_E41": ("chr6", 117308768, 117308954),
}


def test_reporting_transcripts_are_those_of_the_literature(panel: Panel) -> None:
    alk, ros1 = panel.genes["ALK"], panel.genes["ROS1"]
    assert (alk.refseq.split(".")[0], alk.ensembl, len(alk.protein), len(alk.exons)) == (
        "NM_004304", "ENST00000389048", 1620, 29,
    )  # fmt: skip
    # MANE Select of ROS1 (NM_001378902) has 2341 residues and would rename G2032R.
    assert (ros1.refseq.split(".")[0], ros1.ensembl, len(ros1.protein), len(ros1.exons)) == (
        "NM_002944", "ENST00000368508", 2347, 43,
    )  # fmt: skip
    assert alk.strand == ros1.strand == -1
    assert (alk.protein[1201], ros1.protein[2031]) == ("G", "G")


def test_amplicons_are_the_design(panel: Panel) -> None:
    assert {each.name: (each.chrom, each.start + 1, each.end) for each in panel.amplicons} == DESIGN


def test_inserts_hold_the_whole_exon_and_its_splice_sites(panel: Panel) -> None:
    for amplicon in panel.amplicons:
        exon = panel.genes[amplicon.gene].exon(amplicon.exon)
        assert amplicon.holds(amplicon.chrom, exon.start - 2, exon.end + 2)
        assert 20 <= len(amplicon.forward_primer) <= 24
        assert 20 <= len(amplicon.reverse_primer) <= 24


def test_changes_that_the_design_cannot_see_have_no_amplicon(panel: Panel) -> None:
    unseen = {(change.gene, change.protein) for change in panel.known if change.amplicon is None}
    assert unseen == {
        ("ALK", "R214H"), ("ROS1", "L1951R"), ("ROS1", "L2086F"), ("ROS1", "G2101A"), ("ROS1", "D2113G"),
        ("ROS1", "D2113N"), ("ROS1", "V2098I"),
    }  # fmt: skip


def test_changes_of_the_paper_lie_on_their_amplicons(panel: Panel) -> None:
    expected = {
        "E1154K": "ALK_E22", "F1174L": "ALK_E23", "L1196M": "ALK_E23", "L1196P": "ALK_E23", "L1198R": "ALK_E23",
        "G1202R": "ALK_E23", "T1211I": "ALK_E23", "D1232N": "ALK_E24", "C1235R": "ALK_E24", "C1237Y": "ALK_E24",
    }  # fmt: skip
    for name, amplicon in expected.items():
        change = panel.known_change("ALK", name)
        assert change is not None
        assert change.amplicon == amplicon
        assert change.single_base


def test_a_known_change_is_found_by_its_older_names(panel: Panel) -> None:
    for name in ("T1151dup", "T1151insT", "1151Tins", "T1151dup(T1151insT)"):
        change = panel.known_change("ALK", name)
        assert change is not None
        assert [variant.name for variant in change.variants] == ["chr2:29222405:G>GCGT"]
        assert change.amplicon == "ALK_E22"
        assert not change.single_base
    assert panel.known_change("ROS1", "T1151dup") is None


def test_nothing_recalled_is_called_verified(panel: Panel) -> None:
    assert any(not feature.verified for feature in panel.features)
    for feature in panel.features:
        assert not (feature.verified and "recalled" in feature.basis.lower())
    signal = next(feature for feature in panel.features if feature.name == "signal peptide")
    assert not signal.verified


def test_fusions_are_data(panel: Panel) -> None:
    assert {(fusion.name, fusion.length_aa) for fusion in panel.fusions} == {
        ("EML4::ALK", 1059), ("EML4::ALK", 785), ("CD74::ROS1", 703),
    }  # fmt: skip
    for fusion in panel.fusions:
        gene = panel.genes[fusion.gene]
        made = panel.partners[fusion.partner][: fusion.partner_last_aa] + fusion.junction
        made += gene.protein[fusion.gene_first_aa :]
        assert len(made) == fusion.length_aa


def test_bases_are_known_in_windows_and_in_coding_exons_outside_them(panel: Panel) -> None:
    assert panel.base("chr2", 29220746) == "C"  # first base of codon 1202, GGA, minus strand
    assert panel.window_at("chr2", 29920018, 29920019) is None
    assert panel.base("chr2", 29920018) == "C"  # c.641, exon 1: from the coding sequence
    with pytest.raises(InputError, match="outside the sequences of panel 'alk-ros1'"):
        panel.base("chr2", 29900000)
    with pytest.raises(InputError, match=r"no gene of panel.*found 'EGFR'; expected one of ALK, ROS1"):
        panel.gene("EGFR")


def test_amplicon_at_counts_only_the_insert(panel: Panel) -> None:
    amplicon = panel.amplicons[0]
    assert panel.amplicon_at(amplicon.chrom, amplicon.insert_start) is amplicon
    assert panel.amplicon_at(amplicon.chrom, amplicon.insert_end - 1) is amplicon
    assert panel.amplicon_at(amplicon.chrom, amplicon.start) is None
    assert panel.amplicon_at(amplicon.chrom, amplicon.insert_end) is None


def test_a_copy_of_the_panel_is_the_same_panel(panel: Panel, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(PACKAGED / "alk-ros1", folder)
    copy = load_panel(folder)
    assert copy.sha256 == panel.sha256
    assert copy.known == panel.known
    (folder / "panel.yaml").write_text((folder / "panel.yaml").read_text() + "# changed\n")
    assert load_panel(folder).sha256 != panel.sha256


def test_every_check_of_the_packaged_panel_was_made() -> None:
    _, counts = read_panel()
    made = {what.split(" ")[0] + str(number) for what, number in counts.items()}
    assert made >= {"exons72", "coding17", "splice34", "amplicons7", "primers14", "features59", "fusions3", "files8"}


def test_the_synthetic_gene_on_the_plus_strand_needs_no_code(synthetic: Panel) -> None:
    gene = synthetic.genes["SYN1"]
    assert gene.strand == 1
    codon = "".join(synthetic.base("chrS", position) for position in gene.codon_positions(20))
    assert codon == gene.cds[57:60]
    assert [change.amplicon for change in synthetic.known] == [None, "SYN1_E2", "SYN1_E2"]


def test_names_and_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert packaged_panels() == ("alk-ros1",)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"no such panel; found 'egfr'; expected a panel folder, or a name: alk-ros1"):
        load_panel("egfr")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is not a folder"):
        load_panel(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"panel\.yaml: no such file"):
        load_panel(tmp_path / "empty")
