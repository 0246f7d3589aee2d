"""Sensitivity and false strong calls over simulated samples, by allele fraction, depth and input.

    python benchmarks/sensitivity.py [--replicates 5] [--healthy 100] [--processes 2] > table.tsv

Every positive sample carries six changes on molecules of their own, two on each of three amplicons, at one allele
fraction; every healthy sample has all seven amplicons and no change. Background 0.0024 mismatches per mapped base, PCR
noise by site, chimeras 1%, default settings. Printed per cell: changes put in and found with strong evidence, the share
with its 95% Wilson interval, and the share that the limit of detection promises.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

FRACTIONS = (0.004, 0.006, 0.008, 0.01, 0.015, 0.02, 0.05)
DEPTHS = (7_000, 25_000)
NANOGRAMS = (5.0, 20.0)
CHANGES = {
    "ALK_E23": ("ALK:c.3586C>A", "ALK:c.3632C>T"),
    "ALK_E24": ("ALK:c.3710G>A", "ALK:c.3694G>A"),
    "ROS1_E38": ("ROS1:c.6094G>A", "ROS1:c.6076C>A"),
}
MIN_DEPTH = 5_000


@dataclass(frozen=True)
class Case:
    """One sample to simulate. ``fraction`` None: healthy."""

    number: int
    fraction: float | None
    pairs: int
    nanograms: float


@dataclass(frozen=True)
class Found:
    """What became of it: changes put in, found strong, strong calls that nobody put in, promised limits."""

    case: Case
    put_in: int
    strong: int
    false_strong: tuple[str, ...]
    limits: tuple[float, ...]


def analyse(case: Case) -> Found:
    from kinescape.engine.run import RunPlan, workbench
    from kinescape.records import Parameters
    from kinescape.sample import analyse_sample
    from kinescape.sheet import single_sample
    from kinescape.simulate.sample import simulate_sample
    from kinescape.simulate.spec_file import to_spec

    bench = workbench(RunPlan((), Path(), "alk-ros1", None, None, Parameters(min_depth=MIN_DEPTH)))
    values: dict[str, object] = {
        "sample": f"case{case.number}",
        "cfdna_ng": case.nanograms,
        "background": 0.0024,
        "off_target": {"fraction": 0.02},
    }
    if case.fraction is None:
        values["pairs"] = case.pairs
    else:
        values["pairs"] = {each.name: case.pairs if each.name in CHANGES else 0 for each in bench.panel.amplicons}
        values["haplotypes"] = [
            {"name": f"h{number}", "fraction": case.fraction, "changes": [change]}
            for number, change in enumerate(itertools.chain.from_iterable(CHANGES.values()))
        ]
    with tempfile.TemporaryDirectory() as folder:
        truth = simulate_sample(to_spec(values), bench.panel, Path(folder) / "s", 1000 + case.number)
        sample = single_sample(truth.files[0], truth.files[1], "case", case.nanograms)
        result = analyse_sample(sample, bench, 1).result
    strong = {call.variant for call in result.calls if call.evidence == "strong"}
    true = {each.variant for each in truth.variants}
    limits = tuple(
        known.lod95
        for known in result.known_positions
        if known.lod95 is not None and any(variant in true for variant in known.variants)
    )
    return Found(case, len(true), len(strong & true), tuple(sorted(each.name for each in strong - true)), limits)


def cases(replicates: int, healthy: int, first: int = 0, shallow: bool = False) -> list[Case]:
    """All samples; ``first`` numbers them (and so their seeds), ``shallow``: healthy ones at the lesser depth only."""
    listed = []
    for fraction, pairs, nanograms in itertools.product(FRACTIONS, DEPTHS, NANOGRAMS):
        # The cell that users ask about first gets enough changes to tell 99% from 98%.
        times = 8 if (fraction, pairs, nanograms) == (0.01, 25_000, 20.0) else 1
        listed += [(fraction, pairs, nanograms)] * (times * replicates)
    deep = 0 if shallow else healthy // 4
    listed += [(None, DEPTHS[0], 20.0)] * (healthy - deep) + [(None, DEPTHS[1], 20.0)] * deep
    return [Case(number, *each) for number, each in enumerate(listed, start=first)]


def main() -> None:
    from kinescape.call.interval import allele_fraction_interval

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=5)
    parser.add_argument("--healthy", type=int, default=100)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--first", type=int, default=0, help="number of the first sample, from which its seed is made")
    parser.add_argument("--shallow", action="store_true", help="healthy samples at the lesser depth only")
    options = parser.parse_args()
    cells: dict[tuple[float | None, int, float], list[Found]] = {}
    false_so_far = 0
    todo = cases(options.replicates, options.healthy, options.first, options.shallow)
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(options.processes, context) as pool:
        for done, found in enumerate(pool.map(analyse, todo), start=1):
            cells.setdefault((found.case.fraction, found.case.pairs, found.case.nanograms), []).append(found)
            false_so_far += len(found.false_strong)
            print(f"{done}/{len(todo)} analysed, false strong calls {false_so_far}", file=sys.stderr, flush=True)
    print("vaf\tpairs\tng\tsamples\tput_in\tstrong\tsensitivity\tlow\thigh\tpromised_lod95\tfalse_strong")
    for (fraction, pairs, nanograms), group in cells.items():
        put_in, strong = sum(each.put_in for each in group), sum(each.strong for each in group)
        false = [name for each in group for name in each.false_strong]
        if fraction is None:
            print(f"healthy\t{pairs}\t{nanograms:g}\t{len(group)}\t0\t0\t.\t.\t.\t.\t{len(false)}")
            continue
        low, high = allele_fraction_interval(strong / put_in, put_in, None)
        limits = sorted(limit for each in group for limit in each.limits)
        promised = limits[len(limits) // 2] if limits else float("nan")
        print(
            f"{fraction:.3%}\t{pairs}\t{nanograms:g}\t{len(group)}\t{put_in}\t{strong}\t{strong / put_in:.3f}"
            f"\t{low:.3f}\t{high:.3f}\t{promised:.3%}\t{len(false)}"
        )


if __name__ == "__main__":
    main()
