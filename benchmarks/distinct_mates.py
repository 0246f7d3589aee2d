"""Aligning distinct mates once against aligning every read: are the calls the same?

    python benchmarks/distinct_mates.py [--samples 20] [--pairs 1500] [--uneven]

Every simulated sample (two substitutions, two insertions or deletions, adapters, clipped ends, low qualities,
off-target reads) is analysed twice: with each distinct mate aligned once, its qualities the mean of its reads, and with
every read aligned for itself. BWA-MEM does not look at qualities; Bowtie2's mismatch penalty does, so a read whose
qualities differ from its mate's mean may be clipped differently. Printed are bases that are counted elsewhere, and the
calls that pass one way only: substitutions, and insertions and deletions.

``--uneven`` makes the worst case of it: changes of one and three bases, insertions and deletions at the first countable
bases before the end of the forward mates, and at every base that differs from the reference a quality that is either 6
or 40, read by read, in turn for 10%, 50% and 90% of the reads low. Their mean is far from either, and Bowtie2's penalty
is 2 + 4 q / 40 (its manual, ``--mp``).
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kinescape.align.mates import MateAlignments
from kinescape.align.reference import window_reference
from kinescape.align.run import align
from kinescape.call.from_columns import tested_alleles
from kinescape.call.mate_indels import tested_indels
from kinescape.columns.axis import BASES, panel_axis
from kinescape.columns.from_mates import MateColumns, count_columns
from kinescape.columns.mate_gaps import indel_events
from kinescape.columns.placement import place
from kinescape.coordinates import reverse_complement
from kinescape.panel.load import load_panel
from kinescape.panel.model import Panel
from kinescape.reads.distinct import DistinctSequences
from kinescape.reads.pairs import ReadPairs, read_pairs
from kinescape.records import Parameters
from kinescape.simulate.sample import simulate_sample
from kinescape.simulate.spec_file import to_spec

SUBSTITUTIONS = (
    *("ALK:c.3586C>A", "ALK:c.3604G>A", "ALK:c.3710G>A", "ALK:c.3703T>C", "ALK:c.3522C>A", "ALK:c.3460G>A"),
    *("ALK:c.3593T>G", "ALK:c.3632C>T", "ALK:c.3694G>A", "ROS1:c.6094G>A"),
)
INDELS = (
    *("ROS1:c.6094_6096del", "ALK:c.3451_3453dup", "ALK:c.3604_3606del", "ALK:c.3625del", "ALK:c.3710_3715del"),
    *("ALK:c.3694_3695insAAA", "ALK:c.3805_3806insT", "ROS1:c.6110_6121del", "ALK:c.3481_3482insGATTTG"),
)
MATE = 150
"""Bases of a simulated mate."""
LOW, HIGH = 6, 40
"""Qualities of the worst case: the least that is tested, and the one at which Bowtie2's penalty ends."""
LOW_SHARES = (0.1, 0.5, 0.9)

Passing = dict[str, tuple[int, float]]
"""Name of a passing call -> (reads that show it, allele fraction)."""


@dataclass(frozen=True)
class Way:
    """What one way of aligning makes of one sample with one aligner."""

    columns: MateColumns
    substitutions: Passing
    indels: Passing


@dataclass(frozen=True)
class Difference:
    """What differs between both ways for one aligner and one kind of calls."""

    calls: int
    only_one_way: tuple[str, ...]
    most_reads: int
    """Largest difference in the reads that show a call."""
    most_fraction: float
    """Largest difference of an allele fraction."""


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


def ways_of(panel: Panel, pairs: ReadPairs, parameters: Parameters, threads: int) -> list[Way]:
    """Columns and passing calls with each aligner."""
    axis = panel_axis(panel)
    ways = []
    for each in align(pairs, window_reference(panel), threads):
        placement = place(pairs.mates, each.alignments, axis, parameters.mask_primers, parameters.end_mask)
        columns = count_columns(pairs, placement, axis)
        tests = tested_alleles(columns, parameters)
        events = indel_events(panel, pairs, placement, axis)
        indels = tested_indels(panel, axis, pairs, placement, columns, events, parameters)
        ways.append(
            Way(
                columns,
                {
                    f"{axis.position[tests.position[row]] + 1}{BASES[tests.base[row]]}": (
                        int(tests.alt_count[row]),
                        float(tests.vaf[row]),
                    )
                    for row in range(len(tests.position))
                    if not tests.filters[row]
                },
                {variant.name: (call.alt_count, call.vaf) for variant, call in indels.items() if not call.filters},
            )
        )
    return ways


def compare(one: Passing, two: Passing) -> Difference:
    both = one.keys() & two.keys()
    return Difference(
        len(one),
        tuple(sorted(one.keys() ^ two.keys())),
        max((abs(one[key][0] - two[key][0]) for key in both), default=0),
        max((abs(one[key][1] - two[key][1]) for key in both), default=0.0),
    )


def make_uneven(panel: Panel, pairs: ReadPairs, share: float, seed: int) -> int:
    """Give every base that differs from the reference a low quality in ``share`` of its reads; returns such bases.

    Bases that are clipped are compared along the diagonal of their neighbours.
    """
    rng = np.random.default_rng(seed)
    alignments = align(pairs, window_reference(panel), 2)[0].alignments
    differs = np.zeros(len(pairs.mates.bases), np.bool_)
    for mate in range(len(alignments)):
        _mark_differences(panel, pairs, alignments, mate, differs)
    offsets, changed = pairs.mates.offsets, 0
    for numbers, store in ((pairs.mate_1, pairs.qualities_1), (pairs.mate_2, pairs.qualities_2)):
        done = 0
        for chunk in store:
            for read in range(len(chunk.start) - 1):
                mate = numbers[done + read]
                at = np.flatnonzero(differs[offsets[mate] : offsets[mate + 1]])
                if len(at):
                    # One read is low or high as a whole: that is what moves a pile of mismatches together.
                    chunk.values[chunk.start[read] + at] = LOW if rng.random() < share else HIGH
                    changed += len(at)
            done += len(chunk.start) - 1
    return changed


def _mark_differences(
    panel: Panel, pairs: ReadPairs, alignments: MateAlignments, mate: int, differs: NDArray[np.bool_]
) -> None:
    steps = alignments.operations[alignments.operation_start[mate] : alignments.operation_start[mate + 1]].tolist()
    if not steps:
        return
    sequence = pairs.mates.sequence(mate)
    reverse = bool(alignments.reverse[mate])
    if reverse:
        sequence = reverse_complement(sequence)
    chrom = alignments.chromosomes[alignments.chrom[mate]]
    position, read = int(alignments.start[mate]), 0
    begin = int(pairs.mates.offsets[mate])
    for number, (code, length) in enumerate(steps):
        clipped = code == 4
        if clipped and number == 0:
            position -= length
        if code in (0, 7, 8) or clipped:
            window = panel.window_at(chrom, position, position + length)
            if window is not None:
                reference = panel.bases(chrom, position, position + length)
                for index, (found, expected) in enumerate(
                    zip(sequence[read : read + length], reference, strict=True), start=read
                ):
                    if found != expected and found != "N":
                        differs[begin + (len(sequence) - 1 - index if reverse else index)] = True
            position, read = position + length, read + length
        elif code == 1:
            read += length
        else:
            position += length


def spec_of(number: int, pairs: int, changes: list[str], fractions: list[float]) -> dict[str, object]:
    return {
        "sample": f"s{number}",
        "pairs": pairs,
        "cfdna_ng": 20.0,
        "background": 0.0024,
        "haplotypes": [
            {"name": f"h{index}", "fraction": fraction, "changes": [change]}
            for index, (change, fraction) in enumerate(zip(changes, fractions, strict=True))
        ],
        "sequencing": {"profile": ("miseq", "binned")[number % 2], "n_rate": 0.001},
        "off_target": {"fraction": 0.03},
    }


def common_sample(number: int, pairs: int) -> dict[str, object]:
    rng = np.random.default_rng(number)
    changes = [*rng.choice(SUBSTITUTIONS, size=2, replace=False), *rng.choice(INDELS, size=2, replace=False)]
    return spec_of(number, pairs, [str(change) for change in changes], rng.uniform(0.006, 0.08, 4).tolist())


def worst_sample(number: int, pairs: int, panel: Panel) -> dict[str, object]:
    """Changes that end where counting ends at the 3' end of the forward mates, one kind for each long amplicon."""
    rng = np.random.default_rng(100 + number)
    mask = Parameters().end_mask
    changes, fractions = [], []
    for index, amplicon in enumerate(each for each in panel.amplicons if each.end - each.start > MATE + 2 * mask):
        kind = ("one", "three", "deletion", "insertion")[(index + number) % 4]
        # The last base of the change has `mask` to `mask + 3` bases of the mate behind it.
        last = amplicon.start + MATE - 1 - mask - int(rng.integers(0, 4))
        size = {"one": 1, "three": 3, "deletion": 3, "insertion": 1}[kind]
        reference = panel.bases(amplicon.chrom, last - size, last + 1)
        other = {"A": "C", "C": "A", "G": "T", "T": "G"}
        new = "".join(other[base] for base in reference[1:])
        alternative = {"deletion": "", "insertion": reference[1:] + new * 2}.get(kind, new)
        changes.append(f"{amplicon.chrom}:{last - size + 1}:{reference}>{reference[0]}{alternative}")
        fractions.append(float(rng.uniform(0.01, 0.04)))
    return spec_of(number, pairs, changes, fractions)


def simulated(folder: Path, values: dict[str, object], seed: int, panel: Panel) -> ReadPairs:
    truth = simulate_sample(to_spec(values), panel, folder / f"s{seed}", seed)
    return read_pairs(truth.files[0], truth.files[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--pairs", type=int, default=1500)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--uneven", action="store_true", help="the worst case instead of common samples")
    options = parser.parse_args()
    panel = load_panel()
    parameters = Parameters(min_depth=options.pairs // 2)
    print("sample\tlow\taligner\tbases_moved_of\tbases_moved\tkind\tcalls\tone_way_only\tmost_reads\tmost_fraction")
    differing: dict[str, int] = {"substitutions": 0, "indels": 0}
    calls: dict[str, int] = {"substitutions": 0, "indels": 0}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.samples):
            values = (
                worst_sample(number, options.pairs, panel) if options.uneven else common_sample(number, options.pairs)
            )
            for share in LOW_SHARES if options.uneven else (None,):
                pairs = simulated(Path(folder), values, number, panel)
                if share is not None:
                    make_uneven(panel, pairs, share, number)
                once = ways_of(panel, pairs, parameters, options.threads)
                every = ways_of(panel, every_read_a_mate(pairs), parameters, options.threads)
                for one, two in zip(once, every, strict=True):
                    counts = one.columns.base_counts(), two.columns.base_counts()
                    moved = int(np.abs(counts[0] - counts[1]).sum())
                    for kind, first, second in (
                        ("substitutions", one.substitutions, two.substitutions),
                        ("indels", one.indels, two.indels),
                    ):
                        found = compare(first, second)
                        differing[kind] += len(found.only_one_way)
                        calls[kind] += found.calls
                        print(
                            f"{number}\t{'' if share is None else f'{share:.0%}'}\t{one.columns.aligner}"
                            f"\t{int(counts[0].sum())}\t{moved}\t{kind}\t{found.calls}"
                            f"\t{','.join(found.only_one_way) or '-'}\t{found.most_reads}\t{found.most_fraction:.6f}",
                            flush=True,
                        )
                pairs.close()
    for kind, total in calls.items():
        print(f"{kind}: {total} passing calls of both aligners, {differing[kind]} of them pass one way only")


if __name__ == "__main__":
    main()
