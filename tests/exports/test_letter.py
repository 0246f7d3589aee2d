"""The Word document, read back by python-docx and as XML."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import docx
import pytest
from example_results import EXAMPLES, compound_cis, control, partly_shallow
from results_at_hand import FORMULA, odd

from kinescape.errors import InputError
from kinescape.exports.letter import PLACEHOLDER, letter_bytes
from kinescape.records import SampleResult

SECTIONS = (
    *("Sample", "Validity", "Findings", "Not detected, with limits of detection", "What could not be assessed"),
    *("Clones and phase", "State of every drug", "Methods, versions and limits"),
)


def read(result: SampleResult, template: Path | None = None) -> tuple[list[str], list[list[str]]]:
    document = docx.Document(io.BytesIO(letter_bytes(result, template)))
    rows = [[cell.text for cell in row.cells] for table in document.tables for row in table.rows]
    return [paragraph.text for paragraph in document.paragraphs], rows


@pytest.fixture
def letterhead(tmp_path: Path) -> Path:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "Laboratory of Examples"
    document.sections[0].footer.paragraphs[0].text = "Example street 1"
    document.styles["Heading 2"].font.name = "Courier New"
    document.add_paragraph("Dear board,")
    document.add_paragraph(PLACEHOLDER)
    document.add_paragraph("With kind regards")
    document.save(str(tmp_path / "head.docx"))
    return tmp_path / "head.docx"


@pytest.mark.parametrize("name", [*EXAMPLES, "odd"])
def test_word_reads_every_document_and_its_sections(name: str) -> None:
    result = odd() if name == "odd" else EXAMPLES[name]()
    paragraphs, _ = read(result)
    places = [paragraphs.index(section) for section in SECTIONS]
    assert places == sorted(places)
    assert sum("Research use only" in text for text in paragraphs) >= 2
    assert any("SIMULATED" in text for text in paragraphs)
    with zipfile.ZipFile(io.BytesIO(letter_bytes(result))) as archive:
        assert archive.testzip() is None
        for member in archive.namelist():
            if member.endswith((".xml", ".rels")):
                ElementTree.fromstring(archive.read(member))
        footer = archive.read("word/footer1.xml").decode()
    assert "Research use only" in footer


def test_the_findings_limits_and_drugs_stand_in_tables() -> None:
    result = compound_cis()
    paragraphs, rows = read(result)
    finding = next(row for row in rows if row[0] == "ALK G1202R")
    assert finding[2].startswith("3.79%")
    assert finding[5] == "Strong evidence"
    assert sorted(rows[[row[0] for row in rows].index("Pair") + 1][0].split(" and ")) == ["G1202R", "L1196M"]
    drugs = {row[0]: row[1] for row in rows if len(row) == 4}
    assert drugs["Crizotinib"] in ("Resistance", "None found")
    assert drugs["Brigatinib (at sampling)"] == "Resistance"
    assert any(text.startswith("ALK: T1151K (") for text in paragraphs)


def test_what_could_not_be_assessed_is_not_left_out() -> None:
    paragraphs, rows = read(partly_shallow())
    assert ["ALK", "Below depth"] in [row[:2] for row in rows]
    assert ["ROS1", "Not covered"] in [row[:2] for row in rows]
    assert "None of these is wild-type." in paragraphs


def test_a_sample_without_a_knowledge_base_has_no_drug_state() -> None:
    paragraphs, _ = read(control())
    assert "No knowledge base was used for this sample: no drug has a state." in paragraphs


def test_a_letterhead_keeps_what_it_says(letterhead: Path) -> None:
    document = docx.Document(io.BytesIO(letter_bytes(compound_cis(), letterhead)))
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert texts[0] == "Dear board,"
    assert texts[1] == "Sample SIM01-relapse"
    assert texts[-1] == "With kind regards"
    assert PLACEHOLDER not in texts
    assert document.sections[0].header.paragraphs[0].text == "Laboratory of Examples"
    assert document.sections[0].footer.paragraphs[0].text == "Example street 1"
    assert document.styles["Heading 2"].font.name == "Courier New"
    assert next(p for p in document.paragraphs if p.text == "Findings").style.name == "Heading 2"


def test_a_letterhead_without_the_place_gets_them_at_the_end(tmp_path: Path) -> None:
    bare = docx.Document()
    bare.add_paragraph("Only this")
    bare.save(str(tmp_path / "bare.docx"))
    texts, _ = read(compound_cis(), tmp_path / "bare.docx")
    assert texts[:2] == ["Only this", "Sample SIM01-relapse"]


def test_a_letterhead_without_our_styles_works(tmp_path: Path) -> None:
    bare = docx.Document()
    for name in ("Heading 1", "Heading 2", "Heading 3", "List Bullet"):
        style = bare.styles[name]
        style.element.getparent().remove(style.element)
    bare.save(str(tmp_path / "bare.docx"))
    texts, _ = read(partly_shallow(), tmp_path / "bare.docx")
    assert "Findings" in texts


def test_text_from_outside_makes_no_field_and_no_link() -> None:
    result = odd()
    with zipfile.ZipFile(io.BytesIO(letter_bytes(result))) as archive:
        document = archive.read("word/document.xml").decode("utf-8")
        links = archive.read("word/_rels/document.xml.rels").decode("utf-8")
    assert "fldSimple" not in document.replace("w:fldSimple w:instr=&quot;", "").replace("&lt;w:fldSimple", "")
    assert "instrText" not in document
    assert "hyperlink" not in links
    paragraphs, _ = read(result)
    assert "Sample <script>alert(1)</script>" in paragraphs
    assert any(FORMULA in text for text in paragraphs)


TABLE_MEMBERS = (
    *("tblStyle", "tblpPr", "tblOverlap", "bidiVisual", "tblStyleRowBandSize", "tblStyleColBandSize", "tblW", "jc"),
    *("tblCellSpacing", "tblInd", "tblBorders", "shd", "tblLayout", "tblCellMar", "tblLook", "tblCaption"),
)
"""ECMA-376 part 1, CT_TblPr: Word takes a document for damaged where they stand in another order."""


def test_members_of_tables_stand_in_the_order_of_the_schema() -> None:
    document = docx.Document(io.BytesIO(letter_bytes(compound_cis())))
    for table in document.tables:
        names = [element.tag.rpartition("}")[2] for element in table._tbl.tblPr]
        assert names == sorted(names, key=TABLE_MEMBERS.index)
        assert "tblBorders" in names
        header, *rest = [row._tr.xpath("./w:trPr/w:tblHeader") for row in table.rows]
        assert header
        assert not any(rest)


def test_the_same_result_gives_the_same_bytes(letterhead: Path) -> None:
    assert letter_bytes(compound_cis()) == letter_bytes(compound_cis())
    assert letter_bytes(compound_cis(), letterhead) == letter_bytes(compound_cis(), letterhead)


@pytest.mark.parametrize("content", [b"", b"no document", None, b"PK\x03\x04broken"])
def test_what_is_no_letterhead_is_named(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "head.docx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"head\.docx"):
        letter_bytes(compound_cis(), path)
