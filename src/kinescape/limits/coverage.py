"""What could be seen: depth and limit of detection at every position, and whether that suffices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.columns.axis import Axis
from kinescape.columns.from_mates import MateColumns
from kinescape.limits.detection import limits_of_detection
from kinescape.records import AmpliconCoverage, CoverageTrack, Gate, NotAssessed, Parameters

NOT_COVERED_SHARE = 0.01
"""Below this share of the depth asked for, nothing counts as covered: strays from other samples reach as far."""
ALTERNATIVES = 3
"""The background is given as mismatches per base; each of three alternatives has a third of it."""


@dataclass(frozen=True)
class Sight:
    """What can be seen at every position of the axis; each array has one element per position.

    ``depth``: reads, the smaller of the aligners. ``fragments``: likewise. ``background``: expected share of one wrong
    base. ``lod95``: limit of detection, NaN where the depth does not suffice.
    """

    axis: Axis
    depth: NDArray[np.int64]
    fragments: NDArray[np.int64]
    background: NDArray[np.float64]
    lod95: NDArray[np.float64]
    molecules: int | None


def sight_of(
    axis: Axis,
    columns: Sequence[MateColumns],
    needed: Sequence[NDArray[np.int64]],
    parameters: Parameters,
    molecules: int | None,
) -> Sight:
    """Depth, background and limit of detection of a sample.

    Parameters
    ----------
    needed
        Per aligner int64[positions]: reads that a call takes at each position by the significance alone.
    """
    depth = np.minimum.reduce([each.depth for each in columns])
    fragments = np.minimum.reduce([each.fragments for each in columns])
    background = np.full(len(axis), parameters.background_error / ALTERNATIVES)
    least = np.zeros(len(axis), np.int64)
    for each, significant in zip(columns, needed, strict=True):
        reads = np.maximum(significant, np.ceil(parameters.min_vaf * each.depth - 1e-9).astype(np.int64))
        # Both mates of a fragment show its allele: a threshold in reads is one in fragments in the same share.
        share = np.where(each.depth > 0, each.fragments / np.maximum(1, each.depth), 1.0)
        least = np.maximum(least, np.ceil(reads * share - 1e-9).astype(np.int64))
    limits = limits_of_detection(fragments, np.maximum(1, least), background, molecules)
    limits[depth < parameters.min_depth] = np.nan
    return Sight(axis, depth, fragments, background, limits, molecules)


def amplicon_coverage(sight: Sight, first: MateColumns, parameters: Parameters) -> tuple[AmpliconCoverage, ...]:
    """One record per amplicon, over its insert."""
    records = []
    for number, amplicon in enumerate(sight.axis.amplicons):
        depth = sight.depth[sight.axis.insert(number)]
        median = int(np.median(depth))
        if median < max(1.0, NOT_COVERED_SHARE * parameters.min_depth):
            state = "not_covered"
        else:
            state = "covered" if depth.min() >= parameters.min_depth else "below_depth"
        records.append(
            AmpliconCoverage(
                name=amplicon.name,
                gene=amplicon.gene,
                exon=amplicon.exon,
                chrom=amplicon.chrom,
                start=amplicon.insert_start + 1,
                end=amplicon.insert_end,
                fragments=int(first.amplicon_fragments[number]),
                median_depth=median,
                minimum_depth=int(depth.min()),
                state=state,  # type: ignore[arg-type]
            )
        )
    return tuple(records)


def coverage_tracks(sight: Sight) -> tuple[CoverageTrack, ...]:
    """Depth and limit at every position of every insert, for pictures."""
    tracks = []
    for number, amplicon in enumerate(sight.axis.amplicons):
        place = sight.axis.insert(number)
        tracks.append(
            CoverageTrack(
                amplicon=amplicon.name,
                chrom=amplicon.chrom,
                start=amplicon.insert_start + 1,
                depth=tuple(sight.depth[place].tolist()),
                lod95=tuple(None if np.isnan(value) else round(value, 6) for value in sight.lod95[place].tolist()),
            )
        )
    return tuple(tracks)


def gate_of(amplicons: Sequence[AmpliconCoverage], on_target: float, parameters: Parameters) -> Gate:
    """Pass: every amplicon deep enough. Limited: some. Fail: none."""
    reasons = tuple(
        f"{each.name}: no coverage"
        if each.state == "not_covered"
        else f"{each.name}: depth falls to {each.minimum_depth:,} reads, {parameters.min_depth:,} are asked for"
        for each in amplicons
        if each.state != "covered"
    )
    if on_target < 0.5:
        reasons = (*reasons, f"only {on_target:.0%} of the reads lie on the panel")
    usable = [each for each in amplicons if each.state == "covered"]
    if not usable:
        partly = any(each.median_depth >= parameters.min_depth for each in amplicons)
        return Gate(status="limited" if partly else "fail", reasons=reasons)
    return Gate(status="limited" if reasons else "pass", reasons=reasons)


def not_assessed(amplicons: Sequence[AmpliconCoverage], parameters: Parameters) -> tuple[NotAssessed, ...]:
    """Stretches that this sample cannot speak about."""
    return tuple(
        NotAssessed(
            what=f"{each.gene} exon {each.exon} ({each.name})",
            reason="no reads: not covered"
            if each.state == "not_covered"
            else f"depth falls to {each.minimum_depth:,} reads; below {parameters.min_depth:,} nothing is called",
        )
        for each in amplicons
        if each.state != "covered"
    )
