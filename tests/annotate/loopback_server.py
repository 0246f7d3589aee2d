"""The state of the loopback web server that the tests of fetching talk to."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Server:
    """Files by name, and what to do at the next requests: a status with headers, or a cut after so many bytes."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    refusals: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    etag: str = '"one"'
    ranges: bool = True
    redirect: str = ""
    requests: list[tuple[str, str]] = field(default_factory=list)
    """(path, Range header) of every request."""
    waits: list[float] = field(default_factory=list)
    """Seconds that the program slept between attempts."""
