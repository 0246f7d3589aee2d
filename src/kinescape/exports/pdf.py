"""PDF of a sample for print and file: made by Typst from the view of the result, without a browser.

The text of the result reaches Typst as JSON in an input value and is placed as text, never as markup. Fonts are those
that Typst brings; the file has no date, is tagged, and follows PDF/UA-1 (Typst refuses to write one that does not).
The same result gives the same bytes.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from kinescape.errors import KinescapeError
from kinescape.exports.pictures import description_of, pictures_of
from kinescape.exports.view import View, sample_view
from kinescape.files import write_bytes
from kinescape.records import SampleResult

STANDARD: Literal["ua-1"] = "ua-1"
"""PDF/UA-1 (accessible, tagged). PDF/A would need a date of making, which a result does not have."""
_NO_GLYPH = re.compile(r"the text `?\"(?P<sign>.)", re.DOTALL)
_SURE = re.compile("[\x00-\u024f\u0370-\u03ff\u0400-\u045f\u2010-\u2027\u2030-\u205e\u2070-\u209f\u20ac\u2190-\u2193]")
"""What the fonts certainly have; anything else may be missing in them."""


def write_pdf(path: Path, result: SampleResult) -> None:
    """Write the PDF of one sample."""
    write_bytes(path, pdf_bytes(result))


def pdf_bytes(result: SampleResult) -> bytes:
    """The PDF of one sample."""
    content = _document(result, lambda data: _compiled(data, "pdf"))
    assert isinstance(content, bytes)  # noqa: S101 - a PDF is one file
    return content


def page_images(result: SampleResult, dots_per_inch: float = 100.0) -> list[bytes]:
    """Every page as a PNG, to look at."""
    content = _document(result, lambda data: _compiled(data, "png", dots_per_inch))
    return content if isinstance(content, list) else [content]


def document_data(result: SampleResult) -> View:
    """What the document is made of: the view, and the pictures with their descriptions."""
    pictures = {
        kind: [{"gene": gene, "svg": svg, "alt": description_of(svg)} for gene, svg in drawn]
        for kind, drawn in pictures_of(result).items()
    }
    return {**sample_view(result), "pictures": pictures}


def _document(result: SampleResult, compiled: Callable[[View], bytes | list[bytes]]) -> bytes | list[bytes]:
    import typst

    data = document_data(result)
    # A sign that no font here has is spelled out: a reader must see that something stands there. First those that the
    # fonts may lack; where even that is not enough (numbers of Unicode without a sign), all beyond ASCII.
    for odd in (lambda _: False, lambda sign: not _SURE.match(sign), lambda sign: not sign.isascii()):
        try:
            return compiled(_spelled(data, odd))
        except typst.TypstError as problem:
            fault = problem
            if not _NO_GLYPH.search(str(problem)):
                break
    raise KinescapeError(f"the PDF of sample '{result.sample.sample}' cannot be made ({fault})") from fault


def _spelled(value: Any, odd: Callable[[str], bool]) -> Any:
    if isinstance(value, str):
        return "".join(f"[U+{ord(sign):04X}]" if odd(sign) else sign for sign in value)
    if isinstance(value, dict):
        return {key: _spelled(each, odd) for key, each in value.items()}
    return [_spelled(each, odd) for each in value] if isinstance(value, list) else value


@functools.cache
def _template() -> bytes:
    return (resources.files("kinescape.exports") / "templates" / "sample.typ").read_bytes()


def _compiled(data: View, kind: Literal["pdf", "png"], dots_per_inch: float = 100.0) -> bytes | list[bytes]:
    import typst

    text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    if kind == "png":
        made = typst.compile(
            _template(), format="png", ppi=dots_per_inch, ignore_system_fonts=True, sys_inputs={"data": text}
        )
    else:
        made = typst.compile(
            _template(), format="pdf", ignore_system_fonts=True, sys_inputs={"data": text}, pdf_standards=STANDARD
        )
    assert made is not None  # noqa: S101 - no output path was given
    return made
