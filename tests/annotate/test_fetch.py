"""``kinescape annot fetch`` against a server on the loopback address."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest
from annotate_samples import CLINVAR, bgzip_vcf, many, vcf_text, window_records

from kinescape.annotate.remote import read_index
from kinescape.annotate.slice_file import read_slice
from kinescape.annotate.sources import SOURCES
from kinescape.cli.main import main
from kinescape.errors import KinescapeError
from loopback_server import Server

Captured = pytest.CaptureFixture[str]
DATED = "##fileDate=2022-05-06\n##reference=GRCh38\n"


def fetch(source: str, server: Server, name: str, folder: Path, *more: str) -> int:
    return main(["annot", "fetch", source, "--url", f"{server.address}/{name}", "-o", str(folder), "--quiet", *more])


def test_clinvar_with_the_md5_that_lies_beside_it(server: Server, tmp_path: Path, capsys: Captured) -> None:
    content = gzip.compress(vcf_text(CLINVAR, header=DATED, bare=True).encode())
    server.files["clinvar.vcf.gz"] = content
    server.files["clinvar.vcf.gz.md5"] = f"{hashlib.md5(content).hexdigest()}  clinvar.vcf.gz\n".encode()
    server.cuts = [10_000, 100]
    server.refusals = [(429, {"Retry-After": "2"})]
    assert fetch("clinvar", server, "clinvar.vcf.gz", tmp_path) == 0
    captured = capsys.readouterr()
    assert "clinvar 2022-05-06 (2022-05-06): 2 records" in captured.out
    assert "plain gzip" in captured.err
    assert [path.name for path in tmp_path.iterdir()] == ["clinvar"]
    assert server.waits[0] == 2
    assert server.address in (tmp_path / "clinvar" / "manifest.yaml").read_text()


def test_wrong_checksums(server: Server, tmp_path: Path, capsys: Captured) -> None:
    server.files["c.vcf"] = vcf_text(CLINVAR, header=DATED).encode()
    server.files["c.vcf.md5"] = b"0" * 32 + b"  c.vcf\n"
    assert fetch("clinvar", server, "c.vcf", tmp_path) == 1
    assert "md5 is not the expected one" in capsys.readouterr().err
    assert fetch("clinvar", server, "c.vcf", tmp_path, "--sha256", "1" * 64) == 1
    assert "sha256 is not the expected one" in capsys.readouterr().err
    right = hashlib.sha256(server.files["c.vcf"]).hexdigest()
    assert fetch("clinvar", server, "c.vcf", tmp_path, "--sha256", right) == 0
    assert main(["annot", "fetch", "clinvar", "--sha256", right]) == 2


def test_of_gnomad_only_the_blocks_of_the_windows_are_read(server: Server, tmp_path: Path, capsys: Captured) -> None:
    far = [("chr2", p, "A", "T", f"AF=0.5;NOTE={'x' * 200}{p * 7919 % 10007}") for p in range(10_000, 20_000_000, 130)]
    lines = [*far, *many("chr2", 3), *many("chr6", 5)]
    path = bgzip_vcf(tmp_path / "g.vcf.bgz", lines)
    server.files = {"g.vcf.bgz": path.read_bytes(), "g.vcf.bgz.tbi": Path(f"{path}.tbi").read_bytes()}
    assert fetch("gnomad", server, "g.vcf.bgz", tmp_path / "out", "--version", "9", "--date", "2020-01-01") == 0
    assert f"{window_records(lines):,} records over 13,007 positions" in capsys.readouterr().out
    asked = [part.removeprefix("bytes=").split("-") for name, part in server.requests if name == "/g.vcf.bgz"]
    brought = sum(min(int(end), len(server.files["g.vcf.bgz"])) - int(start) for start, end in asked)
    assert brought < len(server.files["g.vcf.bgz"]) / 2
    whole = tmp_path / "whole"
    assert (
        main(["annot", "slice", "gnomad", str(path), "-o", str(whole), "--version", "9", "--date", "2020-01-01"]) == 0
    )
    slices = [read_slice(folder / "gnomad" / "slice.vcf.gz") for folder in (tmp_path / "out", whole)]
    assert slices[0] == slices[1]


def test_damaged_block_or_foreign_index_is_an_error(server: Server, tmp_path: Path, capsys: Captured) -> None:
    path = bgzip_vcf(tmp_path / "g.vcf.bgz", many("chr2", 3))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    server.files = {"g.vcf.bgz": bytes(content), "g.vcf.bgz.tbi": Path(f"{path}.tbi").read_bytes()}
    arguments = ("--version", "9", "--date", "2020-01-01")
    assert fetch("gnomad", server, "g.vcf.bgz", tmp_path / "out", *arguments) == 1
    assert "is not the bgzip file of its index" in capsys.readouterr().err
    server.files["g.vcf.bgz.tbi"] = gzip.compress(b"something else")
    assert fetch("gnomad", server, "g.vcf.bgz", tmp_path / "out", *arguments) == 1
    assert "is not a tabix index" in capsys.readouterr().err
    assert not (tmp_path / "out" / "gnomad").exists()


def test_gnomad_without_an_index_is_brought_whole(server: Server, tmp_path: Path) -> None:
    server.files["g.vcf"] = vcf_text(many()).encode()
    assert fetch("gnomad", server, "g.vcf", tmp_path, "--version", "9", "--date", "2020-01-01") == 0
    assert len(read_slice(tmp_path / "gnomad" / "slice.vcf.gz")) == window_records(many())


def test_index_reader_refuses_other_files(tmp_path: Path) -> None:
    (tmp_path / "x.tbi").write_bytes(b"")
    with pytest.raises(KinescapeError, match="is not a tabix index"):
        read_index(tmp_path / "x.tbi")


def test_undated_nightly_file_takes_the_day_of_fetching_and_says_so(
    server: Server, tmp_path: Path, capsys: Captured
) -> None:
    server.files["e.tsv"] = b"molecular_profile\tevidence_id\nALK G1202R\t77\nROS1 G2032R\t78\n"
    assert fetch("civic", server, "e.tsv", tmp_path) == 0
    assert "its date is the day on which it was fetched" in capsys.readouterr().err


def test_boostdm_is_not_fetched_and_absent_files_are_one_line(server: Server, tmp_path: Path, capsys: Captured) -> None:
    assert main(["annot", "fetch", "boostdm", "-o", str(tmp_path)]) == 2
    assert "kinescape annot slice boostdm FILE" in capsys.readouterr().err
    assert fetch("civic", server, "absent.vcf", tmp_path) == 1
    error = capsys.readouterr().err
    assert "answered 404" in error
    assert error.count("\n") == 1


def test_published_addresses_are_https_and_say_their_release() -> None:
    urls = [url for source in SOURCES.values() for url in source.urls]
    assert all(url.startswith("https://") for url in urls)
    assert all("/4.1/" in url and ".v4.1." in url and "{chrom}" in url for url in SOURCES["gnomad"].urls)
    assert SOURCES["clinvar"].urls[0].endswith("vcf_GRCh38/clinvar.vcf.gz")
