"""The few SVG elements that the pictures are made of. Text is always escaped; numbers have at most two decimals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from kinescape.report.wording import visible

Attribute = str | int | float

CHARACTER = 0.62
"""Mean width of a character in units of the font size; the widest common sans-serif (DejaVu, Verdana) needs 0.62."""


def number(value: float) -> str:
    """At most two decimals, no trailing zeros, no minus zero."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def element(tag: str, *children: Markup | str, **attributes: Attribute) -> Markup:
    """``element("rect", x=1, class_="frame")`` -> ``<rect x="1" class="frame"/>``; strings are escaped."""
    head = Markup("").join(
        Markup(' {}="{}"').format(name.rstrip("_").replace("_", "-"), _value(value))
        for name, value in attributes.items()
    )
    if not children:
        return Markup("<{}{}/>").format(tag, head)
    return Markup("<{0}{1}>{2}</{0}>").format(tag, head, Markup("").join(_shown(child) for child in children))


def _shown(child: Markup | str) -> Markup:
    return child if isinstance(child, Markup) else escape(visible(child))


def _value(value: Attribute) -> str:
    return value if isinstance(value, str) else number(value)


def picture(name: str, title: str, description: str, width: float, height: float, parts: Iterable[Markup]) -> Markup:
    """A whole picture that a screen reader announces by ``title`` and explains by ``description``.

    ``name`` must be unique on the page: the ids of title and description are made from it.
    """
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("desc", description, id=f"{name}-desc"),
        *parts,
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=width,
        height=height,
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
        class_="picture",
    )


def label(text: str, x: float, y: float, class_: str = "t", anchor: str = "middle", rotate: float = 0) -> Markup:
    """Text at a point; turned around that point by ``rotate`` degrees."""
    attributes: dict[str, Attribute] = {"x": x, "y": y, "class_": class_}
    if anchor != "start":
        attributes["text_anchor"] = anchor
    if rotate:
        attributes["transform"] = f"rotate({number(rotate)} {number(x)} {number(y)})"
    return element("text", text, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def rectangle(
    x: float, y: float, width: float, height: float, class_: str, *children: Markup, **more: Attribute
) -> Markup:
    return element("rect", *children, x=x, y=y, width=max(width, 0), height=max(height, 0), class_=class_, **more)


def group(*children: Markup, **attributes: Attribute) -> Markup:
    return element("g", *children, **attributes)


def tooltip(text: str) -> Markup:
    """What a pointer that rests on the element shows."""
    return element("title", text)


def identifier(text: str) -> str:
    """``text`` as a part of an id: letters and digits, anything else as a hyphen."""
    return "".join(c if c.isalnum() and c.isascii() else "-" for c in text)


def width_of(text: str, size: float) -> float:
    """About how wide ``text`` is in a font of ``size``."""
    return len(text) * size * CHARACTER


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places for labels: as near as possible to ``wanted`` (rising), at least ``gap`` apart, within ``[low, high]``.

    Least squares under those limits: with the gaps taken off, the places are an isotonic regression of the wishes (pool
    adjacent violators), cut to the limits. Where the labels do not fit at all the gap shrinks.
    """
    if len(wanted) > 1:
        gap = min(gap, (high - low) / (len(wanted) - 1))
    blocks: list[tuple[float, int]] = []  # (mean wish without gaps, labels)
    for i, wish in enumerate(wanted):
        mean, size = wish - i * gap, 1
        while blocks and mean < blocks[-1][0]:
            before, count = blocks.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        blocks.append((mean, size))
    level = [mean for mean, size in blocks for _ in range(size)]
    highest = high - max(len(wanted) - 1, 0) * gap
    return [min(max(mean, low), highest) + i * gap for i, mean in enumerate(level)]
