"""What the page's style sheet says of pictures, for pictures that leave the page.

Colours are written out (no CSS variables), because drawing programs and typesetters do not know them.
"""

from __future__ import annotations

import functools
import re

from kinescape.palette import LIGHT, SERIES
from kinescape.report.environment import environment


@functools.cache
def picture_rules() -> tuple[tuple[str, str], ...]:
    """(selector, body) of the light page's rules for pictures and marks; those of print and small screens left out."""
    text = (
        environment()
        .get_template("page.css")
        .render(palette_css="", drug_css="", running_foot='""', tones=len(SERIES), foot_ink=LIGHT["soft"])
    )
    screen = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL).partition("@media (max-width")[0]
    return tuple(
        (selector.strip(), _resolved(body))
        for selector, body in re.findall(r"([^{}]+){([^{}]*)}", screen)
        if re.match(r"\s*\.(picture|mark)\b", selector) and "min-width" not in body
    )


@functools.cache
def picture_patterns() -> str:
    """The ``<defs>`` with the patterns that pictures fill areas with."""
    symbols = environment().get_template("_symbols.html").render()
    found = re.search(r"<defs>.*?</defs>", symbols, re.DOTALL)
    return _resolved(found[0] if found else "")


def _resolved(text: str) -> str:
    values = {**LIGHT, **{f"tone{number}": colour for number, colour in enumerate(SERIES)}}
    return re.sub(r"var\(--([\w-]+)\)", lambda match: values[match[1]], text)
