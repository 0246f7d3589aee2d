"""An SVG of the pages as a file of its own, and any SVG as PDF or PNG.

The pictures of the pages take their colours from the page's style; a file has to bring them along. Colours are written
out (no CSS variables), because drawing programs and typesetters do not know them. PDF and PNG are made by typst, which
needs no browser, with the one font that matplotlib brings, so that the bytes do not depend on the machine's fonts.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from markupsafe import escape

from kinescape.errors import InputError
from kinescape.files import write_bytes
from kinescape.palette import LIGHT, PAPER, SERIES
from kinescape.report.environment import environment
from kinescape.report.wording import visible

FORMATS = (".svg", ".pdf", ".png")
FONT = "DejaVu Sans"
POINTS_PER_MM = 72 / 25.4
CSS_PIXELS_PER_MM = 96 / 25.4
NARROWEST, WIDEST = 20.0, 1000.0
"""Widths of a picture, mm."""


HEAD = 24.0
"""Room for the line that says whose picture it is, in units of the picture."""


def stand_alone(picture: str, about: str) -> str:
    """A page's picture with the rules that concern it, white paper below, and ``about`` above: it leaves its page."""
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', picture)
    assert size is not None  # noqa: S101 - report.figures.svg.picture writes it
    head, rest = picture.split(">", 1)
    head = head.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    height = float(size[2]) + HEAD
    head = head.replace(size[0], f'viewBox="0 {-HEAD:g} {size[1]} {height:g}"')
    ground = f'<rect y="{-HEAD:g}" width="{size[1]}" height="{height:g}" fill="{PAPER}"/>'
    words = f'<text x="8" y="-8" class="t muted" text-anchor="start">{escape(visible(about))}</text>'
    return f"{head}>{_style()}{_patterns()}{ground}{words}{rest}\n"


def _style() -> str:
    """The rules for pictures and marks, their variables written out."""
    text = (
        environment()
        .get_template("page.css")
        .render(palette_css="", drug_css="", running_foot='""', tones=len(SERIES), foot_ink=LIGHT["soft"])
    )
    screen = text.partition("@media (max-width")[0]
    rules = [f"{selector.strip()} {{{body}}}" for selector, body in re.findall(r"([^{}]+){([^{}]*)}", screen)
             if re.match(r"\s*\.(picture|mark)\b", selector) and "min-width" not in body]  # fmt: skip
    rules.append(f".picture {{ font: 12px '{FONT}', sans-serif; }}")
    return f"<style>{_resolved(' '.join(rules))}</style>"


def _patterns() -> str:
    symbols = environment().get_template("_symbols.html").render()
    found = re.search(r"<defs>.*?</defs>", symbols, re.S)
    return _resolved(found[0] if found else "")


def _resolved(text: str) -> str:
    values = {**LIGHT, **{f"tone{number}": colour for number, colour in enumerate(SERIES)}}
    return re.sub(r"var\(--([\w-]+)\)", lambda match: values[match[1]], text)


def size_of(svg: str) -> tuple[float, float]:
    """Width and height in CSS pixels, from the viewBox."""
    found = re.search(r'viewBox="([-\d. ]+)"', svg)
    assert found is not None  # noqa: S101 - both kinds of pictures have one
    _, _, width, height = (float(part) for part in found[1].split())
    return width, height


def write_svg_as(svg: str, path: Path, width_mm: float | None, dpi: int) -> None:
    """Write ``svg`` by the suffix of ``path``: as it is, or through typst.

    Parameters
    ----------
    width_mm
        Width of the picture; None: its own (96 CSS pixels to the inch).
    dpi
        Pixels per inch of a PNG.

    Raises
    ------
    InputError
        Another suffix, or a width or resolution that no picture has.
    """
    kind = path.suffix.lower()
    if kind not in FORMATS:
        raise InputError("unknown format of a picture", file=path, found=kind or None, expected=", ".join(FORMATS))
    width, height = size_of(svg)
    wide = width / CSS_PIXELS_PER_MM if width_mm is None else width_mm
    if not NARROWEST <= wide <= WIDEST:
        raise InputError("width of a picture", found=f"{wide:g} mm", expected=f"{NARROWEST:g} to {WIDEST:g} mm")
    tall = wide * height / width
    sized = _with_size(svg, wide, tall)
    if kind == ".svg":
        write_bytes(path, sized.encode("utf-8"))
        return
    write_bytes(path, _typeset(sized, wide, tall, "pdf" if kind == ".pdf" else "png", dpi))


def _with_size(svg: str, wide: float, tall: float) -> str:
    start = svg.index("<svg")
    head, rest = svg[start:].split(">", 1)
    head = re.sub(r'\s(width|height)="[^"]*"', "", head)
    return f'{svg[:start]}{head} width="{wide:.3f}mm" height="{tall:.3f}mm">{rest}'


def _typeset(svg: str, wide: float, tall: float, kind: Literal["pdf", "png"], dpi: int) -> bytes:
    import tempfile

    import matplotlib as mpl
    import typst

    fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
    with tempfile.TemporaryDirectory(prefix="kinescape-figure-") as name:
        folder = Path(name)
        (folder / "picture.svg").write_text(svg, encoding="utf-8")
        (folder / "page.typ").write_text(
            f"#set page(width: {wide:.3f}mm, height: {tall:.3f}mm, margin: 0pt)\n#set text(font: \"{FONT}\")\n"
            f'#set document(date: none)\n#image("picture.svg", width: {wide:.3f}mm)\n',
            encoding="utf-8",
        )  # fmt: skip
        made: bytes | list[bytes] = typst.compile(
            folder / "page.typ", root=folder, font_paths=[fonts], ignore_system_fonts=True, format=kind, ppi=float(dpi),
            timestamp=0, pdf_tags=False,
        )  # fmt: skip
    return made[0] if isinstance(made, list) else made
