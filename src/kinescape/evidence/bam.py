"""Evidence as BAM: the chosen reads as the aligner placed them, with their own names and qualities, sorted and indexed.

Source of the rules: Sequence Alignment/Map Format Specification (samtools/hts-specs SAMv1), sections 1.3 (header), 1.4
(mandatory fields, flags, TLEN) and 2 (recommended practice: an unmapped mate takes the place of its mapped one).
"""

from __future__ import annotations

from array import array
from pathlib import Path
from typing import Any

import pysam

from kinescape import __version__
from kinescape.align.mates import UNPLACED, MateAlignments
from kinescape.coordinates import reverse_complement
from kinescape.evidence.gather import Fragment, Gathered
from kinescape.files import whole_file, write_text

_PAIRED, _PROPER, _UNMAPPED, _MATE_UNMAPPED, _REVERSE, _MATE_REVERSE = 0x1, 0x2, 0x4, 0x8, 0x10, 0x20
_MATE_FLAG = (0x40, 0x80)


def write_evidence(folder: Path, gathered: Gathered, sample: str) -> None:
    """Write one BAM with its index per aligner, and the stretches of the reference that the page draws.

    The same evidence gives the same bytes.
    """
    for file, alignments in zip(gathered.record.files, gathered.alignments, strict=True):
        _write_bam(folder / file.name, gathered, alignments, sample)
    write_text(folder / gathered.record.reference, reference_text(gathered))


def reference_text(gathered: Gathered) -> str:
    """FASTA of the windows; ``chr2:101-200 @len=242193529`` is how igv.js is told of a part of a chromosome."""
    lengths = dict(gathered.contigs)
    return "".join(
        f">{window.chrom}:{window.start + 1}-{window.end} @len={lengths[window.chrom]}\n{window.sequence}\n"
        for window in gathered.windows
    )


def _write_bam(path: Path, gathered: Gathered, alignments: MateAlignments, sample: str) -> None:
    header = pysam.AlignmentHeader.from_dict(_header(gathered, alignments.aligner, sample))
    numbers = {name: number for number, (name, _) in enumerate(gathered.contigs)}
    segments = [
        segment
        for fragment in gathered.fragments
        for segment in _segments(fragment, alignments, header, numbers)
        if segment is not None
    ]
    # Sorting keeps what is equal in the order of the file.
    segments.sort(key=lambda segment: (segment.reference_id, segment.reference_start))
    with whole_file(path) as temporary, whole_file(path.with_name(path.name + ".bai")) as index:
        with pysam.AlignmentFile(str(temporary), "wb", header=header) as handle:
            for segment in segments:
                handle.write(segment)
        pysam.index("-o", str(index), str(temporary))


def _header(gathered: Gathered, aligner: str, sample: str) -> dict[str, Any]:
    name = "".join(c if c.isprintable() else "_" for c in sample)
    caps = gathered.record.caps
    return {
        "HD": {"VN": "1.6", "SO": "coordinate"},
        "SQ": [{"SN": contig, "LN": length} for contig, length in gathered.contigs],
        "RG": [{"ID": aligner, "SM": name}],
        "PG": [
            {"ID": aligner, "PN": aligner, "VN": dict(gathered.programs).get(aligner, "")},
            {"ID": "kinescape", "PN": "kinescape", "VN": __version__, "PP": aligner},
        ],
        "CO": [
            f"A choice of {gathered.record.fragments} fragments for inspection by eye, not all reads: per variant at "
            f"most {caps.alt} that show it and {caps.reference} that show the reference, and fragments that link two; "
            "true counts stand in result.json.",
            "Adapters are cut off. Research use only.",
        ],
    }


def _segments(
    fragment: Fragment, alignments: MateAlignments, header: pysam.AlignmentHeader, numbers: dict[str, int]
) -> tuple[Any, Any] | tuple[None]:
    """Both reads as BAM records; nothing where neither was placed."""
    placed = [alignments.chrom[read.mate] != UNPLACED for read in fragment.reads]
    if not any(placed):
        return (None,)
    first, second = (_segment(fragment, which, alignments, header, numbers) for which in (0, 1))
    _link(first, second)
    _link(second, first)
    _measure(first, second)
    return first, second


def _segment(
    fragment: Fragment, which: int, alignments: MateAlignments, header: pysam.AlignmentHeader, numbers: dict[str, int]
) -> Any:
    read = fragment.reads[which]
    mate = read.mate
    segment = pysam.AlignedSegment(header)
    segment.query_name = fragment.name
    flag = _PAIRED | _MATE_FLAG[which]
    bases, qualities = read.bases, read.qualities
    if alignments.chrom[mate] == UNPLACED:
        flag |= _UNMAPPED
    else:
        if alignments.reverse[mate]:
            flag |= _REVERSE
            bases, qualities = reverse_complement(bases), qualities[::-1]
        segment.reference_id = numbers[alignments.chromosomes[int(alignments.chrom[mate])]]
        segment.reference_start = int(alignments.start[mate])
        segment.mapping_quality = int(alignments.mapping_quality[mate])
        begin, end = alignments.operation_start[mate], alignments.operation_start[mate + 1]
        segment.cigartuples = [(code, length) for code, length in alignments.operations[begin:end].tolist()]
    segment.flag = flag
    segment.query_sequence = bases
    segment.query_qualities = array("B", qualities.tobytes())
    segment.set_tag("RG", alignments.aligner)
    return segment


def _link(segment: Any, mate: Any) -> None:
    """Say where the mate lies; an unplaced read stands where its mate stands."""
    if mate.is_unmapped:
        segment.flag |= _MATE_UNMAPPED
        segment.next_reference_id, segment.next_reference_start = segment.reference_id, segment.reference_start
        return
    if mate.is_reverse:
        segment.flag |= _MATE_REVERSE
    segment.next_reference_id, segment.next_reference_start = mate.reference_id, mate.reference_start
    if segment.is_unmapped:
        segment.reference_id, segment.reference_start = mate.reference_id, mate.reference_start


def _measure(first: Any, second: Any) -> None:
    """Template length, and the flag of a proper pair: on one chromosome, towards each other."""
    if first.is_unmapped or second.is_unmapped or first.reference_id != second.reference_id:
        return
    left, right = sorted((first, second), key=lambda each: (each.reference_start, each.is_reverse))
    length = max(first.reference_end, second.reference_end) - left.reference_start
    left.template_length, right.template_length = length, -length
    if first.is_reverse != second.is_reverse:
        forward, reverse = (second, first) if first.is_reverse else (first, second)
        if forward.reference_start < reverse.reference_end:
            first.flag |= _PROPER
            second.flag |= _PROPER
