"""The page's pictures as SVG files of their own, for programs that know no style sheet of ours.

The page styles its pictures with classes, custom properties (``var(--ink)``) and two patterns that stand elsewhere on
it. Here the light colours are put in and the patterns travel with the picture. Everything is read from the page's own
style sheet, so that a picture looks the same on paper as on the page.
"""

from __future__ import annotations

import functools
import re

from markupsafe import Markup, escape

from kinescape.records import SampleResult
from kinescape.report.figures.axis import genes_of
from kinescape.report.figures.lod_strip import lod_strip
from kinescape.report.figures.lollipop import lollipop
from kinescape.report.figures.phase import phase_picture
from kinescape.report.picture_style import picture_patterns, picture_rules

_LAYOUT = re.compile(r"(?<![\w-])(font|width|height|min-width|margin|display)\s*:[^;}]*;?")
_FONT = 'font-family: "Libertinus Serif"; font-size: 14.4px;'
"""Set in place of the page's system fonts; larger, because a serif face is narrower and paper smaller."""


def pictures_of(result: SampleResult) -> dict[str, list[tuple[str, str]]]:
    """Kind of picture -> (gene, SVG) for every gene that has one; ``phase`` has an empty gene."""
    genes = genes_of(result)
    found = {
        "findings": [(gene, drawn) for gene in genes if (drawn := lollipop(result, gene)) is not None],
        "limits": [(gene, drawn) for gene in genes if (drawn := lod_strip(result, gene)) is not None],
    }
    phase = phase_picture(result)
    found["phase"] = [("", phase)] if phase is not None else []
    return {kind: [(gene, standalone(svg)) for gene, svg in drawn] for kind, drawn in found.items()}


def standalone(picture: Markup) -> str:
    """A picture of the page as a file of its own."""
    head, closing, body = str(picture).partition(">")
    head = head.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return f"{head}{closing}{picture_patterns().removesuffix('</defs>')}<style>{escape(_style())}</style></defs>{body}"


def description_of(svg: str) -> str:
    """The picture in words, as a screen reader says it."""
    match = re.search(r"<desc[^>]*>(.*?)</desc>", svg, re.DOTALL)
    return Markup(match[1]).unescape() if match else ""  # noqa: S704 - our own picture; it is only unescaped


@functools.cache
def _style() -> str:
    """The rules of pictures and marks, in the document's own font and sizes."""
    kept = [
        f"{selector} {{{re.sub(_LAYOUT, '', body)}}}"
        for selector, body in picture_rules()
        if "small-picture" not in selector
    ]
    # A weight of 650 is between two faces of a font that has only two.
    text = "\n".join(kept).replace("font-weight: 650", "font-weight: 700")
    return f"svg {{ {_FONT} }}\n{text}\n.picture .small {{ font-size: 11.8px; }}"
