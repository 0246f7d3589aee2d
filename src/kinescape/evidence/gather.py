"""The chosen fragments with everything that a BAM file needs of them, taken out while the reads are still at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.align.mates import MateAlignments
from kinescape.columns.axis import Axis
from kinescape.columns.mate_gaps import Event
from kinescape.columns.placement import Placement
from kinescape.evidence.choose import choose_fragments
from kinescape.panel.genome import contigs
from kinescape.panel.model import Panel, Window
from kinescape.reads.pairs import QualityStore, ReadPairs
from kinescape.records import Call, EvidenceCaps, EvidenceFile, PhaseVerdict, ReadEvidence

BAM, REFERENCE = "evidence.bam", "evidence.fa"


@dataclass(frozen=True)
class ReadOfFragment:
    """One read: ``mate`` is its distinct mate; bases and qualities (Phred) in the read's own direction, trimmed."""

    mate: int
    bases: str
    qualities: NDArray[np.uint8]


@dataclass(frozen=True)
class Fragment:
    """A chosen pair under the name of its reads."""

    name: str
    reads: tuple[ReadOfFragment, ReadOfFragment]


@dataclass(frozen=True)
class Gathered:
    """What is written beside a result.

    ``alignments``: of each aligner, in the order of ``record.files``. ``contigs``: (name, length) of the whole
    chromosomes. ``windows``: the stretches of the reference that the amplicons lie on.
    """

    record: ReadEvidence
    fragments: tuple[Fragment, ...]
    alignments: tuple[MateAlignments, ...]
    contigs: tuple[tuple[str, int], ...]
    windows: tuple[Window, ...]
    programs: tuple[tuple[str, str], ...]
    """(aligner, version)."""


def bam_name(number: int, aligner: str) -> str:
    """``evidence.bam`` for the first aligner, ``evidence.bowtie2.bam`` for another."""
    return BAM if number == 0 else f"evidence.{aligner}.bam"


def gather_evidence(
    panel: Panel,
    axis: Axis,
    pairs: ReadPairs,
    calls: Sequence[Call],
    phases: Sequence[PhaseVerdict],
    aligned: Sequence[tuple[Placement, Sequence[Event]]],
    programs: Sequence[tuple[str, str]],
    caps: EvidenceCaps,
) -> Gathered:
    """Choose fragments and take out their reads.

    A pair without a name is the consensus of a molecule and is called ``molecule-NUMBER``.
    """
    choice = choose_fragments(pairs, axis, calls, phases, aligned, caps)
    numbers = choice.pairs.tolist()
    names = (
        [f"molecule-{number + 1}" for number in numbers] if pairs.names is None else _names(pairs.names, choice.pairs)
    )
    first = _reads(pairs, pairs.mate_1, pairs.qualities_1, choice.pairs)
    second = _reads(pairs, pairs.mate_2, pairs.qualities_2, choice.pairs)
    placements = [placement for placement, _ in aligned]
    record = ReadEvidence(
        files=tuple(
            EvidenceFile(aligner=each.alignments.aligner, name=bam_name(number, each.alignments.aligner))
            for number, each in enumerate(placements)
        ),
        reference=REFERENCE,
        caps=caps,
        fragments=len(numbers),
        counts=choice.counts,
    )
    used = {window.name: window for each in axis.amplicons if (window := _window_of(panel, each.chrom, each.start))}
    return Gathered(
        record,
        tuple(Fragment(name, reads) for name, *reads in zip(names, first, second, strict=True)),  # type: ignore[arg-type]
        tuple(each.alignments for each in placements),
        tuple(contigs(panel)),
        tuple(sorted(used.values(), key=lambda window: (window.chrom, window.start))),
        tuple(programs),
    )


def _names(store: QualityStore, chosen: NDArray[np.int64]) -> list[str]:
    names: list[str] = []
    done = 0
    for chunk in store:
        end = done + len(chunk.start) - 1
        for record in (chosen[len(names) : int(np.searchsorted(chosen, end))] - done).tolist():
            letters = chunk.values[chunk.start[record] : chunk.start[record + 1]]
            names.append(letters.tobytes().decode("ascii", "replace"))
        done = end
    return names


def _reads(
    pairs: ReadPairs, mates: NDArray[np.int32], store: QualityStore, chosen: NDArray[np.int64]
) -> list[ReadOfFragment]:
    reads: list[ReadOfFragment] = []
    done = 0
    for chunk in store:
        end = done + len(chunk.start) - 1
        for pair in chosen[len(reads) : int(np.searchsorted(chosen, end))].tolist():
            mate = int(mates[pair])
            bases = pairs.mates.sequence(mate)
            start = int(chunk.start[pair - done])
            # A copy: the chunk with the qualities of all reads must not be kept alive by a few of them.
            reads.append(ReadOfFragment(mate, bases, chunk.values[start : start + len(bases)].copy()))
        done = end
    return reads


def _window_of(panel: Panel, chrom: str, position: int) -> Window | None:
    return next((each for each in panel.windows if each.chrom == chrom and each.start <= position < each.end), None)
