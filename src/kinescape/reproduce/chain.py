"""The paper's chain as its Methods have it, on the same reads: pairs as sequenced, both aligners, filtered calls.

BWA-MEM with default settings and Bowtie2 with ``--very-sensitive-local``, both on pairs, nothing trimmed; LoFreq's
model (``kinescape call --mode lofreq``, which gives LoFreq 2.1.5's records); then LoFreq's filters in one step with
the paper's values. Given together, that program loses its bound on the allele fraction (docs/lofreq-mode.md): what it
would have kept stands here beside what the settings ask for.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pysam

from kinescape.align.programs import BOWTIE2, BWA, find_program
from kinescape.align.reference import Reference
from kinescape.call.filtering import FilteredCall
from kinescape.call.lofreq import call_bam
from kinescape.call.settings import CallSettings, FilterSettings, QualityCorrection, StrandCorrection
from kinescape.call.snv import SnvSettings
from kinescape.call.vcf import vcf_text, write_vcf
from kinescape.errors import KinescapeError
from kinescape.reproduce.plasma import PutIn

ALIGNERS = ("bwa", "bowtie2")
MIN_VAF = 0.006
MIN_COVERAGE = 5000
ALPHA = 0.001
FREQUENCY_FILTER = "min_af"
PASSES = "passes"
ERRNO_QUALITY = 3080
"""QUAL above which LoFreq 2.1.5's multiple-testing correction underflows and its --af-min is lost."""


@dataclass(frozen=True)
class ChainSite:
    """One change that was put in, as one aligner's reads show it."""

    aligner: str
    alt_reads: int
    alt_reads_improper: int
    """Of them, reads that the aligner does not call properly paired: LoFreq leaves them out."""
    improper_share: float
    """Of all reads over the site."""
    quality: int | None
    vaf: float | None
    state: str
    """``passes``, ``not called``, or ``fails`` and the names of the filters."""


@dataclass(frozen=True)
class ChainVariant:
    """One change that was put in, through the whole chain."""

    put_in: PutIn
    sites: tuple[ChainSite, ...]

    @property
    def kept(self) -> bool:
        """Passes with both aligners: the paper's strong evidence."""
        return all(site.state == PASSES for site in self.sites)

    @property
    def why(self) -> str:
        """Why it was lost, from the reads; empty where it was kept."""
        reasons = []
        for site in self.sites:
            if site.state == PASSES:
                continue
            text = f"{site.aligner}: {site.state}"
            if site.alt_reads and site.alt_reads_improper:
                lost = site.alt_reads_improper / site.alt_reads
                text += (
                    f"; {lost:.0%} of its {site.alt_reads:,} reads are marked as improper pairs and left out "
                    f"({site.improper_share:.0%} of all reads there)"
                )
            elif not site.alt_reads:
                text += "; no aligned read shows it"
            reasons.append(text)
        return "; ".join(reasons)


@dataclass(frozen=True)
class ChainResult:
    """What the chain gives for one sample."""

    sample: str
    variants: tuple[ChainVariant, ...]
    others: int
    """Calls that pass with both aligners and were not put in."""
    kept_in_one_step: dict[str, int]
    """By aligner: calls that the filter keeps when its bound on the allele fraction is lost."""
    kept: dict[str, int]


def paper_settings() -> CallSettings:
    """LoFreq with the paper's filters: base quality 6, FDR 0.001 for quality and strand bias, 5000x, 0.6%."""
    return CallSettings(
        snv=SnvSettings(min_base_quality=6, min_alternative_quality=6),
        further=FilterSettings(
            min_coverage=MIN_COVERAGE,
            min_frequency=MIN_VAF,
            snv_quality=QualityCorrection("fdr", ALPHA),
            strand=StrandCorrection("fdr", ALPHA),
        ),
    )


def align_pairs(aligner: str, fastq: tuple[Path, Path], reference: Reference, threads: int, out: Path) -> Path:
    """Pairs to a sorted BAM file, the programs' defaults but for the paper's preset."""
    if aligner == "bwa":
        program = find_program(BWA).path
        command = [program, "mem", "-t", str(threads), str(reference.bwa_index), *map(str, fastq)]
    else:
        program = find_program(BOWTIE2).path
        command = [program, "--wrapper", "basic-0", "--very-sensitive-local", "-p", str(threads), "--reorder"]
        command += ["-x", str(reference.bowtie2_index), "-1", str(fastq[0]), "-2", str(fastq[1])]
    sam, bam = out / f"{aligner}.sam", out / f"{aligner}.bam"
    with sam.open("wb") as handle, (out / f"{aligner}.log").open("wb") as log:
        done = subprocess.run(command, stdout=handle, stderr=log, check=False)
    if done.returncode:
        raise KinescapeError(f"{aligner} ended with {done.returncode}; its messages are in {out / f'{aligner}.log'}")
    pysam.sort("-o", str(bam), str(sam))
    sam.unlink()
    pysam.index(str(bam))
    return bam


def run_chain(
    sample: str,
    fastq: tuple[Path, Path],
    truth: Sequence[PutIn],
    reference: Reference,
    threads: int,
    folder: Path,
    say: Callable[[str], None] = lambda stage: None,
) -> ChainResult:
    """The whole chain on one sample; BAM and VCF files stay in ``folder``.

    Raises
    ------
    KinescapeError
        An aligner fails.
    """
    fasta = Path(reference.bwa_index)
    passed: dict[str, set[tuple[str, int, str, str]]] = {}
    one_step: dict[str, int] = {}
    sites: dict[PutIn, list[ChainSite]] = {each: [] for each in truth}
    for aligner in ALIGNERS:
        say(f"{aligner} on pairs")
        bam = align_pairs(aligner, fastq, reference, threads, folder)
        say(f"{aligner}: LoFreq's model")
        result = call_bam(bam, fasta, paper_settings())
        calls = {_place(call, reference): call for call in result.calls}
        passed[aligner] = {place for place, call in calls.items() if call.passed}
        one_step[aligner] = _kept_in_one_step(result.calls)
        text = vcf_text(result.calls, result.filters, result.contigs, "reproduce villa2024", fasta.name)
        write_vcf(folder / f"{aligner}.vcf", text)
        for each, found in sites.items():
            found.append(_site(each, aligner, bam, calls, reference))
    both = passed["bwa"] & passed["bowtie2"]
    true = {(each.chrom, each.pos, each.ref, each.alt) for each in truth}
    return ChainResult(
        sample,
        tuple(ChainVariant(each, tuple(found)) for each, found in sites.items()),
        len(both - true),
        one_step,
        {aligner: len(places) for aligner, places in passed.items()},
    )


def _kept_in_one_step(calls: Sequence[FilteredCall]) -> int:
    """How many calls one command with all filters keeps: the bound on VAF is lost once any QUAL is large."""
    if not any(call.candidate.quality > ERRNO_QUALITY for call in calls):
        return sum(call.passed for call in calls)
    return sum(all(name.startswith(FREQUENCY_FILTER) for name in call.failed) for call in calls)


def _place(call: FilteredCall, reference: Reference) -> tuple[str, int, str, str]:
    """Chromosome, 1-based position, reference and alternative of a call on the windows."""
    candidate = call.candidate
    contig = reference.contigs[candidate.contig]
    return contig.chrom, contig.start + candidate.position + 1, candidate.reference, candidate.alternative


def _site(
    each: PutIn,
    aligner: str,
    bam: Path,
    calls: dict[tuple[str, int, str, str], FilteredCall],
    reference: Reference,
) -> ChainSite:
    call = calls.get((each.chrom, each.pos, each.ref, each.alt))
    alt, improper, all_reads, all_improper = _reads_at(bam, each, reference)
    state = "not called" if call is None else PASSES if call.passed else f"fails {', '.join(call.failed)}"
    return ChainSite(
        aligner,
        alt,
        improper,
        all_improper / all_reads if all_reads else 0.0,
        None if call is None else call.candidate.quality,
        None if call is None else call.candidate.allele_frequency,
        state,
    )


def _reads_at(bam: Path, each: PutIn, reference: Reference) -> tuple[int, int, int, int]:
    """Reads with the base, those of them not properly paired, all reads, and those of all not properly paired."""
    window = next(
        name
        for name, contig in reference.contigs.items()
        if contig.chrom == each.chrom and contig.start < each.pos <= contig.start + _length(bam, name)
    )
    column = each.pos - 1 - reference.contigs[window].start
    alt = improper = total = total_improper = 0
    with pysam.AlignmentFile(str(bam)) as handle:
        for pile in handle.pileup(
            window, column, column + 1, truncate=True, max_depth=10_000_000, stepper="nofilter", min_base_quality=0,
            ignore_orphans=False, ignore_overlaps=False,
        ):  # fmt: skip
            for read in pile.pileups:
                if read.query_position is None:
                    continue
                bad = not read.alignment.is_proper_pair
                total, total_improper = total + 1, total_improper + bad
                sequence = read.alignment.query_sequence
                if sequence is not None and sequence[read.query_position] == each.alt:
                    alt, improper = alt + 1, improper + bad
    return alt, improper, total, total_improper


def _length(bam: Path, name: str) -> int:
    with pysam.AlignmentFile(str(bam)) as handle:
        return handle.get_reference_length(name)
