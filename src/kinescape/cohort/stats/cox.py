"""Cox regression: maximum likelihood, Firth's penalised likelihood, robust variance for clustered records.

Sources: Cox 1972; Efron 1977 (ties); Firth 1993 and Heinze and Schemper 2001 (penalty, for few events and monotone
likelihood; intervals and p from the profile of the penalised likelihood); Lin and Wei 1989 (robust variance, score
residuals summed over the records of a cluster).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from kinescape.cohort.stats.partial_likelihood import PartialLikelihood
from kinescape.cohort.stats.records import Booleans, Floats, Integers, Survival
from kinescape.cohort.stats.tails import CONFIDENCE, chi_square_p, normal_quantile, normal_two_sided_p

MOST_STEPS = 100
LOST_INFORMATION = 1e-4
"""Where the information at the estimate has fallen below this share of the information at 0, the likelihood keeps
rising towards infinity (of a finite estimate, even a hazard ratio of 100 keeps a percent of it)."""


NO_INFORMATION = 1e-9
"""Information per event and variance of the covariate below which there is none but rounding."""


class NotEstimableError(ValueError):
    """The model cannot be fitted to these data; the message says why."""


@dataclass(frozen=True)
class CoxFit:
    """A fitted model with p coefficients; arrays have shape (p,)."""

    method: Literal["Efron", "Firth"]
    coef: Floats
    se: Floats
    robust_se: Floats | None
    low: Floats
    high: Floats
    p: Floats
    """Wald (Efron) or profile penalised likelihood ratio (Firth), one by one."""
    loglik: tuple[float, float]
    """At 0 and at the estimate; penalised for Firth."""
    likelihood_ratio: float
    wald: float
    score: float
    n: int
    events: int
    monotone: bool
    """The likelihood rises without end: coefficients and standard errors are meaningless, use Firth's method."""


def fit_cox(
    data: Survival,
    covariates: Floats,
    *,
    strata: Integers | None = None,
    cluster: Integers | None = None,
    firth: bool = False,
) -> CoxFit:
    """Fit a Cox model.

    Parameters
    ----------
    data, covariates
        n records and their covariates, shape (n, p).
    strata
        Separate baseline hazards.
    cluster
        Records of one patient share a number: robust standard errors are added (and used for the intervals of the
        maximum likelihood fit).
    firth
        Penalised likelihood.

    Raises
    ------
    NotEstimableError
        No event, or a covariate that does not vary inside any risk set.
    """
    likelihood = PartialLikelihood(data, covariates, strata)
    p = covariates.shape[1]
    start = likelihood.at(np.zeros(p))
    if not data.event.any():
        raise NotEstimableError("there is no event")
    scale = likelihood.spread
    if not scale.all() or np.linalg.eigvalsh(start.information / np.outer(scale, scale))[0] < NO_INFORMATION * float(
        data.event.sum()
    ):
        raise NotEstimableError("a covariate does not vary inside any risk set, or covariates depend on each other")
    target = _penalised if firth else _plain
    free = np.ones(p, dtype=np.bool_)
    beta = _maximise(likelihood, np.zeros(p), free, target)
    end = likelihood.at(beta)
    monotone = not firth and _lost_information(start.information, end.information)
    covariance = np.linalg.pinv(end.information, hermitian=True)
    se = np.full(p, np.inf) if monotone else np.sqrt(np.diag(covariance))
    null, best = target(likelihood, np.zeros(p))[0], target(likelihood, beta)[0]
    robust = _robust_se(likelihood, beta, covariance, cluster) if cluster is not None else None
    if firth:
        low, high, p_values = _profile(likelihood, beta, se, best)
    else:
        used = se if robust is None else robust
        half = normal_quantile() * used
        low, high = beta - half, beta + half
        p_values = np.array([normal_two_sided_p(z) for z in beta / used])
    return CoxFit(
        method="Firth" if firth else "Efron",
        coef=beta,
        se=se,
        robust_se=robust,
        low=low,
        high=high,
        p=p_values,
        loglik=(null, best),
        likelihood_ratio=2 * (best - null),
        wald=float(beta @ end.information @ beta),
        score=float(start.score @ np.linalg.solve(start.information, start.score)),
        n=len(data),
        events=int(data.event.sum()),
        monotone=monotone,
    )


def _lost_information(start: Floats, end: Floats) -> bool:
    scale = np.sqrt(np.diag(start))
    return bool(np.linalg.eigvalsh(end / np.outer(scale, scale))[0] < LOST_INFORMATION)


Target = Callable[[PartialLikelihood, Floats], tuple[float, Floats, Floats]]
"""Value, gradient and (approximate) information of what is maximised."""


def _plain(likelihood: PartialLikelihood, beta: Floats) -> tuple[float, Floats, Floats]:
    found = likelihood.at(beta)
    return found.loglik, found.score, found.information


def _penalised(likelihood: PartialLikelihood, beta: Floats) -> tuple[float, Floats, Floats]:
    """Log-likelihood plus half the log determinant of the information (Jeffreys' prior)."""
    found = likelihood.at(beta, third=True)
    sign, logdet = np.linalg.slogdet(found.information)
    if sign <= 0 or found.third is None:
        return -np.inf, found.score, found.information
    inverse = np.linalg.inv(found.information)
    penalty = np.einsum("jk,jkl->l", inverse, found.third) / 2
    return found.loglik + float(logdet) / 2, found.score + penalty, found.information


def _maximise(likelihood: PartialLikelihood, start: Floats, free: Booleans, target: Target) -> Floats:
    """Newton's method with step halving; coefficients that are not ``free`` keep their value."""
    beta = start.copy()
    value, gradient, information = target(likelihood, beta)
    for _ in range(MOST_STEPS):
        step = np.zeros_like(beta)
        inner = information[np.ix_(free, free)]
        step[free] = np.linalg.pinv(inner, hermitian=True) @ gradient[free]
        largest = float(np.max(np.abs(step * likelihood.spread), initial=0.0))
        if largest > 5:
            step *= 5 / largest
        for _ in range(40):
            trial = target(likelihood, beta + step)
            if trial[0] >= value - 1e-12 * abs(value):
                break
            step /= 2
        else:
            return beta
        beta = beta + step
        gained, (value, gradient, information) = trial[0] - value, trial
        if largest < 1e-9 or (abs(gained) < 1e-13 * abs(value) and largest < 1e-7):
            break
        if np.max(np.abs(beta * likelihood.spread)) > 20:  # monotone: further steps change nothing but the size
            break
    return beta


def _robust_se(likelihood: PartialLikelihood, beta: Floats, covariance: Floats, cluster: Integers) -> Floats:
    influence = likelihood.score_residuals(beta) @ covariance
    sums = np.zeros((int(cluster.max()) + 1, beta.size))
    np.add.at(sums, cluster, influence)
    return np.asarray(np.sqrt(np.diag(sums.T @ sums)), dtype=np.float64)


def _profile(likelihood: PartialLikelihood, beta: Floats, se: Floats, best: float) -> tuple[Floats, Floats, Floats]:
    """Profile intervals and likelihood-ratio p of each coefficient of a penalised fit."""
    low, high, p_values = np.empty_like(beta), np.empty_like(beta), np.empty_like(beta)
    drop = normal_quantile(CONFIDENCE) ** 2
    for place in range(beta.size):
        free = np.ones(beta.size, dtype=np.bool_)
        free[place] = False

        def loss(value: float, place: int = place, free: Booleans = free) -> float:
            fixed = beta.copy()
            fixed[place] = value
            if free.any():
                fixed = _maximise(likelihood, fixed, free, _penalised)
            return 2 * (best - _penalised(likelihood, fixed)[0])

        p_values[place] = chi_square_p(max(0.0, loss(0.0)), 1)
        low[place] = _crossing(loss, beta[place], -se[place], drop)
        high[place] = _crossing(loss, beta[place], se[place], drop)
    return low, high, p_values


def _crossing(loss: Callable[[float], float], centre: float, step: float, drop: float) -> float:
    """Where the loss reaches ``drop`` on one side of the estimate (infinite where it never does)."""
    inner, outer = centre, centre + step
    for _ in range(40):
        value = loss(outer)
        if value >= drop:
            break
        inner, outer = outer, outer + 2 * (outer - inner)
    else:
        return float(np.copysign(np.inf, step))
    for _ in range(60):
        middle = (inner + outer) / 2
        if loss(middle) < drop:
            inner = middle
        else:
            outer = middle
        if abs(outer - inner) < 1e-9 * max(1.0, abs(outer)):
            break
    return (inner + outer) / 2
