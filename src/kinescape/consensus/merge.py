"""Candidates of both aligners -> calls with strong or weak evidence and reasons (Villa et al. 2024, Methods)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from kinescape.call.from_columns import (
    FILTER_BACKGROUND,
    FILTER_DEPTH,
    FILTER_NOT_CALLED,
    FILTER_QUALITY,
    FILTER_STRAND,
    FILTER_VAF,
    AlleleTests,
)
from kinescape.call.interval import allele_fraction_interval
from kinescape.columns.axis import BASES, Axis
from kinescape.columns.from_mates import MateColumns
from kinescape.columns.mate_gaps import Event
from kinescape.panel.hgvs import describe
from kinescape.panel.model import Panel
from kinescape.panel.protein_change import single_changes
from kinescape.records import AlignerCall, Call, Consequence, Evidence, Parameters, Variant

WEAK_EVIDENCE = "weak_evidence"


@dataclass(frozen=True)
class AlignerEvidence:
    """What one aligner's reads say: columns, tested alleles, tested indels, and all insertions and deletions seen."""

    columns: MateColumns
    tests: AlleleTests
    indels: dict[Variant, AlignerCall]
    events: tuple[Event, ...]


def merge_calls(
    panel: Panel, axis: Axis, aligners: Sequence[AlignerEvidence], parameters: Parameters, molecules: int | None
) -> tuple[Call, ...]:
    """Every allele that LoFreq's model calls with at least one aligner, in the order of chromosome and position."""
    known = known_names(panel)
    calls = []
    for variant, place in sorted(_candidates(axis, aligners).items()):
        by_aligner = tuple(_aligner_call(each, variant, place) for each in aligners)
        evidence, filters, reason = verdict(by_aligner, parameters, [each.tests.quality_needed for each in aligners])
        alternative = sum(call.alt_count for call in by_aligner)
        vaf = alternative / max(1, sum(call.depth for call in by_aligner))
        fragments = min(int(each.columns.fragments[place[0]]) for each in aligners)
        low, high = allele_fraction_interval(vaf, fragments, molecules)
        calls.append(
            Call(
                variant=variant,
                consequence=describe(panel, variant),
                evidence=evidence,
                filters=filters,
                reason=reason,
                vaf=round(vaf, 6),
                vaf_low=low,
                vaf_high=high,
                by_aligner=by_aligner,
                known=known.get(variant, ""),
                background_ratio=_ratio(vaf, by_aligner),
            )
        )
    return tuple(calls)


_INDEL = -1


def known_names(panel: Panel) -> dict[Variant, str]:
    """Variant -> ``ALK G1202R`` for every known change of the panel."""
    return {variant: f"{change.gene} {change.protein}" for change in panel.known for variant in change.variants}


def known_event(panel: Panel, variant: Variant, consequence: Consequence | None) -> str:
    """What the list of known changes says of an event: its bases are listed, or a residue that it changes is."""
    listed = known_names(panel).get(variant, "")
    if listed or consequence is None:
        return listed
    known = [panel.known_change(consequence.gene, each) for each in single_changes(consequence.protein)]
    return ", ".join(f"{change.gene} {change.protein}" for change in known if change is not None)


def _candidates(axis: Axis, aligners: Sequence[AlignerEvidence]) -> dict[Variant, tuple[int, int]]:
    """Variants that are candidates with any aligner -> (axis index, base code or -1 for an indel)."""
    found = {}
    for each in aligners:
        tests = each.tests
        for position, base in zip(tests.position[tests.candidate], tests.base[tests.candidate], strict=True):
            variant = Variant(
                chrom=axis.chromosomes[axis.chrom[position]],
                pos=int(axis.position[position]) + 1,
                ref=BASES[axis.reference[position]],
                alt=BASES[base],
            )
            found[variant] = (int(position), int(base))
        for variant, call in each.indels.items():
            index = axis.index(variant.chrom, variant.pos - 1)
            if call.candidate and index is not None:
                found[variant] = (index, _INDEL)
    return found


def _ratio(vaf: float, by_aligner: Sequence[AlignerCall]) -> float | None:
    """Allele fraction over the mean background of the aligners."""
    rates = [call.background for call in by_aligner if call.background is not None]
    return round(vaf / (sum(rates) / len(rates)), 3) if rates else None


def _aligner_call(each: AlignerEvidence, variant: Variant, place: tuple[int, int]) -> AlignerCall:
    position, base = place
    if base == _INDEL:
        return each.indels.get(variant) or _unseen(each, position, base)
    tests = each.tests
    row = tests.row(position, base)
    if row is None:
        return _unseen(each, position, base)
    dp4 = tests.dp4[row]
    return AlignerCall(
        aligner=tests.aligner,
        depth=int(tests.depth[row]),
        alt_count=int(tests.alt_count[row]),
        vaf=round(float(tests.vaf[row]), 6),
        qual=int(tests.qual[row]),
        strand_bias=int(tests.strand_bias[row]),
        dp4=(int(dp4[0]), int(dp4[1]), int(dp4[2]), int(dp4[3])),
        filters=tests.filters[row],
        candidate=bool(tests.candidate[row]),
        background=_background(each, position, base),
    )


def _background(each: AlignerEvidence, position: int, base: int) -> float | None:
    """Share of the allele that the site makes by error; None where no background was given, or for an unseen indel."""
    if each.tests.site_test is None or base == _INDEL:
        return None
    rate = float(each.tests.site_test.rate[position, base])
    return None if np.isnan(rate) else round(rate, 8)


def weakest(numbers: Sequence[AlignerCall]) -> AlignerCall:
    """Numbers of several changes with one aligner as those of one event: the weakest, with the filters of all."""
    least = min(numbers, key=lambda each: (each.vaf, each.qual))
    failed = tuple(dict.fromkeys(name for each in numbers for name in each.filters))
    return msgspec.structs.replace(least, filters=failed, candidate=all(each.candidate for each in numbers))


def _unseen(each: AlignerEvidence, position: int, base: int) -> AlignerCall:
    """An allele that no read of this aligner shows."""
    columns = each.columns
    reference = columns.strand_counts()[position, :, columns.axis.reference[position]]
    return AlignerCall(
        aligner=columns.aligner,
        depth=int(columns.depth[position]),
        alt_count=0,
        vaf=0.0,
        qual=0,
        strand_bias=0,
        dp4=(int(reference[0]), int(reference[1]), 0, 0),
        filters=(FILTER_NOT_CALLED,),
        candidate=False,
        background=_background(each, position, base),
    )


def verdict(
    by_aligner: Sequence[AlignerCall], parameters: Parameters, quality_needed: Sequence[int]
) -> tuple[Evidence, tuple[str, ...], str]:
    """Evidence, FILTER entries and the reason in words."""
    failed = [call for call in by_aligner if call.filters]
    filters = tuple(dict.fromkeys(name for call in failed for name in call.filters))
    reason = "; ".join(
        f"{call.aligner}: " + ", ".join(_in_words(name, call, parameters, needed) for name in call.filters)
        for call, needed in zip(by_aligner, quality_needed, strict=True)
        if call.filters
    )
    if not failed:
        return "strong", (), ""
    if len(failed) < len(by_aligner):
        return "weak", (WEAK_EVIDENCE, *filters), reason
    return "filtered", filters, reason


def _in_words(name: str, call: AlignerCall, parameters: Parameters, quality_needed: int) -> str:
    if name == FILTER_NOT_CALLED:
        return f"not called by LoFreq's model (QUAL {call.qual}, {quality_needed} needed)"
    if name == FILTER_QUALITY:
        return f"QUAL {call.qual} does not hold the false discovery rate of {parameters.call_fdr:g}"
    if name == FILTER_STRAND:
        forward, reverse = call.dp4[2:]
        return f"strand bias ({forward} forward, {reverse} reverse; SB {call.strand_bias})"
    if name == FILTER_DEPTH:
        return f"depth {call.depth:,} is below {parameters.min_depth:,}"
    if name == FILTER_VAF:
        # Insertions and deletions have a background and yet the global smallest fraction.
        of_floor = call.background is not None and call.vaf < parameters.min_vaf_floor
        smallest = parameters.min_vaf_floor if of_floor else parameters.min_vaf
        return f"allele fraction {call.vaf:.3%} is below {smallest:.2%}"
    if name == FILTER_BACKGROUND and call.background is not None:
        return (
            f"allele fraction {call.vaf:.3%} is not above the background of its site, {call.background:.3%}, "
            f"at a false discovery rate of {parameters.background_fdr:g}"
        )
    return name


def called_positions(calls: Sequence[Call], axis: Axis) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """bool[positions]: where a strong or weak call stands (left out of background figures)."""
    marks = np.zeros(len(axis), np.bool_)
    for call in calls:
        index = axis.index(call.variant.chrom, call.variant.pos - 1)
        if index is not None and call.evidence != "filtered":
            marks[index : index + len(call.variant.ref)] = True
    return marks
