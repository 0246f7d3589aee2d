"""Differences between variants when each experiment shifts all of them: a randomised block design by least squares."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import special

TAIL = 0.975


@dataclass(frozen=True)
class Difference:
    """Variant minus reference, with its standard error and degrees of freedom (0: no scatter to judge by)."""

    estimate: float
    error: float
    degrees: int
    experiments: int

    def interval(self) -> tuple[float, float]:
        """95% interval; NaN without degrees of freedom."""
        if self.degrees < 1:
            return math.nan, math.nan
        half = float(special.stdtrit(self.degrees, TAIL)) * self.error
        return self.estimate - half, self.estimate + half

    def p_value(self) -> float:
        """Two-sided P value of no difference."""
        if self.degrees < 1:
            return math.nan
        if self.error == 0.0:
            return 0.0 if self.estimate else 1.0
        return 2 * float(special.stdtr(self.degrees, -abs(self.estimate) / self.error))


def differences(values: Mapping[str, Mapping[str, float]], reference: str) -> dict[str, Difference]:
    """Every variant against ``reference`` over the experiments in which the reference was measured.

    Parameters
    ----------
    values
        By variant and experiment, on a scale on which an experiment's shift adds (logs).
    """
    blocks = list(values.get(reference, {}))
    if not blocks:
        return {}
    names = [reference, *(n for n in values if n != reference and set(values[n]) & set(blocks))]
    rows = [(n, b) for n in names for b in values[n] if b in blocks]
    y = np.array([values[n][b] for n, b in rows])
    variant = np.array([[n == name for name in names[1:]] for n, _ in rows], dtype=np.float64)
    block = np.array([[b == other for other in blocks[1:]] for _, b in rows], dtype=np.float64)
    design = np.column_stack([np.ones(len(rows)), variant.reshape(len(rows), -1), block.reshape(len(rows), -1)]).astype(
        np.float64
    )
    beta, _, rank, _ = np.linalg.lstsq(design, y, rcond=None)
    degrees = y.size - int(rank)
    residuals = y - design @ beta
    covariance = np.linalg.pinv(design.T @ design)
    variance = float(residuals @ residuals) / degrees if degrees else math.nan
    return {
        name: Difference(
            float(beta[1 + i]),
            math.sqrt(variance * float(covariance[1 + i, 1 + i])) if degrees else math.nan,
            degrees,
            len(set(values[name]) & set(blocks)),
        )
        for i, name in enumerate(names[1:])
    }
