"""Files from the network: over HTTPS, resumed where they were cut, compared with their checksum, whole or not there.

Only the standard library is used. Plain HTTP is refused but for this machine's own loopback address. What has come so
far lies beside the destination as ``.NAME.part``; a later call goes on from there if the server says, by its ETag or
date of change, that it still has the same file (RFC 9110, sections 13.1.5 "If-Range" and 14 "Range Requests").
"""

from __future__ import annotations

import hashlib
import http.client
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

from kinescape.errors import InputError, KinescapeError
from kinescape.web import RANGE_REFUSED, AgainLaterError, check_address, open_answer

Progress = Callable[[int, int | None], None]
"""Called with the bytes that are there and the bytes that there will be (None: the server does not say)."""

FRUITLESS_ATTEMPTS = 5
"""Attempts in a row that bring no byte before it is given up."""
FIRST_WAIT, LONGEST_WAIT = 1.0, 120.0
"""Seconds between attempts: doubled each time, or what Retry-After asks, up to the longest."""
BLOCK = 1 << 18
"""Bytes read at a time."""

_sleep = time.sleep
_Result = TypeVar("_Result")


def download(
    url: str,
    destination: Path,
    *,
    sha256: str | None = None,
    md5: str | None = None,
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
    progress
        Called as the bytes come in.

    Raises
    ------
    InputError
        Not such an address, or a malformed checksum.
    KinescapeError
        Server not reached, an answer that is no file, given up after repeated cuts, another checksum than expected,
        nowhere to write.
    """
    check_address(url)
    expected = _expected(sha256, md5)
    part = _Part(url, destination)
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        _persist(url, lambda: _receive(url, part, progress), part.size)
        for name, value in expected.items():
            found = _checksum(part.file, name)
            if found != value:
                part.discard()
                raise KinescapeError(
                    f"{url}: {name} is not the expected one, so nothing was kept; found {found}, expected {value} "
                    "(a file that changed meanwhile, or a damaged download: try again)"
                )
        part.file.replace(destination)
        part.discard()
    except OSError as problem:
        raise KinescapeError(f"{destination}: cannot be written ({problem.strerror or problem})") from None
    return destination


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
                    raise KinescapeError(f"{url}: the server sent another part than was asked for")
                expected = min(end - start, int(answer.headers.get("Content-Length") or end - start))
                return _exactly(answer, expected)
            if start > 0:
                raise KinescapeError(f"{url}: the server sends whole files only, no parts")
            return bytes(answer.read(end))

    return _persist(url, once, lambda: 0)


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
        url, _, validator = self._mark.read_text(encoding="utf-8").partition("\n")
        return validator if url == self.url else ""

    def begin(self, validator: str) -> None:
        self.file.write_bytes(b"")
        self._mark.write_text(f"{self.url}\n{validator}", encoding="utf-8")

    def discard(self) -> None:
        self.file.unlink(missing_ok=True)
        self._mark.unlink(missing_ok=True)


def _receive(url: str, part: _Part, progress: Progress | None) -> None:
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
        length = answer.headers.get("Content-Length")
        total = part.size() + int(length) if length is not None else None
        done = part.size()
        with part.file.open("ab") as handle:
            for block in _blocks(answer):
                handle.write(block)
                done += len(block)
                if progress is not None:
                    progress(done, total)
    if total is not None and done < total:
        raise AgainLaterError(f"the connection was cut after {done:,} of {total:,} bytes")


def _blocks(answer: IO[bytes]) -> Iterator[bytes]:
    try:
        while block := answer.read(BLOCK):
            yield block
    except (http.client.HTTPException, ConnectionError, TimeoutError) as problem:
        raise AgainLaterError(f"the connection was cut ({type(problem).__name__})") from None


def _exactly(answer: IO[bytes], length: int) -> bytes:
    content = b"".join(_blocks(answer))
    if len(content) < length:
        raise AgainLaterError(f"the connection was cut after {len(content):,} of {length:,} bytes")
    return content


def _persist(url: str, attempt: Callable[[], _Result], size: Callable[[], int]) -> _Result:
    """Repeat an attempt while it makes headway, and a few times when it does not."""
    fruitless, wait = 0, FIRST_WAIT
    while True:
        before = size()
        try:
            return attempt()
        except AgainLaterError as problem:
            fruitless = 0 if size() > before else fruitless + 1
            if fruitless >= FRUITLESS_ATTEMPTS:
                raise KinescapeError(f"{url}: given up after {fruitless} attempts ({problem})") from None
            wait = FIRST_WAIT if fruitless == 0 else wait
            asked = problem.wait
            if asked is not None and asked > LONGEST_WAIT:
                raise KinescapeError(f"{url}: {problem}; the server asks to come back in {asked:.0f} s") from None
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


def _validator_of(answer: Any) -> str:
    """A strong ETag, else the date of change; empty where the server gives neither (RFC 9110, 13.1.5)."""
    etag = str(answer.headers.get("ETag") or "")
    if etag and not etag.startswith("W/"):
        return etag
    return str(answer.headers.get("Last-Modified") or "")


def _range_start(answer: Any) -> int | None:
    found = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range") or "")
    return int(found.group(1)) if found else None
