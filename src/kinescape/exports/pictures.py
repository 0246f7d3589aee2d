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
from kinescape.report.environment import environment
from kinescape.report.figures.axis import genes_of
from kinescape.report.figures.lod_strip import lod_strip
from kinescape.report.figures.lollipop import lollipop
from kinescape.report.figures.phase import phase_picture

_VARIABLES = re.compile(r":root\s*\{(?P<body>[^}]*)\}")
_VARIABLE = re.compile(r"(--[\w-]+)\s*:\s*([^;]+);")
_USE = re.compile(r"var\((--[\w-]+)\)")
_RULE = re.compile(r"(?P<selector>[^{}]+)\{(?P<body>[^{}]*)\}")
_PATTERN = re.compile(r"<pattern\b.*?</pattern>", re.DOTALL)
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
    return f"{head}{closing}<defs>{_patterns()}<style>{escape(_style())}</style></defs>{body}"


def description_of(svg: str) -> str:
    """The picture in words, as a screen reader says it."""
    match = re.search(r"<desc[^>]*>(.*?)</desc>", svg, re.DOTALL)
    return Markup(match[1]).unescape() if match else ""  # noqa: S704 - our own picture; it is only unescaped


@functools.cache
def _sheet() -> str:
    """The page's style sheet."""
    text = environment().get_template("page.css").render(drug_css="", running_foot='""')
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


@functools.cache
def _colours() -> dict[str, str]:
    """The custom properties of the light page: those of the first ``:root``."""
    match = _VARIABLES.search(_sheet())
    return dict(_VARIABLE.findall(match["body"])) if match else {}


def _resolved(text: str) -> str:
    return _USE.sub(lambda use: _colours().get(use[1], "currentColor").strip(), text)


@functools.cache
def _style() -> str:
    """The rules of pictures and marks, without those of dark mode, print and small screens."""
    plain = _without_at_rules(_sheet())
    rules = [
        f"{match['selector'].strip()} {{{_resolved(match['body'])}}}"
        for match in _RULE.finditer(plain)
        if re.search(r"\.(picture|mark)\b", match["selector"]) and "small-picture" not in match["selector"]
    ]
    kept = [re.sub(r"(?<![\w-])(font|width|height|min-width|margin|display)\s*:[^;}]*;?", "", rule) for rule in rules]
    # A weight of 650 is between two faces of a font that has only two.
    text = "\n".join(kept).replace("font-weight: 650", "font-weight: 700")
    return f"svg {{ {_FONT} }}\n{text}\n.picture .small {{ font-size: 11.8px; }}"


def _without_at_rules(sheet: str) -> str:
    """``sheet`` without ``@media`` and ``@page`` blocks."""
    kept, depth, i = [], 0, 0
    while i < len(sheet):
        if depth == 0 and sheet[i] == "@":
            depth = 1
            i = sheet.index("{", i) + 1
            continue
        if depth:
            depth += {"{": 1, "}": -1}.get(sheet[i], 0)
        else:
            kept.append(sheet[i])
        i += 1
    return "".join(kept)


@functools.cache
def _patterns() -> str:
    text = environment().get_template("_symbols.html").render()
    return _resolved("".join(_PATTERN.findall(text)))
