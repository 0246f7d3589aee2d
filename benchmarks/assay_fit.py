"""Side by side: 4PL fits per CPU second, ours against scipy, on the same curves, in the same box; and who finds the
lower optimum.

    python benchmarks/assay_fit.py [--curves 20000] [--scipy-curves 300] [--starts 10]

Compile time is paid before the clock starts and printed on its own line. Times are CPU seconds of one thread.
"""

from __future__ import annotations

import argparse
import math
import time
import warnings

import numpy as np
from scipy.optimize import OptimizeWarning, curve_fit, least_squares

from kinescape.assay.curve import Points
from kinescape.assay.fit import run_fits, run_profiles, stacked
from kinescape.assay.models import Box

DOSES = np.concatenate([[0.0], 10000 / 3.0 ** np.arange(9, -1, -1)])
REPLICATES = 3


def simulated_curves(count: int, seed: int) -> list[Points]:
    """Triplicates at ten doses and untreated; true IC50 from the lowest dose to three times the top; 1 in 20 is
    flat."""
    rng = np.random.default_rng(seed)
    dose = np.repeat(DOSES, REPLICATES)
    curves = []
    for i in range(count):
        ic50 = 10 ** rng.uniform(0.0, 4.5)
        share = np.ones(dose.size) if i % 20 == 0 else 1 / (1 + (dose / ic50) ** rng.uniform(0.7, 2.5))
        bottom = rng.uniform(0, 10)
        curves.append(Points(dose, bottom + (100 - bottom) * share + rng.normal(0, 5, dose.size)))
    return curves


def model(x, top, bottom, log_ic50, log_slope):
    with np.errstate(divide="ignore", over="ignore"):
        return bottom + (top - bottom) / (1 + np.exp(np.exp(log_slope) * (np.log(x) - log_ic50)))


def box_of(points: Points) -> tuple[np.ndarray, np.ndarray]:
    lower, upper = Box().for_model("4pl").arrays(points.dose, points.reference)
    lower, upper = lower[:4].copy(), upper[:4].copy()
    lower[3], upper[3] = math.log(lower[3]), math.log(upper[3])
    return lower, upper


def scipy_curve_fit(points: Points, starts: int) -> float:
    """curve_fit with bounds from the usual guesses; the lowest sum of squares."""
    lower, upper = box_of(points)
    guesses = [math.log(np.median(points.dose[points.dose > 0])), math.log(points.largest_dose / 5)]
    best = math.inf
    for k in range(starts):
        start = np.clip(
            [points.signal[:3].mean(), points.signal.min(), guesses[k % 2], 0.2], lower + 1e-9, upper - 1e-9
        )
        try:
            p, _ = curve_fit(model, points.dose, points.signal, start, bounds=(lower, upper))
        except RuntimeError:
            continue
        best = min(best, float(np.sum((points.signal - model(points.dose, *p)) ** 2)))
    return best


def scipy_many_starts(points: Points, starts: int, rng: np.random.Generator) -> float:
    """least_squares from random starts over the box, to tight tolerances: the optimum to beat."""
    lower, upper = box_of(points)
    best = math.inf
    for _ in range(starts):
        start = lower + rng.uniform(0.02, 0.98, 4) * (upper - lower)
        found = least_squares(
            lambda p: model(points.dose, *p) - points.signal, start, bounds=(lower, upper), x_scale="jac", xtol=1e-12
        )
        best = min(best, 2 * float(found.cost))
    return best


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--curves", type=int, default=20000)
    parser.add_argument("--scipy-curves", type=int, default=300)
    parser.add_argument("--starts", type=int, default=10)
    parser.add_argument("--profiles", type=int, default=10000)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", OptimizeWarning)

    start = time.perf_counter()
    warm = stacked(simulated_curves(60, 1), "4pl", Box())
    run_fits(warm)
    run_profiles(warm)
    print(f"compile or load from cache      {time.perf_counter() - start:8.2f} s wall")

    curves = simulated_curves(arguments.curves, 2)
    stack = stacked(curves, "4pl", Box())
    start = time.process_time()
    run_fits(stack)
    ours = arguments.curves / (time.process_time() - start)
    print(f"kinescape, two starts, bounds   {ours:8.0f} fits per CPU s")

    start = time.process_time()
    for points in curves[: arguments.scipy_curves]:
        scipy_curve_fit(points, 2)
    theirs = arguments.scipy_curves / (time.process_time() - start)
    print(f"scipy curve_fit, same           {theirs:8.0f} fits per CPU s")
    print(f"ratio                           {ours / theirs:8.1f}")

    rng = np.random.default_rng(3)
    worse, lower, largest = 0, 0, 0.0
    for i, points in enumerate(curves[: arguments.scipy_curves]):
        found = stack.squares[i] + stack.within[i]
        best = scipy_many_starts(points, arguments.starts, rng)
        largest = max(largest, found / best - 1)
        worse += found > best * (1 + 1e-7)
        lower += found < best * (1 - 1e-7)
    print(f"against scipy's best of {arguments.starts} starts on {arguments.scipy_curves} curves:")
    print(f"  worse {worse}, lower {lower}, largest relative excess {largest:.1e}")

    part = stack.part(0, min(arguments.profiles, arguments.curves))
    wall, cpu = time.perf_counter(), time.process_time()
    run_profiles(part, threads=2)
    print(
        f"profile intervals of {part.wells.size} curves, 2 threads: "
        f"{time.perf_counter() - wall:.1f} s wall, {time.process_time() - cpu:.1f} CPU s"
    )


if __name__ == "__main__":
    main()
