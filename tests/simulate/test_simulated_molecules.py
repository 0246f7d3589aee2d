"""The noise of allele fractions: molecules drawn, families of unequal size, read pairs drawn from them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kinescape.panel.model import Panel
from kinescape.simulate.molecules import draw_molecules, variance_of_vaf
from kinescape.simulate.plan import AmpliconPlan, make_plan
from kinescape.simulate.spec_file import to_spec

REPEATS = 1500


def amplicon_plan(panel: Panel, fraction: float, pairs: int, molecules: int | str) -> AmpliconPlan:
    haplotypes = [{"name": "h", "fraction": fraction, "changes": ["ALK:L1196M"]}]
    spec = to_spec({"sample": "s", "pairs": pairs, "molecules": molecules, "haplotypes": haplotypes})
    return next(each for each in make_plan(spec, panel).amplicons if each.amplicon.name == "ALK_E23")


def observed_vafs(plan: AmpliconPlan, cv: float, *, unlimited: bool = False) -> np.ndarray:
    rng = np.random.default_rng(11)
    vafs = []
    for _ in range(REPEATS):
        draw = draw_molecules(plan, family_size_cv=cv, unlimited=unlimited, rng=rng)
        assert draw.population.size == plan.molecules
        assert draw.molecule.size == plan.pairs
        vafs.append(float((draw.population[draw.molecule] == 0).mean()))
    return np.array(vafs)


@pytest.mark.parametrize(
    ("fraction", "pairs", "molecules", "cv"),
    [(0.05, 2000, 300, 0.0), (0.05, 2000, 300, 0.5), (0.3, 500, 2000, 0.5), (0.02, 3000, 1000, 1.5)],
)
def test_vaf_has_the_mean_and_the_variance_of_the_model(
    panel: Panel, fraction: float, pairs: int, molecules: int, cv: float
) -> None:
    vafs = observed_vafs(amplicon_plan(panel, fraction, pairs, molecules), cv)
    variance = variance_of_vaf(fraction, molecules=molecules, pairs=pairs, family_size_cv=cv)
    assert vafs.mean() == pytest.approx(fraction, abs=4.5 * math.sqrt(variance / REPEATS))
    # The variance of a variance is about 2/n for a bell curve, somewhat more for these skewed ones.
    assert vafs.var(ddof=1) == pytest.approx(variance, rel=4.5 * math.sqrt(3.0 / REPEATS))


def test_without_spread_the_variance_is_that_of_molecules_and_of_reads(panel: Panel) -> None:
    variance = variance_of_vaf(0.01, molecules=3000, pairs=6000, family_size_cv=0.0)
    assert variance == pytest.approx(0.01 * 0.99 * (1 / 3000 + 1 / 6000), rel=1e-3)


def test_unlimited_molecules_leave_the_noise_of_reads_only(panel: Panel) -> None:
    vafs = observed_vafs(amplicon_plan(panel, 0.1, 1000, "unlimited"), 0.5, unlimited=True)
    assert vafs.var(ddof=1) == pytest.approx(0.09 / 1000, rel=4.5 * math.sqrt(2.0 / REPEATS))


def test_families_have_the_stated_spread(panel: Panel) -> None:
    plan = amplicon_plan(panel, 0.1, 200_000, 2000)
    draw = draw_molecules(plan, family_size_cv=0.8, unlimited=False, rng=np.random.default_rng(2))
    sizes = np.bincount(draw.molecule, minlength=2000)
    expected = math.sqrt(0.8**2 + 1 / 100)
    assert sizes.std() / sizes.mean() == pytest.approx(expected, rel=0.08)


def test_cfdna_is_counted_in_haploid_genomes() -> None:
    spec = to_spec({"sample": "s", "pairs": 10, "cfdna_ng": 3.3})
    assert spec.molecule_count(10) == 1000
    part = to_spec({"sample": "s", "pairs": 10, "cfdna_ng": 10, "amplifiable": 0.1})
    assert part.molecule_count(10) == 303
    tiny = to_spec({"sample": "s", "pairs": 10, "cfdna_ng": 0.0001})
    assert tiny.molecule_count(10) == 1
