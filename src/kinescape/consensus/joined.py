"""Changes that lie on the same fragments and make one change are one event, with one name.

Neighbouring bases changed together, bases of one codon changed together, and an insertion or deletion with another
change beside it: named apart they would be changes that nobody has. HGVS (nomenclature 21.0, "DNA, deletion-insertion")
names neighbouring substitutions as one delins, and changes with a base between them apart unless they make one
amino-acid change. Around a gap an aligner chooses where the gap lies, so there a few unchanged bases may lie between.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from kinescape.consensus.gapped import gapped_events
from kinescape.consensus.merge import known_event, verdict, weakest
from kinescape.consensus.together import groups_of, on_same_fragments, shown_together
from kinescape.consensus.view import View
from kinescape.panel.hgvs import describe
from kinescape.panel.model import Panel
from kinescape.records import Call, Parameters, Variant


@dataclass(frozen=True)
class Joined:
    """Calls after joining. ``seen`` uint8[pairs, calls]: the allele of every fragment for every one of them."""

    calls: tuple[Call, ...]
    seen: NDArray[np.uint8]


def join_events(
    panel: Panel,
    calls: Sequence[Call],
    views: Sequence[View],
    parameters: Parameters,
    quality_needed: Sequence[int],
    molecules: int | None,
) -> Joined:
    """Put together what belongs together.

    Parameters
    ----------
    views
        The reads as each aligner placed them, in the order of ``Call.by_aligner``. Fragments speak as the first aligner
        placed them; of an event with a gap, as the first aligner that shows it.
    molecules
        Input genome copies, None when unknown.
    """
    seen = views[0].alleles([call.variant for call in calls])
    columns = [seen[:, number] for number in range(len(calls))]
    placed = list(range(len(calls)))
    everything = list(calls)
    gone: set[int] = set()
    for event in gapped_events(panel, calls, views, parameters, quality_needed, molecules):
        gone.update(event.members)
        placed.append(len(everything))
        everything.append(event.call)
        columns.append(event.seen)
    apart = [number for number in range(len(calls)) if number not in gone]
    for members in _substituted(calls, apart, seen):
        gone.update(members)
        placed.append(len(everything))
        everything.append(_one_event(panel, [calls[number] for number in members], parameters, quality_needed))
        in_one_codon = len({_codon(calls[number]) for number in members}) == 1
        # Of a codon the first changed base speaks: the others are on its fragments, or it would not be one event.
        columns.append(seen[:, members[0]] if in_one_codon else shown_together(seen[:, members]))
    kept = sorted((number for number in placed if number not in gone), key=lambda number: everything[number].variant)
    shown = np.stack([columns[number] for number in kept], axis=1) if kept else seen[:, :0]
    return Joined(tuple(everything[number] for number in kept), shown)


def _substituted(calls: Sequence[Call], numbers: Sequence[int], seen: NDArray[np.uint8]) -> list[list[int]]:
    """Groups of single-base changes that are one event, members by position."""
    single = [
        number
        for number in numbers
        if len(calls[number].variant.ref) == len(calls[number].variant.alt) == 1
        and calls[number].evidence != "filtered"
    ]

    def fits(one: int, two: int) -> bool:
        return _belong(calls[one], calls[two]) and on_same_fragments(seen[:, one], seen[:, two])

    def collide(one: int, two: int) -> bool:
        return calls[one].variant.pos == calls[two].variant.pos

    return groups_of(single, fits, collide)


def _belong(one: Call, two: Call) -> bool:
    """Neighbouring bases of one chromosome, or bases of one codon."""
    if one.variant.chrom != two.variant.chrom:
        return False
    codon = _codon(one)
    return abs(one.variant.pos - two.variant.pos) == 1 or (codon is not None and codon == _codon(two))


def _codon(call: Call) -> tuple[str, str] | None:
    """(gene, residue) of a single-base change in a coding exon."""
    if call.consequence is None:
        return None
    residue = re.search(r"\d+", call.consequence.hgvs_p)
    return (call.consequence.gene, residue[0]) if residue else None


def _one_event(panel: Panel, parts: list[Call], parameters: Parameters, quality_needed: Sequence[int]) -> Call:
    """The changes as one call; its numbers are those of its weakest part with each aligner."""
    places = {part.variant.pos: part.variant.alt for part in parts}
    chrom, first, last = parts[0].variant.chrom, min(places), max(places)
    reference = panel.bases(chrom, first - 1, last)
    changed = "".join(places.get(first + offset, base) for offset, base in enumerate(reference))
    variant = Variant(chrom=chrom, pos=first, ref=reference, alt=changed)
    by_aligner = tuple(weakest(numbers) for numbers in zip(*(part.by_aligner for part in parts), strict=True))
    evidence, filters, reason = verdict(by_aligner, parameters, quality_needed)
    least = min(parts, key=lambda part: part.vaf)
    consequence = describe(panel, variant)
    return msgspec.structs.replace(
        least,
        variant=variant,
        consequence=consequence,
        evidence=evidence,
        filters=filters,
        reason=reason,
        by_aligner=by_aligner,
        parts=tuple(part.variant.name for part in parts),
        known=known_event(panel, variant, consequence),
    )
