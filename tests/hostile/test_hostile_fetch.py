"""`kinescape fetch` against an archive that means ill: lists, answers and bodies of every wrong kind."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import re
import time
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest
from hostile_kit import BINARY, NASTY, TABLE, TEXT, Bench, Damage, bench, damaged, hammer, in_little_memory, survives

from hostile_archive import Archive, Piece, answer, running_archive
from kinescape import fetching, web
from kinescape.deposit import ena
from kinescape.errors import KinescapeError
from kinescape.sheet import read_sheet

AMOUNTS = ["few", pytest.param("many", marks=pytest.mark.slow)]
FILES = {
    f"/vol1/SRR10000{run}_{mate}.fastq.gz": gzip.compress(f"@{run}/{mate}\nACGT\n+\nIIII\n".encode(), mtime=0)
    for run in (1, 2)
    for mate in (1, 2)
}
PORTAL = "/portal"


@pytest.fixture(scope="module")
def archive() -> Iterator[Archive]:
    with running_archive() as state, pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetching, "_sleep", lambda _: None)
        yield state


def file_list(archive: Archive) -> bytes:
    """A list of two pairs, as the portal gives it."""
    lines = ["\t".join(ena.FIELDS)]
    for run in (1, 2):
        paths = [path for path in FILES if f"SRR10000{run}" in path]
        host = archive.address.removeprefix("http://")
        cells = [f"SRR10000{run}", f"SAMN{run}", "alias", "title", "experiment", "PAIRED", "Illumina MiSeq", "1"]
        cells.append(";".join(f"http://{host}{path}" for path in paths))
        cells.append(";".join(hashlib.md5(FILES[path]).hexdigest() for path in paths))
        cells.append(";".join(str(len(FILES[path])) for path in paths))
        lines.append("\t".join(cells))
    return ("\n".join(lines) + "\n").encode()


def serve(archive: Archive, listed: bytes) -> None:
    """The list as it is given, and the true files."""

    def reply(target: str) -> list[Piece]:
        if target.startswith(PORTAL):
            return [answer(listed)]
        return [answer(FILES[target])] if target in FILES else [answer(b"", status="404 Not Found")]

    archive.reply = reply


def fetch(archive: Archive, folders: Bench, *more: object) -> tuple[int, str]:
    """Run the verb; only whole files of the archive's own bytes may lie in the output folder, and nothing beside it."""
    code, said = survives(
        ["fetch", "PRJNA1", "-o", folders.out, "--quiet", "--portal", archive.address + PORTAL, *more], codes=(0, 1, 2)
    )
    assert said.isprintable() or all(line.isprintable() for line in said.splitlines()), said
    if folders.out.exists():
        for path in folders.out.iterdir():
            if path.suffix == ".gz" and not path.name.startswith("."):
                assert path.read_bytes() in FILES.values(), path.name
            else:
                assert re.fullmatch(r"samples\.csv|\.fetched|\..+\.part(-of)?", path.name), path.name
        assert (folders.out / "samples.csv").exists() == (code == 0)
    if code == 0 and "--list" not in more:
        assert len(read_sheet(folders.out / "samples.csv")) in (1, 2)
    return code, said


@pytest.mark.parametrize("amount", AMOUNTS)
def test_file_lists(archive: Archive, amount: str) -> None:
    listed = file_list(archive)

    def attack(folders: Bench, damages: list[Damage]) -> None:
        serve(archive, damaged(listed, damages, "\t"))
        fetch(archive, folders)
        survives(["fetch", "PRJNA1", "-o", folders.out, "--list", "--portal", archive.address + PORTAL])

    hammer(120 if amount == "few" else 600, TABLE, attack)


ADDRESSES = (
    *("../../x_1.fastq.gz", "/etc/passwd", "file:///etc/passwd_1.fastq.gz", "ftp://evil.example/x_1.fastq.gz"),
    *("ftp.sra.ebi.ac.uk/vol1/x 1_1.fastq.gz", "ftp.sra.ebi.ac.uk/vol1/../x_1.fastq.gz"),
    *("{host}/vol1/%2e%2e/x_1.fastq.gz", "https://ebi.ac.uk.evil.example/x_1.fastq.gz"),
    *("{host}/vol1//x_1.fastq.gz", "{host}/.ssh_1.fastq.gz", "{host}/-o_1.fastq.gz", "{host}/vol1/x_1.fastq.gz?a=b"),
    *("{host}/vol1/x_1.fastq.gz#x", "{host}/vol1\\x_1.fastq.gz", "{host}/vol1/é_1.fastq.gz"),
    *("{host}/vol1/\0_1.fastq.gz", "{host}/vol1/x_1.fastq.gz\u202e"),
    *("http://[::1/x_1.fastq.gz", "http://[/x_1.fastq.gz", "{host}:99999/x_1.fastq.gz", "javascript:alert(1)"),
    *("data:,x_1.fastq.gz", "https:///x_1.fastq.gz", "https://ftp.sra.ebi.ac.uk@evil.example/x_1.fastq.gz"),
    *("https://user:pw@ftp.sra.ebi.ac.uk/x_1.fastq.gz", "https://ftp.sra.ebi.ac.uk:22/x_1.fastq.gz", "{host}"),
    *("https://evilebi.ac.uk/x_1.fastq.gz", "{host}/" + "a" * 300 + "_1.fastq.gz"),
    *("{host}/" + "a/" * 300 + "x_1.fastq.gz", "{host}/vol1/$(touch pwned)_1.fastq.gz", "{host}/vol1/`x`_1.fastq.gz"),
    *("\x1b[2J{host}/x_1.fastq.gz", "http://127.0.0.1:1/x_1.fastq.gz", "http://localhost/x_1.fastq.gz"),
)  # fmt: skip


def test_every_nasty_value_in_every_column_of_a_list(archive: Archive) -> None:
    header, first, second, _ = file_list(archive).decode().split("\n")
    host = archive.address.removeprefix("http://")
    values = {
        "fastq_ftp": [each.replace("{host}", host) for each in (*ADDRESSES, *NASTY)],
        "fastq_md5": ["0" * 32, "0" * 33, "g" * 32, "", "\x1b" * 32, "é" * 32],
        "fastq_bytes": ["0", "-1", "1e9", "9" * 18, "9" * 19, "9" * 5000, "²", "٣", "", " 5", "0x10"],
    }
    values["run_accession"] = values["the archive's words"] = list(NASTY)
    for name, nasty in values.items():
        for value in nasty:
            cells = first.split("\t")
            for column, each in enumerate(ena.FIELDS):
                if each == name or (name == "the archive's words" and each not in values):
                    # Both mates, where there are two.
                    cells[column] = ";".join([value] * (1 + cells[column].count(";")))
            with bench() as folders:
                serve(archive, "\n".join([header, "\t".join(cells), second, ""]).encode())
                code, _ = fetch(archive, folders)
                if name != "the archive's words" and value:
                    assert code in (1, 2), f"{name}: {value!r} was taken"


@pytest.mark.parametrize("which", ["list", "file"])
@pytest.mark.parametrize("amount", AMOUNTS)
def test_answers(archive: Archive, which: str, amount: str) -> None:
    """The bytes of the answer itself are damaged: its status line, its headers, its chunks."""
    listed = file_list(archive)
    headers = ('ETag: "a"', "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT", "Content-Type: text/plain")

    def attack(folders: Bench, damages: list[Damage]) -> None:
        form = damages[0][3] % 4

        def made(body: bytes) -> bytes:
            if form == 0:
                half = len(body) // 2
                chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:], b""))
                return damaged(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, damages)
            if form == 1:
                part = f"Content-Range: bytes 0-{len(body) - 1}/{len(body)}"
                return damaged(answer(body, *headers, part, status="206 Partial Content"), damages)
            if form == 2:
                return damaged(b"HTTP/1.0 200 OK\r\n\r\n", damages) + body
            whole = answer(body, *headers, "Retry-After: 1", status=("503 x", "302 Found", "200 OK")[damages[0][2] % 3])
            head, _, rest = whole.partition(b"\r\n\r\n")
            return damaged(head, damages) + b"\r\n\r\n" + rest

        def reply(target: str) -> list[Piece]:
            if target.startswith(PORTAL):
                return [made(listed) if which == "list" else answer(listed)]
            return [made(FILES[target]) if which == "file" else answer(FILES[target])] if target in FILES else []

        archive.reply = reply
        fetch(archive, folders)

    hammer(60 if amount == "few" else 300, (*TEXT, *BINARY), attack)


CRAWLING = {
    "status line": (b"HTTP/1.1 200 ", b"x"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "one header": (b"HTTP/1.1 200 OK\r\nX: ", b"y"),
    "go on, go on": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x"),
    "body without end": (b"HTTP/1.0 200 OK\r\n\r\n", b"x"),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "size of a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    "words about a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x"),
    "trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
    "body of a redirection": (b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n", b"x"),
    "body of a refusal": (b"HTTP/1.1 500 No\r\n\r\n", b"x"),
    "nothing at all": (b"", 0.01),
}


@pytest.mark.parametrize("which", ["list", "file"])
@pytest.mark.parametrize("what", CRAWLING)
def test_an_answer_that_crawls_is_cut(archive: Archive, monkeypatch: pytest.MonkeyPatch, what: str, which: str) -> None:
    monkeypatch.setattr(web, "HEAD_TIME", 0.12)
    monkeypatch.setattr(web, "PACE_TIME", 0.12)
    monkeypatch.setattr(fetching, "FRUITLESS_ATTEMPTS", 2)
    monkeypatch.setattr(fetching, "SHORT_ATTEMPTS", 2)
    begin, again = CRAWLING[what]
    listed = file_list(archive)

    def crawl() -> Iterator[Piece]:
        yield begin
        # Bounded only for a program that would wait for ever.
        for _ in range(1500):
            yield 0.01
            yield again

    archive.reply = lambda target: [answer(listed)] if target.startswith(PORTAL) and which == "file" else crawl()
    began = time.monotonic()
    with bench() as folders:
        code, said = fetch(archive, folders, "--connections", "1")
    assert code == 1, said
    assert time.monotonic() - began < 10


ENDLESS = {
    "plain": b"HTTP/1.0 200 OK\r\n\r\n",
    "part": b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/10\r\n\r\n",
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "headers": b"HTTP/1.1 200 OK\r\n",
    "redirection": b"HTTP/1.1 302 Found\r\nLocation: /portal\r\n\r\n",
    "refusal": b"HTTP/1.1 404 Not Found\r\n\r\n",
}


def without_end(kind: str) -> Iterator[Piece]:
    block = {"chunks": b"10000\r\n" + b"x" * 65_536 + b"\r\n", "headers": b"X: " + b"y" * 60_000 + b"\r\n"}
    return itertools.chain([ENDLESS[kind]], itertools.repeat(block.get(kind, b"x" * 65_536)))


@pytest.mark.parametrize("kind", ENDLESS)
def test_an_answer_without_end_is_cut(archive: Archive, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(ena, "LARGEST_LIST", 1 << 22)
    listed = file_list(archive)
    archive.sent = 0
    archive.reply = lambda target: without_end(kind)
    with bench() as folders:
        assert fetch(archive, folders)[0] == 1
    archive.reply = lambda target: [answer(listed)] if target.startswith(PORTAL) else without_end(kind)
    with bench() as folders:
        assert fetch(archive, folders, "--connections", "1")[0] == 1
        assert sum(path.stat().st_size for path in folders.out.iterdir() if path.is_file()) < 1000
    # What lies in the sockets' buffers comes on top.
    assert archive.sent < 200 << 20


LONG_LISTS = {
    "no lines": b"\n",
    "runs without files": b"SRR%09d" + b"\t" * 10 + b"\n",
    "runs with nonsense": b"\t".join([b"SRR%09d"] * 11) + b"\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("line", LONG_LISTS.values(), ids=list(LONG_LISTS))
def test_a_list_of_60_megabytes_takes_little_memory(archive: Archive, tmp_path: Path, line: bytes) -> None:
    head = "\t".join(ena.FIELDS).encode() + b"\n"
    body = bytearray(head)
    number = 0
    while len(body) < 60 << 20:
        number += 1
        body += line.replace(b"%09d", b"%09d" % number) if b"%" in line else line * 100_000
    archive.reply = lambda target: [answer(bytes(body))]
    code, said = in_little_memory(
        ["fetch", "PRJNA1", "-o", tmp_path / "out", "--portal", archive.address + PORTAL], tmp_path, megabytes=4096
    )
    assert code in (1, 2), said
    peak = int(said.rpartition("peak ")[2])
    assert peak < 1200, said
    assert not (tmp_path / "out").exists()


LOCATIONS = (
    *("http://example.org/x", "ftp://example.org/x", "file:///etc/passwd", "data:,x", "javascript:alert(1)", "", "//"),
    *("http://[", "https://", "https://[::1", "http://127.0.0.1:99999/", "\x1b[2J", "http://a b/", "//evil.example/x"),
    *("/portal", "https://user:secret@", "?" * 3000, "https://" + "a" * 300 + "/", "https://a..b/", "http://\xff/"),
)


@pytest.mark.parametrize("which", ["list", "file"])
def test_redirections_to_anywhere(archive: Archive, which: str) -> None:
    listed = file_list(archive)
    for location in LOCATIONS:
        for status in (
            "301 Moved",
            "302 Found",
            "303 See",
            "307 Temporary",
            "308 Permanent",
            "300 Many",
            "399 \x1b[2J",
        ):
            sent = answer(b"", f"Location: {location}", status=status)
            archive.reply = lambda target, sent=sent: (  # type: ignore[misc]
                [answer(listed)] if target.startswith(PORTAL) and which == "file" else [sent]
            )
            with bench() as folders:
                code, said = fetch(archive, folders)
                assert code == 1, f"{status} {location}: {said}"
                assert "secret" not in said


def test_a_server_elsewhere_cannot_send_us_to_this_machine() -> None:
    redirects = web._SafeRedirects()
    request = urllib.request.Request("https://www.ebi.ac.uk/ena/portal/api/filereport?accession=SRR1")
    for where in ("http://127.0.0.1:8888/api", "http://localhost/", "https://[::1]/x"):
        with pytest.raises(KinescapeError, match="this machine's own address"):
            redirects.redirect_request(request, None, 302, "Found", Message(), where)


def test_errors_name_the_server_and_not_the_whole_query(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    for status in ("500 No", "404 Not Found", "403 \x1b[31mred"):
        archive.reply = lambda target, status=status: [answer(b"<html>", status=status)]  # type: ignore[misc]
        with bench() as folders:
            code, said = fetch(archive, folders)
        assert code == 1
        assert f"{archive.address}{PORTAL}" in said
        assert "accession=" not in said
        assert len(said) < 200
        assert "\x1b" not in said
    with bench() as folders:
        code, said = survives(["fetch", "SRR100001", "-o", folders.out, "--portal", "http://me:secret@127.0.0.1:9/x"])
        assert code == 1
        assert "secret" not in said


@pytest.mark.parametrize(
    "page", [b"<html><body>maintenance</body></html>", b"<html>\n<body>\n", b'{"a": [1]}', b"[]\n"]
)
def test_a_page_or_json_in_place_of_a_list(archive: Archive, page: bytes) -> None:
    archive.reply = lambda target: [answer(page)]
    with bench() as folders:
        code, said = fetch(archive, folders)
    assert code == 1
    assert "not a file list" in said


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("form", ["length", "chunks"])
def test_a_list_that_was_cut_is_not_taken_for_a_shorter_one(archive: Archive, cut: float, form: str) -> None:
    listed = file_list(archive)
    part = listed[: int(len(listed) * cut)]
    head = f"Content-Length: {len(listed)}\r\n\r\n" if form == "length" else "Transfer-Encoding: chunked\r\n\r\n"
    body = part if form == "length" else b"%x\r\n" % len(listed) + part
    archive.asked.clear()
    archive.reply = lambda target: [b"HTTP/1.1 200 OK\r\n" + head.encode() + body]
    with bench() as folders:
        code, said = fetch(archive, folders)
    assert code == 1
    assert "cut" in said
    assert len(archive.asked) == fetching.FRUITLESS_ATTEMPTS


def test_marks_that_were_damaged_are_not_believed(archive: Archive) -> None:
    serve(archive, file_list(archive))
    with bench() as folders:
        (folders.out / ".fetched").mkdir(parents=True)
        for name in (path.rpartition("/")[2] for path in FILES):
            (folders.out / ".fetched" / f"{name}.md5").write_bytes(b"\xff\xfe\0")
            (folders.out / name).write_bytes(b"x" * len(FILES[f"/vol1/{name}"]))
            (folders.out / f".{name}.part").write_bytes(b"y")
            (folders.out / f".{name}.part-of").write_bytes(
                f"{archive.address}/vol1/{name}\nx\r\ny\xff".encode("latin-1")
            )
        assert fetch(archive, folders)[0] == 0
        assert [path for path in folders.out.iterdir() if "part" in path.name] == []
