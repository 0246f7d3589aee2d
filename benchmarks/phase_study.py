"""How often a pair of variants in cis or in trans gets its verdict, over allele fractions and depths.

    python benchmarks/phase_study.py --runs 1600 --seed 1

Molecules are drawn first, then fragments from them; a share of fragments are chimeras, bases are wrong at the rates the
model is given. Half of the pairs lie in cis (the rarer variant always with the commoner), half in trans. Simulated.
"""

from __future__ import annotations

import argparse

import numpy as np

from kinescape.phase.likelihood import PhaseErrors, cis_fraction
from kinescape.phase.verdict import pair_verdict

BACKGROUND, LOSS = 8e-4, 1e-3
ERRORS = PhaseErrors(BACKGROUND, BACKGROUND, LOSS)
FRACTIONS = (0.003, 0.006, 0.01, 0.02, 0.05, 0.2)
DEPTHS = (2_000, 6_000, 25_000)
MOLECULES = 6_000
STATES = ("cis", "trans", "mixed", "undeterminable")
Counts = tuple[int, int, int, int]


def drawn(rng: np.random.Generator, common: float, rare: float, cis: float, fragments: int, chimera: float) -> Counts:
    """Counts of one pair: fragments with (both, only the commoner, only the rarer, none)."""
    both = rare * cis
    shares = rng.multinomial(MOLECULES, [both, common - both, rare - both, 1 - common - rare + both]) / MOLECULES
    a, b = shares[0] + shares[1], shares[0] + shares[2]
    independent = np.array([a * b, a * (1 - b), (1 - a) * b, (1 - a) * (1 - b)])
    true = rng.multinomial(fragments, (1 - chimera) * shares + chimera * independent)
    read = np.array([[1 - LOSS, LOSS], [BACKGROUND, 1 - BACKGROUND]])
    seen = sum(rng.multinomial(n, row) for n, row in zip(true, np.kron(read, read), strict=True))
    return tuple(int(each) for each in seen)  # type: ignore[return-value]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1600, help="simulated pairs in all")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    each = max(1, options.runs // (2 * len(FRACTIONS) * len(DEPTHS)))
    print(f"{2 * each * len(FRACTIONS) * len(DEPTHS)} simulated pairs, {MOLECULES} molecules, seed {options.seed}\n")
    print("| rarer variant | fragments | truth | " + " | ".join(STATES) + " |")
    print("|---|---|---|" + "---|" * len(STATES))
    for rare in FRACTIONS:
        for fragments in DEPTHS:
            for truth, cis in (("cis", 1.0), ("trans", 0.0)):
                tally = dict.fromkeys(STATES, 0)
                for _ in range(each):
                    common = min(0.3, rare * float(rng.uniform(1, 3)))
                    counts = drawn(rng, common, rare, cis, fragments, float(rng.uniform(0, 0.02)))
                    tally[pair_verdict(counts, ERRORS, MOLECULES).verdict] += 1
                print(f"| {rare:.1%} | {fragments:,} | {truth} | " + " | ".join(str(tally[s]) for s in STATES) + " |")
    print("\n| cis fraction | inside the 95% interval, of 300 |")
    print("|---|---|")
    for cis in (0.1, 0.3, 0.5, 0.7, 0.9):
        inside = 0
        for _ in range(300):
            estimate = cis_fraction(drawn(rng, 0.06, 0.04, cis, 6000, 0.01), ERRORS, MOLECULES)
            inside += estimate.low <= cis <= estimate.high
        print(f"| {cis} | {inside} |")


if __name__ == "__main__":
    main()
