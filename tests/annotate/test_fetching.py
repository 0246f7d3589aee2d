"""Downloads: resumed, repeated, compared with their checksum, whole or not there."""

from __future__ import annotations

import hashlib
import random
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from kinescape.errors import InputError, KinescapeError
from kinescape.fetching import FRUITLESS_ATTEMPTS, download, read_bytes
from loopback_server import Server

CONTENT = random.Random(1).randbytes(1_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT).hexdigest()


@pytest.fixture
def url(server: Server) -> str:
    server.files["file.bin"] = CONTENT
    return f"{server.address}/file.bin"


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_whole_file_with_checksum_and_progress(url: str, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    path = download(url, tmp_path / "new" / "a", sha256=SHA256, md5=MD5.upper(), progress=lambda *now: told.append(now))
    assert path.read_bytes() == CONTENT
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert left(path.parent) == {"a"}


def test_cut_connections_are_resumed_where_they_broke(url: str, server: Server, tmp_path: Path) -> None:
    server.cuts = [300_000, 200_000]
    assert download(url, tmp_path / "a", sha256=SHA256).read_bytes() == CONTENT
    assert [asked for _, asked in server.requests] == ["", "bytes=300000-", "bytes=500000-"]


def test_later_call_goes_on_but_not_with_another_file(url: str, server: Server, tmp_path: Path) -> None:
    server.cuts = [400_000, *[0] * FRUITLESS_ATTEMPTS]
    with pytest.raises(KinescapeError, match="given up after 5 attempts"):
        download(url, tmp_path / "a")
    assert not (tmp_path / "a").exists()
    server.cuts, server.requests = [], []
    server.files["file.bin"], server.etag = CONTENT[::-1], '"two"'
    assert download(url, tmp_path / "a").read_bytes() == CONTENT[::-1]
    assert server.requests == [("/file.bin", "bytes=400000-")]


def test_server_without_marks_or_parts_is_asked_for_the_whole_file_again(
    url: str, server: Server, tmp_path: Path
) -> None:
    server.etag, server.cuts = "", [300_000]
    assert download(url, tmp_path / "a").read_bytes() == CONTENT
    assert [asked for _, asked in server.requests] == ["", ""]


@pytest.mark.parametrize("status", [429, 503])
def test_busy_server_is_asked_again_when_it_says(url: str, server: Server, tmp_path: Path, status: int) -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    server.refusals = [(status, {"Retry-After": "7"}), (status, {"Retry-After": when}), (status, {})]
    assert download(url, tmp_path / "a").read_bytes() == CONTENT
    assert server.waits[0] == 7
    assert 25 < server.waits[1] <= 30
    assert len(server.waits) == 3


def test_server_that_stays_busy_is_given_up(url: str, server: Server, tmp_path: Path) -> None:
    server.refusals = [(503, {})] * 20
    with pytest.raises(KinescapeError, match=r"given up after 5 attempts \(127.0.0.1:\d+ answered 503"):
        download(url, tmp_path / "a")
    server.refusals = [(429, {"Retry-After": "86400"})]
    with pytest.raises(KinescapeError, match="asks to come back in 86400 s"):
        download(url, tmp_path / "a")
    assert left(tmp_path) == set()


@pytest.mark.parametrize("wrong", [{"sha256": "0" * 64}, {"md5": "f" * 32}])
def test_wrong_checksum_keeps_nothing(url: str, tmp_path: Path, wrong: dict[str, str]) -> None:
    (tmp_path / "a").write_text("as before")
    with pytest.raises(KinescapeError, match=r"is not the expected one.*found .*expected (0|f){32}"):
        download(url, tmp_path / "a", **wrong)
    assert left(tmp_path) == {"a"}
    assert (tmp_path / "a").read_text() == "as before"


def test_part_that_the_server_refuses_is_thrown_away(url: str, server: Server, tmp_path: Path) -> None:
    (tmp_path / ".a.part").write_bytes(b"x" * (len(CONTENT) + 5))
    (tmp_path / ".a.part-of").write_text(f"{url}\n{server.etag}")
    assert download(url, tmp_path / "a").read_bytes() == CONTENT


def test_absent_file_and_absent_server(url: str, tmp_path: Path) -> None:
    with pytest.raises(KinescapeError, match="answered 404"):
        download(f"{url}.not", tmp_path / "a")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(KinescapeError, match=r"cannot be reached .*refused.*offline"):
        download(f"http://127.0.0.1:{port}/a", tmp_path / "a")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made"):
        download(url, tmp_path / "file" / "a")


def test_a_full_disk_is_noticed_before_the_first_byte(
    url: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = SimpleNamespace(total=10**9, free=999_999)
    monkeypatch.setattr("kinescape.fetching.shutil.disk_usage", lambda _: usage)
    with pytest.raises(InputError, match=r"not enough space.*found '999,999 bytes free'; expected 1,000,000 bytes"):
        download(url, tmp_path / "a")
    assert left(tmp_path) == set()
    assert len(server.requests) == 1
    # Of a file that was cut only the rest needs room, and what has come stays.
    usage.free, server.cuts = 10**9, [600_000, *[0] * FRUITLESS_ATTEMPTS]
    with pytest.raises(KinescapeError, match="given up"):
        download(url, tmp_path / "a")
    server.cuts, usage.free = [], 399_999
    with pytest.raises(InputError, match="expected 400,000 bytes"):
        download(url, tmp_path / "a")
    assert (tmp_path / ".a.part").stat().st_size == 600_000
    usage.free = 400_000
    assert download(url, tmp_path / "a").read_bytes() == CONTENT


def test_a_disk_that_does_not_say_how_large_it_is_is_tried(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kinescape.fetching.shutil.disk_usage", lambda _: SimpleNamespace(total=0, free=0))
    assert download(url, tmp_path / "a").read_bytes() == CONTENT


@pytest.mark.parametrize("address", ["http://example.org/a", "ftp://example.org/a", "file:///etc/hosts", "a b", ""])
def test_only_https_and_loopback(address: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="HTTPS"):
        download(address, tmp_path / "a")


def test_redirection_to_an_unsafe_address_is_not_followed(url: str, server: Server, tmp_path: Path) -> None:
    server.redirect = "http://example.org/file.bin"
    with pytest.raises(KinescapeError, match="not safe; address is not HTTPS"):
        download(url, tmp_path / "a")
    assert left(tmp_path) == set()


def test_malformed_checksum(url: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no sha256 checksum.*64 hexadecimal"):
        download(url, tmp_path / "a", sha256="abc")


def test_parts_of_a_file(url: str, server: Server) -> None:
    assert read_bytes(url, 1000, 5000) == CONTENT[1000:5000]
    assert read_bytes(url, len(CONTENT) - 10, len(CONTENT) + 10) == CONTENT[-10:]
    server.ranges = False
    assert read_bytes(url, 0, 100) == CONTENT[:100]
    with pytest.raises(KinescapeError, match="whole files only"):
        read_bytes(url, 10, 100)
