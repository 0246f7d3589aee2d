"""How much is simulated: the whole, or as little as still answers every question."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Amounts of one kind of run; what is claimed does not depend on them, how closely it is measured does."""

    name: str
    pairs_share: float
    """Read pairs of a sample as a share of the recipe's."""
    least_pairs: int
    """But not fewer than this per amplicon: about two reads a pair must reach the 5,000x that the paper asks for."""
    controls: int
    chain_samples: tuple[str, ...]
    """Samples that the paper's own chain is run on: Bowtie2 on pairs is the dear part."""
    experiments: int
    """Bench experiments for each variant and drug."""
    pages: bool
    """Whether the samples' pages hold reads for inspection by eye."""


FULL = Scale("full", 1.0, 5400, 6, ("SIM01-P1", "SIM04-P1"), 5, True)
QUICK = Scale("quick", 0.25, 5400, 3, ("SIM04-P1",), 3, False)
