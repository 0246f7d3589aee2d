"""Random events of several changes, simulated: how many come back as one strong call spelled as put in?

    python benchmarks/joined_events.py [--samples 26] [--first 0]

Every sample has one event at 6% on each of the seven amplicons (1,500 pairs each): two neighbouring bases, a deletion
with a changed base 0 to 2 bases beside it, an insertion with a changed base, or random bases for random bases.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

MARGIN = 25
"""Bases between an event and the ends of the insert."""
PAIRS = 1500


def random_event(rng: random.Random, bases: str) -> tuple[str, str]:
    """(reference, alternative) at the start of ``bases``."""

    def other(base: str) -> str:
        return rng.choice([each for each in "ACGT" if each != base])

    def some(length: int) -> str:
        return "".join(rng.choice("ACGT") for _ in range(length))

    kind = rng.choice(["mnv", "mnv", "delsub", "delsub2", "inssub", "delins"])
    if kind == "mnv":
        return bases[:2], "".join(other(base) for base in bases[:2])
    if kind == "delsub":
        size = rng.randint(2, 5)
        return bases[:size], other(bases[size - 1]) if rng.random() < 0.5 else other(bases[0])
    if kind == "delsub2":
        between = rng.randint(0, 2)
        return bases[: 4 + between], bases[3 : 3 + between] + other(bases[3 + between])
    if kind == "inssub":
        return bases[:1], other(bases[0]) + some(rng.randint(1, 3))
    return bases[: rng.randint(2, 6)], some(rng.randint(1, 4))


def found_of(seed: int) -> tuple[int, int]:
    """(events found, events put in) of one sample."""
    from kinescape.engine.run import RunPlan, workbench
    from kinescape.panel.hgvs import normalise
    from kinescape.records import Parameters, Variant
    from kinescape.sample import analyse_sample
    from kinescape.sheet import single_sample
    from kinescape.simulate.sample import simulate_sample
    from kinescape.simulate.spec_file import to_spec

    bench = workbench(RunPlan((), Path(), "alk-ros1", None, None, Parameters(min_depth=500)))
    rng = random.Random(seed)
    events = set()
    for amplicon in bench.panel.amplicons:
        start = rng.randrange(amplicon.insert_start + MARGIN, amplicon.insert_end - MARGIN)
        ref, alt = random_event(rng, bench.panel.bases(amplicon.chrom, start, start + 16))
        if ref != alt:
            events.add(normalise(bench.panel, Variant(chrom=amplicon.chrom, pos=start + 1, ref=ref, alt=alt)))
    values = {
        "sample": "s",
        "pairs": PAIRS,
        "background": 0.0024,
        "molecules": 5000,
        "haplotypes": [
            {"name": f"h{number}", "fraction": 0.06, "changes": [event.name]}
            for number, event in enumerate(sorted(events))
        ],
    }
    with tempfile.TemporaryDirectory() as folder:
        truth = simulate_sample(to_spec(values), bench.panel, Path(folder) / "s", seed)
        result = analyse_sample(single_sample(truth.files[0], truth.files[1], "s", None), bench, 1).result
    strong = {call.variant for call in result.calls if call.evidence == "strong"}
    for missed in sorted(events - strong):
        print(f"sample {seed}: {missed.name} missed")
    return len(events & strong), len(events)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=26)
    parser.add_argument("--first", type=int, default=0, help="number of the first sample, which is its seed")
    options = parser.parse_args()
    counts = [found_of(options.first + number) for number in range(options.samples)]
    print(f"{sum(found for found, _ in counts)} of {sum(put_in for _, put_in in counts)} events found as put in")


if __name__ == "__main__":
    main()
