"""How often the 95% profile interval of an IC50 holds the truth, from one tenth to three times the top dose.

    python benchmarks/assay_coverage.py [--curves 4000]

Simulated plates: untreated wells and ten threefold doses, in triplicate, through the same weighting and fitting as
``kinescape assay fit``. "delta" is the interval most programs print (estimate and standard error from the curvature).
"""

from __future__ import annotations

import argparse
import math

import numpy as np

from kinescape.assay.curve import CurveFit, Points, curve_values
from kinescape.assay.fit import f_quantile, fit_points
from kinescape.assay.noise import CONSTANT, estimated_noise
from kinescape.assay.outcome import judged
from kinescape.assay.simulated import Design, dose_series, noisy, viability

TOP = 10000.0
RATIOS = (0.1, 0.2, 0.5, 1.0, 2.0, 3.0)
SCATTERS = {"constant 5%": (0.05, 0.0), "5% of signal + 1%": (0.01, 0.05)}
BOTTOMS = (0.0, 0.05, 0.2)


def simulated(ratio: float, bottom: float, floor: float, cv: float, count: int, seed: int) -> list[Points]:
    design = Design(doses=10, floor_sd=floor, well_cv=cv, bottom=bottom)
    rng = np.random.default_rng(seed)
    dose = np.concatenate([np.zeros(6), np.repeat(dose_series(TOP, design), 3)])
    share = viability(dose, ratio * TOP, design)
    return [Points(dose, noisy(share, design, rng)) for _ in range(count)]


def fitted(curves: list[Points]) -> list[CurveFit]:
    """As ``assay fit`` does it: plain fits, weights from the replicates of the whole screen, fits with intervals."""
    noise = estimated_noise(curves)
    if noise == CONSTANT:
        return fit_points(curves, threads=2)
    plain = fit_points(curves, intervals=False)
    weights = [noise.weights(np.maximum(f.at(p.dose), 0), p.reference) for f, p in zip(plain, curves, strict=True)]
    return fit_points(curves, weights=weights, threads=2)


def delta_interval(fit: CurveFit) -> tuple[float, float]:
    """The linearised interval of ln IC50."""
    places = [0, 1, 2, 3]
    columns = []
    for place in places:
        step = 1e-5 * max(abs(fit.theta[place]), 1e-3)
        up, down = fit.theta.copy(), fit.theta.copy()
        up[place] += step
        down[place] -= step
        columns.append((curve_values(up, fit.points.dose) - curve_values(down, fit.points.dose)) / (2 * step))
    jacobian = np.column_stack(columns) * np.sqrt(fit.weight)[:, None]
    scale = np.linalg.norm(jacobian, axis=0)
    if np.any(scale == 0):
        return -math.inf, math.inf
    covariance = np.linalg.pinv((jacobian / scale).T @ (jacobian / scale))
    error = math.sqrt(max(covariance[2, 2], 0.0) * fit.rss / fit.degrees) / scale[2]
    half = math.sqrt(f_quantile(fit.degrees)) * error
    return float(fit.theta[2] - half), float(fit.theta[2] + half)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--curves", type=int, default=4000)
    arguments = parser.parse_args()
    print("| scatter | bottom | IC50 / top dose | profile | delta | printed as > top | estimate beyond top |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, (floor, cv) in SCATTERS.items():
        for bottom in BOTTOMS:
            for ratio in RATIOS:
                curves = simulated(ratio, bottom, floor, cv, arguments.curves, seed=int(1000 * ratio + 100 * bottom))
                fits = fitted(curves)
                truth = ratio * TOP
                covered = np.mean([f.ic50_low <= truth <= f.ic50_high for f in fits])
                ends = [delta_interval(f) for f in fits[:1000]]
                delta = np.mean([low <= math.log(truth) <= high for low, high in ends])
                states = [judged(_Curve(f.points), f, "profile", 0).state for f in fits]  # type: ignore[arg-type]
                above = np.mean([state == "above" for state in states])
                beyond = np.mean([f.ic50 > TOP for f in fits])
                row = (f"{covered:.1%}", f"{delta:.1%}", f"{above:.0%}", f"{beyond:.0%}")
                print(f"| {name} | {bottom:.0%} | {ratio:g} | " + " | ".join(row) + " |", flush=True)


class _Curve:
    """What ``judged`` reads of a curve."""

    def __init__(self, points: Points) -> None:
        self.points, self.warnings = points, ()


if __name__ == "__main__":
    main()
