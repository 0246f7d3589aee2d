"""What reads are aligned to: the panel's own windows (default) or a whole genome given by the user.

The windows are written once into the user's cache and indexed there, under the checksum of their bases and the versions
of the aligners; a genome is used where it lies, with the indexes that the user built beside it.
"""

from __future__ import annotations

import functools
import hashlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from kinescape.align.programs import BOWTIE2_BUILD, BWA, find_program
from kinescape.errors import InputError, KinescapeError
from kinescape.files import sha256_of, whole_folder
from kinescape.panel.model import Panel, Window

BWA_INDEX_SUFFIXES = (".amb", ".ann", ".bwt", ".pac", ".sa")
_WINDOW_FILE = "windows.fa"
_BUILD = "kinescape reference build"


@dataclass(frozen=True)
class Contig:
    """Where one sequence of the reference lies: its 0-based position p is ``start + p`` of ``chrom``."""

    chrom: str
    start: int


@dataclass(frozen=True)
class Reference:
    """A reference with both indexes."""

    bwa_index: Path
    bowtie2_index: Path
    contigs: dict[str, Contig]
    """Name in the SAM -> place; names that are not here are not of interest (other chromosomes of a genome)."""
    description: str
    sha256: str = ""
    """Of the bases and names that both indexes hold; empty for the panel's windows, which its own checksum covers."""


def cache_folder() -> Path:
    """``$KINESCAPE_CACHE``, else the user's cache folder."""
    given = os.environ.get("KINESCAPE_CACHE")
    if given:
        return Path(given)
    from platformdirs import user_cache_path

    return user_cache_path("kinescape")


def window_reference(panel: Panel) -> Reference:
    """The panel's windows, indexed in the cache (built on first use, in about a second)."""
    fasta = "".join(f">{_window_contig(window)}\n{window.sequence}\n" for window in panel.windows)
    bwa, build = find_program(BWA), find_program(BOWTIE2_BUILD)
    key = hashlib.sha256(f"{bwa.version} {build.version}\n{fasta}".encode()).hexdigest()[:16]
    folder = cache_folder() / f"windows-{panel.name}-{key}"
    if not folder.exists():
        with whole_folder(folder) as temporary:
            (temporary / _WINDOW_FILE).write_text(fasta)
            _run([bwa.path, "index", _WINDOW_FILE], temporary)
            _run([build.path, "--wrapper", "basic-0", "-q", _WINDOW_FILE, _WINDOW_FILE], temporary)
    contigs = {_window_contig(window): Contig(window.chrom, window.start) for window in panel.windows}
    index = folder / _WINDOW_FILE
    return Reference(index, index, contigs, "embedded windows")


def genome_reference(panel: Panel, fasta: Path) -> Reference:
    """A genome FASTA with its bwa and Bowtie2 indexes beside it.

    Raises
    ------
    InputError
        FASTA or an index missing or damaged, or a chromosome of the panel not in it.
    """
    if not fasta.is_file():
        raise InputError("no such file", file=fasta, expected="a genome FASTA")
    missing = [suffix for suffix in BWA_INDEX_SUFFIXES if not Path(f"{fasta}{suffix}").exists()]
    if missing:
        raise InputError(
            "has no bwa index beside it",
            file=fasta,
            found=f"no {fasta.name}{missing[0]}",
            expected=f"both indexes: `kinescape reference build {fasta}`",
        )
    bowtie2_index = _bowtie2_prefix(fasta)
    lengths = _lengths(Path(f"{fasta}.ann"))
    names = set(lengths)
    chromosomes = {gene.chrom for gene in panel.genes.values()}
    contigs = {}
    for chrom in sorted(chromosomes):
        alias = next((name for name in (chrom, chrom.removeprefix("chr")) if name in names), None)
        if alias is None:
            raise InputError(f"has no sequence '{chrom}'", file=fasta, expected=f"the {panel.genome} genome")
        needed = max(window.end for window in panel.windows if window.chrom == chrom)
        if lengths[alias] < needed:
            raise InputError(
                f"'{alias}' ends before the panel's amplicons",
                file=fasta,
                found=f"{lengths[alias]:,} bases",
                expected=f"the {panel.genome} genome (kinescape reference verify)",
            )
        contigs[alias] = Contig(chrom, 0)
    return Reference(fasta, bowtie2_index, contigs, fasta.name, _index_checksum(fasta, bowtie2_index))


def _lengths(names: Path) -> dict[str, int]:
    """Sequence -> bases, of bwa's list of names."""
    try:
        lines = names.read_text(encoding="utf-8").splitlines()[1:]
        return {name.split()[1]: int(size.split()[1]) for name, size in zip(lines[::2], lines[1::2], strict=True)}
    except (ValueError, IndexError):
        raise InputError("is not bwa's list of sequences", file=names, expected=f"`{_BUILD} {names.stem}`") from None


def _index_checksum(fasta: Path, bowtie2_index: Path) -> str:
    """One checksum over what both aligners have of the genome: its names (.ann, .amb) and its packed bases.

    What else lies there (bwa's .bwt and .sa, Bowtie2's other four) follows from these; 1.6 GB of a human genome's 9.5
    are read.
    """
    large = Path(f"{bowtie2_index}.1.bt2l").exists()
    packed = [Path(f"{bowtie2_index}.{part}.bt2{'l' if large else ''}") for part in (3, 4)]
    for path in packed:
        if not path.exists():
            raise InputError("is missing beside the genome", file=path, expected=f"`{_BUILD} {fasta}`")
    files = [*(Path(f"{fasta}{suffix}") for suffix in (".amb", ".ann", ".pac")), *packed]
    return _checksum_of(tuple((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files))


@functools.lru_cache(maxsize=8)
def _checksum_of(files: tuple[tuple[str, int, int], ...]) -> str:
    """Checksum over the files' own; sizes and times only keep it from being computed twice in one process."""
    digests = [sha256_of(Path(path)) for path, _, _ in files]
    return hashlib.sha256(" ".join(digests).encode()).hexdigest()


def _bowtie2_prefix(fasta: Path) -> Path:
    for prefix in (fasta, fasta.with_suffix("")):
        if Path(f"{prefix}.1.bt2").exists() or Path(f"{prefix}.1.bt2l").exists():
            return prefix
    raise InputError(
        "has no Bowtie2 index beside it",
        file=fasta,
        found=f"no {fasta.name}.1.bt2",
        expected=f"`kinescape reference build {fasta}`",
    )


def _window_contig(window: Window) -> str:
    return f"{window.chrom}:{window.start + 1}-{window.end}"


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise KinescapeError(f"{command[0]} failed while indexing: {done.stderr.strip()[-300:]}")
