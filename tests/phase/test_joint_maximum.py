"""The marginal estimates of the allele shares against a joint maximisation over all three parameters."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from kinescape.phase.likelihood import HALF_CHI2_95, PhaseErrors, cis_fraction, log_likelihood, shown_shares

ERRORS = PhaseErrors(8e-4, 1.2e-3)
Counts = tuple[int, int, int, int]


def joint(counts: Counts, theta: float) -> float:
    """Log likelihood at ``theta``, maximised over both shares by Nelder and Mead's simplex on their logits."""

    def minus(logits: np.ndarray) -> float:
        a, b = 1 / (1 + np.exp(-logits))
        if a + b - min(a, b) * theta > 1:
            return 1e12
        shares = shown_shares(theta, float(a), float(b), ERRORS)
        return -float(np.dot(counts, np.log(shares / shares.sum())))

    total = sum(counts)
    start = [max(counts[0] + counts[1], 1) / total, max(counts[0] + counts[2], 1) / total]
    logits = np.log(start) - np.log1p(-np.array(start))
    return -float(minimize(minus, logits, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-8}).fun)


@pytest.mark.parametrize(
    "counts", [(240, 6, 5, 6000), (1, 550, 150, 5800), (100, 100, 100, 6000), (30, 60, 2, 2000), (9, 20, 9, 1500)]
)
def test_marginals_stand_for_the_joint_maximum(counts: Counts) -> None:
    grid = np.linspace(0.0, 1.0, 51)
    exact = np.array([joint(counts, float(theta)) for theta in grid])
    inside = np.flatnonzero(exact >= exact.max() - HALF_CHI2_95)
    estimate = cis_fraction(counts, ERRORS, None)
    assert estimate.value == pytest.approx(grid[exact.argmax()], abs=0.025)
    # The marginal profile is never above the joint one, so its interval can only be the narrower of the two.
    assert (log_likelihood(grid, counts, ERRORS) <= exact + 1e-4).all()
    assert estimate.low == pytest.approx(grid[inside[0]], abs=0.06)
    assert estimate.high == pytest.approx(grid[inside[-1]], abs=0.06)


def test_shares_are_a_distribution_for_every_cis_fraction() -> None:
    shares = shown_shares(np.linspace(0, 1, 11), 0.3, 0.1, ERRORS)
    assert shares.shape == (11, 4)
    assert shares.sum(axis=1) == pytest.approx(np.ones(11))
