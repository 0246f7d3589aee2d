"""Points in, fitted curves out: the one way to the compiled kernels.

Wells are weighted by what is known of their scatter (:mod:`kinescape.assay.noise`) and, on request, by how far they
lie off the curve (:mod:`kinescape.assay.robust`); no well is ever taken out.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kinescape.assay.absolute import half_intervals
from kinescape.assay.batch import STARTS, fit_curves
from kinescape.assay.calibration import normal_pool, scatter_pool
from kinescape.assay.curve import CurveFit, Groups, Points, effective_dose, pooled
from kinescape.assay.logistic import LOG_IC50, PARAMETERS, TOP
from kinescape.assay.models import Box, ModelName, free_parameters
from kinescape.assay.profile import profile_curves

Array = NDArray[np.float64]

CONFIDENCE = 0.95


@dataclass
class Stack:
    """Many curves laid end to end for the kernels, which fill ``theta``, ``squares``, ``interval`` and ``absolute``
    (the interval of the absolute IC50)."""

    offsets: NDArray[np.int64]
    log_dose: Array
    mean: Array
    weight: Array
    within: Array
    lower: Array
    upper: Array
    theta: Array
    squares: Array
    interval: Array
    absolute: Array
    wells: NDArray[np.int64]

    def part(self, first: int, last: int) -> Stack:
        """Curves ``first:last`` as views: what a kernel writes into the part is written into the whole."""
        a, b = self.offsets[first], self.offsets[last]
        return Stack(
            self.offsets[first : last + 1] - a,
            self.log_dose[a:b],
            self.mean[a:b],
            self.weight[a:b],
            self.within[first:last],
            self.lower[first:last],
            self.upper[first:last],
            self.theta[first:last],
            self.squares[first:last],
            self.interval[first:last],
            self.absolute[first:last],
            self.wells[first:last],
        )


def stacked(curves: Sequence[Points], model: ModelName, box: Box, weights: Sequence[Array] | None = None) -> Stack:
    """Lay curves end to end."""
    box = box.for_model(model)
    groups: list[Groups] = [pooled(c, None if weights is None else weights[i]) for i, c in enumerate(curves)]
    offsets = np.zeros(len(curves) + 1, dtype=np.int64)
    np.cumsum([g.mean.size for g in groups], out=offsets[1:])
    bounds = [box.arrays(c.dose, c.reference) for c in curves]
    return Stack(
        offsets,
        np.concatenate([g.log_dose for g in groups]),
        np.concatenate([g.mean for g in groups]),
        np.concatenate([g.weight for g in groups]),
        np.array([g.within for g in groups]),
        np.array([b[0] for b in bounds]),
        np.array([b[1] for b in bounds]),
        np.empty((len(curves), PARAMETERS)),
        np.empty(len(curves)),
        np.empty((len(curves), 2)),
        np.full((len(curves), 2), math.nan),
        np.array([c.signal.size for c in curves], dtype=np.int64),
    )


def run_fits(stack: Stack, *, starts: int = STARTS, threads: int = 1) -> None:
    """Fill ``theta`` and ``squares``."""
    _side_by_side(stack, threads, lambda part: _fit_part(part, starts))


def run_profiles(stack: Stack, *, threads: int = 1, calibrate: bool = True) -> None:
    """Fill ``interval`` (natural logs), after :func:`run_fits`; ``calibrate`` as for
    :func:`kinescape.assay.profile.profile_curves`."""
    _side_by_side(stack, threads, lambda part: _profile_part(part, calibrate))


def _fit_part(part: Stack, starts: int) -> None:
    s = part
    fit_curves(s.offsets, s.log_dose, s.mean, s.weight, s.lower, s.upper, s.theta, s.squares, starts)


def _profile_part(part: Stack, calibrate: bool) -> None:
    s = part
    inside = s.wells - np.diff(s.offsets)
    kinds, which = np.unique(inside, return_inverse=True)
    scatters = np.array([scatter_pool(int(d)) for d in kinds])
    profile_curves(
        *(s.offsets, s.log_dose, s.mean, s.weight, s.lower, s.upper, s.theta, s.squares, s.within),
        *(_factors(s), _degrees(s).astype(np.float64), normal_pool(), scatters, which, calibrate, s.interval),
    )


def run_absolute_profiles(stack: Stack, *, threads: int = 1) -> None:
    """Fill ``absolute`` (natural logs), after :func:`run_fits`."""
    _side_by_side(stack, threads, _absolute_part)


def _absolute_part(part: Stack) -> None:
    s = part
    half = np.array([_log_half(theta) for theta in s.theta])
    half_intervals(
        *(s.offsets, s.log_dose, s.mean, s.weight, s.lower, s.upper, s.theta, s.squares, s.within),
        *(_factors(s), half, s.absolute),
    )


def _log_half(theta: Array) -> float:
    """Natural log of a fitted curve's absolute IC50; infinite where there is none."""
    if theta[TOP] <= 0.0:
        return math.inf
    value = effective_dose(theta, 0.5 * float(theta[TOP]))
    return math.log(value) if value > 0.0 else -math.inf


def _degrees(s: Stack) -> NDArray[np.int64]:
    """Wells minus free parameters, per curve."""
    free = [free_parameters(a, b) for a, b in zip(s.lower, s.upper, strict=True)]
    return np.asarray(s.wells - np.array(free, dtype=np.int64), dtype=np.int64)


def _factors(s: Stack) -> Array:
    """``F(0.95; 1, df) / df`` per curve, infinite without degrees of freedom."""
    return np.array([f_quantile(int(d)) / d if d > 0 else math.inf for d in _degrees(s)])


def f_quantile(degrees: int) -> float:
    """``F(0.95; 1, degrees)``, the square of Student's two-sided 95% quantile."""
    return float(special.stdtrit(degrees, 0.5 + 0.5 * CONFIDENCE)) ** 2


def _side_by_side(stack: Stack, threads: int, work: Callable[[Stack], None]) -> None:
    """Split the curves over threads (the kernels release the interpreter lock)."""
    curves = stack.wells.size
    threads = max(1, min(threads, curves // 50))
    cuts = np.linspace(0, curves, threads + 1).astype(int)
    parts = [stack.part(a, b) for a, b in itertools.pairwise(cuts)]
    if threads == 1:
        work(parts[0])
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, parts))


def fit_points(
    curves: Sequence[Points],
    *,
    model: ModelName = "4pl",
    box: Box | None = None,
    weights: Sequence[Array] | None = None,
    intervals: bool = True,
    calibrate: bool = True,
    starts: int = STARTS,
    threads: int = 1,
) -> list[CurveFit]:
    """Fit curves that can be fitted (see :func:`kinescape.assay.fittable.why_not`).

    Parameters
    ----------
    curves
        Each with at least as many doses as free parameters.
    weights
        Per curve the weight of each well; None for equal ones.
    intervals
        Whether to profile; without, the ends are NaN.
    calibrate
        Whether ends that the tested doses hardly bound have their level calibrated
        (:mod:`kinescape.assay.calibration`).
    """
    if not curves:
        return []
    stack = stacked(curves, model, box or Box(), weights)
    run_fits(stack, starts=starts, threads=threads)
    if intervals:
        run_profiles(stack, threads=threads, calibrate=calibrate)
        run_absolute_profiles(stack, threads=threads)
    else:
        stack.interval[:] = math.nan
    return [_curve_fit(stack, i, points, model, weights) for i, points in enumerate(curves)]


def noise_levels(curves: Sequence[Points], model: ModelName, box: Box, *, threads: int = 1) -> list[Array]:
    """The signal of each well by a fit with equal weights, at least 0: the level that a noise model weighs it by."""
    fits = fit_points(curves, model=model, box=box, intervals=False, threads=threads)
    return [np.maximum(fit.at(points.dose), 0.0) for fit, points in zip(fits, curves, strict=True)]


def _curve_fit(stack: Stack, i: int, points: Points, model: ModelName, weights: Sequence[Array] | None) -> CurveFit:
    weight = np.ones_like(points.signal) if weights is None else weights[i]
    rss = float(stack.squares[i] + stack.within[i])
    level = float(np.average(points.signal, weights=weight))
    flat = float(np.sum(weight * (points.signal - level) ** 2))
    free = free_parameters(stack.lower[i], stack.upper[i])
    low, high = np.exp(stack.interval[i])
    absolute = np.exp(stack.absolute[i])
    return CurveFit(
        points=points,
        model=model,
        theta=stack.theta[i].copy(),
        lower=stack.lower[i],
        upper=stack.upper[i],
        rss=rss,
        wells=points.signal.size,
        free=free,
        ic50_low=float(low),
        ic50_high=float(high),
        absolute_low=float(absolute[0]),
        absolute_high=float(absolute[1]),
        flat_rss=flat,
        flat_p=f_test(flat, points.signal.size - 1, rss, points.signal.size - free),
        weight=weight,
    )


def f_test(simple: float, simple_degrees: int, full: float, full_degrees: int) -> float:
    """P value of the extra-sum-of-squares F test (Bates and Watts 1988, section 3.10); 1 where there is nothing to
    test."""
    extra = simple_degrees - full_degrees
    if extra <= 0 or full_degrees <= 0 or simple <= full:
        return 1.0
    if full <= 0.0:
        return 0.0
    ratio = (simple - full) / extra / (full / full_degrees)
    return float(special.fdtrc(extra, full_degrees, ratio))


def log_ic50_of(fit: CurveFit) -> float:
    """log10 of the relative IC50 in nM: the scale on which experiments are averaged."""
    return float(fit.theta[LOG_IC50]) / math.log(10.0)
