"""Changes of one codon that lie on the same fragments are one event, with one name.

Two neighbouring bases changed together make one amino-acid change; named apart they would be two that nobody has.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from kinescape.columns.alleles import ALTERNATIVE, REFERENCE
from kinescape.consensus.merge import known_names, verdict
from kinescape.panel.hgvs import describe
from kinescape.panel.model import Panel
from kinescape.records import AlignerCall, Call, Parameters, Variant

MOST_APART = 0.1
"""Share of either change's fragments that may show it without the other (errors and chimeras)."""


def join_events(
    panel: Panel,
    calls: Sequence[Call],
    seen: NDArray[np.uint8],
    parameters: Parameters,
    quality_needed: Sequence[int],
) -> tuple[Call, ...]:
    """Put together what belongs together.

    Parameters
    ----------
    seen
        uint8[pairs, calls]: the allele of every fragment for every call, as ``columns/alleles.py`` codes it.
    """
    groups: dict[tuple[str, str], list[int]] = {}
    for number, call in enumerate(calls):
        codon = _codon(call)
        if codon is not None and call.evidence != "filtered":
            groups.setdefault(codon, []).append(number)
    joined: dict[int, Call] = {}
    gone: set[int] = set()
    for members in groups.values():
        together = _together(members, seen)
        if len(together) > 1:
            joined[together[0]] = _one_event(panel, [calls[number] for number in together], parameters, quality_needed)
            gone.update(together)
    return tuple(
        joined.get(number, call) for number, call in enumerate(calls) if number in joined or number not in gone
    )


def _codon(call: Call) -> tuple[str, str] | None:
    """(gene, residue) of a single-base change in a coding exon."""
    if len(call.variant.ref) != 1 or len(call.variant.alt) != 1 or call.consequence is None:
        return None
    residue = re.search(r"\d+", call.consequence.hgvs_p)
    return (call.consequence.gene, residue[0]) if residue else None


def _together(members: list[int], seen: NDArray[np.uint8]) -> list[int]:
    """The members that lie on the same fragments as the first of them."""
    first = members[0]
    chosen = [first]
    for other in members[1:]:
        a, b = seen[:, first], seen[:, other]
        both = int(((a == ALTERNATIVE) & (b == ALTERNATIVE)).sum())
        apart = max(
            int(((a == ALTERNATIVE) & (b == REFERENCE)).sum()), int(((a == REFERENCE) & (b == ALTERNATIVE)).sum())
        )
        if both and apart <= MOST_APART * both:
            chosen.append(other)
    return chosen


def _one_event(panel: Panel, parts: list[Call], parameters: Parameters, quality_needed: Sequence[int]) -> Call:
    """The changes as one call; its numbers are those of its weakest part with each aligner."""
    places = {part.variant.pos: part.variant.alt for part in parts}
    chrom, first, last = parts[0].variant.chrom, min(places), max(places)
    reference = panel.bases(chrom, first - 1, last)
    changed = "".join(places.get(first + offset, base) for offset, base in enumerate(reference))
    variant = Variant(chrom=chrom, pos=first, ref=reference, alt=changed)
    by_aligner = tuple(_weakest(numbers) for numbers in zip(*(part.by_aligner for part in parts), strict=True))
    evidence, filters, reason = verdict(by_aligner, parameters, quality_needed)
    weakest = min(parts, key=lambda part: part.vaf)
    return msgspec.structs.replace(
        weakest,
        variant=variant,
        consequence=describe(panel, variant),
        evidence=evidence,
        filters=filters,
        reason=reason,
        by_aligner=by_aligner,
        parts=tuple(part.variant.name for part in parts),
        known=known_names(panel).get(variant, ""),
    )


def _weakest(numbers: Sequence[AlignerCall]) -> AlignerCall:
    least = min(numbers, key=lambda each: (each.vaf, each.qual))
    failed = tuple(dict.fromkeys(name for each in numbers for name in each.filters))
    return msgspec.structs.replace(least, filters=failed, candidate=all(each.candidate for each in numbers))
