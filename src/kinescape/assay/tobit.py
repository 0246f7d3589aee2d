"""Linear models with censored observations (Tobin 1958), by maximum likelihood, with profile intervals of a difference.

Olsen's (1978) parameters, ``1/sigma`` and ``beta/sigma``, make the log likelihood concave, so Newton's method finds
its one maximum. Without censoring the profile interval is the exact t interval: the likelihood ratio is compared with
``n ln(1 + t^2 / df)``, which is what t turns into, instead of chi-square, which is far too short for three experiments.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]
Signs = NDArray[np.int64]

EXACT, RIGHT, LEFT = 0, 1, -1
"""An observation is known, or known to lie above (RIGHT) or below (LEFT) its value."""

_LOG_ROOT_TWO_PI = 0.5 * math.log(2 * math.pi)


@dataclass(frozen=True)
class TobitFit:
    """``beta`` (parameters), ``sigma`` (maximum likelihood, not corrected for degrees of freedom), ``loglik``."""

    beta: Array
    sigma: float
    loglik: float


def fit_tobit(design: Array, y: Array, censored: Signs) -> TobitFit | None:
    """Maximum likelihood; None where the known observations leave no scatter to estimate.

    Parameters
    ----------
    design
        ``(n, p)`` of full column rank.
    y
        ``(n,)`` values or bounds.
    censored
        ``(n,)`` of EXACT, RIGHT or LEFT.
    """
    exact = censored == EXACT
    if np.count_nonzero(exact) <= np.linalg.matrix_rank(design[exact]) if exact.any() else True:
        return None
    start, *_ = np.linalg.lstsq(design, y, rcond=None)
    spread = float(np.std((y - design @ start)[exact])) or 1.0
    parameters = np.append(start, 1.0) / spread
    value, gradient, hessian = _likelihood(design, y, censored, parameters)
    for _ in range(200):
        step = np.linalg.lstsq(-hessian, gradient, rcond=None)[0]
        scale = 1.0
        while True:
            trial = parameters + scale * step
            if trial[-1] > 0:
                after, next_gradient, next_hessian = _likelihood(design, y, censored, trial)
                if after >= value - 1e-12:
                    break
            scale *= 0.5
            if scale < 1e-10:
                trial, after, next_gradient, next_hessian = parameters, value, gradient, hessian
                break
        moved = float(np.max(np.abs(trial - parameters)) / np.max(np.abs(parameters)))
        parameters, value, gradient, hessian = trial, after, next_gradient, next_hessian
        if moved < 1e-11:
            break
    sigma = 1.0 / float(parameters[-1])
    if sigma < 1e-9:
        return None
    return TobitFit(parameters[:-1] * sigma, sigma, value)


def _likelihood(design: Array, y: Array, censored: Signs, parameters: Array) -> tuple[float, Array, Array]:
    """Log likelihood with its gradient and Hessian in (beta/sigma, 1/sigma)."""
    theta = float(parameters[-1])
    rows = np.column_stack([design, -y])
    z = rows @ parameters  # (x beta - y) / sigma
    exact = censored == EXACT
    value = float(np.sum(math.log(theta) - _LOG_ROOT_TWO_PI - 0.5 * z[exact] ** 2))
    slope, curvature = np.empty_like(z), np.empty_like(z)
    slope[exact], curvature[exact] = -z[exact], -1.0
    sign = censored[~exact].astype(np.float64)
    beyond = sign * z[~exact]
    log_tail = special.log_ndtr(beyond)
    value += float(np.sum(log_tail))
    mills = np.exp(-0.5 * beyond**2 - _LOG_ROOT_TWO_PI - log_tail)
    slope[~exact] = sign * mills
    curvature[~exact] = -mills * (mills + beyond)
    gradient = rows.T @ slope
    hessian = (rows * curvature[:, None]).T @ rows
    known = float(np.count_nonzero(exact))
    gradient[-1] += known / theta
    hessian[-1, -1] -= known / theta**2
    return value, gradient, hessian


def t_of_ratio(ratio: float, known: int, degrees: int) -> float:
    """The t value to which a likelihood ratio ``2 (l_max - l)`` of a normal linear model belongs."""
    return math.sqrt(max(degrees * math.expm1(max(ratio, 0.0) / known), 0.0))


def profile_interval(
    t_at: Callable[[float], float], start: float, scale: float, quantile: float
) -> tuple[float, float]:
    """Where a signed t profile leaves ``(-quantile, quantile)``, going out from ``start``; infinite where it never
    does.

    ``t_at(value)`` falls as ``value`` grows: positive below the estimate, negative above.
    """
    ends = []
    for direction in (-1, 1):
        target = -direction * quantile
        near, step = start, scale
        far = near
        for _ in range(40):
            far = near + direction * step
            if (t_at(far) - target) * -direction >= 0:
                break
            near, step = far, step * 1.6
            if step > 1e3 * max(scale, 1.0):
                far = direction * math.inf
                break
        if math.isinf(far):
            ends.append(far)
            continue
        for _ in range(60):
            middle = 0.5 * (near + far)
            if (t_at(middle) - target) * -direction >= 0:
                far = middle
            else:
                near = middle
        ends.append(0.5 * (near + far))
    return ends[0], ends[1]
