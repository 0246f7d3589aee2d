"""`kinescape reference fetch|build|verify` on a small made-up genome: the packaged windows inside random sequence."""

from __future__ import annotations

import gzip
import hashlib
import random
from pathlib import Path
from types import SimpleNamespace

import pytest

from kinescape.cli.main import main
from kinescape.panel.load import load_panel
from kinescape.panel.model import Panel
from loopback_server import Server


@pytest.fixture(scope="module")
def panel() -> Panel:
    return load_panel()


@pytest.fixture
def fasta(tmp_path: Path) -> Path:
    """Two short sequences; not hg38."""
    path = tmp_path / "small.fa"
    maker = random.Random(1)
    with path.open("w") as out:
        for name in ("chr2", "chr6"):
            out.write(f">{name}\n" + "".join(maker.choices("ACGT", k=5000)) + "\n")
    return path


def serve(server: Server, content: bytes) -> list[str]:
    server.files["hg38.fa.gz"] = content
    return ["--url", f"{server.address}/hg38.fa.gz", "--md5", hashlib.md5(content).hexdigest()]


def test_fetch_unpacks_indexes_and_keeps(
    server: Server, fasta: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = serve(server, gzip.compress(fasta.read_bytes(), mtime=0))
    server.cuts.append(700)
    assert main(["reference", "fetch", "hg38", "-o", str(tmp_path / "genomes"), *options]) == 0
    got = tmp_path / "genomes" / "hg38" / "hg38.fa"
    assert capsys.readouterr().out.strip() == str(got)
    assert got.read_bytes() == fasta.read_bytes()
    assert (got.parent / "hg38.fa.fai").read_text().startswith("chr2\t5000\t")
    assert not (got.parent / "hg38.fa.gz").exists()
    asked = len(server.requests)
    assert main(["reference", "fetch", "hg38", "-o", str(tmp_path / "genomes"), *options]) == 0
    assert len(server.requests) == asked


def test_wrong_checksum_and_no_fasta_leave_nothing(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = serve(server, gzip.compress(b"not a FASTA"))
    out = tmp_path / "genomes"
    assert main(["reference", "fetch", "hg38", "-o", str(out), options[0], options[1], "--md5", "0" * 32]) == 1
    assert "md5 is not the expected one" in capsys.readouterr().err
    assert main(["reference", "fetch", "hg38", "-o", str(out), *options]) == 2
    assert "is not a FASTA file" in capsys.readouterr().err
    assert not (out / "hg38" / "hg38.fa").exists()
    assert main(["reference", "fetch", "mm10", "-o", str(out)]) == 2
    assert "unknown genome" in capsys.readouterr().err


def test_little_space_is_said_first(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("kinescape.fetching.shutil.disk_usage", lambda _: SimpleNamespace(total=10**6, free=1000))
    options = serve(server, gzip.compress(b">x\nA\n"))
    assert main(["reference", "fetch", "hg38", "-o", str(tmp_path), *options]) == 2
    assert "not enough space" in capsys.readouterr().err
    assert not server.requests


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_file_in_place_of_the_folder_is_bad_input(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    (tmp_path / "file").write_text("mine")
    options = serve(server, gzip.compress(b">x\nA\n"))
    assert main(["reference", "fetch", "hg38", "-o", str(tmp_path / place), *options]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith(f"kinescape: error: {tmp_path / place}: ")
    assert "is a file; expected a folder to write to" in said
    assert not server.requests
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.aligners
def test_build_makes_each_index_once_and_again_when_cut(fasta: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reference", "build", str(fasta), "--threads", "1"]) == 0
    assert "made bwa and bowtie2" in capsys.readouterr().out
    assert main(["reference", "build", str(fasta)]) == 0
    assert "both indexes were there" in capsys.readouterr().out
    Path(f"{fasta}.sa").unlink()
    (fasta.parent / f".building-bwa-{fasta.name}").mkdir()
    assert main(["reference", "build", str(fasta)]) == 0
    assert "made bwa\n" in capsys.readouterr().out
    assert not [path for path in fasta.parent.iterdir() if path.name.startswith(".building")]


@pytest.mark.aligners
def test_a_fasta_that_changed_gets_new_indexes(fasta: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["reference", "build", str(fasta)])
    fasta.write_text(fasta.read_text() + ">chr9\nACGTACGTAA\n")
    capsys.readouterr()
    assert main(["reference", "build", str(fasta)]) == 0
    assert "made bwa and bowtie2" in capsys.readouterr().out


@pytest.mark.aligners
def test_verify_names_what_is_wrong(fasta: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reference", "verify", str(fasta)]) == 1
    said = capsys.readouterr().out
    assert "FAULT  chromosomes of the panel have the lengths of its genome: chr2: 5,000, expected 242,193,529" in said
    assert "FAULT  windows of the panel equal the genome" in said
    assert "FAULT  index for bwa is whole: no small.fa.amb" in said
    main(["reference", "build", str(fasta)])
    main(["reference", "verify", str(fasta)])
    said = capsys.readouterr().out
    assert "ok     bwa's index was made from this FASTA: 2 sequences" in said
    assert "ok     index for bowtie2 is whole: made here" in said


def test_build_and_verify_without_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("build", "verify"):
        assert main(["reference", verb, str(tmp_path / "none.fa")]) == 2
        assert "no such file" in capsys.readouterr().err
