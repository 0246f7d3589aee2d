"""Simulated counts of a small run with known swaps and mixtures, as arrays: no reads needed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kinescape.identity.check import IdentityCheck, check_run
from kinescape.identity.counts import SampleCounts

SITES = (("chr2", 101), ("chr2", 160), ("chr6", 105), ("chr6", 170))
"""The sites at which the people differ: G (place 2) in place of A."""
POSITIONS = tuple((chrom, pos) for chrom in ("chr2", "chr6") for pos in range(100, 200))
BACKGROUND = 0.0005


def person(*copies: int) -> tuple[int, ...]:
    """Copies of the other base at each of :data:`SITES`."""
    return copies


def counted(
    name: str,
    patient: str,
    copies: Sequence[int],
    *,
    other: Sequence[int] | None = None,
    share: float = 0.0,
    depth: int = 8000,
    molecules: float | None = 5000,
    seed: int = 1,
    known: frozenset[tuple[str, int]] = frozenset(),
) -> SampleCounts:
    """Counts drawn from molecules of one person, with ``share`` of another's among them. SIMULATED."""
    rng = np.random.default_rng([seed, *name.encode()])
    counts = np.zeros((len(POSITIONS), 4), np.int64)
    for row, site in enumerate(POSITIONS):
        fraction = 0.0
        if site in SITES:
            place = SITES.index(site)
            fraction = copies[place] / 2 * (1 - share) + (other[place] / 2 * share if other is not None else 0.0)
        if molecules is not None:
            fraction = rng.binomial(int(molecules), fraction) / molecules
        rates = np.full(4, BACKGROUND / 3)
        rates[0], rates[2] = 0.0, BACKGROUND / 3 + fraction * (1 - BACKGROUND)
        rates[0] = 1 - rates.sum()
        counts[row] = rng.multinomial(depth, rates)
    return SampleCounts(
        name=name,
        patient=patient,
        sites=POSITIONS,
        reference=("A",) * len(POSITIONS),
        genes=tuple("ALK" if chrom == "chr2" else "ROS1" for chrom, _ in POSITIONS),
        counts=counts,
        background=np.full(len(POSITIONS), BACKGROUND / 3),
        molecules=molecules,
        known=known,
    )


ONE, TWO, THREE, FOUR, FIVE = (
    person(2, 1, 0, 2),
    person(0, 0, 1, 0),
    person(1, 2, 2, 0),
    person(0, 1, 0, 1),
    person(0, 0, 0, 0),
)


def mixed_samples() -> list[SampleCounts]:
    """P2 and P3 have one sample swapped; P5 holds 1% of P1's; P1 and P4 are in order."""
    return [
        counted("P1_a", "P1", ONE),
        counted("P1_b", "P1", ONE),
        counted("P2_a", "P2", TWO),
        counted("P2_b", "P2", THREE),
        counted("P3_a", "P3", THREE),
        counted("P3_b", "P3", TWO),
        counted("P4_a", "P4", FOUR),
        counted("P4_b", "P4", FOUR),
        counted("P5", "P5", FIVE, other=ONE, share=0.01),
        counted("P6", "P6", FIVE),
    ]


def mixed_run() -> IdentityCheck:
    return check_run(mixed_samples())
