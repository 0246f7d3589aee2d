"""Whether a genome is the one the panel was made for, and whether its indexes belong to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kinescape.align.reference import BWA_INDEX_SUFFIXES
from kinescape.errors import InputError
from kinescape.genome.build import BOWTIE2_SUFFIXES, has_index, made_by_us
from kinescape.panel.genome import contigs
from kinescape.panel.model import Panel
from kinescape.panel.reference import compare_with_fasta

REMEDY = "kinescape reference build"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    what: str
    good: bool
    found: str
    remedy: str = ""


def verify_genome(fasta: Path, panel: Panel) -> list[Check]:
    """All checks; a fault does not keep the others from being made.

    Raises
    ------
    InputError
        No such FASTA.
    """
    if not fasta.is_file():
        raise InputError("no such file", file=fasta, expected="a FASTA (kinescape reference fetch hg38)")
    return [_lengths(fasta, panel), _windows(fasta, panel), _bwa(fasta), _index(fasta, "bwa"), _index(fasta, "bowtie2")]


def _lengths(fasta: Path, panel: Panel) -> Check:
    import pysam

    what = "chromosomes of the panel have the lengths of its genome"
    try:
        with pysam.FastaFile(str(fasta)) as handle:
            there = dict(zip(handle.references, handle.lengths, strict=True))
    except (OSError, ValueError) as problem:
        return Check(what, False, f"cannot be read ({problem})", "is it a FASTA? compressed ones need bgzip")
    wrong = []
    for name, length in contigs(panel):
        found = there.get(name, there.get(name.removeprefix("chr")))
        if found != length and panel.genome == "GRCh38":
            wrong.append(f"{name}: {'not there' if found is None else f'{found:,}'}, expected {length:,}")
    return Check(what, not wrong, "; ".join(wrong) or f"{len(there):,} sequences", "another assembly, or a part of one")


def _windows(fasta: Path, panel: Panel) -> Check:
    what = "windows of the panel equal the genome, base by base"
    try:
        bases = compare_with_fasta(panel, fasta)
    except InputError as problem:
        return Check(what, False, str(problem), "do not use this genome with this panel")
    return Check(what, True, f"all {bases:,} bases of {len(panel.windows)} windows")


def _bwa(fasta: Path) -> Check:
    """bwa's index states name and length of every sequence: they must be the FASTA's."""
    import pysam

    what = "bwa's index was made from this FASTA"
    notes = Path(f"{fasta}.ann")
    if not notes.is_file():
        return Check(what, False, "there is none", "kinescape reference build")
    lines = notes.read_text(errors="replace").splitlines()[1:]
    stated = {}
    for name_line, size_line in zip(lines[::2], lines[1::2], strict=False):
        parts = size_line.split()
        if len(name_line.split()) > 1 and len(parts) > 1 and parts[1].isdecimal():
            stated[name_line.split()[1]] = int(parts[1])
    try:
        with pysam.FastaFile(str(fasta)) as handle:
            there = dict(zip(handle.references, handle.lengths, strict=True))
    except (OSError, ValueError) as problem:
        return Check(what, False, str(problem), "kinescape reference build")
    same = stated == there
    return Check(what, same, f"{len(stated):,} sequences" if same else "other sequences", "kinescape reference build")


def _index(fasta: Path, program: str) -> Check:
    what = f"index for {program} is whole"
    suffixes = BWA_INDEX_SUFFIXES if program == "bwa" else BOWTIE2_SUFFIXES
    missing = [suffix for suffix in suffixes if not Path(f"{fasta}{suffix}").is_file()]
    if missing:
        return Check(what, False, f"no {fasta.name}{missing[0]}", "kinescape reference build")
    if not made_by_us(fasta, program):
        return Check(what, True, "every file is there; made by other means")
    if not has_index(fasta, program):
        return Check(what, False, "a file, or the FASTA, has another size than when it was made", REMEDY)
    same = has_index(fasta, program, same_bases=True)
    return Check(what, same, "made here" if same else "the FASTA has changed since it was made", REMEDY)
