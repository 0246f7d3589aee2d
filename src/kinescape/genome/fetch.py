"""The FASTA of a genome: downloaded with its checksum, unpacked, indexed by position."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from kinescape.errors import InputError, KinescapeError
from kinescape.fetching import Progress, check_space, download
from kinescape.files import sha256_of, whole_file, write_text
from kinescape.genome.catalogue import Genome
from kinescape.output_folder import check_folder_to_add_to
from kinescape.web import shown_address

BLOCK = 1 << 22
SPARE = 1.05
RECORD = ".source"
"""Beside the FASTA: where it came from, its published checksum, and the SHA-256 of what was unpacked."""


def fasta_path(genome: Genome, folder: Path) -> Path:
    """Where the FASTA of a genome lies below ``folder``."""
    return folder / genome.name / f"{genome.name}.fa"


def fetch_genome(
    genome: Genome, folder: Path, *, progress: Progress | None = None, say: Callable[[str], None] = lambda text: None
) -> Path:
    """Bring the FASTA and its .fai; what is there whole is kept, what was cut goes on.

    Raises
    ------
    InputError
        A folder that cannot be written, not enough space, or a file that is no FASTA of the kind.
    KinescapeError
        Network failures and wrong checksums; nothing half-unpacked is left.
    """
    import pysam

    fasta = fasta_path(genome, folder)
    record = fasta.with_name(fasta.name + RECORD)
    if fasta.is_file() and record.is_file() and record.read_text().startswith(f"{genome.url} {genome.md5} "):
        say(f"{fasta} is there")
    else:
        for each in (folder, fasta.parent):
            check_folder_to_add_to(each)
        fasta.parent.mkdir(parents=True, exist_ok=True)
        packed = fasta.with_name(f"{fasta.name}.gz")
        if not packed.is_file():
            check_space(fasta.parent, int(SPARE * (genome.bytes + genome.bases)))
            say(f"fetching {shown_address(genome.url)}")
            download(genome.url, packed, md5=genome.md5, progress=progress)
        say("unpacking")
        _unpack(packed, fasta)
        write_text(record, f"{genome.url} {genome.md5} {sha256_of(fasta)}\n")
        packed.unlink()
    index = fasta.with_name(f"{fasta.name}.fai")
    if not index.is_file():
        say("indexing by position")
        with whole_file(index) as temporary:
            pysam.faidx(str(fasta), "--fai-idx", str(temporary))
    return fasta


def _unpack(packed: Path, fasta: Path) -> None:
    from isal import igzip

    with whole_file(fasta) as temporary, temporary.open("wb") as out:
        try:
            with igzip.open(packed, "rb") as handle:  # type: ignore[no-untyped-call]
                first = handle.read(1)
                if first != b">":
                    raise InputError("is not a FASTA file", file=packed, found=repr(first), expected="a line with >")
                out.write(first)
                shutil.copyfileobj(handle, out, BLOCK)
        except (OSError, EOFError) as problem:
            raise KinescapeError(f"{packed}: cannot be unpacked ({problem})") from None
