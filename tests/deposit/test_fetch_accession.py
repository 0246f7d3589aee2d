"""`kinescape fetch` against a loopback server that answers as ENA's portal and file server do."""

from __future__ import annotations

import csv
import gzip
import hashlib
import random
from pathlib import Path
from types import SimpleNamespace

import pytest

from kinescape.cli.fetch import Display
from kinescape.cli.main import main
from kinescape.deposit.ena import check_accession, runs_of
from kinescape.deposit.fetch import fetch_reads
from kinescape.errors import InputError
from kinescape.sheet import read_sheet
from loopback_server import Server

HEADER = (
    "run_accession\tsample_accession\tsample_alias\tsample_title\texperiment_title\tlibrary_layout\tinstrument_model\t"
    "read_count\tfastq_ftp\tfastq_md5\tfastq_bytes"
)


def reads(name: str, number: int = 50) -> bytes:
    text = "".join(f"@{name}.{i}\nACGTACGTAC\n+\nIIIIIIIIII\n" for i in range(number))
    return gzip.compress(text.encode(), mtime=0)


def line(server: Server, run: str, names: list[str], layout: str = "PAIRED", alias: str = "plasma 1") -> str:
    host = server.address.removeprefix("http://")
    urls = ";".join(f"http://{host}/vol1/{name}" for name in names)
    sums = ";".join(hashlib.md5(server.files[f"vol1/{name}"]).hexdigest() for name in names)
    sizes = ";".join(str(len(server.files[f"vol1/{name}"])) for name in names)
    return f"{run}\tSAMN1\t{alias}\ttitle\texperiment\t{layout}\tIllumina MiSeq\t50\t{urls}\t{sums}\t{sizes}"


@pytest.fixture
def archive(server: Server) -> Server:
    """Two pairs, one with a third file of reads without mate; one run of single reads; one without files."""
    for name in ("SRR100001_1", "SRR100001_2", "SRR100002", "SRR100002_1", "SRR100002_2", "SRR100003"):
        server.files[f"vol1/{name}.fastq.gz"] = reads(name)
    publish(
        server,
        [
            line(server, "SRR100001", ["SRR100001_1.fastq.gz", "SRR100001_2.fastq.gz"]),
            line(
                server,
                "SRR100002",
                ["SRR100002.fastq.gz", "SRR100002_1.fastq.gz", "SRR100002_2.fastq.gz"],
                alias="=cmd()",
            ),
            line(server, "SRR100003", ["SRR100003.fastq.gz"], layout="SINGLE"),
            "SRR100004\tSAMN4\tp4\tt\te\tPAIRED\tIllumina MiSeq\t1\t\t\t",
        ],
    )
    return server


def publish(server: Server, lines: list[str]) -> None:
    server.answers["/ena/portal/api/filereport"] = ("\n".join([HEADER, *lines]) + "\n").encode()


def fetch(server: Server, out: Path, *more: str) -> int:
    return main(
        ["fetch", "PRJNA1053258", "-o", str(out), "--portal", f"{server.address}/ena/portal/api/filereport", *more]
    )


def test_pairs_come_with_a_sheet_that_run_reads(
    archive: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "fastq"
    assert fetch(archive, out) == 0
    said = capsys.readouterr()
    assert "4 files of 2 runs: 4 fetched, 0 were there" in said.out
    assert "left out: SRR100003 (its reads are single, and pairs are needed)" in said.err
    assert "left out: SRR100004 (the archive has no FASTQ files of it)" in said.err
    samples = read_sheet(out / "samples.csv")
    assert [sample.info.sample for sample in samples] == ["SRR100001", "SRR100002"]
    assert samples[0].fastq_1.read_bytes() == archive.files["vol1/SRR100001_1.fastq.gz"]
    assert samples[1].fastq_2.read_bytes() == archive.files["vol1/SRR100002_2.fastq.gz"]
    with (out / "samples.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert rows[0]["sample_alias"] == "plasma 1"
    assert rows[1]["sample_alias"] == "'=cmd()"
    assert rows[0]["patient"] == ""
    query = next(path for path, _ in archive.requests if "filereport" in path)
    assert "accession=PRJNA1053258" in query
    assert "result=read_run" in query


def test_second_call_fetches_nothing_and_a_changed_file_again(
    archive: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "fastq"
    assert fetch(archive, out, "--quiet") == 0
    asked = len(archive.requests)
    assert fetch(archive, out, "--quiet") == 0
    assert "0 fetched, 4 were there" in capsys.readouterr().out
    assert len(archive.requests) == asked + 1
    (out / "SRR100001_1.fastq.gz").write_bytes(b"spoiled")
    assert fetch(archive, out, "--quiet") == 0
    assert (out / "SRR100001_1.fastq.gz").read_bytes() == archive.files["vol1/SRR100001_1.fastq.gz"]


def test_cuts_and_busy_answers_are_ridden_out(archive: Server, tmp_path: Path) -> None:
    out = tmp_path / "fastq"
    archive.cuts += [10, 20, 30]
    archive.file_refusals += [(503, {"Retry-After": "2"}), (429, {"Retry-After": "1"})]
    assert fetch(archive, out, "--quiet", "--connections", "1") == 0
    assert {2.0, 1.0} <= set(archive.waits)
    assert any(asked.startswith("bytes=") for path, asked in archive.requests if path.endswith(".fastq.gz"))
    for name in ("SRR100001_1", "SRR100001_2", "SRR100002_1", "SRR100002_2"):
        assert (out / f"{name}.fastq.gz").read_bytes() == archive.files[f"vol1/{name}.fastq.gz"]


def test_the_pace_is_of_what_came_now(archive: Server, tmp_path: Path) -> None:
    """One file is whole, of another a part is there from an earlier call that was stopped."""
    whole, cut = "SRR100001_1.fastq.gz", "SRR100001_2.fastq.gz"
    archive.files[f"vol1/{cut}"] = content = random.Random(1).randbytes(3_000_000)
    publish(archive, [line(archive, "SRR100001", [whole, cut])])
    (run,) = runs_of("SRR100001", f"{archive.address}/ena/portal/api/filereport")
    total, out = sum(mate.size for mate in run.mates), tmp_path / "fastq"

    def stop(name: str, done: int, _total: int) -> None:
        if name == cut and done > 2_000_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_reads([run], out, connections=1, watch=stop)
    part = (out / f".{cut}.part").stat().st_size
    assert part > 1_900_000

    display, lines = Display(total), []

    def watch(name: str, done: int, of: int) -> None:
        display(name, done, of)
        lines.append(display.line(10.0))

    archive.requests.clear()
    fetch_reads([run], out, connections=1, watch=watch)
    assert archive.requests == [(f"/vol1/{cut}", f"bytes={part}-")]
    assert (out / cut).read_bytes() == content
    assert display.before == {whole: run.mates[0].size, cut: part}
    assert display.done == {whole: run.mates[0].size, cut: 3_000_000}
    assert lines[1] == f"{(total - 3_000_000 + part) / 1e9:.2f} of 0.00 GB, 0.0 MB/s"
    assert lines[-1] == "0.00 of 0.00 GB, 0.1 MB/s"


def test_time_left_is_told_at_the_pace_of_this_call() -> None:
    display = Display(10_000_000_000)
    display("kept", 2_000_000_000, 2_000_000_000)
    display("part", 6_000_000_000, 8_000_000_000)
    assert display.line(5.0) == "8.00 of 10.00 GB, 0.0 MB/s"
    display("part", 6_100_000_000, 8_000_000_000)
    assert display.line(10.0) == "8.10 of 10.00 GB, 10.0 MB/s, about 3 min left"
    display("part", 50_000_000, 8_000_000_000)
    assert display.line(10.0) == "2.05 of 10.00 GB, 5.0 MB/s, about 26 min left", "the part was of another file"


def test_wrong_sum_keeps_nothing_of_that_file_and_no_sheet(
    archive: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "fastq"
    good = archive.files["vol1/SRR100001_2.fastq.gz"]
    archive.files["vol1/SRR100001_2.fastq.gz"] = good[:-1] + bytes([good[-1] ^ 1])
    assert fetch(archive, out, "--quiet") == 1
    assert "md5 is not the expected one" in capsys.readouterr().err
    assert not (out / "SRR100001_2.fastq.gz").exists()
    assert not (out / "samples.csv").exists()
    archive.files["vol1/SRR100001_2.fastq.gz"] = good
    assert fetch(archive, out, "--quiet") == 0
    assert (out / "samples.csv").exists()


def test_listing_fetches_no_reads(archive: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fetch(archive, tmp_path / "fastq", "--list") == 0
    said = capsys.readouterr().out
    assert "4 runs, 2 of them pairs" in said
    assert "SRR100003\tplasma 1\tits reads are single" in said
    assert not (tmp_path / "fastq").exists()


def test_too_little_space_is_said_before_anything_comes(
    archive: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("kinescape.fetching.shutil.disk_usage", lambda _: SimpleNamespace(total=10**6, free=10))
    assert fetch(archive, tmp_path / "fastq", "--quiet") == 2
    assert "not enough space" in capsys.readouterr().err
    assert not any(path.endswith(".fastq.gz") for path, _ in archive.requests)


@pytest.mark.parametrize("text", ["", "GSE1", "PRJNA", "SRR1/../../x", "PRJNA1053258&fields=x", "SRR123456 ; rm -rf /"])
def test_what_is_no_accession_never_reaches_an_address(text: str) -> None:
    with pytest.raises(InputError, match="no accession"):
        check_accession(text)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("http://evil.example/vol1/x_1.fastq.gz", "is not the archive"),
        ("ftp.sra.ebi.ac.uk.evil.example/x_1.fastq.gz", "is not the archive"),
        ("ftp.sra.ebi.ac.uk/vol1/..%2f..%2fetc", "not accepted"),
        ("ftp.sra.ebi.ac.uk/vol1/../../x_1.fastq.gz", "not accepted"),
    ],
)
def test_a_list_that_points_elsewhere_is_not_followed(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], where: str, words: str
) -> None:
    publish(server, [f"SRR100001\ts\ta\tt\te\tPAIRED\ti\t1\t{where};{where}\t{'0' * 32};{'0' * 32}\t1;1"])
    assert fetch(server, tmp_path / "fastq") == 1
    assert words in capsys.readouterr().err
    assert len(server.requests) == 1


def test_ftp_addresses_of_the_archive_become_https(server: Server) -> None:
    names = [f"ftp.sra.ebi.ac.uk/vol1/fastq/SRR100/001/SRR100001/SRR100001_{mate}.fastq.gz" for mate in (1, 2)]
    publish(server, [f"SRR100001\ts\ta\tt\te\tPAIRED\ti\t1\t{';'.join(names)}\t{'a' * 32};{'b' * 32}\t1;2"])
    (run,) = runs_of("SRR100001", f"{server.address}/ena/portal/api/filereport")
    assert [mate.url for mate in run.mates] == [f"https://{name}" for name in names]
    assert [mate.md5 for mate in run.mates] == ["a" * 32, "b" * 32]


def test_unknown_accession_offline_and_nonsense(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(server, [])
    assert fetch(server, tmp_path / "a") == 2
    assert "holds no runs" in capsys.readouterr().err
    server.answers["/ena/portal/api/filereport"] = b"<html>maintenance</html>\nx\n"
    assert fetch(server, tmp_path / "b") == 1
    assert "not a file list" in capsys.readouterr().err
    assert main(["fetch", "PRJNA1053258", "-o", str(tmp_path / "c"), "--portal", "http://127.0.0.1:9/x"]) == 1
    assert "cannot be reached" in capsys.readouterr().err
