"""The PDF: its structure, its text as Typst lays it out, and bytes that do not change."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable
from xml.etree import ElementTree

import msgspec
import pytest
from example_results import EXAMPLES, compound_cis, control, partly_shallow
from pdf_text import page_texts
from results_at_hand import FORMULA, ODD, odd

from kinescape.exports.pdf import document_data, page_images, pdf_bytes
from kinescape.exports.pictures import pictures_of
from kinescape.records import SampleResult

SVG = "{http://www.w3.org/2000/svg}"


def metadata_of(pdf: bytes) -> str:
    """The XMP packet, compressed or not."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    for stream in streams:
        for content in (stream, _inflated(stream)):
            if b"<x:xmpmeta" in content:
                return content.decode("utf-8")
    raise AssertionError("the PDF has no metadata")


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


def everything(pdf: bytes) -> bytes:
    """The file and all that is compressed in it."""
    return pdf + b"\n".join(_inflated(s) for s in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL))


@pytest.mark.parametrize("name", [*EXAMPLES, "odd"])
def test_every_result_makes_a_tagged_pdf_without_a_date(name: str) -> None:
    result = odd() if name == "odd" else EXAMPLES[name]()
    pdf = pdf_bytes(result)
    assert pdf.startswith(b"%PDF-1.7")
    assert pdf.rstrip().endswith(b"%%EOF")
    content, metadata = everything(pdf), metadata_of(pdf)
    assert b"/StructTreeRoot" in content
    assert b"/CreationDate" not in content
    assert b"/JavaScript" not in content
    assert b"/Launch" not in content
    assert b"/URI" not in content
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert "CreateDate" not in metadata
    assert int(re.search(r"<xmpTPg:NPages>(\d+)<", metadata)[1]) >= 3  # type: ignore[index]


def test_the_same_result_gives_the_same_bytes() -> None:
    assert pdf_bytes(compound_cis()) == pdf_bytes(compound_cis())
    assert pdf_bytes(compound_cis()) != pdf_bytes(partly_shallow())


def test_only_fonts_of_typst_are_in_it() -> None:
    fonts = set(re.findall(rb"/BaseFont\s*/(?:[A-Z]{6}\+)?([A-Za-z]+)", everything(pdf_bytes(odd()))))
    assert fonts
    assert fonts <= {b"LibertinusSerif", b"DejaVuSansMono"}


def test_pages_are_a4() -> None:
    images = page_images(compound_cis(), 36)
    for image in images:
        width, height = struct.unpack(">II", image[16:24])
        assert (width, height) == pytest.approx((298, 421), abs=1)


def test_text_that_no_font_has_is_spelled_out() -> None:
    """Typst refuses a PDF/UA with a missing sign; it must neither fail nor leave the sign out."""
    result = compound_cis()
    for text in ("漢字", "😀", "\u0378", "ไทย", "\ufdfa"):
        named = msgspec.structs.replace(result, sample=msgspec.structs.replace(result.sample, therapy=text))
        assert pdf_bytes(named).startswith(b"%PDF")


def test_markup_of_typst_in_the_data_stays_text() -> None:
    """What would fail or run as markup is placed as it is; the document has the same headings."""
    plain, marked = compound_cis(), compound_cis()
    marked = msgspec.structs.replace(
        marked, sample=msgspec.structs.replace(marked.sample, therapy=ODD["markup"], line="= heading\n#panic()")
    )
    assert pdf_bytes(marked).startswith(b"%PDF")
    assert len(page_images(marked, 30)) == len(page_images(plain, 30))


@pytest.mark.parametrize("make", [compound_cis, partly_shallow])
def test_every_page_says_what_it_has_to_and_all_of_the_result_stands_there(make: Callable[[], SampleResult]) -> None:
    result = make()
    pages = page_texts(pdf_bytes(result))
    assert all("Research use only" in page and "SIMULATED DATA" in page for page in pages)
    assert [f"{number} / {len(pages)}" in page for number, page in enumerate(pages, 1)] == [True] * len(pages)
    text = "".join(pages)
    assert result.sample.sample in pages[0]
    assert all(reason in pages[0] for reason in result.gate.reasons)
    assert all(known.protein in text for known in result.known_positions)
    assert all(drug.drug in text for drug in result.drugs)
    assert all(each.sha256 in text for each in result.inputs)
    assert "None of these is wild-type." in text


def test_odd_text_stands_as_it_is() -> None:
    text = "".join(page_texts(pdf_bytes(odd())))
    assert "<script>alert(1)</script>" in text
    assert FORMULA in text
    assert "[U+6F22]" in text


def test_a_control_says_that_no_drug_has_a_state() -> None:
    assert document_data(control())["drugs_given"] is False


@pytest.mark.parametrize("make", [compound_cis, partly_shallow, odd])
def test_pictures_stand_alone(make: object) -> None:
    """Parsed as XML; no custom property, script or outside reference is left in them."""
    result: SampleResult = make()  # type: ignore[operator]
    for drawn in pictures_of(result).values():
        for _, svg in drawn:
            root = ElementTree.fromstring(svg)
            assert root.tag == f"{SVG}svg"
            assert "var(" not in svg
            assert "<script" not in svg
            assert "href" not in svg
            patterns = {element.get("id") for element in root.iter(f"{SVG}pattern")}
            assert patterns >= set(re.findall(r"url\(#([\w-]+)\)", svg))
            style = root.find(f"{SVG}defs/{SVG}style")
            assert style is not None
            assert style.text is not None
            # Every rule is whole: the pictures' lines would be filled areas otherwise.
            assert re.search(r"\.leader \{[^}]*stroke-width: \.8;[^}]*fill: none", style.text)
            assert "@media" not in style.text
