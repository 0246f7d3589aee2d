"""The findings of a sample as a Word document, on a lab's own letterhead where one is given.

A letterhead is any ``.docx``: its header, footer, styles and text are kept. The findings go where a paragraph says
``{{findings}}``, else to the end. The text of the result goes in as text of runs; it makes no field, link or formula.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinescape.errors import InputError
from kinescape.exports.view import View, sample_view
from kinescape.files import write_bytes
from kinescape.records import SampleResult

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph

PLACEHOLDER = "{{findings}}"
_COLOURS = {
    **dict.fromkeys(("resistance", "strong", "fail", "cis"), "9A3103"),
    **dict.fromkeys(("reduced_activity", "weak", "limited", "mixed"), "755000"),
    **dict.fromkeys(("none_found", "trans"), "0A527D"),
    **dict.fromkeys(("pass", "covered"), "0B5B4B"),
}
_GREY = "4A535D"
_LINE = "C4C9CF"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The oldest date that a ZIP member can have: the same result gives the same bytes."""
_TEXT_WIDTH = 6_120_000
"""17 cm in Word's units (EMU), where a letterhead states no margins."""
_BREAKS = re.compile(r"\s*[\t\n\r\v\f\x85\u2028\u2029]\s*")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_letter(path: Path, result: SampleResult, template: Path | None = None) -> None:
    """Write the document of one sample.

    Raises
    ------
    InputError
        The template is missing or is no Word document.
    """
    write_bytes(path, letter_bytes(result, template))


def letter_bytes(result: SampleResult, template: Path | None = None) -> bytes:
    """The document of one sample."""
    document = _opened(template)
    anchor = next((each for each in document.paragraphs if each.text.strip() == PLACEHOLDER), None)
    body = document.element.body
    before = set(body)
    _Letter(document, sample_view(result)).write()
    if anchor is not None:
        for element in [each for each in body if each not in before]:
            anchor._p.addprevious(element)
        body.remove(anchor._p) if anchor._p.getparent() is body else None
    if template is None:
        _own_letterhead(document, result)
    held = io.BytesIO()
    document.save(held)
    return _without_times(held.getvalue())


def _opened(template: Path | None) -> Document:
    import docx

    if template is None:
        return docx.Document()
    if not template.is_file():
        raise InputError("no such file", file=template, expected="a letterhead (.docx)")
    try:
        return docx.Document(str(template))
    except Exception as problem:
        # A damaged archive or damaged XML breaks python-docx in more ways than it names.
        raise InputError(
            f"is not a Word document ({type(problem).__name__})", file=template, expected=".docx"
        ) from None


def _without_times(content: bytes) -> bytes:
    """The same archive with members at one fixed time."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as read, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as written:
        for name in read.namelist():
            written.writestr(zipfile.ZipInfo(name, _EPOCH), read.read(name), zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _plain(text: object) -> str:
    return _NOT_XML.sub("", _BREAKS.sub(" ", str(text)))


def _sentences(*parts: str) -> str:
    return " ".join(part if part.endswith((".", "?", "!")) else f"{part}." for part in parts if part)


class _Letter:
    """Appends the sections to a document, in the words of the view."""

    def __init__(self, document: Document, view: View) -> None:
        self.document = document
        self.view = view
        self.styles = {style.name: style for style in document.styles}
        section = document.sections[-1]
        sides = [section.page_width, section.left_margin, section.right_margin]
        self.width = int(sides[0] - sides[1] - sides[2]) if None not in sides else _TEXT_WIDTH  # type: ignore[operator]

    def write(self) -> None:
        view = self.view
        self.heading(f"Sample {view['sample']['name']}", 1)
        if view["simulated"]:
            self.paragraph([(view["simulated_words"], "bold", "755000")])
        self.paragraph([(view["use"], "bold", _GREY)])
        self._sample()
        self._gate()
        self._findings()
        self._not_detected()
        self._not_assessed()
        self._phase()
        self._drugs()
        self._methods()
        self.paragraph([(view["use"], "bold", _GREY), (f" {view['simulated_words']}", "", _GREY)])

    def _sample(self) -> None:
        self.heading("Sample", 2)
        facts = [each for each in self.view["facts"] if each["value"] != "not stated"]
        absent = [each["name"] for each in self.view["facts"] if each["value"] == "not stated"]
        self.table(("What", "Value"), (1, 3), [[each["name"], each["value"]] for each in facts])
        if absent:
            self.note(f"Not stated: {', '.join(absent)}.")

    def _gate(self) -> None:
        gate = self.view["gate"]
        self.heading("Validity", 2)
        colour = _COLOURS.get(gate["status"], _GREY)
        self.paragraph([(f"{gate['words']}. ", "bold", colour), (gate["meaning"], "", "")])
        self.bullets(gate["reasons"])
        self.paragraph([("; ".join(f"{each['name']}: {each['value']}" for each in self.view["summary"]) + ".", "", "")])

    def _findings(self) -> None:
        self.heading("Findings", 2)
        findings = self.view["findings"]
        if not findings:
            failed = self.view["gate"]["status"] == "fail"
            none = "the sample failed, and that nothing was found says nothing" if failed else "see the limits below"
            self.paragraph([(f"No finding with strong or weak evidence; {none}.", "", "")])
            return
        rows = [
            [
                each["name"],
                " ".join(part for part in (each["hgvs_p"], each["hgvs_c"], each["hgvs_g"]) if part),
                f"{each['vaf_words']} ({each['interval_words']})",
                each["fragments_words"],
                "; ".join(f"{a['name']} {a['reads_words']} ({a['filters']})" for a in each["aligners"]),
                (each["evidence_words"], each["evidence"]),
            ]
            for each in findings
        ]
        header = ("Change", "Names", "Allele fraction (95%)", "Fragments", "Reads by aligner", "Evidence")
        self.table(header, (13, 22, 17, 13, 22, 13), rows)
        for each in findings:
            says = [each["reason"], f"known: {each['known']}" if each["known"] else "", each["inspected"]]
            says += [f"{a['source']}: {a['says']}" for a in each["annotations"]]
            self.note(f"{each['name']}: {'; '.join(part for part in says if part)}.")
        self.note("No matched normal is read: neither germline origin nor clonal haematopoiesis is excluded.")

    def _not_detected(self) -> None:
        self.heading("Not detected, with limits of detection", 2)
        for group in self.view["not_detected"]:
            changes = ", ".join(f"{each['protein']} ({each['lod_words']})" for each in group["changes"])
            self.paragraph([(f"{group['gene']}: ", "bold", ""), (f"{changes}.", "", "")])
        if not self.view["not_detected"]:
            self.paragraph([("Of no known position can it be said that nothing is there above a limit.", "", "")])
        self.note("In brackets the allele fraction found with 95% probability; a change below it is not excluded.")

    def _not_assessed(self) -> None:
        self.heading("What could not be assessed", 2)
        silent = self.view["not_assessed"]
        if silent["positions"]:
            rows = [[g["gene"], g["words"], ", ".join(g["changes"]), g["meaning"]] for g in silent["positions"]]
            self.table(("Gene", "State", "Known changes", "Why"), (8, 12, 50, 30), rows)
        self.bullets([f"{each['what']}: {each['reason']}" for each in silent["other"]])
        self.note("None of these is wild-type.")

    def _phase(self) -> None:
        self.heading("Clones and phase", 2)
        if not self.view["phases"]:
            self.paragraph([("No two findings of this sample lie together: there is nothing to phase.", "", "")])
            return
        rows = [
            [
                f"{each['a']} and {each['b']}",
                (each["words"], each["verdict"]),
                f"{each['both']} / {each['only_a']} / {each['only_b']} / {each['neither']}",
                f"{each['reason']} {each['cis_share']}".strip(),
            ]
            for each in self.view["phases"]
        ]
        self.table(("Pair", "Verdict", "Fragments: both / first / second / neither", "Reason"), (22, 16, 30, 32), rows)
        for order in self.view["acquisition"]:
            self.note(f"Order of acquisition, as the combinations are nested: {order}.")

    def _drugs(self) -> None:
        self.heading("State of every drug", 2)
        if not self.view["drugs_given"]:
            self.paragraph([("No knowledge base was used for this sample: no drug has a state.", "", "")])
        for group in self.view["drug_groups"]:
            self.heading(group["gene"], 3)
            rows = [
                [
                    each["drug"] + (" (at sampling)" if each["current"] else ""),
                    (each["words"], each["state"]),
                    _sentences(each["lead"], each["more"], *each["cautions"]),
                    each["assessed"],
                ]
                for each in group["drugs"]
            ]
            self.table(("Drug", "State", "What it rests on", "Positions assessed"), (18, 15, 55, 12), rows)
            for caution in group["cautions"]:
                self.note(f"For all of them: {caution}.")
        self.note("No drug is recommended.")

    def _methods(self) -> None:
        methods = self.view["methods"]
        self.heading("Methods, versions and limits", 2)
        header = ("Amplicon", "State", "Place", "Median depth", "Least depth", "Highest limit")
        names = ("name", "words", "place", "median_depth", "minimum_depth", "highest_limit")
        self.table(
            header, (14, 14, 32, 13, 13, 14), [[each[name] for name in names] for each in self.view["amplicons"]]
        )
        says = [
            self.view["produced_by"],
            f"panel {methods['panel']} (sha256 {methods['panel_sha256']}), reference {methods['reference']}",
            f"knowledge base {methods['knowledge_base']}",
            *(f"{a['name']} {a['version']} {a['arguments']} {a['note']}".strip() for a in methods["aligners"]),
            *(f"{each['source']}: {each['version']}" for each in methods["annotation_sources"]),
            *(f"{each['name']}: {each['value']}" for each in methods["parameters"]),
            *(f"{each['name']} sha256 {each['sha256']}" for each in self.view["inputs"]),
        ]
        self.bullets(says)

    # ------------------------------------------------------------------ parts

    def heading(self, text: str, level: int) -> None:
        paragraph = self.document.add_paragraph()
        if not self._styled(paragraph, f"Heading {level}"):
            self._run(paragraph, text, bold=True, colour="", points=(16, 13, 11)[level - 1])
            return
        paragraph.add_run(_plain(text))

    def paragraph(self, parts: Sequence[tuple[str, str, str]]) -> None:
        """Runs of (text, ``bold`` or nothing, colour or nothing)."""
        paragraph = self.document.add_paragraph()
        for text, weight, colour in parts:
            self._run(paragraph, text, weight == "bold", colour)

    def note(self, text: str) -> None:
        self._run(self.document.add_paragraph(), text, False, _GREY, 8.5)

    def bullets(self, texts: Sequence[str]) -> None:
        for text in texts:
            paragraph = self.document.add_paragraph()
            listed = self._styled(paragraph, "List Bullet")
            self._run(paragraph, text if listed else f"\u2022 {text}", False, "", 9.5)

    def table(self, header: Sequence[str], shares: Sequence[int], rows: Sequence[Sequence[Any]]) -> None:
        """A table whose header repeats on every page.

        Parameters
        ----------
        shares
            Widths of the columns, relative to each other.
        rows
            A cell is its text, or (text, state).
        """
        from docx.shared import Emu

        table = self.document.add_table(rows=1, cols=len(header))
        table.autofit = False
        _ruled(table)
        for cell, text in zip(table.rows[0].cells, header, strict=True):
            self._run(cell.paragraphs[0], text, True, _GREY, 8.5)
        for row in rows:
            for cell, value in zip(table.add_row().cells, row, strict=True):
                text, state = value if isinstance(value, tuple) else (value, "")
                self._run(cell.paragraphs[0], text, bool(state), _COLOURS.get(state, _GREY) if state else "", 9)
        for column, share in zip(table.columns, shares, strict=True):
            width = Emu(self.width * share // sum(shares))
            column.width = width
            for cell in column.cells:
                cell.width = width
        self.document.add_paragraph()

    def _styled(self, paragraph: Paragraph, name: str) -> bool:
        """Whether the document has the style; then the paragraph has it too."""
        if name not in self.styles:
            return False
        paragraph.style = self.styles[name]
        return True

    def _run(self, paragraph: Paragraph, text: object, bold: bool, colour: str, points: float | None = None) -> None:
        from docx.shared import Pt, RGBColor

        run = paragraph.add_run(_plain(text))
        run.bold = bold or None
        if colour:
            run.font.color.rgb = RGBColor.from_string(colour)
        if points is not None:
            run.font.size = Pt(points)


def _ruled(table: Any) -> None:
    """Thin lines between the rows, whatever styles the letterhead has, and a header that repeats."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    borders = OxmlElement("w:tblBorders")
    for edge in ("top", "bottom", "insideH"):
        line = OxmlElement(f"w:{edge}")
        for name, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", _LINE)):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    # Word wants the members in the order of the schema (ECMA-376, CT_TblPr): borders follow the width.
    table._tbl.tblPr.find(qn("w:tblW")).addnext(borders)
    header = OxmlElement("w:tblHeader")
    header.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(header)


def _own_letterhead(document: Document, result: SampleResult) -> None:
    """Margins, typeface and footer of the document where no letterhead is given."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.0)
    section.top_margin, section.bottom_margin = Cm(2.0), Cm(2.0)
    document.styles["Normal"].font.size = Pt(10)
    footer = section.footer.paragraphs[0]
    label = " SIMULATED DATA." if result.simulated else ""
    footer.add_run(_plain(f"Research use only.{label} Sample {result.sample.sample[:60]}. Page "))
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    footer._p.append(field)
    core = document.core_properties
    core.title, core.author = _plain(f"Sample {result.sample.sample}")[:255], f"kinescape {result.kinescape_version}"
    core.comments = "Research use only"
