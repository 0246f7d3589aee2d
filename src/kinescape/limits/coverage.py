"""What could be seen: depth and limit of detection at every position, and whether that suffices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kinescape.call.background_file import Background
from kinescape.call.site_test import SiteTest
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
    base, with a background of controls the mean over the three. ``lod95``: limit of detection, NaN where the depth does
    not suffice; with a background that of the alternative that is hardest to see. ``rule``: what a call takes.
    """

    axis: Axis
    depth: NDArray[np.int64]
    fragments: NDArray[np.int64]
    background: NDArray[np.float64]
    lod95: NDArray[np.float64]
    molecules: int | None
    rule: CallingRule


@dataclass(frozen=True)
class CallingRule:
    """What a call takes, from which the limits follow; arrays have the shape [positions, alternatives].

    There are 4 alternatives (A, C, G, T) where a background was given, and one that stands for all where none was.
    ``fragments``: fragments that can show the allele; ``needed``: those that must; ``background``: share that does by
    error; ``limit``: smallest allele fraction called with 95% probability, NaN where there is none.
    """

    fragments: NDArray[np.int64]
    needed: NDArray[np.int64]
    background: NDArray[np.float64]
    limit: NDArray[np.float64]

    def column(self, base: int) -> int:
        """Column of an alternative base (0 to 3)."""
        return base if self.needed.shape[1] > 1 else 0


def sight_of(
    axis: Axis,
    columns: Sequence[MateColumns],
    needed: Sequence[NDArray[np.int64]],
    parameters: Parameters,
    molecules: int | None,
    site_tests: Sequence[SiteTest] = (),
) -> Sight:
    """Depth, background and limit of detection of a sample.

    Parameters
    ----------
    needed
        Per aligner int64[positions, 4]: reads of each alternative that a call takes by the significance alone.
    site_tests
        Per aligner the test against the background; empty where none was given.
    """
    depth = np.minimum.reduce([each.depth for each in columns])
    fragments = np.minimum.reduce([each.fragments for each in columns])
    rule = (
        _rule_of_sites(columns, needed, site_tests, parameters)
        if site_tests
        else _rule_everywhere(columns, needed, fragments, parameters)
    )
    limit = limits_of_detection(
        rule.fragments.reshape(-1), rule.needed.reshape(-1), rule.background.reshape(-1), molecules
    ).reshape(rule.needed.shape)
    limit[depth < parameters.min_depth] = np.nan
    rule = replace(rule, limit=limit)
    worst, background = limit[:, 0], rule.background[:, 0]
    if site_tests:
        alternative = np.ones(limit.shape, np.bool_)
        alternative[np.arange(len(axis)), axis.reference] = False
        worst = np.where(alternative, limit, 0.0).max(axis=1)
        background = np.where(alternative, rule.background, 0.0).sum(axis=1) / ALTERNATIVES
    return Sight(axis, depth, fragments, background, worst, molecules, rule)


def _rule_everywhere(
    columns: Sequence[MateColumns],
    needed: Sequence[NDArray[np.int64]],
    fragments: NDArray[np.int64],
    parameters: Parameters,
) -> CallingRule:
    """The smallest allele fraction and the significance of the hardest alternative, for all of a position."""
    least = np.ones(len(fragments), np.int64)
    for each, significant in zip(columns, needed, strict=True):
        least = np.maximum(least, _in_fragments(each, significant.max(axis=1), parameters.min_vaf, each.fragments))
    background = np.full((len(fragments), 1), parameters.background_error / ALTERNATIVES)
    return CallingRule(fragments[:, None], least[:, None], background, np.full(background.shape, np.nan))


def _rule_of_sites(
    columns: Sequence[MateColumns],
    needed: Sequence[NDArray[np.int64]],
    site_tests: Sequence[SiteTest],
    parameters: Parameters,
) -> CallingRule:
    """Significance by the base qualities, the floor, and the site's background, in fragments that speak.

    The background's part is what a call takes in a sample where nothing else is above its background: with other calls
    the false discovery rate asks for less, so the limit is never better than promised.
    """
    trials = np.minimum.reduce([each.trials for each in site_tests])
    rates = [np.nan_to_num(each.rate, nan=parameters.background_error / ALTERNATIVES) for each in site_tests]
    least = np.ones((len(trials), 4), np.int64)
    for column, significant, test in zip(columns, needed, site_tests, strict=True):
        by_quality = [_in_fragments(column, each, parameters.min_vaf_floor, trials) for each in significant.T]
        # The aligners' fragments differ by a few: the larger share of either is asked of the smaller number.
        by_site = np.ceil(test.least * (trials / np.maximum(1, test.trials))[:, None] - 1e-9).astype(np.int64)
        least = np.maximum(least, np.maximum(np.stack(by_quality, axis=1), by_site))
    fragments = np.repeat(trials[:, None], 4, axis=1)
    background = np.asarray(np.mean(rates, axis=0), np.float64)
    return CallingRule(fragments, least, background, np.full(background.shape, np.nan))


def _in_fragments(
    columns: MateColumns, significant: NDArray[np.int64], smallest: float, fragments: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Fragments that must show an allele, so that enough reads do and its fraction is not below ``smallest``."""
    reads = np.maximum(significant, np.ceil(smallest * columns.depth - 1e-9).astype(np.int64))
    # Both mates of a fragment show its allele: a threshold in reads is one in fragments in the same share.
    share = np.where(columns.depth > 0, fragments / np.maximum(1, columns.depth), 1.0)
    return np.asarray(np.ceil(reads * share - 1e-9), np.float64).astype(np.int64)


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


FEW_CONTROLS = 3
"""With fewer, the spread between samples is hardly known."""


def background_caveats(background: Background | None) -> tuple[NotAssessed, ...]:
    """What a background that was not learned from several healthy controls cannot say."""
    if background is None:
        return ()
    source = background.source
    number = len(source.controls)
    if source.kind == "samples":
        return (
            NotAssessed(
                what="Background of healthy controls",
                reason=f"learned from {number} patients' samples themselves: a mutation below "
                f"{source.left_out_above:.1%} that several of them share counts as background there",
            ),
        )
    if number < FEW_CONTROLS:
        return (
            NotAssessed(
                what="Spread of the background between samples",
                reason=f"learned from {number} healthy control{'' if number == 1 else 's'}: mostly assumed, "
                "calls below the global threshold rest on it",
            ),
        )
    return ()
