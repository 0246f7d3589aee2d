"""What kinescape finds on this machine: programs, packages, indexes, sources, caches, and what to do about faults."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kinescape import __version__
from kinescape.align.programs import BOWTIE2, BOWTIE2_BUILD, BWA, ProgramFacts, find_program
from kinescape.align.reference import cache_folder
from kinescape.errors import KinescapeError

State = Literal["ok", "note", "fault"]
LEAST_MEMORY = 2 << 30
LEAST_DISK = 2 << 30
"""Bytes that a run of a few samples wants; below it is worth a note."""

PACKAGES = ("numpy", "numba", "scipy", "pysam", "cutadapt", "duckdb", "matplotlib", "snakemake", "typst")
EXTRAS = {
    "structure": ("openmm", "pdbfixer", "MDAnalysis", "prolif", "rdkit"),
    "slurm": ("snakemake-executor-plugin-slurm",),
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. A fault keeps something from working; a note is worth knowing."""

    part: str
    what: str
    state: State
    found: str
    remedy: str = ""


def examine(reference: Path | None = None) -> list[Finding]:
    """Look at everything; no check keeps the others from being made."""
    found: list[Finding] = []
    for part, check in CHECKS:
        try:
            found += check()
        except Exception as problem:
            found.append(Finding(part, "this check itself failed", "fault", f"{type(problem).__name__}: {problem}"))
    if reference is not None:
        found += _genome(reference)
    return found


def _machine() -> Iterator[Finding]:
    yield Finding("machine", "kinescape", "ok", __version__)
    yield Finding("machine", "system", "ok", f"{platform.system()} {platform.release()} {platform.machine()}")
    version = platform.python_version()
    good = (3, 11) <= sys.version_info[:2] < (3, 14)
    yield Finding(
        "machine", "Python", "ok" if good else "fault", version, "" if good else "3.11, 3.12 or 3.13 is needed"
    )
    yield Finding("machine", "cores", "ok", str(os.cpu_count()))
    memory = _memory()
    if memory is not None:
        low = memory < LEAST_MEMORY
        remedy = "a sample of 25,000x takes about 0.4 GB; run with --threads 1" if low else ""
        yield Finding("machine", "memory available", "note" if low else "ok", f"{memory / 1e9:.1f} GB", remedy)


def _memory() -> int | None:
    """Bytes that can be had without swapping (Linux)."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable")), None)


def _programs() -> Iterator[Finding]:
    for facts in (BWA, BOWTIE2, BOWTIE2_BUILD):
        yield _program(facts)
    for name, used in (("chromium", "tests of the pages"), ("samtools", "tests"), ("sbatch", "--profile slurm")):
        path = shutil.which(name)
        yield Finding("programs", name, "ok" if path else "note", path or f"not installed; used by {used} only")


def _program(facts: ProgramFacts) -> Finding:
    try:
        program = find_program(facts)
    except KinescapeError as problem:
        return Finding(
            "programs", facts.command, "fault", str(problem), "python3 bootstrap.py setup, or your package manager"
        )
    state: State = "note" if program.note else "ok"
    return Finding("programs", facts.command, state, f"{program.version} ({program.path})", program.note)


def _packages() -> Iterator[Finding]:
    for name in PACKAGES:
        version = _version(name)
        yield Finding(
            "packages",
            name,
            "ok" if version else "fault",
            version or "not installed",
            "" if version else "install kinescape anew",
        )
    for extra, names in EXTRAS.items():
        missing = [name for name in names if _version(name) is None]
        text = "not installed" if len(missing) == len(names) else f"incomplete: no {', '.join(missing)}"
        yield Finding(
            "packages",
            f"extra [{extra}]",
            "note" if missing else "ok",
            text if missing else "installed",
            f"pip install 'kinescape[{extra}]'" if missing else "",
        )


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _data() -> Iterator[Finding]:
    from kinescape.panel.load import load_panel, packaged_panels
    from kinescape.resistance.base import load_knowledge_base

    for name in packaged_panels():
        try:
            panel = load_panel(name)
            yield Finding("data", f"panel {name}", "ok", f"{panel.version}, checked against itself")
        except KinescapeError as problem:
            yield Finding("data", f"panel {name}", "fault", str(problem), "install kinescape anew")
    try:
        base = load_knowledge_base("alk-ros1")
        yield Finding("data", "knowledge base", "ok", f"{base.name} {base.version} ({base.date})")
    except KinescapeError as problem:
        yield Finding("data", "knowledge base", "fault", str(problem), "install kinescape anew")


def _annotation() -> Iterator[Finding]:
    from kinescape.annotate.folder import PACKAGED, installed, read_manifest, user_folder
    from kinescape.annotate.sources import SOURCES

    folder = user_folder()
    own, packaged = installed(folder), installed(PACKAGED)
    for key, source in SOURCES.items():
        place = own.get(key) or packaged.get(key)
        if place is None:
            yield Finding("annotation", key, "note", "not consulted", f"kinescape annot fetch {key}, or annot slice")
            continue
        try:
            yield Finding("annotation", key, "ok", read_manifest(place, source).stated)
        except KinescapeError as problem:
            yield Finding("annotation", key, "fault", str(problem), f"kinescape annot fetch {key}")


def _caches() -> Iterator[Finding]:
    folder = cache_folder()
    yield _writable("cache of window indexes", folder, "set KINESCAPE_CACHE to a folder that can be written")
    built = sorted(path.name for path in folder.glob("windows-*")) if folder.is_dir() else []
    yield Finding("caches", "window indexes built", "ok", ", ".join(built) or "none yet (a second at the first run)")
    kernels = Path(__file__).resolve().parents[1]
    yield _writable(
        "cache of compiled kernels", kernels, "set NUMBA_CACHE_DIR, or every start compiles anew (20 s)", needed=False
    )
    free = shutil.disk_usage(Path.cwd()).free
    low = free < LEAST_DISK
    yield Finding(
        "caches", "free space here", "note" if low else "ok", f"{free / 1e9:.1f} GB", "little space" if low else ""
    )


def _writable(what: str, folder: Path, remedy: str, *, needed: bool = True) -> Finding:
    place = folder
    while not place.exists():
        place = place.parent
    try:
        with tempfile.TemporaryFile(dir=place):
            return Finding("caches", what, "ok", str(folder))
    except OSError as problem:
        return Finding("caches", what, "fault" if needed else "note", f"{folder}: {problem.strerror}", remedy)


def _genome(reference: Path) -> Iterator[Finding]:
    from kinescape.genome.verify import verify_genome
    from kinescape.panel.load import load_panel

    try:
        for check in verify_genome(reference, load_panel("alk-ros1")):
            yield Finding(
                "genome", check.what, "ok" if check.good else "fault", check.found, "" if check.good else check.remedy
            )
    except KinescapeError as problem:
        yield Finding("genome", str(reference), "fault", str(problem), "kinescape reference fetch hg38")


CHECKS: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
    ("machine", _machine),
    ("programs", _programs),
    ("packages", _packages),
    ("data", _data),
    ("annotation", _annotation),
    ("caches", _caches),
)
