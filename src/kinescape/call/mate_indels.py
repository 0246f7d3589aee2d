"""Indel calls of one aligner from the events of its mates, by LoFreq's indel model with dindel's qualities.

The null is that every read over the anchor may show the event by error, with the probability of a polymerase slip in a
homopolymer run of that length (dindel's table, as ``lofreq indelqual --dindel`` uses it), or because it is misplaced.
"""

from __future__ import annotations

import numpy as np

from kinescape.call.filters import fdr_rejected, quality_threshold, strand_filtered
from kinescape.call.from_columns import FILTER_BACKGROUND, filter_names
from kinescape.call.gap_background import GapTest
from kinescape.call.strand import strand_bias_phreds
from kinescape.call.tail import log10_tail, phred
from kinescape.columns.axis import Axis
from kinescape.columns.from_mates import MateColumns
from kinescape.columns.indel_quality import DINDEL_QUALITIES
from kinescape.columns.mate_gaps import Event
from kinescape.columns.placement import Placement
from kinescape.panel.model import Panel
from kinescape.reads.pairs import ReadPairs
from kinescape.records import AlignerCall, Parameters, Variant

FEWEST_READS = 2
"""Events of a single read are not tested."""


def homopolymer_run(panel: Panel, chrom: str, position: int) -> int:
    """Length of the run of equal bases that starts at a 0-based position (at most to the end of the window)."""
    base = panel.base(chrom, position)
    length = 1
    while panel.stretch_at(chrom, position + length, position + length + 1) is not None:
        if panel.base(chrom, position + length) != base:
            break
        length += 1
    return length


def tested_indels(
    panel: Panel,
    axis: Axis,
    pairs: ReadPairs,
    placement: Placement,
    columns: MateColumns,
    events: tuple[Event, ...],
    parameters: Parameters,
    gap_test: GapTest | None = None,  # noqa: PT028 - no test of pytest's
) -> dict[Variant, AlignerCall]:
    """Test every event that at least two reads show.

    With a ``gap_test`` an event must be above the background of its anchor as well; ``parameters.min_vaf`` holds either
    way.
    """
    reads = pairs.reads_per_mate()
    quality = placement.alignments.mapping_quality
    reverse = placement.alignments.reverse
    chosen = [event for event in events if event.reads >= FEWEST_READS]
    rows = []
    for event in chosen:
        anchor = axis.column(event.variant.chrom, event.variant.pos - 1)
        over = np.flatnonzero((placement.first <= anchor) & (anchor + 1 < placement.last))
        run = homopolymer_run(panel, event.variant.chrom, event.variant.pos)
        # Beyond the longest run of the table an indel is as good as certain by error, and never called.
        phred_error = int(DINDEL_QUALITIES[run - 1]) if run <= len(DINDEL_QUALITIES) else 0
        levels, group = np.unique(quality[over].astype(np.int64), return_inverse=True)
        misplaced = np.where(levels == 0, 0.5, 10.0 ** (-levels / 10.0))
        error = misplaced + (1.0 - misplaced) * 10.0 ** (-phred_error / 10.0)
        counts = np.bincount(group, weights=reads[over], minlength=len(levels)).astype(np.int64)
        qual = phred(log10_tail(error, counts, event.reads))
        backward = int(reads[over[reverse[over]]].sum())
        forward = int(reads[over].sum()) - backward
        rows.append((qual, forward - event.forward, backward - event.reverse, event.forward, event.reverse))
    if not rows:
        return {}
    table = np.array(rows, np.int64)
    quals, dp4 = table[:, 0], np.maximum(table[:, 1:], 0)
    depth = dp4.sum(axis=1)
    vaf = (dp4[:, 2] + dp4[:, 3]) / np.maximum(1, depth)
    candidate = np.asarray(quals >= quality_threshold(parameters.significance, len(rows)))
    strand_bias = strand_bias_phreds(dp4)
    names = filter_names(
        candidate=candidate,
        significant=fdr_rejected(quals, parameters.call_fdr, len(rows)),
        biased=strand_filtered(strand_bias, dp4, alpha=parameters.strand_fdr),
        depth=depth,
        vaf=vaf,
        parameters=parameters,
    )
    if gap_test is not None:
        names = tuple(
            (*failed, FILTER_BACKGROUND) if called and not gap_test.above.get(event.variant, True) else failed
            for failed, called, event in zip(names, candidate.tolist(), chosen, strict=True)
        )
    return {
        event.variant: AlignerCall(
            aligner=columns.aligner,
            depth=int(depth[row]),
            alt_count=event.reads,
            vaf=round(float(vaf[row]), 6),
            qual=int(quals[row]),
            strand_bias=int(strand_bias[row]),
            dp4=(int(dp4[row, 0]), int(dp4[row, 1]), int(dp4[row, 2]), int(dp4[row, 3])),
            filters=names[row],
            candidate=bool(candidate[row]),
            background=_rounded(gap_test, event.variant),
        )
        for row, event in enumerate(chosen)
    }


def _rounded(gap_test: GapTest | None, variant: Variant) -> float | None:
    """Share of fragments that the anchor makes by error; None where no background was given."""
    rate = gap_test.rate.get(variant) if gap_test is not None else None
    return None if rate is None or np.isnan(rate) else round(rate, 8)
