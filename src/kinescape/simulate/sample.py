"""One simulated sample, from specification to files: the straight line through this package."""

from __future__ import annotations

import contextlib
import gzip
from pathlib import Path

import numpy as np

from kinescape.errors import InputError
from kinescape.files import whole_file
from kinescape.panel.model import Panel
from kinescape.simulate.background import Background, expected_background
from kinescape.simulate.offtarget import read_sources
from kinescape.simulate.plan import SamplePlan, make_plan
from kinescape.simulate.pool import SamplePairs, draw_sample
from kinescape.simulate.qualities import make_profile
from kinescape.simulate.sequencer import Machine, sequence
from kinescape.simulate.spec import SampleSpec, SpecError
from kinescape.simulate.spec_file import SpecFile, read_spec
from kinescape.simulate.truth import TrueAmplicon, TrueVariant, Truth, truth_vcf

SEED_LIMIT = 2**63
GZIP_LEVEL = 1
"""Simulated reads are written once and read once: speed before size."""


def simulate_file(spec_path: Path, prefix: Path, seed: int, panel: str | Path | None = None) -> Truth:
    """Simulate the sample of a YAML file; ``panel`` replaces the one it names.

    Raises
    ------
    InputError
        Any fault of the specification, with its file, line and key. Nothing is written then.
    """
    from kinescape.panel.load import load_panel

    source: SpecFile = read_spec(spec_path)
    loaded = load_panel(source.spec.panel if panel is None else panel)
    try:
        return simulate_sample(source.spec, loaded, prefix, seed)
    except SpecError as fault:
        raise source.located(fault) from None


def simulate_sample(spec: SampleSpec, panel: Panel, prefix: Path, seed: int) -> Truth:
    """Write ``PREFIX_R1.fastq.gz``, ``PREFIX_R2.fastq.gz`` and ``PREFIX.truth.vcf``; all three or none.

    The same specification, panel, seed and version give the same bytes.

    Raises
    ------
    SpecError
        A fault of the specification, at its key.
    InputError
        Seed out of range, prefix that is a folder, unreadable off-target FASTA.
    """
    if not 0 <= seed < SEED_LIMIT:
        raise InputError("seed out of range", found=seed, expected=f"0 to {SEED_LIMIT - 1}")
    if prefix.is_dir() or not prefix.name:
        raise InputError("output prefix is a folder", file=prefix, expected="a folder and the beginning of a file name")
    plan = make_plan(spec, panel)
    profile = make_profile(spec.sequencing)
    background = expected_background(plan, profile)
    off_target = read_sources(Path(spec.off_target.fasta)) if spec.off_target.fasta is not None else []
    pairs = draw_sample(plan, error_rate=background.error_rate, off_target=off_target, seed=seed)
    umi = spec.umi
    machine = Machine(profile, spec.sequencing.n_rate, umi is not None and umi.where == "read", seed)
    names = (f"{prefix.name}_R1.fastq.gz", f"{prefix.name}_R2.fastq.gz", f"{prefix.name}.truth.vcf")
    files = (prefix.parent / names[0], prefix.parent / names[1], prefix.parent / names[2])
    truth = _truth(plan, pairs, background, seed, files)
    with contextlib.ExitStack() as stack:
        first, second, vcf = (stack.enter_context(whole_file(path)) for path in files)
        _write_reads(pairs, machine, first, second)
        vcf.write_text(truth_vcf(truth, panel), encoding="utf-8", newline="\n")
    return truth


def _write_reads(pairs: SamplePairs, machine: Machine, first: Path, second: Path) -> None:
    # zlib, not ISA-L (what xopen takes at this level): the latter's output may differ from one call to the next, and
    # the same seed is to give the same bytes. No time stamp and no file name in the header.
    with (
        first.open("wb") as raw_1,
        second.open("wb") as raw_2,
        gzip.GzipFile("", "wb", GZIP_LEVEL, raw_1, mtime=0) as out_1,
        gzip.GzipFile("", "wb", GZIP_LEVEL, raw_2, mtime=0) as out_2,
    ):
        for text_1, text_2 in sequence(pairs.pool, pairs.templates, machine):
            out_1.write(text_1)
            out_2.write(text_2)


def _truth(
    plan: SamplePlan, pairs: SamplePairs, background: Background, seed: int, files: tuple[Path, Path, Path]
) -> Truth:
    return Truth(
        sample=plan.spec.sample,
        seed=seed,
        variants=tuple(_true_variant(plan, pairs, index) for index in range(len(plan.changes))),
        amplicons=tuple(
            TrueAmplicon(p.plan.amplicon.name, p.plan.pairs, p.draw.population.size) for p in pairs.amplicons
        ),
        off_target_pairs=pairs.off_target,
        chimeric_pairs=sum(part.chimeric for part in pairs.amplicons),
        background=background,
        files=files,
    )


def _true_variant(plan: SamplePlan, pairs: SamplePairs, index: int) -> TrueVariant:
    carries = np.array([index in carried for carried in pairs.bank.carried], np.bool_)
    alt_molecules = molecules = alt_pairs = total = 0
    for part in pairs.amplicons:
        if not plan.holds(part.plan, index):
            continue
        populations = np.array([index in population.changes for population in part.plan.populations], np.bool_)
        alt_molecules += int(populations[part.draw.population].sum())
        molecules += part.draw.population.size
        alt_pairs += int(carries[part.template].sum())
        total += part.template.size
    return TrueVariant(
        variant=plan.changes[index].variant,
        texts=plan.texts[index],
        haplotypes=plan.labels[index],
        stated_vaf=plan.fractions[index],
        alt_molecules=alt_molecules,
        molecules=molecules,
        alt_pairs=alt_pairs,
        pairs=total,
    )
