"""Every fault of a user's panel is one error with file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kinescape.errors import InputError
from kinescape.panel.load import load_panel

Spoil = Callable[[str, str, str], int]

FAULTS = [
    # file spoiled, old text, new text, file and words of the error, reported line minus spoiled line
    ("windows.fa", "CCATGCTTCC", "CCATGNTTCC", "windows.fa", "column 6: unknown letter in the sequence", 0),
    ("windows.fa", "chr2:29213647-29214464", "chr2:29213647-29214465", "windows.fa", "place and sequence differ", 0),
    ("windows.fa", " chr2:29213647-29214464 LRG_488:712103-712920", "", "windows.fa", "place is missing", 0),
    ("windows.fa", ">ALK_E25 ", ">ALK_E24 ", "windows.fa", "sequence stands twice; found 'ALK_E24'", 0),
    ("exons.tsv", "\t29220706\t29220835\t", "\t29220706\t29220834\t", "exons.tsv", "coding part outside its exon", 0),
    ("exons.tsv", "ALK\t24\t", "ALK\tx\t", "exons.tsv", "not a whole number", 0),
    ("exons.tsv", "ALK\t24\t", "EGFR\t24\t", "exons.tsv", "coding sequence does not continue here", 1),
    ("exons.tsv", "\tcoding_start", "\tbegin", "exons.tsv", "column 'coding_start' is missing", 0),
    ("amplicons.tsv", "ALK_E23\tALK\t23", "ALK_E22\tALK\t23", "amplicons.tsv", "amplicon stands twice", 0),
    ("amplicons.tsv", "GTGAGGGTGTCTC", "GTGAGGGTGTCTG", "amplicons.tsv", "primer of ALK_E22 does not match", 0),
    ("amplicons.tsv", "ALK_E24\tALK\t24", "ALK_E24\tALK\t25", "amplicons.tsv", "no coding base of exon 25", 0),
    ("amplicons.tsv", "ALK_E24\tALK\t24", "ALK_E24\tALK\t30", "amplicons.tsv", "ALK has no such exon", 0),
    ("amplicons.tsv", "chr2\t29213958", "chr6\t29213958", "amplicons.tsv", "ALK_E24 is not inside one window", 0),
    ("known_positions.tsv", "ALK\tG1202R", "ALK\tK1202R", "known_positions.tsv", "found 'K1202'; expected G1202", 0),
    ("known_positions.tsv", "chr2\t29220747\tC\tT", "chr2\t29220747\tG\tT", "known_positions.tsv", "found 'G'", 0),
    ("known_positions.tsv", "c.3604G>A", "c.3604G>C", "known_positions.tsv", "expected c.3604G>A", 0),
    ("known_positions.tsv", "GGA>AGA", "GGA>AGG", "known_positions.tsv", "expected GGA>AGA", 0),
    ("known_positions.tsv", "\tC\tT\t23\tGGA", "\tC\tT\t24\tGGA", "known_positions.tsv", "expected 23", 0),
    ("known_positions.tsv", "p.(Gly1202Lys)", "p.(Gly1202Arg)", "known_positions.tsv", "expected p.(Gly1202Lys)", 0),
    ("known_positions.tsv", "ALK\tG1202K", "ALK\tnonsense", "known_positions.tsv", "not a protein change", 0),
    ("known_positions.tsv", "ALK\tG1202K", "EGFR\tG1202K", "known_positions.tsv", "expected one of ALK, ROS1", 0),
    ("features.tsv", "\tGHGAFG", "\tGHGAFA", "features.tsv", "sequence differs from ALK 1123-1128", 0),
    ("features.tsv", "\tno\trecalled", "\tyes\trecalled", "features.tsv", "recalled, so it cannot be verified", 0),
    ("features.tsv", "ALK\t1\t18", "ALK\t1\t9999", "features.tsv", "feature outside its protein", 0),
    ("cds.fa", ">ALK\nATG", ">ALK\nCTG", "proteins.fa", "residue 1 differs from the coding sequence", None),
    ("panel.yaml", "genome: GRCh38", "genom: GRCh38", "panel.yaml", "unknown key 'genom'", 0),
    ("panel.yaml", "name: alk-ros1\n", "", "panel.yaml", "key 'name' is missing", None),
    ("panel.yaml", "name: alk-ros1\n", "name: a\nname: b\n", "panel.yaml", "key 'name' stands twice", 1),
    ("panel.yaml", 'strand: "-"', "strand: minus", "panel.yaml", "expected '+' or '-'", None),
    ("panel.yaml", "path: exons.tsv", "path: exon.tsv", "panel.yaml", "no such file in the panel's folder", None),
    ("panel.yaml", "path: exons.tsv", "path: ../exons.tsv", "panel.yaml", "file outside the panel's folder", None),
    ("panel.yaml", "path: cds.fa", "path: cds.fa\n    sha256: 00", "panel.yaml", "not the file that this checksum", 1),
    ("panel.yaml", "length_aa: 1059", "length_aa: 1060", "panel.yaml", "length of the fusion; found 1060", 0),
    ("panel.yaml", "gene_first_aa: 1058", "gene_first_aa: 1059", "panel.yaml", "not the first residue of exon 20", 0),
    ("panel.yaml", "genes:\n", "genes: [\n", "panel.yaml", "is not YAML", None),
]


@pytest.mark.parametrize(("name", "old", "new", "file", "words", "shift"), FAULTS)
def test_fault_is_named_by_file_and_line(
    own_panel: Path, spoil: Spoil, name: str, old: str, new: str, file: str, words: str, shift: int | None
) -> None:
    line = spoil(name, old, new)
    with pytest.raises(InputError) as caught:
        load_panel(own_panel)
    assert words in str(caught.value)
    assert Path(str(caught.value.file)).name == file
    assert caught.value.line is not None
    if shift is not None:
        assert caught.value.line == line + shift


def test_exon_that_reaches_outside_its_window(own_panel: Path, spoil: Spoil) -> None:
    line = next(
        number
        for number, text in enumerate((own_panel / "exons.tsv").read_text().splitlines(), 1)
        if text.startswith("ALK\t24\t")
    )
    path = own_panel / "windows.fa"
    header, _, rest = path.read_text().partition(">ALK_E24 ")
    body, _, after = rest.partition("\n>")
    sequence = "".join(body.splitlines()[1:])
    cut = f"chr2:{29213647 + 400}-29214464\n{sequence[400:]}"  # exon 24 starts at 29213984
    path.write_text(f"{header}>ALK_E24 {cut}\n>{after}")
    with pytest.raises(InputError, match="exon 24 of ALK reaches outside window ALK_E24") as caught:
        load_panel(own_panel)
    assert (Path(str(caught.value.file)).name, caught.value.line) == ("exons.tsv", line)


def test_window_base_that_differs_from_the_coding_sequence(own_panel: Path) -> None:
    path = own_panel / "windows.fa"
    text = path.read_text()
    header = text.index(">ALK_E24 ")
    start = text.index("\n", header) + 1
    place = 29214033 - 29213647  # codon 1232, inside exon 24
    place = start + place + place // 60
    old = text[place]
    path.write_text(text[:place] + ("A" if old != "A" else "G") + text[place + 1 :])
    with pytest.raises(InputError, match=r"exon 24 of ALK differs from window ALK_E24 at chr2:29214033: .*plus strand"):
        load_panel(own_panel)


def test_broken_splice_site(own_panel: Path) -> None:
    path = own_panel / "windows.fa"
    text = path.read_text()
    start = text.index("\n", text.index(">ALK_E24 ")) + 1
    place = 29213982 - 29213647  # donor of exon 24 on the minus strand: AC on the plus strand at 29213982-29213983
    place = start + place + place // 60
    assert text[place : place + 2] == "AC"
    path.write_text(text[:place] + "T" + text[place + 1 :])
    with pytest.raises(InputError, match="donor of exon 24 of ALK is 'GA'; expected GT or GC"):
        load_panel(own_panel)


def test_the_same_place_cannot_be_two_amplicons(own_panel: Path) -> None:
    path = own_panel / "amplicons.tsv"
    second = path.read_text().splitlines()[1].replace("ALK_E22", "ALK_E22b")
    path.write_text(path.read_text() + second + "\n")
    with pytest.raises(InputError, match=r"line 9.*same place as amplicon ALK_E22"):
        load_panel(own_panel)


def test_files_that_are_no_text(own_panel: Path) -> None:
    (own_panel / "cds.fa").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"cds\.fa: is not UTF-8 text"):
        load_panel(own_panel)
    (own_panel / "cds.fa").write_text("")
    with pytest.raises(InputError, match=r"cds\.fa: is empty"):
        load_panel(own_panel)
    (own_panel / "cds.fa").write_text("ACGT\n")
    with pytest.raises(InputError, match=r"cds\.fa, line 1: sequence before the first header"):
        load_panel(own_panel)
