"""What a distinct mate spells over a few bases of the genome, whatever way the aligner placed its gaps there."""

from __future__ import annotations

from kinescape.columns.placement import Placement
from kinescape.coordinates import reverse_complement
from kinescape.reads.pairs import ReadPairs

_MATCHES, _INSERTION, _SKIPS, _SOFT_CLIP = (0, 7, 8), 1, (2, 3), 4


def spelled(pairs: ReadPairs, placement: Placement, mate: int, start: int, end: int) -> str | None:
    """The mate's bases (plus strand) between the bases aligned to ``start - 1`` and to ``end``.

    Parameters
    ----------
    start, end
        0-based half-open stretch on the chromosome that the mate is aligned to. The bases on either side of it must be
        aligned: what lies between them is then read, insertions included.

    Returns
    -------
    None where the mate does not reach both sides, or a gap lies over one of them.
    """
    alignments = placement.alignments
    sequence = pairs.mates.sequence(mate)
    if alignments.reverse[mate]:
        sequence = reverse_complement(sequence)
    position, read = int(alignments.start[mate]), 0
    first = last = -1
    for step in range(alignments.operation_start[mate], alignments.operation_start[mate + 1]):
        code, length = alignments.operations[step].tolist()
        if code in _MATCHES:
            if position <= start - 1 < position + length:
                first = read + start - position
            if position <= end < position + length:
                last = read + end - position
            position, read = position + length, read + length
        elif code in (_INSERTION, _SOFT_CLIP):
            read += length
        elif code in _SKIPS:
            position += length
    return sequence[first:last] if 0 <= first <= last else None
