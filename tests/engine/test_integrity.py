"""Whether a sample's folder is as it was written: every kind of damage to every kind of file."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pysam
import pytest

from kinescape.engine.integrity import CHECKSUMS, is_as_written, write_checksums

AGAIN = ("report.html", "report.pdf", "variants.vcf.gz")
FILES = (*AGAIN, "result.json", "evidence.bam")
Damage = Callable[[Path], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "result.json").write_text('{"pairs": 12}\n')
    (tmp_path / "evidence.bam").write_bytes(bytes(range(256)))
    (tmp_path / "report.html").write_text("<html>...</html>\n")
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.4 ... %%EOF\n")
    with pysam.BGZFile(str(tmp_path / "variants.vcf.gz"), "w", None) as handle:
        handle.write(b"##fileformat=VCFv4.3\n")
    write_checksums(tmp_path, (*AGAIN, "review.json"))
    assert is_as_written(tmp_path, FILES, AGAIN)
    return tmp_path


def edited(name: str, before: bytes, after: bytes) -> Damage:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes().replace(before, after, 1))


def cut(name: str, left: int) -> Damage:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:left])


def gone(name: str) -> Damage:
    return lambda folder: (folder / name).unlink()


DAMAGES = {
    "a number in the result": edited("result.json", b"12", b"13"),
    "a bit of the reads": edited("evidence.bam", b"\x80", b"\x84"),
    **{f"{name} without its end": cut(name, -9) for name in FILES},
    **{f"{name} empty": cut(name, 0) for name in FILES},
    **{f"{name} gone": gone(name) for name in FILES},
    "no checksums": gone(CHECKSUMS),
    "a checksum less": cut(CHECKSUMS, 79),
    "a checksum that is none": edited(CHECKSUMS, b"  result", b" result"),
    "a name that leads elsewhere": edited(CHECKSUMS, b"result.json", b"../x.json"),
    "bytes that are no text": edited(CHECKSUMS, b"  ", b"\xff\xff"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=list(DAMAGES))
def test_damage_is_noticed(folder: Path, damage: Damage) -> None:
    damage(folder)
    assert not is_as_written(folder, FILES, AGAIN)


def test_what_is_made_again_may_change_and_a_review_may_come(folder: Path) -> None:
    (folder / "report.html").write_text("<html>and the patient's other samples</html>\n")
    (folder / "review.json").write_text("{}")
    assert is_as_written(folder, FILES, AGAIN)


def test_the_list_is_what_sha256sum_reads(folder: Path, program: Callable[[str], str]) -> None:
    subprocess.run([program("sha256sum"), "-c", "--quiet", CHECKSUMS], cwd=folder, check=True)
