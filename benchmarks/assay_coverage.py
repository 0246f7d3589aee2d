"""How often the 95% profile interval of an IC50 holds the truth, from one tenth to three times the top dose.

    python benchmarks/assay_coverage.py [--curves 2000] [--design usual|poor] [--scatter "constant 5%"] [--slopes 1]

Simulated plates through the same weighting and fitting as ``kinescape assay fit``. Signals stand above the mean of the
blanks, so that killed wells scatter around 0 on both sides. "F level" is the profile interval without calibration,
"profile" the one that is reported; its misses are split into those below and those above the truth. "absolute" is the
interval of the absolute IC50.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace

import numpy as np

from kinescape.assay.curve import CurveFit, Points
from kinescape.assay.fit import fit_points
from kinescape.assay.noise import CONSTANT, estimated_noise
from kinescape.assay.outcome import judged
from kinescape.assay.simulated import Design, dose_series, viability

TOP = 10000.0
RATIOS = (0.1, 0.5, 1.0, 2.0, 3.0)
SCATTERS = {"constant 5%": (0.05, 0.0), "5% of signal + 1%": (0.01, 0.05), "10% of signal + 2%": (0.02, 0.1)}
BOTTOMS = (0.0, 0.05, 0.2)
SLOPES = (0.7, 1.0, 2.0)
DESIGNS = {
    "usual": Design(doses=10, replicates=3, untreated=6),
    "poor": Design(doses=6, replicates=2, untreated=3, dilution=4.0),
}


def simulated(design: Design, ratio: float, count: int, seed: int) -> list[Points]:
    rng = np.random.default_rng(seed)
    dose = np.concatenate([np.zeros(design.untreated), np.repeat(dose_series(TOP, design), design.replicates)])
    share = viability(dose, ratio * TOP, design)
    sd = np.sqrt(design.floor_sd**2 + (design.well_cv * share) ** 2)
    return [Points(dose, design.signal * (share + rng.normal(0.0, 1.0, share.size) * sd)) for _ in range(count)]


def fitted(curves: list[Points]) -> tuple[list[CurveFit], list[CurveFit]]:
    """As ``assay fit`` does it: plain fits, weights from the replicates of the whole screen, fits with intervals.
    Second, the same without calibration."""
    noise = estimated_noise(curves)
    weights = [np.ones_like(p.signal) for p in curves]
    if noise != CONSTANT:
        plain = fit_points(curves, intervals=False)
        weights = [noise.weights(np.maximum(f.at(p.dose), 0), p.reference) for f, p in zip(plain, curves, strict=True)]
    return fit_points(curves, weights=weights, threads=2), fit_points(curves, weights=weights, calibrate=False)


def covered(intervals: list[tuple[float, float]], truth: float) -> float:
    return float(np.mean([low <= truth <= high for low, high in intervals]))


def line(design: Design, ratio: float, count: int) -> list[str]:
    seed = int(1000 * ratio + 100 * design.bottom + 7 * design.slope)
    fits, plain = fitted(simulated(design, ratio, count, seed))
    truth = ratio * TOP
    half = truth * (1.0 - 2.0 * design.bottom) ** (-1.0 / design.slope)
    states = [judged(_Curve(f.points), f, "profile", 0).state for f in fits]  # type: ignore[arg-type]
    return [
        f"{covered([(f.ic50_low, f.ic50_high) for f in plain], truth):.1%}",
        f"{covered([(f.ic50_low, f.ic50_high) for f in fits], truth):.1%}",
        f"{np.mean([f.ic50_high < truth for f in fits]):.1%}",
        f"{np.mean([f.ic50_low > truth for f in fits]):.1%}",
        f"{np.mean([math.isinf(f.ic50_high) for f in fits]):.0%}",
        f"{covered([(f.absolute_low, f.absolute_high) for f in fits], half):.1%}",
        f"{np.mean([state == 'above' for state in states]):.0%}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--curves", type=int, default=2000)
    parser.add_argument("--design", choices=DESIGNS, default="usual")
    parser.add_argument("--scatter", choices=SCATTERS, default="constant 5%")
    parser.add_argument("--slopes", type=float, nargs="+", default=SLOPES)
    parser.add_argument("--bottoms", type=float, nargs="+", default=BOTTOMS)
    arguments = parser.parse_args()
    floor, cv = SCATTERS[arguments.scatter]
    print(f"{arguments.design} design, {arguments.scatter}, {arguments.curves} curves per line")
    print("| slope | bottom | IC50 / top | F level | profile | below | above | open above | absolute | printed > top |")
    print("| --- " * 10 + "|")
    for slope in arguments.slopes:
        for bottom in arguments.bottoms:
            for ratio in RATIOS:
                design = replace(DESIGNS[arguments.design], floor_sd=floor, well_cv=cv, bottom=bottom, slope=slope)
                cells = line(design, ratio, arguments.curves)
                print(f"| {slope:g} | {bottom:.0%} | {ratio:g} | " + " | ".join(cells) + " |", flush=True)


class _Curve:
    """What ``judged`` reads of a curve."""

    def __init__(self, points: Points) -> None:
        self.points, self.warnings = points, ()


if __name__ == "__main__":
    main()
