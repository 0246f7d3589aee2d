"""A web server on the loopback address that can be told to misbehave, and folders of slices."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from annotate_samples import CLINVAR, GNOMAD, bgzip_vcf
from loopback_server import Server

from kinescape import fetching
from kinescape.cli.main import main


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
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
    monkeypatch.setattr(fetching, "_sleep", state.waits.append)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        running.shutdown()
        running.server_close()
        thread.join()


@pytest.fixture
def slices(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with slices of invented gnomAD and ClinVar files."""
    folder = tmp_path / "annotation"
    for source, lines in (("gnomad", GNOMAD), ("clinvar", CLINVAR)):
        # One record far from the panel on each chromosome, so that both are spoken of.
        far = [(chrom, 1000, "A", "C", "AF=0.1") for chrom in ("chr2", "chr6")]
        path = bgzip_vcf(tmp_path / f"{source}.vcf.gz", [*lines, *far])
        assert cut(source, path, folder) == 0
    capsys.readouterr()
    return folder


def cut(source: str, path: Path, folder: Path, *more: str) -> int:
    return main(
        ["annot", "slice", source, str(path), "-o", str(folder), "--version", "9.9", "--date", "2020-02-29", *more]
    )


@pytest.fixture
def slice_of() -> Callable[..., int]:
    """``kinescape annot slice`` with an invented version and date."""
    return cut
