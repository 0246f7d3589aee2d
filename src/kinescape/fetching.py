"""Files from the network: over HTTPS, resumed where they were cut, compared with their checksum, whole or not there.

Only the standard library is used. Plain HTTP is refused but for this machine's own loopback address. What has come so
far lies beside the destination as ``.NAME.part``; a later call goes on from there if the server says, by its ETag or
date of change, that it still has the same file (RFC 9110, sections 13.1.5 "If-Range" and 14 "Range Requests").
"""

from __future__ import annotations

import hashlib
import http.client
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from kinescape.errors import InputError, KinescapeError
from kinescape.files import writable_folder
from kinescape.web import PACE_BYTES, RANGE_REFUSED, AgainLaterError, Answer, check_address, open_answer, shown_address

Progress = Callable[[int, int | None], None]
"""Called with the bytes that are there and the bytes that there will be (None: the server does not say)."""

FRUITLESS_ATTEMPTS = 5
"""Attempts in a row that bring no byte before it is given up."""
SHORT_ATTEMPTS = 20
"""Attempts in a row that bring less than :data:`kinescape.web.PACE_BYTES`: a server that cuts after every byte would
hold us for years."""
FIRST_WAIT, LONGEST_WAIT = 1.0, 120.0
"""Seconds between attempts: doubled each time, or what Retry-After asks, up to the longest."""

_sleep = time.sleep
_Result = TypeVar("_Result")


def download(
    url: str,
    destination: Path,
    *,
    sha256: str | None = None,
    md5: str | None = None,
    size: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Bring one file.

    Parameters
    ----------
    url
        ``https://``; ``http://`` for loopback addresses only.
    destination
        Where the file shall lie; it appears there only when whole and, if a checksum is given, the right one.
    sha256, md5
        Expected checksum, hexadecimal.
    size
        Expected bytes, if known: a server that sends more is stopped there.
    progress
        Called as the bytes come in.

    Raises
    ------
    InputError
        Not such an address, a malformed checksum, a folder that cannot be made, or a disk with less room than the
        server announces.
    KinescapeError
        Server not reached, an answer that is no file, given up after repeated cuts, another checksum than expected,
        nowhere to write.
    """
    check_address(url)
    expected = _expected(sha256, md5)
    part = _Part(url, destination)
    try:
        writable_folder(destination.parent)
        _persist(url, lambda: _receive(url, part, size, progress), part.size)
        for name, value in expected.items():
            found = _checksum(part.file, name)
            if found != value:
                part.discard()
                raise KinescapeError(
                    f"{shown_address(url)}: {name} is not the expected one, so nothing was kept; found {found}, "
                    f"expected {value} (a file that changed meanwhile, or a damaged download: try again)"
                )
        part.file.replace(destination)
        part.discard()
    except OSError as problem:
        raise KinescapeError(f"{destination}: cannot be written ({problem.strerror or problem})") from None
    return destination


def check_space(folder: Path, needed: int) -> None:
    """InputError unless the disk of ``folder`` has ``needed`` bytes free."""
    usage = shutil.disk_usage(folder)
    # Some file systems over a network do not say what they hold.
    if usage.total and needed > usage.free:
        raise InputError(
            "not enough space on the disk",
            file=folder,
            found=f"{usage.free:,} bytes free",
            expected=f"{needed:,} bytes",
        )


def read_text(url: str, largest: int = 1 << 20) -> str:
    """A small text file of a server, such as a checksum's; KinescapeError where there is none."""
    return read_bytes(url, 0, largest).decode("utf-8", errors="replace")


def read_bytes(url: str, start: int, end: int) -> bytes:
    """Bytes ``[start, end)`` of a server's file, fewer where it ends before. Same errors as :func:`download`."""
    check_address(url)

    def once() -> bytes:
        headers = {"Range": f"bytes={start}-{end - 1}"}
        with open_answer(url, headers) as answer:
            if answer.status == http.client.PARTIAL_CONTENT:
                if _range_start(answer) != start:
                    raise KinescapeError(f"{shown_address(url)}: the server sent another part than was asked for")
            elif start > 0:
                raise KinescapeError(f"{shown_address(url)}: the server sends whole files only, no parts")
            return _at_most(answer, end - start)

    return _persist(url, once, lambda: 0)


def _at_most(answer: Answer, most: int) -> bytes:
    """The first ``most`` bytes of an answer, all of those that the server announced."""
    content = bytearray()
    for block in answer.blocks():
        content += block
        if len(content) >= most:
            return bytes(content[:most])
    expected = answer.length
    if expected is not None and len(content) < expected:
        raise AgainLaterError(f"the connection was cut after {len(content):,} of {expected:,} bytes")
    return bytes(content)


@dataclass(frozen=True)
class _Part:
    """What has come so far, and the mark of the file that it is a part of."""

    url: str
    destination: Path

    @property
    def file(self) -> Path:
        return self.destination.with_name(f".{self.destination.name}.part")

    @property
    def _mark(self) -> Path:
        return self.destination.with_name(f".{self.destination.name}.part-of")

    def size(self) -> int:
        return self.file.stat().st_size if self.file.exists() else 0

    def validator(self) -> str:
        """ETag or date of the file that the part belongs to; empty where it cannot be gone on with."""
        if not self.size() or not self._mark.exists():
            return ""
        # What another program or a damaged disk left there is no mark of ours.
        text = self._mark.read_bytes().decode("ascii", errors="replace")
        url, _, validator = text.partition("\n")
        return validator if url == self.url and validator.isascii() and validator.isprintable() else ""

    def begin(self, validator: str) -> None:
        self.file.write_bytes(b"")
        self._mark.write_text(f"{self.url}\n{validator}", encoding="utf-8")

    def discard(self) -> None:
        self.file.unlink(missing_ok=True)
        self._mark.unlink(missing_ok=True)


def _receive(url: str, part: _Part, size: int | None, progress: Progress | None) -> None:
    """One attempt: the rest of the file, or all of it. AgainLaterError where it ends too early."""
    validator = part.validator()
    headers = {"Range": f"bytes={part.size()}-", "If-Range": validator} if validator else {}
    with open_answer(url, headers) as answer:
        if answer.status == RANGE_REFUSED:
            part.discard()
            raise AgainLaterError("the part that was there belongs to no such file")
        resumed = answer.status == http.client.PARTIAL_CONTENT and _range_start(answer) == part.size()
        if not resumed:
            if answer.status == http.client.PARTIAL_CONTENT:
                part.discard()
                raise AgainLaterError("the server sent another part than was asked for")
            part.begin(_validator_of(answer))
        done = part.size()
        total = done + answer.length if answer.length is not None else size
        if size is not None and total != size:
            raise _of_another_size(url, part, f"{total:,}", size)
        if total is not None:
            try:
                check_space(part.file.parent, total - done)
            except InputError:
                if not done:
                    part.discard()
                raise
        with part.file.open("ab") as handle:
            for block in answer.blocks():
                done += len(block)
                if size is not None and done > size:
                    raise _of_another_size(url, part, "more", size)
                handle.write(block)
                if progress is not None:
                    progress(done, total)
    if total is not None and done < total:
        raise AgainLaterError(f"the connection was cut after {done:,} of {total:,} bytes")


def _of_another_size(url: str, part: _Part, found: str, expected: int) -> KinescapeError:
    part.discard()
    return KinescapeError(
        f"{shown_address(url)}: the file has another size than announced, so nothing was kept; found {found} bytes, "
        f"expected {expected:,}"
    )


def _persist(url: str, attempt: Callable[[], _Result], size: Callable[[], int]) -> _Result:
    """Repeat an attempt while it makes headway, and a few times when it does not."""
    fruitless, short, wait = 0, 0, FIRST_WAIT
    while True:
        before = size()
        try:
            return attempt()
        except AgainLaterError as problem:
            came = size() - before
            fruitless = 0 if came > 0 else fruitless + 1
            short = 0 if came >= PACE_BYTES else short + 1
            if fruitless >= FRUITLESS_ATTEMPTS or short >= SHORT_ATTEMPTS:
                tries = max(fruitless, short)
                raise KinescapeError(f"{shown_address(url)}: given up after {tries} attempts ({problem})") from None
            wait = FIRST_WAIT if fruitless == 0 else wait
            asked = problem.wait
            if asked is not None and asked > LONGEST_WAIT:
                raise KinescapeError(
                    f"{shown_address(url)}: {problem}; the server asks to come back in {asked:.0f} s"
                ) from None
            _sleep(asked if asked is not None else wait)
            wait = min(2 * wait, LONGEST_WAIT)


def _expected(sha256: str | None, md5: str | None) -> dict[str, str]:
    expected = {}
    for name, value, digits in (("sha256", sha256, 64), ("md5", md5, 32)):
        if value is None:
            continue
        if not re.fullmatch(rf"[0-9a-fA-F]{{{digits}}}", value.strip()):
            raise InputError(f"is no {name} checksum", found=value, expected=f"{digits} hexadecimal digits")
        expected[name] = value.strip().lower()
    return expected


def _checksum(path: Path, name: str) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, lambda: hashlib.new(name, usedforsecurity=False)).hexdigest()


def _validator_of(answer: Answer) -> str:
    """A strong ETag, else the date of change; empty where the server gives neither (RFC 9110, 13.1.5)."""
    etag = answer.header("ETag")
    return etag if etag and not etag.startswith("W/") else answer.header("Last-Modified")


def _range_start(answer: Answer) -> int | None:
    found = re.match(r"bytes ([0-9]{1,18})-", answer.header("Content-Range"))
    return int(found.group(1)) if found else None
