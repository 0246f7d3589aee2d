"""Both aligners' indexes of a genome, whole or not there, each made once."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec

from kinescape.align.programs import BOWTIE2_BUILD, BWA, find_program
from kinescape.align.reference import BWA_INDEX_SUFFIXES
from kinescape.errors import InputError, KinescapeError
from kinescape.files import sha256_of, write_bytes

BOWTIE2_SUFFIXES = (".1.bt2", ".2.bt2", ".3.bt2", ".4.bt2", ".rev.1.bt2", ".rev.2.bt2")
BWA_BYTES, BOWTIE2_BYTES = 1.75, 1.35
"""Bytes of an index per base (measured on 13 kb and 3.1 Gb: bwa's bwt, sa and pac; Bowtie2's six files)."""
LARGE_GENOME = 50_000_000
"""From here on bwa's block-wise construction is used (its manual: `-a is` does not work beyond 2 GB)."""
SPARE = 1.1
MARK = ".kinescape-index"
"""Which program made the index, from a FASTA of which size and SHA-256, and the sizes of its files."""


def build_indexes(fasta: Path, *, threads: int, say: Callable[[str], None] = lambda text: None) -> list[str]:
    """Make what is missing; returns the programs whose index was made now.

    An index is built under a temporary name beside the FASTA and renamed file by file; its mark comes last, so that an
    index without a mark is made again.

    Raises
    ------
    InputError
        No such FASTA, a program missing, not enough space.
    KinescapeError
        A program ends badly; its last words are shown.
    """
    if not fasta.is_file():
        raise InputError("no such file", file=fasta, expected="a FASTA (kinescape reference fetch hg38)")
    with fasta.open("rb") as handle:
        start = handle.read(2)
    if start == b"\x1f\x8b":
        raise InputError("is compressed", file=fasta, expected="an unpacked FASTA (gunzip it first)")
    if not start.startswith(b">"):
        raise InputError("is not a FASTA file", file=fasta, found=start or "nothing", expected="a first line with >")
    bwa, bowtie2 = find_program(BWA), find_program(BOWTIE2_BUILD)
    size = fasta.stat().st_size
    made = []
    if not has_index(fasta, "bwa"):
        _check_space(fasta, BWA_BYTES * size)
        method = ["-a", "bwtsw"] if size > LARGE_GENOME else []
        say("bwa index (about an hour and 5 GB of memory for a human genome)" if method else "bwa index")
        _make(fasta, "bwa", bwa.version, [bwa.path, "index", *method, "-p", "{out}", str(fasta)])
        made.append("bwa")
    if not has_index(fasta, "bowtie2"):
        _check_space(fasta, BOWTIE2_BYTES * size)
        say(f"bowtie2-build, {threads} threads")
        command = [bowtie2.path, "--wrapper", "basic-0", "-q", "--threads", str(threads), str(fasta), "{out}"]
        _make(fasta, "bowtie2", bowtie2.version, command)
        made.append("bowtie2")
    return made


def has_index(fasta: Path, program: str, *, same_bases: bool = False) -> bool:
    """Whether an index made here is whole: every file is there in the size it had, and the FASTA has the size it had.

    ``same_bases`` compares the FASTA's checksum as well, which takes seconds for a human genome.
    """
    mark = _read_mark(fasta, program)
    if mark is None or mark.fasta_bytes != fasta.stat().st_size:
        return False
    files = {suffix: Path(f"{fasta}{suffix}") for suffix in _suffixes(program)}
    if {suffix: path.stat().st_size for suffix, path in files.items() if path.is_file()} != mark.files:
        return False
    return not same_bases or mark.fasta_sha256 == sha256_of(fasta)


def made_by_us(fasta: Path, program: str) -> bool:
    """Whether the index carries a mark of ours."""
    return _mark(fasta, program).is_file()


class Mark(msgspec.Struct, frozen=True):
    """What an index was made of."""

    program: str
    version: str
    fasta_bytes: int
    fasta_sha256: str
    files: dict[str, int]
    """Suffix -> bytes."""


def _read_mark(fasta: Path, program: str) -> Mark | None:
    try:
        return msgspec.json.decode(_mark(fasta, program).read_bytes(), type=Mark)
    except (OSError, msgspec.MsgspecError):
        return None


def _suffixes(program: str) -> tuple[str, ...]:
    return BWA_INDEX_SUFFIXES if program == "bwa" else BOWTIE2_SUFFIXES


def _mark(fasta: Path, program: str) -> Path:
    return fasta.with_name(f".{fasta.name}.{program}{MARK}")


def _make(fasta: Path, program: str, version: str, command: list[str]) -> None:
    place = fasta.parent / f".building-{program}-{fasta.name}"
    # A build that was killed leaves its folder: nothing in it is of use, and it may be large.
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    try:
        out, log = place / fasta.name, place / "log.txt"
        with log.open("wb") as handle:
            done = subprocess.run(
                [word.replace("{out}", str(out)) for word in command], stdout=handle, stderr=handle, check=False
            )
        if done.returncode:
            words = log.read_text(errors="replace").strip()[-300:]
            raise KinescapeError(f"{program} failed while indexing {fasta} (exit code {done.returncode}): {words}")
        files = {}
        for suffix in _suffixes(program):
            made = Path(f"{out}{suffix}")
            files[suffix] = made.stat().st_size
            made.replace(f"{fasta}{suffix}")
        mark = Mark(program, version, fasta.stat().st_size, sha256_of(fasta), files)
        write_bytes(_mark(fasta, program), msgspec.json.encode(mark))
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _check_space(fasta: Path, needed: float) -> None:
    free = shutil.disk_usage(fasta.parent).free
    wanted = int(SPARE * needed)
    if wanted > free:
        raise InputError(
            "not enough space for an index", file=fasta.parent, found=f"{free:,} bytes", expected=f"{wanted:,} bytes"
        )
