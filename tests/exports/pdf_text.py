"""The text of a PDF's pages, for tests: enough of the format for files whose objects are not packed.

ISO 32000-1: objects (7.3.10), page tree (7.7.3), text showing (9.4.3), ToUnicode maps (9.10.3). Fonts are two-byte
(Identity-H); glyphs that a map does not name are left out. Text inside embedded pictures is not read.
"""

from __future__ import annotations

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\s(.*?)\sendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_SHOWN = re.compile(
    rb"/(f\d+) [\d.]+ Tf|(\((?:\\.|[^\\()]|\((?:\\.|[^\\()])*\))*\))|<([0-9A-Fa-f\s]+)>(?!>)", re.DOTALL
)
"""Balanced brackets may stand in a string without a backslash; one level of them is read."""
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_SIGNS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def page_texts(pdf: bytes) -> list[str]:
    """What each page says, in the order of its content, glyph by glyph."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    return [_page_text(objects, number) for number in _pages(objects)]


def _pages(objects: dict[int, bytes]) -> list[int]:
    catalogue = next(body for body in objects.values() if b"/Type/Catalog" in body)
    found: list[int] = []
    waiting = [_reference(catalogue, b"Pages")]
    while waiting:
        number = waiting.pop(0)
        kids = re.search(rb"/Kids\s*\[([^\]]*)\]", objects[number])
        if kids is None:
            found.append(number)
        else:
            waiting = [int(each) for each in re.findall(rb"(\d+) 0 R", kids[1])] + waiting
    return found


def _reference(body: bytes, key: bytes) -> int:
    match = re.search(rb"/" + key + rb"\s*\[?\s*(\d+) 0 R", body)
    assert match is not None, key
    return int(match[1])


def _content(body: bytes) -> bytes:
    match = _STREAM.search(body)
    assert match is not None
    return zlib.decompress(match[1]) if b"/FlateDecode" in body else match[1]


def _page_text(objects: dict[int, bytes], number: int) -> str:
    page = objects[number]
    resources = objects[_reference(page, b"Resources")] if re.search(rb"/Resources\s*\d", page) else page
    fonts = re.search(rb"/Font\s*<<(.*?)>>", resources, re.DOTALL)
    assert fonts is not None
    maps = {name: _map(objects, int(font)) for name, font in re.findall(rb"/(f\d+) (\d+) 0 R", fonts[1])}
    current: dict[int, str] = {}
    text = []
    for font, literal, hexadecimal in _SHOWN.findall(_content(objects[_reference(page, b"Contents")])):
        if font:
            current = maps[font]
            continue
        codes = _unescaped(literal[1:-1]) if literal else bytes.fromhex(hexadecimal.decode("ascii"))
        text += [current.get(int.from_bytes(codes[i : i + 2], "big"), "") for i in range(0, len(codes) - 1, 2)]
    return "".join(text)


def _unescaped(literal: bytes) -> bytes:
    def plain(match: re.Match[bytes]) -> bytes:
        sign = match[1]
        return bytes([int(sign, 8)]) if sign[:1].isdigit() else _SIGNS.get(sign, sign)

    return _ESCAPE.sub(plain, literal)


def _map(objects: dict[int, bytes], font: int) -> dict[int, str]:
    """Glyph -> text."""
    lines = _content(objects[_reference(objects[font], b"ToUnicode")])
    found = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", lines, re.DOTALL):
        for code, text in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            found[int(code, 16)] = bytes.fromhex(text.decode("ascii")).decode("utf-16-be")
    return found
