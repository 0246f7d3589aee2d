"""One answer of a web server: safe addresses only, refusals and unreachable servers as errors with plain words."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import os
import socket
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


@contextlib.contextmanager
def open_answer(url: str, headers: dict[str, str]) -> Iterator[Any]:
    """The server's answer, opened. A range that it refuses (416) is an answer too.

    Raises
    ------
    AgainLaterError
        A failure that may pass.
    NotThereError, KinescapeError
        No such file; any other refusal; a server that cannot be reached.
    """
    loopback = _is_loopback(urlsplit(url).hostname or "")
    handlers: list[urllib.request.BaseHandler] = [_SafeRedirects()]
    if loopback:
        handlers.append(urllib.request.ProxyHandler({}))
    opener = urllib.request.build_opener(*handlers)
    agent = {"User-Agent": f"kinescape/{__version__}", "Accept-Encoding": "identity"}
    request = urllib.request.Request(url, headers=agent | headers)  # noqa: S310 - the scheme was checked
    host = urlsplit(url).netloc
    try:
        answer = opener.open(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as refusal:
        with refusal:
            if refusal.code == RANGE_REFUSED and "Range" in headers:
                yield refusal
                return
            said = f"{host} answered {refusal.code} {refusal.reason}"
            if refusal.code in _TRY_AGAIN:
                raise AgainLaterError(said, _retry_after(refusal.headers.get("Retry-After"))) from None
        kind = NotThereError if refusal.code in _NOT_THERE else KinescapeError
        raise kind(f"{url}: {said}") from None
    except urllib.error.URLError as problem:
        reason = problem.reason
        if isinstance(reason, TimeoutError):
            raise AgainLaterError("no answer in time") from None
        why = _in_words(reason)
        raise KinescapeError(f"{url}: {host} cannot be reached ({why}); is this machine offline?") from None
    except (http.client.HTTPException, ConnectionError, TimeoutError) as problem:
        raise AgainLaterError(f"the connection was cut ({type(problem).__name__})") from None
    with answer:
        yield answer


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirection only to an address that would have been accepted itself."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        try:
            check_address(newurl)
        except InputError as problem:
            raise KinescapeError(f"{req.full_url}: is redirected to an address that is not safe; {problem}") from None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def check_address(url: str) -> None:
    """InputError unless the address is HTTPS, or HTTP to this machine's own loopback address."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise InputError("is not an address", found=url, expected="https://...") from None
    if parts.scheme == "https" and host:
        return
    if parts.scheme == "http" and _is_loopback(host):
        return
    raise InputError("address is not HTTPS", found=url, expected="https://...")


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
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _in_words(reason: object) -> str:
    if isinstance(reason, socket.gaierror):
        return "its name is not known here"
    if isinstance(reason, OSError) and reason.errno:
        return os.strerror(reason.errno)
    return str(reason)
