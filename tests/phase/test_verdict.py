"""Cis and trans: the published cases in counts, and error rates over simulated pairs."""

from __future__ import annotations

import numpy as np
import pytest

from kinescape.phase.likelihood import PhaseErrors, cis_fraction
from kinescape.phase.verdict import pair_verdict

ERRORS = PhaseErrors(8e-4, 8e-4)


def drawn(
    rng: np.random.Generator, a: float, b: float, theta: float, fragments: int, molecules: int | None, chimera: float
) -> tuple[int, int, int, int]:
    """Counts of one simulated pair: molecules first, then fragments, chimeras and errors."""
    both = min(a, b) * theta
    shares = np.array([both, a - both, b - both, 1 - a - b + both])
    if molecules is not None:
        shares = rng.multinomial(molecules, shares) / molecules
    one = rng.choice(4, size=fragments, p=shares)
    other = rng.choice(4, size=fragments, p=shares)
    joined = rng.random(fragments) < chimera
    has_a = one < 2
    has_b = np.where(joined, other, one) % 2 == 0
    has_a = has_a ^ (rng.random(fragments) < np.where(has_a, 1e-3, 8e-4))
    has_b = has_b ^ (rng.random(fragments) < np.where(has_b, 1e-3, 8e-4))
    return (
        int((has_a & has_b).sum()),
        int((has_a & ~has_b).sum()),
        int((~has_a & has_b).sum()),
        int((~has_a & ~has_b).sum()),
    )


def test_compound_in_cis_and_two_clones_in_trans() -> None:
    assert pair_verdict((240, 6, 5, 6000), ERRORS, 6000).verdict == "cis"
    trans = pair_verdict((1, 550, 150, 5800), ERRORS, 7000)
    assert trans.verdict == "trans"
    assert trans.ci_high is not None
    assert trans.ci_high < 0.25


def test_nested_subclone_tells_which_came_first() -> None:
    verdict = pair_verdict((100, 200, 2, 6000), ERRORS, None)
    assert verdict.verdict == "cis"
    assert "first variant" in verdict.reason


def test_half_of_the_molecules_together_is_mixed() -> None:
    assert pair_verdict((100, 100, 100, 6000), ERRORS, None).verdict == "mixed"


@pytest.mark.parametrize(
    ("counts", "molecules", "words"),
    [
        ((0, 0, 0, 0), None, "no fragment spans"),
        ((3, 1, 1, 5000), None, "too few fragments"),
        ((40, 2, 1, 9000), 900, "too few input molecules"),
    ],
)
def test_no_verdict_without_power(counts: tuple[int, int, int, int], molecules: int | None, words: str) -> None:
    verdict = pair_verdict(counts, ERRORS, molecules)
    assert verdict.verdict == "undeterminable"
    assert words in verdict.reason
    assert verdict.cis_fraction is None


def test_overlap_that_the_background_explains_is_no_evidence() -> None:
    noisy = PhaseErrors(8e-4, 3.5e-3)
    verdict = pair_verdict((10, 2990, 6, 2994), noisy, None)
    assert verdict.verdict == "undeterminable"
    assert "errors and chimeras" in verdict.reason


def test_estimate_covers_the_truth() -> None:
    rng = np.random.default_rng(3)
    inside = 0
    runs = 200
    for _ in range(runs):
        counts = drawn(rng, 0.05, 0.04, 0.5, 6000, None, 0.01)
        estimate = cis_fraction(counts, ERRORS, None)
        inside += estimate.low <= 0.5 <= estimate.high
    assert inside / runs > 0.9


@pytest.mark.slow
def test_no_cis_is_called_trans_and_no_trans_cis() -> None:
    rng = np.random.default_rng(11)
    tally: dict[tuple[str, str], int] = {}
    for run in range(1200):
        truth = ("cis", "trans")[run % 2]
        rarer = float(np.exp(rng.uniform(np.log(0.003), np.log(0.2))))
        commoner = min(0.2, rarer * float(rng.uniform(1, 3)))
        fragments = int(np.exp(rng.uniform(np.log(1000), np.log(30_000))))
        molecules = None if rng.random() < 0.3 else int(np.exp(rng.uniform(np.log(300), np.log(10_000))))
        counts = drawn(
            rng, commoner, rarer, 1.0 if truth == "cis" else 0.0, fragments, molecules, float(rng.uniform(0, 0.02))
        )
        verdict = pair_verdict(counts, ERRORS, molecules).verdict
        tally[truth, verdict] = tally.get((truth, verdict), 0) + 1
    assert tally.get(("cis", "trans"), 0) == 0
    assert tally.get(("trans", "cis"), 0) == 0
    # And it is not silent: most pairs get their verdict.
    assert tally["cis", "cis"] + tally["trans", "trans"] > 600
