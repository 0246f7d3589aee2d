"""What the VCF says of phase: the partners of each variant, and the sets of variants that are all in cis.

``PS`` is the phase set of the specification (VCFv4.3, section 1.6.2): records of one set lie on one haplotype. It is
given only where *every* pair of the set was judged cis; a branching of clones has cis pairs without being one set.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from kinescape.records import PhaseState, SampleResult


@dataclass(frozen=True)
class PhaseFields:
    """The phase of one variant. Partners are named as ``chr2:29220765:G>T``."""

    cis: tuple[str, ...] = ()
    trans: tuple[str, ...] = ()
    mixed: tuple[str, ...] = ()
    phase_set: int | None = None
    """1-based position of the first variant of the set; None where the variant is in none."""


UNPHASED = PhaseFields()


def phase_fields(result: SampleResult) -> dict[str, PhaseFields]:
    """Variant name -> its phase, for variants that stand in a verdict other than undeterminable."""
    positions = {call.variant.name: call.variant.pos for call in result.calls}
    verdicts: dict[frozenset[str], PhaseState] = {
        frozenset((pair.variant_a, pair.variant_b)): pair.verdict
        for pair in result.phases
        if pair.variant_a in positions and pair.variant_b in positions
    }
    sets = cis_sets(list(positions), verdicts)
    first = {name: min(positions[each] for each in members) for members in sets for name in members}

    def partners(name: str, state: PhaseState) -> tuple[str, ...]:
        found = [(set(pair) - {name}).pop() for pair, verdict in verdicts.items() if name in pair and verdict == state]
        return tuple(sorted(found, key=lambda each: (positions[each], each)))

    named = {name for pair, verdict in verdicts.items() if verdict != "undeterminable" for name in pair}
    return {
        name: PhaseFields(partners(name, "cis"), partners(name, "trans"), partners(name, "mixed"), first.get(name))
        for name in named
    }


def cis_sets(names: list[str], verdicts: dict[frozenset[str], PhaseState]) -> list[tuple[str, ...]]:
    """Groups of two or more variants joined by cis verdicts in which every pair is cis."""
    together = {pair for pair, verdict in verdicts.items() if verdict == "cis"}
    waiting, sets = list(names), []
    while waiting:
        group = [waiting.pop(0)]
        for member in group:
            joined = [other for other in waiting if frozenset((member, other)) in together]
            group += joined
            waiting = [other for other in waiting if other not in joined]
        if len(group) > 1 and all(frozenset(pair) in together for pair in combinations(group, 2)):
            sets.append(tuple(group))
    return sets
