"""Least squares for any smooth model: what the compiled logistic search is too special for.

Used for biphasic and hormetic curves, for parameters shared over several curves, and for growth. Levenberg-Marquardt
with Marquardt's scaling and Nielsen's (1999) damping, bounds kept by clipping with coordinates frozen on their bound,
and steps solved by QR of the scaled Jacobian rather than by normal equations, which costs half the digits on
ill-conditioned problems (MGH10 of the NIST collection).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Residuals = Callable[[Array], Array]

MOST_STEPS = 20000
SMALLEST_STEP = 1e-12
"""Relative step below which the search ends."""
FIRST_DAMPINGS = (1.0, 1000.0)
"""Both are tried and the lower sum of squares is kept: a long first step from a poor start can land on a plateau from
which no step leads back (BoxBOD), a short one can settle in a near valley (Eckerle4)."""
COMPLEX_STEP = 1e-30
"""Step of the complex-step derivative (Squire and Trapp 1998): exact to rounding, for models of analytic functions."""


@dataclass(frozen=True)
class Solution:
    """``parameters``, their standard errors (NaN where not determined), residual sum of squares, degrees of freedom."""

    parameters: Array
    errors: Array
    rss: float
    degrees: int


def complex_jacobian(residuals: Residuals, parameters: Array) -> Array:
    """Jacobian of residuals ``(n, p)``; the function must accept complex parameters and be analytic."""
    columns = []
    for i in range(parameters.size):
        moved = parameters.astype(np.complex128)
        moved[i] += 1j * COMPLEX_STEP
        columns.append(np.imag(residuals(moved)) / COMPLEX_STEP)  # type: ignore[arg-type]
    return np.column_stack(columns)


def least_squares(
    residuals: Residuals,
    start: Sequence[float] | Array,
    *,
    lower: Sequence[float] | Array | None = None,
    upper: Sequence[float] | Array | None = None,
) -> Solution:
    """Minimise the sum of squares of ``residuals(parameters)``.

    Parameters
    ----------
    residuals
        ``(p,) -> (n,)``, analytic (see :func:`complex_jacobian`).
    start, lower, upper
        ``(p,)``; a parameter with equal bounds is fixed.
    """
    x = np.array(start, dtype=np.float64)
    low = np.full(x.size, -math.inf) if lower is None else np.asarray(lower, dtype=np.float64)
    high = np.full(x.size, math.inf) if upper is None else np.asarray(upper, dtype=np.float64)
    x = np.clip(x, low, high)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        ends = [_descend(residuals, x, low, high, damping) for damping in FIRST_DAMPINGS]
        x = min(ends, key=lambda end: _squares(residuals, end))
        r = residuals(x)
        jacobian = complex_jacobian(residuals, x)
    rss = float(r @ r)
    free = low < high
    degrees = r.size - int(free.sum())
    return Solution(x, _errors(jacobian, free, rss, degrees), rss, degrees)


def _squares(residuals: Residuals, x: Array) -> float:
    r = residuals(x)
    squares = float(r @ r)
    return squares if math.isfinite(squares) else math.inf


def _descend(residuals: Residuals, x: Array, low: Array, high: Array, damping: float) -> Array:
    r = residuals(x)
    squares = float(r @ r)
    jacobian = complex_jacobian(residuals, x)
    scale = np.linalg.norm(jacobian, axis=0)
    factor = 2.0
    for _ in range(MOST_STEPS):
        gradient = -jacobian.T @ r
        active = (low < high) & ~((x <= low) & (gradient < 0)) & ~((x >= high) & (gradient > 0))
        active &= np.linalg.norm(jacobian, axis=0) > 0
        if not active.any():
            break
        step = _step(jacobian[:, active], r, scale[active], damping)
        trial = x.copy()
        trial[active] += step
        trial = np.clip(trial, low, high)
        move = float(np.max(np.abs(trial - x) / np.maximum(np.abs(x), 1e-300)))
        trial_r = residuals(trial)
        after = float(trial_r @ trial_r)
        if math.isfinite(after) and after < squares:
            predicted = float(np.sum((jacobian[:, active] @ (trial - x)[active] + r) ** 2))
            gain = (squares - after) / max(squares - predicted, 1e-300)
            x, r, squares = trial, trial_r, after
            jacobian = complex_jacobian(residuals, x)
            scale = np.maximum(scale, np.linalg.norm(jacobian, axis=0))
            damping *= max(1.0 / 3.0, 1.0 - (2.0 * min(gain, 1.0) - 1.0) ** 3)
            factor = 2.0
        else:
            damping *= factor
            factor *= 2.0
        if move < SMALLEST_STEP or damping > 1e30:
            break
    return x


def _step(jacobian: Array, r: Array, scale: Array, damping: float) -> Array:
    """Damped Gauss-Newton step by least squares on the stacked, column-scaled system."""
    scale = np.where(scale > 0, scale, 1.0)
    stacked = np.vstack([jacobian / scale, math.sqrt(damping) * np.eye(scale.size)])
    target = np.concatenate([-r, np.zeros(scale.size)])
    q, upper = np.linalg.qr(stacked)
    solved = np.linalg.solve(upper, q.T @ target) if np.all(np.diag(upper) != 0) else np.zeros(scale.size)
    return np.asarray(solved / scale)


def _errors(jacobian: Array, free: NDArray[np.bool_], rss: float, degrees: int) -> Array:
    errors = np.full(free.size, math.nan)
    if degrees <= 0 or not np.all(np.isfinite(jacobian)):
        return errors
    part = jacobian[:, free]
    scale = np.linalg.norm(part, axis=0)
    if np.any(scale == 0):
        return errors
    upper: Array = np.asarray(np.linalg.qr(part / scale).R)
    if np.any(np.abs(np.diag(upper)) < 1e-14):
        return errors
    inverse = np.linalg.solve(upper, np.eye(upper.shape[0]))
    errors[free] = np.sqrt(np.sum(inverse**2, axis=1) * rss / degrees) / scale
    return errors
