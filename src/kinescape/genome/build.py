"""Both aligners' indexes of a genome, whole or not there, each made once."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from kinescape.align.programs import BOWTIE2_BUILD, BWA, find_program
from kinescape.align.reference import BWA_INDEX_SUFFIXES
from kinescape.errors import InputError, KinescapeError
from kinescape.files import write_text

BOWTIE2_SUFFIXES = (".1.bt2", ".2.bt2", ".3.bt2", ".4.bt2", ".rev.1.bt2", ".rev.2.bt2")
BWA_BYTES, BOWTIE2_BYTES = 1.75, 1.35
"""Bytes of an index per base (measured on 13 kb and 3.1 Gb: bwa's bwt, sa and pac; Bowtie2's six files)."""
LARGE_GENOME = 50_000_000
"""From here on bwa's block-wise construction is used (its manual: `-a is` does not work beyond 2 GB)."""
SPARE = 1.1
MARK = ".kinescape-index"
"""Which version of the program made the index, and from a FASTA of which size."""


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
    bwa, bowtie2 = find_program(BWA), find_program(BOWTIE2_BUILD)
    size = fasta.stat().st_size
    made = []
    if not has_index(fasta, "bwa"):
        _check_space(fasta, BWA_BYTES * size)
        method = ["-a", "bwtsw"] if size > LARGE_GENOME else []
        say("bwa index (about an hour and 5 GB of memory for a human genome)" if method else "bwa index")
        _make(
            fasta,
            "bwa",
            f"{bwa.version} {size}",
            BWA_INDEX_SUFFIXES,
            [bwa.path, "index", *method, "-p", "{out}", str(fasta)],
        )
        made.append("bwa")
    if not has_index(fasta, "bowtie2"):
        _check_space(fasta, BOWTIE2_BYTES * size)
        say(f"bowtie2-build, {threads} threads")
        command = [bowtie2.path, "--wrapper", "basic-0", "-q", "--threads", str(threads), str(fasta), "{out}"]
        _make(fasta, "bowtie2", f"{bowtie2.version} {size}", BOWTIE2_SUFFIXES, command)
        made.append("bowtie2")
    return made


def has_index(fasta: Path, program: str) -> bool:
    """Whether an index of this FASTA is whole (every file is there, and its mark names this size)."""
    suffixes = BWA_INDEX_SUFFIXES if program == "bwa" else BOWTIE2_SUFFIXES
    mark = _mark(fasta, program)
    if not all(Path(f"{fasta}{suffix}").is_file() for suffix in suffixes) or not mark.is_file():
        return False
    return mark.read_text(encoding="utf-8").split()[-1:] == [str(fasta.stat().st_size)]


def _mark(fasta: Path, program: str) -> Path:
    return fasta.with_name(f".{fasta.name}.{program}{MARK}")


def _make(fasta: Path, program: str, mark: str, suffixes: tuple[str, ...], command: list[str]) -> None:
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
        for suffix in suffixes:
            Path(f"{out}{suffix}").replace(f"{fasta}{suffix}")
        write_text(_mark(fasta, program), f"{program} {mark}\n")
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _check_space(fasta: Path, needed: float) -> None:
    free = shutil.disk_usage(fasta.parent).free
    wanted = int(SPARE * needed)
    if wanted > free:
        raise InputError(
            "not enough space for an index", file=fasta.parent, found=f"{free:,} bytes", expected=f"{wanted:,} bytes"
        )
