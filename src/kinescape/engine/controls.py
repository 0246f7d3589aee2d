"""From a sheet of healthy controls to the background of the panel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kinescape import __version__
from kinescape.align.run import align
from kinescape.call.background import GERMLINE_SHARE, fit_background
from kinescape.call.background_file import Background, BackgroundControl, BackgroundSource, read_background
from kinescape.call.gap_background import fit_gap_background
from kinescape.columns.alleles import MIN_QUALITY
from kinescape.columns.axis import Axis, panel_axis
from kinescape.columns.fragments import fragment_counts
from kinescape.columns.from_mates import count_columns
from kinescape.columns.gap_fragments import GapFragments, gap_fragments
from kinescape.columns.mate_gaps import indel_events
from kinescape.columns.placement import place
from kinescape.errors import InputError
from kinescape.files import sha256_of
from kinescape.reads.pairs import read_pairs
from kinescape.records import InputFile, PanelReference, Parameters
from kinescape.sample import Workbench
from kinescape.sheet import SheetSample

THRESHOLD_FACTOR = 2.5
"""Villa et al. 2024, Methods: 0.0024 mismatches per mapped base, "hence" a threshold of 0.6%, which is 2.5 times as
much."""
LEFT_OUT_OF_SAMPLES = Parameters().min_vaf
"""Where patients' samples stand in for controls, an alternative above the global threshold may be a mutation."""

ALIGNERS = ("bwa", "bowtie2")
"""Names that the alignments carry."""

Watch = Callable[[str, str], None]


@dataclass(frozen=True)
class ControlCounts:
    """One control: aligner -> int64[positions, 4] of fragments and of reads by the base they show."""

    control: BackgroundControl
    fragments: dict[str, NDArray[np.int64]]
    reads: dict[str, NDArray[np.int64]]
    gaps: dict[str, GapFragments]
    """Aligner -> fragments by the insertions and deletions they show."""


def learn_background(
    samples: Sequence[SheetSample],
    bench: Workbench,
    threads: int = 1,
    watch: Watch = lambda sample, stage: None,
    *,
    from_samples: bool = False,
) -> Background:
    """Learn the background of the workbench's panel with its reference and masks.

    Parameters
    ----------
    samples
        Healthy controls, whatever their role in the sheet.
    from_samples
        They are patients' samples that stand in for controls: alternatives above the global threshold are left out.

    Raises
    ------
    InputError
        Anything wrong with a file of a sample, or no fragments on the panel at all.
    """
    axis = panel_axis(bench.panel)
    counted = []
    # By name, so that the order of the sheet changes nothing.
    for sample in sorted(samples, key=lambda each: each.info.sample):
        name = sample.info.sample
        try:
            counted.append(count_control(sample, bench, axis, threads, partial(watch, name)))
        finally:
            watch(name, "finished")
    return background_of(counted, bench, axis, from_samples=from_samples)


def count_control(
    sample: SheetSample, bench: Workbench, axis: Axis, threads: int, progress: Callable[[str], None] = lambda _: None
) -> ControlCounts:
    """Reads to counts of one control, as in :func:`kinescape.sample.analyse_sample`."""
    progress("reading")
    pairs = read_pairs(sample.fastq_1, sample.fastq_2)
    fragments, reads, gaps = {}, {}, {}
    try:
        progress("aligning")
        outputs = align(pairs, bench.reference, threads)
        progress("counting")
        for output in outputs:
            parameters = bench.parameters
            placement = place(pairs.mates, output.alignments, axis, parameters.mask_primers, parameters.end_mask)
            aligner = output.alignments.aligner
            fragments[aligner] = fragment_counts(pairs, placement, len(axis))
            reads[aligner] = count_columns(pairs, placement, axis).base_counts()
            gaps[aligner] = gap_fragments(pairs, placement, axis, indel_events(bench.panel, pairs, placement, axis))
    finally:
        pairs.close()
    inputs = tuple(
        InputFile(name=path.name, sha256=sha256_of(path), bytes=path.stat().st_size)
        for path in (sample.fastq_1, sample.fastq_2)
    )
    control = BackgroundControl(sample=sample.info.sample, inputs=inputs, simulated=sample.simulated)
    return ControlCounts(control, fragments, reads, gaps)


def background_of(
    counted: Sequence[ControlCounts], bench: Workbench, axis: Axis, *, from_samples: bool = False
) -> Background:
    """The background that follows from the counts of all controls."""
    left_out_above = LEFT_OUT_OF_SAMPLES if from_samples else GERMLINE_SHARE
    sites = {
        aligner: fit_background(
            axis,
            [each.fragments[aligner] for each in counted],
            [each.reads[aligner] for each in counted],
            left_out_above,
        )
        for aligner in counted[0].fragments
    }
    for aligner, each in sites.items():
        if not each.fragments.any():
            raise InputError(f"no control has a fragment on the panel with {aligner}")
    rates = {aligner: round(each.mismatches_per_base, 7) for aligner, each in sites.items()}
    panel, parameters = bench.panel, bench.parameters
    source = BackgroundSource(
        kinescape_version=__version__,
        kind="samples" if from_samples else "controls",
        panel=PanelReference(
            name=panel.name,
            version=panel.version,
            genome=panel.genome,
            sha256=panel.sha256,
            reference=bench.reference.description,
            reference_sha256=bench.reference.sha256,
        ),
        controls=tuple(each.control for each in counted),
        mask_primers=parameters.mask_primers,
        end_mask=parameters.end_mask,
        fragment_quality=MIN_QUALITY,
        left_out_above=left_out_above,
        mismatches_per_base=rates,
        threshold=round(THRESHOLD_FACTOR * max(rates.values()), 6),
    )
    gaps = {
        aligner: fit_gap_background(bench.panel, axis, [each.gaps[aligner] for each in counted], left_out_above)
        for aligner in sites
    }
    return Background(source, sites, gaps=gaps)


def usable_background(path: Path, bench: Workbench) -> Background:
    """Read a background and check that the run counts as the controls were counted.

    Raises
    ------
    InputError
        Faulty file, another panel (:func:`read_background`), other masks, or an aligner of the run is missing in it.
    """
    background = read_background(path, bench.panel, panel_axis(bench.panel))
    source, parameters = background.source, bench.parameters
    told = (source.mask_primers, source.end_mask, source.fragment_quality)
    here = (parameters.mask_primers, parameters.end_mask, MIN_QUALITY)
    for what, made, wanted in zip(("primer mask", "end mask", "base quality of fragments"), told, here, strict=True):
        if made != wanted:
            raise InputError(
                f"background made with another {what} than this run's",
                file=path,
                found=made,
                expected=f"{wanted}; make the background anew with the run's settings",
            )
    for aligner in ALIGNERS:
        if aligner not in background.sites:
            raise InputError(f"says nothing of {aligner}", file=path, found=", ".join(background.sites))
    return background
