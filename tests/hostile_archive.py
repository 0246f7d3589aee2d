"""A server on the loopback address that sends whatever bytes it is told to, byte by byte if need be, and never by the
rules of HTTP unless they were written that way."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

Piece = bytes | float
"""Bytes to send, or seconds to wait."""
Reply = Callable[[str], Iterable[Piece]]
"""Target of the request (path and query) -> what is sent before the connection is closed."""


@dataclass
class Archive:
    """``reply`` may be changed at any time; ``asked`` holds the targets of all requests."""

    address: str = ""
    reply: Reply = lambda target: ()
    asked: list[str] = field(default_factory=list)
    sent: int = 0
    """Bytes that went out with the answers."""


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """A whole answer with its length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


@contextlib.contextmanager
def running_archive() -> Iterator[Archive]:
    """An archive on a port of its own, stopped at the end with all that it is still sending."""
    archive, over = Archive(), threading.Event()

    class Handler(socketserver.StreamRequestHandler):
        timeout = 10

        def handle(self) -> None:
            with contextlib.suppress(OSError):
                target = self.rfile.readline(65_536).decode("latin-1").split(" ")[1]
                while self.rfile.readline(65_536).strip():
                    pass
                archive.asked.append(target)
                for piece in archive.reply(target):
                    if over.is_set():
                        return
                    if isinstance(piece, float):
                        time.sleep(piece)
                    else:
                        self.request.sendall(piece)
                        archive.sent += len(piece)
                self.request.shutdown(socket.SHUT_WR)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    running = Server(("127.0.0.1", 0), Handler)
    archive.address = f"http://127.0.0.1:{running.server_address[1]}"
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield archive
    finally:
        over.set()
        running.shutdown()
        running.server_close()
        thread.join()
