"""Which molecules were in the tube, and how many read pairs each of them gave.

This is where the noise of a liquid biopsy comes from. M molecules are drawn from the populations (multinomial), each is
copied to a random extent (gamma weights), and N read pairs are drawn from the copies (multinomial). With S the chance
that two pairs come from one molecule, an allele of fraction f then shows at VAF with variance

    f (1 - f) [ 1/N + (1 - 1/N) S ],    S = (a + 1) / (M a + 1),    a = 1 / CV^2

(Dirichlet-multinomial; S -> 1/M for CV = 0). ``tests/simulate/test_molecules.py`` holds the draws against it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinescape.simulate.plan import AmpliconPlan

LOWEST_CV = 1e-3
"""Below this spread of family sizes all molecules are copied alike."""


@dataclass(frozen=True)
class MoleculeDraw:
    """``population[m]`` of molecule m; ``molecule[p]`` of read pair p (not decreasing)."""

    population: NDArray[np.int32]
    molecule: NDArray[np.int64]


def draw_molecules(
    plan: AmpliconPlan, *, family_size_cv: float, unlimited: bool, rng: np.random.Generator
) -> MoleculeDraw:
    """Molecules of one amplicon and the read pairs they gave; the number of read pairs is the plan's."""
    shares = np.array([population.fraction for population in plan.populations])
    counts = rng.multinomial(plan.molecules, shares / shares.sum())
    population = np.repeat(np.arange(shares.size, dtype=np.int32), counts)
    if unlimited or plan.molecules == 0:
        return MoleculeDraw(population, np.arange(plan.pairs, dtype=np.int64))
    pairs_of = rng.multinomial(plan.pairs, _weights(plan.molecules, family_size_cv, rng))
    return MoleculeDraw(population, np.repeat(np.arange(plan.molecules, dtype=np.int64), pairs_of))


def variance_of_vaf(fraction: float, *, molecules: int, pairs: int, family_size_cv: float) -> float:
    """Variance of an observed allele fraction under the model above."""
    if family_size_cv < LOWEST_CV:
        same = 1.0 / molecules
    else:
        shape = family_size_cv**-2
        same = (shape + 1.0) / (molecules * shape + 1.0)
    return fraction * (1.0 - fraction) * (1.0 / pairs + (1.0 - 1.0 / pairs) * same)


def _weights(molecules: int, cv: float, rng: np.random.Generator) -> NDArray[np.float64]:
    if cv < LOWEST_CV:
        return np.full(molecules, 1.0 / molecules)
    weights = rng.gamma(cv**-2, size=molecules)
    total = weights.sum()
    return weights / total if total > 0 else np.full(molecules, 1.0 / molecules)
