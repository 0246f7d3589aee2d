"""One answer of a web server: safe addresses only, refusals and unreachable servers as errors with plain words."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import os
import re
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from kinescape import __version__
from kinescape.errors import InputError, KinescapeError

TIMEOUT = 60.0
"""Seconds without a byte after which a connection counts as cut."""
HEAD_TIME = 180.0
"""Seconds for an answer to begin, its redirections included: an archive's list may be long in the making."""
PACE_BYTES, PACE_TIME = 1 << 16, 60.0
"""An answer that brings fewer bytes than this in so many seconds counts as cut: a byte now and then would hold us for
ever."""
BLOCK = 1 << 18
"""Bytes read at a time."""
LONGEST_SHOWN = 200
_TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}
_NOT_THERE = {404, 410}
RANGE_REFUSED = 416


class NotThereError(KinescapeError):
    """The server was reached and has no such file."""


class AgainLaterError(Exception):
    """A failure that may pass: the connection was cut, or the server asks to come back."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class Answer:
    """What a server sends: its status and headers, then its bytes as they come."""

    def __init__(self, response: Any, guard: _Guard) -> None:
        self.status = int(response.status)
        self._response, self._guard = response, guard

    def header(self, name: str) -> str:
        """A header's value; empty where it is absent, or holds anything but printable ASCII."""
        value = str(self._response.headers.get(name) or "").strip()
        return value if value.isascii() and value.isprintable() and len(value) <= LONGEST_SHOWN else ""

    @property
    def length(self) -> int | None:
        """Bytes that the server announces; None where it does not say."""
        return whole_number(self.header("Content-Length"))

    def blocks(self) -> Iterator[bytes]:
        """The bytes as they come, at most :data:`BLOCK` at a time; AgainLaterError where they stop or crawl."""
        came = 0
        while True:
            try:
                block = bytes(self._response.read1(BLOCK))
            except (http.client.HTTPException, OSError, ValueError) as problem:
                raise self._guard.cut(type(problem).__name__) from None
            if self._guard.expired:
                raise self._guard.cut("")
            if not block:
                return
            came += len(block)
            if came >= PACE_BYTES:
                came = 0
                self._guard.allow(PACE_TIME)
            yield block


class _Guard:
    """Ends a connection that has not brought enough in time, wherever the reader hangs: in headers without an end, in
    the size of a chunk, or in a body that comes a byte at a time."""

    def __init__(self) -> None:
        self.expired = False
        self._sockets: list[socket.socket] = []
        self._over = threading.Event()
        self.allow(HEAD_TIME)
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _Guard:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def allow(self, seconds: float) -> None:
        """From now on so many seconds."""
        self._seconds, self._until = seconds, time.monotonic() + seconds

    def cut(self, reason: str) -> AgainLaterError:
        """Why reading ended too early, as an exception."""
        if self.expired:
            return AgainLaterError(f"too little came in {self._seconds:.0f} s")
        return AgainLaterError(f"the connection was cut ({reason})")

    def connection(self, kind: type[http.client.HTTPConnection]) -> type[http.client.HTTPConnection]:
        """``kind`` whose sockets this guard knows."""
        sockets = self._sockets

        class Guarded(kind):  # type: ignore[misc, valid-type]
            def connect(self) -> None:
                super().connect()
                sockets.append(self.sock)

        return Guarded

    def _watch(self) -> None:
        while not self._over.wait(max(0.0, self._until - time.monotonic())):
            if time.monotonic() >= self._until:
                self.expired = True
                for each in self._sockets:
                    with contextlib.suppress(OSError):
                        each.shutdown(socket.SHUT_RDWR)
                # A connection that is only being made is told on the next look.
                self._until = time.monotonic() + 1.0


@contextlib.contextmanager
def open_answer(url: str, headers: dict[str, str]) -> Iterator[Answer]:
    """The server's answer, opened. A range that it refuses (416) is an answer too.

    Raises
    ------
    AgainLaterError
        A failure that may pass.
    NotThereError, KinescapeError
        No such file; any other refusal; a server that cannot be reached.
    """
    with _Guard() as guard:
        try:
            answer = _opener(url, guard).open(_request(url, headers), timeout=TIMEOUT)
        except urllib.error.HTTPError as refusal:
            # Closed unread: the body of a refusal may have no end.
            with contextlib.closing(refusal):
                if refusal.code == RANGE_REFUSED and "Range" in headers:
                    yield Answer(refusal, guard)
                    return
                raise _refused(url, refusal) from None
        except urllib.error.URLError as problem:
            reason = problem.reason
            if guard.expired or isinstance(reason, TimeoutError):
                raise AgainLaterError("no answer in time") from None
            host, why = printable(urlsplit(url).hostname or ""), _in_words(reason)
            raise KinescapeError(
                f"{shown_address(url)}: {host} cannot be reached ({why}); is this machine offline?"
            ) from None
        except (http.client.InvalidURL, ValueError) as problem:
            # A redirection to what is no address at all, or an address with signs that none may hold.
            raise KinescapeError(f"{shown_address(url)}: cannot be followed ({printable(str(problem))})") from None
        except (http.client.HTTPException, OSError) as problem:
            raise guard.cut(type(problem).__name__) from None
        with answer:
            guard.allow(PACE_TIME)
            yield Answer(answer, guard)


def _request(url: str, headers: dict[str, str]) -> urllib.request.Request:
    agent = {"User-Agent": f"kinescape/{__version__}", "Accept-Encoding": "identity"}
    return urllib.request.Request(url, headers=agent | headers)  # noqa: S310 - the scheme was checked


def _opener(url: str, guard: _Guard) -> urllib.request.OpenerDirector:
    class Plain(urllib.request.HTTPHandler):
        def http_open(self, req: urllib.request.Request) -> Any:
            return self.do_open(guard.connection(http.client.HTTPConnection), req)

    class Secure(urllib.request.HTTPSHandler):
        def https_open(self, req: urllib.request.Request) -> Any:
            kind = guard.connection(http.client.HTTPSConnection)
            return self.do_open(kind, req, context=self._context)  # type: ignore[attr-defined]

    handlers: list[urllib.request.BaseHandler] = [_SafeRedirects(), Plain(), Secure()]
    if _is_loopback(urlsplit(url).hostname or ""):
        handlers.append(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener(*handlers)


def _refused(url: str, refusal: urllib.error.HTTPError) -> Exception:
    """The exception that an answer of refusal stands for."""
    said = f"{printable(urlsplit(url).netloc)} answered {refusal.code} {printable(str(refusal.reason))}".strip()
    if refusal.code in _TRY_AGAIN:
        return AgainLaterError(said, _retry_after(refusal.headers.get("Retry-After")))
    kind = NotThereError if refusal.code in _NOT_THERE else KinescapeError
    return kind(f"{shown_address(url)}: {said}")


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirection only to an address that would have been accepted itself."""

    def http_error_302(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        try:
            return super().http_error_302(req, fp, code, msg, headers)
        except (ValueError, KinescapeError):
            fp.close()
            raise

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        where = shown_address(req.full_url)
        try:
            check_address(newurl)
        except InputError as problem:
            raise KinescapeError(f"{where}: is redirected to an address that is not safe; {problem}") from None
        # A server elsewhere has no business with what listens on this machine.
        if _is_loopback(urlsplit(newurl).hostname or "") and not _is_loopback(urlsplit(req.full_url).hostname or ""):
            raise KinescapeError(f"{where}: is redirected to this machine's own address, which is not safe")
        # The body of a redirection would be read to its end, and it may have none.
        fp.close()
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def shown_address(url: str) -> str:
    """An address as messages show it: without its query, without a name and password, one line, not too long."""
    try:
        parts = urlsplit(url)
        place = parts.netloc.rpartition("@")[2]
        return printable(f"{parts.scheme}://{place}{parts.path}")
    except ValueError:
        return printable(url)


def printable(text: str, longest: int = LONGEST_SHOWN) -> str:
    """What a server said, fit for a terminal: one line, printable, at most ``longest`` characters."""
    flat = "".join(sign if sign.isprintable() else " " for sign in text)
    flat = " ".join(flat.split())
    return flat if len(flat) <= longest else flat[: longest - 3] + "..."


def whole_number(text: str) -> int | None:
    """A number of at most 18 digits; None for anything else."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def check_address(url: str) -> None:
    """InputError unless the address is HTTPS, or HTTP to this machine's own loopback address."""
    if not url.strip():
        raise InputError("empty address", expected="HTTPS, https://...")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise InputError("is not an address", found=shown_address(url), expected="https://...") from None
    if parts.scheme == "https" and host:
        return
    if parts.scheme == "http" and _is_loopback(host):
        return
    raise InputError("address is not HTTPS", found=shown_address(url) if parts.scheme else url, expected="https://...")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _retry_after(value: str | None) -> float | None:
    """Seconds that the server asks to wait: a number, or a date (RFC 9110, 10.2.3)."""
    if not value:
        return None
    seconds = whole_number(value.strip())
    if seconds is not None:
        return float(seconds)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _in_words(reason: object) -> str:
    if isinstance(reason, socket.gaierror):
        return "its name is not known here"
    if isinstance(reason, OSError) and reason.errno:
        return os.strerror(reason.errno)
    return printable(str(reason))
