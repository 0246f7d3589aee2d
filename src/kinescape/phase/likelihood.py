"""The likelihood of the cis fraction, given how many fragments show both, one or none of two variants.

Let ``a`` and ``b`` be the shares of molecules that carry either variant, and ``theta`` the *cis fraction*: the share of
the rarer variant's molecules that carry the other one too. The four kinds of molecule then have the shares

    both ``m theta``, only A ``a - m theta``, only B ``b - m theta``, none the rest,   with m = min(a, b).

What a fragment shows differs from its molecule in two ways. A *chimera* of the PCR joins two molecules between the
sites, so a share ``c`` of the fragments shows the alleles independently; and a base may be wrong (a reference base is
read as the alternative with the site's background, an alternative as anything else with the sequencing error). The
likelihood of the four counts is multinomial. Fragments are drawn from a limited number of input molecules; where that
is known, the log likelihood is scaled by ``1 / (1 + fragments / molecules)``, the share of independent information.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HALF_CHI2_95 = 1.9207294103470627
"""Half of the 95% quantile of chi-square with one degree of freedom: the drop that bounds a profile interval."""
_GRID = np.linspace(0.0, 1.0, 401)


@dataclass(frozen=True)
class PhaseErrors:
    """Rates at which a fragment misstates its molecule.

    ``background_a``, ``background_b``: share of reference molecules read as the alternative at either site.
    ``loss``: share of alternative bases read as the reference. ``chimera``: share of fragments joined of two molecules.
    """

    background_a: float
    background_b: float
    loss: float = 0.001
    chimera: float = 0.01


@dataclass(frozen=True)
class CisFraction:
    """Most likely cis fraction and its 95% profile-likelihood interval."""

    value: float
    low: float
    high: float


def cis_fraction(counts: tuple[int, int, int, int], errors: PhaseErrors, molecules: int | None) -> CisFraction:
    """Estimate the cis fraction.

    Parameters
    ----------
    counts
        Fragments that show (both, only A, only B, none).
    molecules
        Input genome copies, None when unknown.
    """
    fragments = sum(counts)
    profile = log_likelihood(_GRID, counts, errors)
    if molecules is not None:
        profile = profile / (1.0 + fragments / max(1, molecules))
    best = int(np.argmax(profile))
    inside = np.flatnonzero(profile >= profile[best] - HALF_CHI2_95)
    return CisFraction(float(_GRID[best]), float(_GRID[inside[0]]), float(_GRID[inside[-1]]))


def shown_shares(theta: float | NDArray[np.float64], a: float, b: float, errors: PhaseErrors) -> NDArray[np.float64]:
    """float64[..., 4]: expected shares of fragments that show (both, only A, only B, none), for every ``theta``."""
    both = min(a, b) * np.asarray(theta, np.float64)
    molecule = np.stack((both, a - both, b - both, 1.0 - a - b + both), axis=-1)
    independent = np.array([a * b, a * (1 - b), (1 - a) * b, (1 - a) * (1 - b)])
    fragment = (1.0 - errors.chimera) * molecule + errors.chimera * independent
    # What is read at both sites, given what is there: the product of the two sites' tables.
    shares = fragment @ np.kron(_read(errors.background_a, errors.loss), _read(errors.background_b, errors.loss))
    return np.asarray(np.maximum(shares, 1e-12))


def log_likelihood(
    theta: NDArray[np.float64], counts: tuple[int, int, int, int], errors: PhaseErrors
) -> NDArray[np.float64]:
    """float64[theta]: log likelihood of each cis fraction, the two allele shares at their marginal estimates.

    The shares of A and of B alone hardly depend on ``theta``: what is seen of A is ``a (1 - loss) + (1 - a)
    background``, whatever the phase, so the marginals stand for the joint maximum. How near they come to it is
    measured in ``tests/phase/test_joint_maximum.py`` and stated in ``docs/phasing.md``.
    """
    n11, n10, n01, n00 = counts
    total = max(1, n11 + n10 + n01 + n00)
    a = _true_share((n11 + n10) / total, errors.background_a, errors.loss)
    b = _true_share((n11 + n01) / total, errors.background_b, errors.loss)
    shares = shown_shares(theta, a, b, errors)
    values = np.log(shares / shares.sum(axis=-1, keepdims=True)) @ np.array(counts, np.float64)
    # More than everything: two common variants cannot be this much apart.
    return np.where(a + b - min(a, b) * theta > 1.0, -np.inf, values)


def _read(background: float, loss: float) -> NDArray[np.float64]:
    """float64[2, 2]: rows what is there (alternative, reference), columns what is read."""
    return np.array([[1.0 - loss, loss], [background, 1.0 - background]])


def _true_share(seen: float, background: float, loss: float) -> float:
    return float(np.clip((seen - background) / (1.0 - loss - background), 1e-6, 1.0 - 1e-6))
