"""Aligning distinct mates once against aligning every read: are the calls the same?

    python benchmarks/distinct_mates.py [--samples 20] [--pairs 1500]

Every simulated sample (variants, insertions and deletions, adapters, low qualities, off-target reads) is analysed
twice: with each distinct mate aligned once, its qualities the mean of its reads, and with every read aligned for
itself. BWA-MEM does not look at qualities; Bowtie2's mismatch penalty does, so a read whose qualities differ from its
mate's mean may be clipped differently. Printed are reads that lie differently, and passing substitutions that
differ; calls of insertions and deletions are not compared.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinescape.align.reference import window_reference
from kinescape.align.run import align
from kinescape.call.from_columns import tested_alleles
from kinescape.columns.axis import panel_axis
from kinescape.columns.from_mates import MateColumns, count_columns
from kinescape.columns.placement import place
from kinescape.panel.load import load_panel
from kinescape.panel.model import Panel
from kinescape.reads.distinct import DistinctSequences
from kinescape.reads.pairs import ReadPairs, read_pairs
from kinescape.records import Parameters
from kinescape.simulate.sample import simulate_sample
from kinescape.simulate.spec_file import to_spec

CHANGES = (
    *("ALK:c.3586C>A", "ALK:c.3604G>A", "ALK:c.3710G>A", "ALK:c.3703T>C", "ALK:c.3522C>A", "ALK:c.3460G>A"),
    *("ALK:c.3593T>G", "ALK:c.3632C>T", "ALK:c.3694G>A", "ROS1:c.6094G>A", "ROS1:c.6094_6096del", "ALK:c.3451_3453dup"),
)


@dataclass(frozen=True)
class Difference:
    """What differs between both ways for one aligner."""

    reads: int
    moved: int
    """Bases (by column and letter) that the other way counts elsewhere, as reads of a full length."""
    calls: int
    different_calls: int
    largest_fraction_change: float


def every_read_a_mate(pairs: ReadPairs) -> ReadPairs:
    """The same pairs with no two reads sharing a mate: what an aligner sees when it is given all reads."""
    bases, offsets = pairs.mates.bases, pairs.mates.offsets
    order = np.concatenate((pairs.mate_1, pairs.mate_2))
    lengths = np.diff(offsets)[order]
    mates = DistinctSequences.__new__(DistinctSequences)
    starts = np.zeros(len(order) + 1, np.int64)
    np.cumsum(lengths, out=starts[1:])
    index = np.repeat(offsets[order] - starts[:-1], lengths) + np.arange(starts[-1])
    mates._arena, mates._offsets, mates._count = bases[index], starts, len(order)
    numbers = np.arange(len(order), dtype=np.int32)
    half = len(pairs)
    return ReadPairs(
        mates,
        numbers[:half],
        numbers[half:],
        pairs.qualities_1,
        pairs.qualities_2,
        pairs.tally_1,
        pairs.tally_2,
        pairs.trimmed_reads,
        pairs.distinct_pairs,
    )


def columns_of(panel: Panel, pairs: ReadPairs, parameters: Parameters, threads: int) -> list[MateColumns]:
    axis = panel_axis(panel)
    outputs = align(pairs, window_reference(panel), threads)
    return [
        count_columns(
            pairs,
            place(pairs.mates, each.alignments, axis, parameters.mask_primers, parameters.end_mask),
            axis,
        )
        for each in outputs
    ]


def compare(one: MateColumns, two: MateColumns, parameters: Parameters) -> Difference:
    passing = []
    for columns in (one, two):
        tests = tested_alleles(columns, parameters)
        passing.append(
            {
                (int(tests.position[row]), int(tests.base[row])): float(tests.vaf[row])
                for row in range(len(tests.position))
                if not tests.filters[row]
            }
        )
    first, second = passing
    changes = [abs(first[key] - second[key]) for key in first.keys() & second.keys()]
    moved = int(np.abs(one.base_counts() - two.base_counts()).sum())
    return Difference(
        one.reads_on_target, moved // 150, len(first), len(first.keys() ^ second.keys()), max(changes, default=0.0)
    )


def simulated(folder: Path, number: int, pairs: int, panel: Panel) -> tuple[Path, Path]:
    rng = np.random.default_rng(number)
    chosen = rng.choice(len(CHANGES), size=4, replace=False)
    values = {
        "sample": f"s{number}",
        "pairs": pairs,
        "cfdna_ng": float(rng.uniform(5, 30)),
        "background": 0.0024,
        "haplotypes": [
            {"name": f"h{index}", "fraction": float(rng.uniform(0.006, 0.08)), "changes": [CHANGES[index]]}
            for index in chosen
        ],
        "sequencing": {"profile": ("miseq", "binned")[number % 2], "n_rate": 0.001},
        "off_target": {"fraction": 0.03},
    }
    truth = simulate_sample(to_spec(values), panel, folder / f"s{number}", number)
    return truth.files[0], truth.files[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--pairs", type=int, default=1500)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    panel = load_panel()
    parameters = Parameters(min_depth=options.pairs // 2)
    print("sample  aligner  reads on panel  reads moved  calls  different  largest change of fraction")
    different = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.samples):
            pairs = read_pairs(*simulated(Path(folder), number, options.pairs, panel))
            once = columns_of(panel, pairs, parameters, options.threads)
            every = columns_of(panel, every_read_a_mate(pairs), parameters, options.threads)
            for one, two in zip(once, every, strict=True):
                found = compare(one, two, parameters)
                different += found.different_calls
                print(
                    f"{number:>6}  {one.aligner:<7}  {found.reads:>14,}  {found.moved:>11,}  {found.calls:>5}"
                    f"  {found.different_calls:>9}  {found.largest_fraction_change:.6f}"
                )
            pairs.close()
    print(f"calls that differ over all samples and both aligners: {different}")


if __name__ == "__main__":
    main()
