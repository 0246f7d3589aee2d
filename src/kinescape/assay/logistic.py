"""The logistic dose-response curves, compiled: values, slopes, and the best plateaus for a given shape.

A curve is ``bottom + (top - bottom) * g(x)``, where ``top`` is the signal at dose 0 and ``g`` falls from 1 to 0::

    g(x) = (1 + (2^(1/a) - 1) * exp(h * (ln x - m)))^(-a)          m = ln IC50, slope h > 0, asymmetry a

``a = 1`` gives the four-parameter logistic (Hill 1910), any other ``a`` the five-parameter (Richards 1959), written
so that ``m`` is the half-way dose whatever the asymmetry. The direction of the curve is carried by ``top`` and
``bottom``, so that the slope is always positive and dose 0 (``ln x = -inf``) is exactly ``top``.

Given the shape ``(m, h, a)`` the curve is linear in ``top`` and ``bottom``; both are solved for exactly inside their
box (variable projection: Golub and Pereyra 1973), which leaves a two- or three-dimensional search.

All functions work on *groups*: the wells of one dose, as their mean and summed weight. Their scatter within a dose is a
constant that no curve can change.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kinescape.compiled import kernel

Array = NDArray[np.float64]

TOP, BOTTOM, LOG_IC50, SLOPE, ASYMMETRY = range(5)
"""Places in a parameter vector. ``LOG_IC50`` is natural; slope and asymmetry stand as they are."""

PARAMETERS = 5

LARGEST_EXPONENT = 600.0
"""exp() of more would overflow a double when squared or multiplied by a weight."""

LEAST_SHARE = 1e-12
"""Determinant of the two plateaus' normal equations, relative to its diagonal, below which one of them is not seen."""


@kernel
def shape_constant(asymmetry: float) -> float:
    """``ln(2^(1/a) - 1)``: what makes ``m`` the half-way dose."""
    return math.log(math.expm1(math.log(2.0) / asymmetry))


@kernel
def fill_shape(log_dose: Array, log_ic50: float, slope: float, asymmetry: float, g: Array) -> None:
    """Write ``g`` for each dose. ``log_dose`` is natural, ``-inf`` for dose 0."""
    if asymmetry == 1.0:
        for i in range(log_dose.shape[0]):
            u = slope * (log_dose[i] - log_ic50)
            g[i] = 1.0 / (1.0 + math.exp(min(u, LARGEST_EXPONENT)))
        return
    constant = shape_constant(asymmetry)
    for i in range(log_dose.shape[0]):
        u = slope * (log_dose[i] - log_ic50) + constant
        g[i] = math.exp(-asymmetry * math.log1p(math.exp(min(u, LARGEST_EXPONENT))))


@kernel
def fill_slopes(log_dose: Array, log_ic50: float, slope: float, asymmetry: float, g: Array, derivative: Array) -> None:
    """Write ``dg`` with respect to ``(m, ln h, ln a)`` into ``derivative`` of shape ``(3, doses)``."""
    a = asymmetry
    constant, constant_slope = 0.0, 0.0
    if a != 1.0:
        constant = shape_constant(a)
        power = math.exp(math.log(2.0) / a)
        constant_slope = -(math.log(2.0) / (a * a)) * power / (power - 1.0)
    else:
        constant_slope = -2.0 * math.log(2.0)
    for i in range(log_dose.shape[0]):
        if log_dose[i] == -math.inf:
            derivative[0, i] = derivative[1, i] = derivative[2, i] = 0.0
            continue
        distance = slope * (log_dose[i] - log_ic50)
        z = math.exp(min(distance + constant, LARGEST_EXPONENT))
        by_u = -a * g[i] * z / (1.0 + z)
        derivative[0, i] = -slope * by_u
        derivative[1, i] = distance * by_u
        derivative[2, i] = a * (-g[i] * math.log1p(z) + by_u * constant_slope)


@kernel
def best_plateaus(g: Array, mean: Array, weight: Array, lower: Array, upper: Array, theta: Array) -> float:
    """Solve for top and bottom inside their box; write them into ``theta``.

    Parameters
    ----------
    g, mean, weight
        Shape of the curve, mean signal and summed weight per dose, each of length ``doses``.
    lower, upper
        Boxes of the five parameters; a plateau with equal ends is fixed.

    Returns
    -------
    float
        Weighted sum of squares of the dose means around the curve.
    """
    a11 = a12 = a22 = r1 = r2 = 0.0
    for i in range(g.shape[0]):
        p, w = g[i], weight[i]
        q = 1.0 - p
        a11 += w * p * p
        a12 += w * p * q
        a22 += w * q * q
        r1 += w * p * mean[i]
        r2 += w * q * mean[i]
    determinant = a11 * a22 - a12 * a12
    if determinant > LEAST_SHARE * a11 * a22:
        top = (r1 * a22 - r2 * a12) / determinant
        bottom = (r2 * a11 - r1 * a12) / determinant
        if lower[TOP] <= top <= upper[TOP] and lower[BOTTOM] <= bottom <= upper[BOTTOM]:
            theta[TOP], theta[BOTTOM] = top, bottom
            return plateau_squares(g, mean, weight, top, bottom)
    # A convex problem whose free optimum lies outside its box has its optimum on one of the box's edges.
    best = math.inf
    for edge in range(4):
        if edge < 2:
            bottom = lower[BOTTOM] if edge == 0 else upper[BOTTOM]
            if not math.isfinite(bottom):
                continue
            top = (r1 - a12 * bottom) / a11 if a11 > 0.0 else 0.5 * (r1 + r2)
            top = min(max(top, lower[TOP]), upper[TOP])
        else:
            top = lower[TOP] if edge == 2 else upper[TOP]
            if not math.isfinite(top):
                continue
            bottom = (r2 - a12 * top) / a22 if a22 > 0.0 else top
            bottom = min(max(bottom, lower[BOTTOM]), upper[BOTTOM])
        squares = plateau_squares(g, mean, weight, top, bottom)
        if squares < best:
            best = squares
            theta[TOP], theta[BOTTOM] = top, bottom
    if best == math.inf:
        # No edge is finite and only one plateau is seen: the mean stands for both.
        level = (r1 + r2) / (a11 + 2.0 * a12 + a22)
        theta[TOP] = theta[BOTTOM] = level
        best = plateau_squares(g, mean, weight, level, level)
    return best


@kernel
def plateau_squares(g: Array, mean: Array, weight: Array, top: float, bottom: float) -> float:
    """Weighted sum of squares of the dose means around a curve."""
    squares = 0.0
    for i in range(g.shape[0]):
        residual = mean[i] - bottom - (top - bottom) * g[i]
        squares += weight[i] * residual * residual
    return squares


@kernel
def evaluate(log_dose: Array, theta: Array, out: Array) -> None:
    """Write the curve's value at each natural log dose into ``out``."""
    fill_shape(log_dose, theta[LOG_IC50], theta[SLOPE], theta[ASYMMETRY], out)
    for i in range(out.shape[0]):
        out[i] = theta[BOTTOM] + (theta[TOP] - theta[BOTTOM]) * out[i]
