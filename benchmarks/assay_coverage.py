"""How often the 95% profile interval of an IC50 holds the truth, from one tenth to three times the top dose.

    python benchmarks/assay_coverage.py [--curves 400] [--design usual|poor] [--scatter "constant 5%"] [--slopes 1]
        [--bottoms 0.2] [--seed 1] [--absolute]

Simulated plates through the same weighting and fitting as ``kinescape assay fit``. Signals stand above the mean of the
blanks, so that killed wells scatter around 0 on both sides. "F level" is the profile interval without calibration,
"profile" the one that is reported; its misses are split into those below and those above the truth. "absolute" is the
interval of the absolute IC50.
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from kinescape.assay.curve import Points
from kinescape.assay.fit import Stack, fit_points, run_absolute_profiles, run_fits, run_profiles, stacked
from kinescape.assay.models import Box
from kinescape.assay.noise import CONSTANT, estimated_noise
from kinescape.assay.simulated import Design, dose_series, viability

TOP = 10000.0
RATIOS = (0.1, 0.3, 1.0, 2.0, 3.0)
SCATTERS = {"constant 5%": (0.05, 0.0), "5% of signal + 1%": (0.01, 0.05), "10% of signal + 2%": (0.02, 0.1)}
BOTTOMS = (0.0, 0.05, 0.2)
SLOPES = (0.7, 1.0, 2.0)
DESIGNS = {
    "usual": Design(doses=10, replicates=3, untreated=6),
    "poor": Design(doses=6, replicates=2, untreated=3, dilution=4.0),
}


def simulated(design: Design, ratio: float, count: int, rng: np.random.Generator) -> list[Points]:
    dose = np.concatenate([np.zeros(design.untreated), np.repeat(dose_series(TOP, design), design.replicates)])
    share = viability(dose, ratio * TOP, design)
    sd = np.sqrt(design.floor_sd**2 + (design.well_cv * share) ** 2)
    return [Points(dose, design.signal * (share + rng.normal(0.0, 1.0, share.size) * sd)) for _ in range(count)]


def stack_of(curves: list[Points]) -> Stack:
    """Fitted as ``assay fit`` does it: plain fits, weights from the replicates of the whole screen, fits with them."""
    noise = estimated_noise(curves)
    weights = None
    if noise != CONSTANT:
        plain = fit_points(curves, intervals=False)
        weights = [noise.weights(np.maximum(f.at(p.dose), 0), p.reference) for f, p in zip(plain, curves, strict=True)]
    stack = stacked(curves, "4pl", Box(), weights)
    run_fits(stack)
    return stack


def covered(intervals: NDArray[np.float64], truth: float) -> float:
    return float(np.mean((intervals[:, 0] <= math.log(truth)) & (math.log(truth) <= intervals[:, 1])))


def line(design: Design, ratio: float, count: int, seed: int, absolute: bool) -> list[str]:
    place = [seed, design.doses, *(round(1000 * x) for x in (ratio, design.bottom, design.slope))]
    stack = stack_of(simulated(design, ratio, count, np.random.default_rng(place)))
    run_profiles(stack, calibrate=False)
    plain = stack.interval.copy()
    run_profiles(stack, threads=2)
    truth = ratio * TOP
    cells = [
        f"{covered(plain, truth):.1%}",
        f"{covered(stack.interval, truth):.1%}",
        f"{np.mean(stack.interval[:, 1] < math.log(truth)):.1%}",
        f"{np.mean(stack.interval[:, 0] > math.log(truth)):.1%}",
        f"{np.mean(np.isinf(stack.interval[:, 1])):.0%}",
    ]
    if absolute:
        run_absolute_profiles(stack, threads=2)
        half = truth * (1.0 - 2.0 * design.bottom) ** (-1.0 / design.slope)
        cells.append(f"{covered(stack.absolute, half):.1%}")
    return cells


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--curves", type=int, default=400)
    parser.add_argument("--design", choices=DESIGNS, default="usual")
    parser.add_argument("--scatter", choices=SCATTERS, default="constant 5%")
    parser.add_argument("--slopes", type=float, nargs="+", default=SLOPES)
    parser.add_argument("--bottoms", type=float, nargs="+", default=BOTTOMS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--absolute", action="store_true", help="the interval of the absolute IC50, too")
    arguments = parser.parse_args()
    floor, cv = SCATTERS[arguments.scatter]
    print(f"{arguments.design} design, {arguments.scatter}, {arguments.curves} curves per line")
    header = ["slope", "bottom", "IC50 / top", "F level", "profile", "below", "above", "open above"]
    header += ["absolute"] * arguments.absolute
    print("| " + " | ".join(header) + " |\n" + "| --- " * len(header) + "|")
    for slope in arguments.slopes:
        for bottom in arguments.bottoms:
            for ratio in RATIOS:
                design = replace(DESIGNS[arguments.design], floor_sd=floor, well_cv=cv, bottom=bottom, slope=slope)
                cells = line(design, ratio, arguments.curves, arguments.seed, arguments.absolute)
                print(f"| {slope:g} | {bottom:.0%} | {ratio:g} | " + " | ".join(cells) + " |", flush=True)
    print(f"{time.process_time():.0f} CPU s")


if __name__ == "__main__":
    main()
