"""Running both aligners on the distinct mates of a sample.

BWA-MEM with its default settings and Bowtie2 with ``--very-sensitive-local`` (Villa et al. 2024, Methods), single-end:
how mates belong together is decided later by name and amplicon, never by an aligner's proper-pair flag, which versions
of Bowtie2 set differently for overlapping mates.
"""

from __future__ import annotations

import itertools
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kinescape.align.mates import MateAlignments, alignments_from_sam
from kinescape.align.programs import BOWTIE2, BWA, Program, find_program
from kinescape.align.reference import Reference
from kinescape.compiled import kernel
from kinescape.errors import KinescapeError
from kinescape.reads.pairs import QualityStore, ReadPairs

BWA_ARGUMENTS = ("mem", "-v", "1")
BOWTIE2_ARGUMENTS = ("--local", "--very-sensitive-local")


@dataclass(frozen=True)
class AlignerOutput:
    """One aligner's alignments and what was run to get them."""

    program: Program
    arguments: str
    alignments: MateAlignments


@kernel
def _add_qualities(
    mate: NDArray[np.int32],
    start: NDArray[np.int64],
    values: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    sums: NDArray[np.uint32],
) -> None:
    for read in range(mate.shape[0]):
        begin = offsets[mate[read]]
        source = start[read]
        for index in range(offsets[mate[read] + 1] - begin):
            sums[begin + index] += values[source + index]


@kernel
def _rounded_means(
    sums: NDArray[np.uint32], offsets: NDArray[np.int64], reads: NDArray[np.int64], means: NDArray[np.uint8]
) -> None:
    for mate in range(reads.shape[0]):
        for index in range(offsets[mate], offsets[mate + 1]):
            means[index] = (2 * np.int64(sums[index]) + reads[mate]) // (2 * reads[mate])


def representative_qualities(pairs: ReadPairs) -> NDArray[np.uint8]:
    """Mean quality of each base of each distinct mate over all its reads, rounded.

    Bowtie2's mismatch penalty looks at base quality, so a distinct mate is given the quality that its reads have on
    average; for a mate with one read it is that read's own.

    Returns
    -------
    uint8[bases of all mates]
        In the order of ``pairs.mates.bases``.
    """
    offsets = pairs.mates.offsets
    # 32 bits hold the sum of 45 million reads of quality 93.
    sums = np.zeros(offsets[-1], np.uint32)
    for numbers, store in ((pairs.mate_1, pairs.qualities_1), (pairs.mate_2, pairs.qualities_2)):
        _each_chunk(numbers, store, offsets, sums)
    means = np.empty(offsets[-1], np.uint8)
    _rounded_means(sums, offsets, pairs.reads_per_mate(), means)
    return means


def _each_chunk(
    numbers: NDArray[np.int32], store: QualityStore, offsets: NDArray[np.int64], sums: NDArray[np.uint32]
) -> None:
    first = 0
    for chunk in store:
        reads = len(chunk.start) - 1
        _add_qualities(numbers[first : first + reads], chunk.start, chunk.values, offsets, sums)
        first += reads


def align(pairs: ReadPairs, reference: Reference, threads: int = 1) -> tuple[AlignerOutput, AlignerOutput]:
    """Place every distinct mate with BWA-MEM and with Bowtie2.

    With two threads or more both aligners run at the same time, Bowtie2 (about nine tenths of the work) with all
    threads; the results do not depend on the number of threads.

    Raises
    ------
    InputError
        An aligner is absent or of an untested version.
    KinescapeError
        An aligner failed.
    """
    bwa, bowtie2 = find_program(BWA), find_program(BOWTIE2)
    with tempfile.TemporaryDirectory(prefix="kinescape-align-") as name:
        fastq = Path(name) / "mates.fastq"
        _write_fastq(fastq, pairs)
        bwa_command = [bwa.path, *BWA_ARGUMENTS, str(reference.bwa_index.absolute()), fastq.name]
        bowtie2_command = [
            *(bowtie2.path, "--wrapper", "basic-0", *BOWTIE2_ARGUMENTS),
            *("-p", str(threads), "--reorder", "-x", str(reference.bowtie2_index.absolute()), "-U", fastq.name),
        ]
        jobs = (("bwa", bwa_command), ("bowtie2", bowtie2_command))
        with ThreadPoolExecutor(max_workers=min(2, threads)) as pool:
            mates = len(pairs.mates)
            futures = [
                pool.submit(_run_aligner, aligner, command, Path(name), mates, reference) for aligner, command in jobs
            ]
            placed = [future.result() for future in futures]
    return (
        AlignerOutput(bwa, "mem", placed[0]),
        AlignerOutput(bowtie2, "--local --very-sensitive-local", placed[1]),
    )


def place_with_bwa(pairs: ReadPairs, reference: Reference) -> MateAlignments:
    """Place every distinct mate with BWA-MEM alone: enough to say which amplicon a read is of.

    Raises
    ------
    InputError, KinescapeError
        As :func:`align`.
    """
    bwa = find_program(BWA)
    with tempfile.TemporaryDirectory(prefix="kinescape-align-") as name:
        fastq = Path(name) / "mates.fastq"
        _write_fastq(fastq, pairs)
        command = [bwa.path, *BWA_ARGUMENTS, str(reference.bwa_index.absolute()), fastq.name]
        return _run_aligner("bwa", command, Path(name), len(pairs.mates), reference)


def _run_aligner(aligner: str, command: list[str], folder: Path, mates: int, reference: Reference) -> MateAlignments:
    errors = folder / f"{aligner}.log"
    cut_short = None
    command = [str(Path(command[0]).absolute()), *command[1:]]
    # Within the folder, so that its path does not reach them: Bowtie2 splits paths of reads at commas, and both write
    # their arguments into the SAM, which a line end in a path would break.
    with (
        errors.open("wb") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL, cwd=folder) as process,
    ):
        try:
            placed = alignments_from_sam(aligner, process.stdout or (), mates, reference.contigs)
        except KinescapeError as problem:
            cut_short = problem
    if process.returncode:
        raise KinescapeError(_failure(aligner, process.returncode, errors))
    if cut_short is not None:
        raise cut_short
    return placed


def _failure(aligner: str, code: int, log: Path) -> str:
    said = log.read_text(errors="replace").strip().splitlines()
    return f"{aligner} failed (exit code {code}): {said[-1] if said else 'it said nothing'}"


def _write_fastq(path: Path, pairs: ReadPairs) -> None:
    """The distinct mates as FASTQ; a mate's name is its number."""
    mates = pairs.mates
    bases = mates.bases.tobytes()
    qualities = (representative_qualities(pairs) + 33).tobytes()
    offsets = mates.offsets.tolist()
    with path.open("wb") as handle:
        handle.writelines(
            b"@%d\n%b\n+\n%b\n" % (number, bases[begin:end], qualities[begin:end])
            for number, (begin, end) in enumerate(itertools.pairwise(offsets))
        )
