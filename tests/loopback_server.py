"""A web server on the loopback address that can be told to misbehave; the tests of fetching talk to it."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Server:
    """Files by name, and what to do at the next requests: a status with headers, or a cut after so many bytes."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    refusals: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    answers: dict[str, bytes] = field(default_factory=dict)
    """Whole answers by path without its query, in place of a file; never refused or cut."""
    file_refusals: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """As ``refusals``, for files only."""
    etag: str = '"one"'
    ranges: bool = True
    redirect: str = ""
    requests: list[tuple[str, str]] = field(default_factory=list)
    """(path, Range header) of every request."""
    waits: list[float] = field(default_factory=list)
    """Seconds that the program slept between attempts."""


@contextlib.contextmanager
def running_server() -> Iterator[Server]:
    """A server on a port of its own, stopped at the end."""
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            asked = self.headers.get("Range", "")
            state.requests.append((self.path, asked))
            if state.redirect:
                self.send_response(302)
                self.send_header("Location", state.redirect)
                self.end_headers()
                return
            if (answer := state.answers.get(self.path.partition("?")[0])) is not None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
                return
            if state.file_refusals:
                status, headers = state.file_refusals.pop(0)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                return
            if state.refusals:
                status, headers = state.refusals.pop(0)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                return
            content = state.files.get(self.path.lstrip("/"))
            if content is None:
                self.send_error(404)
                return
            part = re.fullmatch(r"bytes=(\d+)-(\d*)", asked) if state.ranges else None
            if part and self.headers.get("If-Range", state.etag) == state.etag:
                start, end = int(part.group(1)), int(part.group(2) or len(content) - 1) + 1
                if start >= len(content):
                    self.send_error(416)
                    return
                body = content[start:end]
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{start + len(body) - 1}/{len(content)}")
            else:
                body = content
                self.send_response(200)
            if state.etag:
                self.send_header("ETag", state.etag)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: state.cuts.pop(0)] if state.cuts else body)
            self.close_connection = True

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.address = f"http://127.0.0.1:{running.server_address[1]}"
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        running.shutdown()
        running.server_close()
        thread.join()
