"""How sure is the alignment of every base, and of every gap: LoFreq's BAQ and IDAQ, computed on the fly.

The base alignment quality (Li 2011, Bioinformatics 27:1157) is the phred of one minus the posterior probability that a
base is matched where the aligner put it. Its extended form takes, within a block of matches, the smaller of the running
maxima from the left and from the right, so that only the ends of blocks lose. Gaps: :mod:`.gap_quality`. LoFreq uses
both as error terms of their own, beside base and indel quality.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from kinescape.columns.aligned import DELETION, INSERTION, AlignedReads, QualityArray
from kinescape.columns.bam import IntArray
from kinescape.columns.base_alignment import base_qualities
from kinescape.columns.gap_quality import qualities_of_gaps
from kinescape.columns.histogram import NO_QUALITY
from kinescape.columns.model_plan import PLAN_BAND, PLAN_SPAN, model_plan
from kinescape.columns.pair_hmm_lanes import LANES
from kinescape.columns.twins import copy_to_twins, twins

_ERROR_OF_QUALITY = np.array([10.0 ** (-quality / 10.0) for quality in range(256)], dtype=np.float32).astype(np.float64)
"""Error probability of each base quality, rounded to single precision as in samtools' table."""


def with_alignment_quality(
    reads: AlignedReads, reference: QualityArray, *, extended: bool = True, gaps: bool = False, threads: int = 1
) -> AlignedReads:
    """The same reads with base alignment qualities and, if ``gaps``, with those of insertions and deletions.

    Qualities that the file already holds (tags lb, ai, ad) are kept. Reads with reference skips, and bases outside
    match blocks, get none. Identical reads are computed once.

    Parameters
    ----------
    reference
        uint8[contig length]: base codes of the reads' contig, 0 to 3, 4 for anything but A, C, G, T.
    """
    need_base = reads.alignment_quality[reads.bounds[:-1]] == NO_QUALITY
    need_gaps = _needs_gaps(reads) if gaps else np.zeros(reads.size, dtype=np.bool_)
    todo = np.flatnonzero(need_base | need_gaps)
    if not todo.size:
        return reads
    twin = twins(todo, reads.start, reads.cigar_bounds, reads.cigar, reads.bounds, reads.bases, reads.qualities)
    base, insertion, deletion = (
        array.copy()
        for array in (reads.alignment_quality, reads.insertion_alignment_quality, reads.deletion_alignment_quality)
    )
    originals = todo[twin == todo]
    plan = model_plan(reads.start, reads.cigar_bounds, reads.cigar, reads.bounds, reference.size)
    order, groups = _lane_groups(originals[need_base[originals]], plan, reads)
    gapped = originals[need_gaps[originals]]

    def work(part: int) -> None:
        base_qualities(
            order, groups[part::threads], plan, reads.start, reads.cigar_bounds, reads.cigar, reads.bounds,
            reads.bases, reads.qualities, reference, _ERROR_OF_QUALITY, extended, base,
        )  # fmt: skip
        qualities_of_gaps(
            gapped[part::threads], plan, reads.start, reads.cigar_bounds, reads.cigar, reads.bounds,
            reads.bases, reads.qualities, reference, _ERROR_OF_QUALITY, insertion, deletion,
        )  # fmt: skip

    if threads > 1:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, range(threads)))
    else:
        work(0)
    copy_to_twins(todo, twin, reads.bounds, base, insertion, deletion)
    return replace(
        reads, alignment_quality=base, insertion_alignment_quality=insertion, deletion_alignment_quality=deletion
    )


def _needs_gaps(reads: AlignedReads) -> npt.NDArray[np.bool_]:
    """bool[n]: the read has an insertion or a deletion and no alignment quality of gaps."""
    operation = reads.cigar & 15
    gaps = np.concatenate([[0], np.cumsum((operation == INSERTION) | (operation == DELETION))])
    gapped = gaps[reads.cigar_bounds[1:]] > gaps[reads.cigar_bounds[:-1]]
    first = reads.bounds[:-1]
    return np.asarray(
        gapped
        & (reads.insertion_alignment_quality[first] == NO_QUALITY)
        & (reads.deletion_alignment_quality[first] == NO_QUALITY)
    )


def _lane_groups(todo: IntArray, plan: IntArray, reads: AlignedReads) -> tuple[IntArray, IntArray]:
    """Reads ordered by the shape of their model, and int64[groups, 2]: slices of that order of up to eight alike."""
    todo = todo[plan[todo, PLAN_BAND] > 0]
    shape = np.stack([(reads.bounds[1:] - reads.bounds[:-1])[todo], plan[todo, PLAN_SPAN], plan[todo, PLAN_BAND]])
    order = np.lexsort(shape)
    shape = shape[:, order]
    cuts = np.flatnonzero((shape[:, 1:] != shape[:, :-1]).any(axis=0)) + 1
    starts = np.concatenate([[0], cuts])
    ends = np.concatenate([cuts, [todo.size]])
    groups = [np.arange(start, end, LANES) for start, end in zip(starts, ends, strict=True)]
    first = np.concatenate(groups)
    last = np.minimum(first + LANES, ends[np.searchsorted(ends, first, side="right")] if todo.size else first)
    return todo[order], np.stack([first, last], axis=1).astype(np.int64)
