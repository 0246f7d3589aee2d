"""Alchemical mutations of capped residues against what they must give, known without them.

    python benchmarks/structure_alchemy.py [--picoseconds 15] [--windows 12] [--seed 1]
        [--part side-chains|glycine|rotamers]

Residue that becomes itself: 0. There and back: 0. Around a cycle: 0. The difference that implicit water makes to a
mutation: that of turning the water on for either residue by itself, without any hybrid. All with phi and psi held (see
tests/structure/dipeptides.py, which this uses). What the checks refuse is made longer, to six times at most. About a
quarter of an hour on one core for side chains on CB, a few minutes for glycine, where they hang on CA.

The part ``rotamers`` (only where it is asked for; five minutes) is what chi1 left free does to short runs: serine to
cysteine and leucine to methionine in vacuum, each one long run, judged whole and in pieces as if each were a run.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "structure"))

from dipeptides import change_free_energy, dipeptide_hybrid, ladder_of, solvation_free_energy

from kinescape.structure.alchemy.chis import Chi, chis_of
from kinescape.structure.alchemy.estimate import LEAST_SAMPLES, FreeEnergy, free_energy
from kinescape.structure.alchemy.exchange import Ladder
from kinescape.structure.alchemy.rotamers import rotamers_of
from kinescape.structure.dynamics.watch import GAS
from kinescape.structure.forcefield import Solvent

UNIT = GAS * 300.0 / 4.184
"""kcal/mol in a kT."""
ANALOGUES = {"G": 2.39, "A": 1.94, "V": 1.99, "L": 2.28, "S": -5.06, "C": -1.24}
"""Hydration of side-chain analogues, kcal/mol: Wolfenden et al., Biochemistry 1981;20:849, doi:10.1021/bi00507a030."""

Value = tuple[float, float]
Row = tuple[str, Value, Value, str]
SOLVENTS: tuple[Solvent, ...] = ("vacuum", "implicit")
PARTS = ("side-chains", "glycine")
ROTAMERS = "rotamers"
LENGTHS = {"SC": (1, 4, 8, 16, 20), "LM": (1, 6)}
"""Of the long runs, in times of ``--picoseconds``; told at each, and in pieces of the last."""


class Runs:
    """Every leg once, as it is asked for."""

    def __init__(self, windows: int, picoseconds: float, seed: int) -> None:
        self.windows, self.picoseconds, self.seed = windows, picoseconds, seed
        self.seconds = 0.0
        self.known: dict[tuple[str, str], Value] = {}

    def change(self, change: str, solvent: Solvent, chi: bool = False) -> Value:
        if (change, solvent) not in self.known:
            with tempfile.TemporaryDirectory() as folder:
                before = time.process_time()
                found = change_free_energy(
                    Path(folder),
                    change,
                    solvent,
                    windows=self.windows,
                    picoseconds=self.picoseconds,
                    seed=self.seed + len(self.known),
                    chi=chi,
                )
                self.seconds += time.process_time() - before
            self._tell(f"{change[0]}>{change[1]} {solvent}", found)
            self.known[change, solvent] = _kcal(found)
        return self.known[change, solvent]

    def solvation(self, letter: str, chi: bool = False) -> Value:
        if (letter, "water") not in self.known:
            before = time.process_time()
            found = solvation_free_energy(letter, samples=round(20 * self.picoseconds), seed=self.seed, chi=chi)
            self.seconds += time.process_time() - before
            self._tell(f"water on {letter}", found)
            self.known[letter, "water"] = _kcal(found)
        return self.known[letter, "water"]

    @staticmethod
    def _tell(name: str, found: FreeEnergy) -> None:
        least = min(np.diag(found.overlap, 1).min(), np.diag(found.overlap, -1).min())
        value = "refused: " + "; ".join(found.refused)
        if found.value is not None and found.error is not None:
            value = f"{UNIT * found.value:8.3f} +- {UNIT * found.error:.3f}"
        print(f"# {name:16} {value}  overlap {least:.2f}, samples {min(found.samples)}", flush=True)


def _kcal(found: FreeEnergy) -> Value:
    if found.value is None or found.error is None:
        return math.nan, math.nan
    return UNIT * found.value, UNIT * found.error


def _sum(values: list[Value]) -> Value:
    return sum(each[0] for each in values), math.hypot(*(each[1] for each in values))


def _row(name: str, found: Value, known: Value, note: str = "") -> None:
    apart = (found[0] - known[0]) / max(math.hypot(found[1], known[1]), 1e-9)
    print(f"| {name} | {found[0]:.2f} ± {found[1]:.2f} | {known[0]:.2f} ± {known[1]:.2f} | {apart:+.1f} | {note} |")


def _there_and_back(runs: Runs, first: str, second: str, solvent: Solvent) -> Row:
    ways = [runs.change(first + second, solvent), runs.change(second + first, solvent)]
    return f"{first}>{second} and {second}>{first}, {solvent}", _sum(ways), (0.0, 0.0), _each(ways)


def _water(runs: Runs, first: str, second: str, chi: bool) -> Row:
    """Either leg of a change, and the water turned on for either residue by itself."""
    wet, dry = runs.change(first + second, "implicit", chi), runs.change(first + second, "vacuum", chi)
    one, other = runs.solvation(first, chi), runs.solvation(second, chi)
    held = ", chi1 held" if chi else ""
    return (
        f"{first}>{second}, water less vacuum{held}",
        _sum([wet, (-dry[0], dry[1])]),
        _sum([other, (-one[0], one[1])]),
        f"analogues in water {ANALOGUES[second] - ANALOGUES[first]:+.2f}",
    )


def _each(values: list[Value]) -> str:
    return " ".join(f"{each[0]:+.2f}" for each in values)


def side_chains(runs: Runs) -> list[Row]:
    """Both side chains hang on CB."""
    rows: list[Row] = []
    for solvent in SOLVENTS:
        rows.append((f"A>A, {solvent}", runs.change("AA", solvent), (0.0, 0.0), ""))
        cycle = [runs.change(each, solvent) for each in ("AV", "VL", "LA")]
        rows.append((f"A>V>L>A, {solvent}", _sum(cycle), (0.0, 0.0), _each(cycle)))
    rows.append(_there_and_back(runs, "A", "V", "vacuum"))
    # Serine's and cysteine's chi1 turns too slowly for windows without exchange, which the known values are from.
    return [*rows, *(_water(runs, *each) for each in (("A", "V", False), ("V", "L", False), ("S", "C", True)))]


def glycine(runs: Runs) -> list[Row]:
    """What one end alone has hangs on CA; in the cycle A>S hangs on CB, so that both ways of hanging must agree."""
    rows: list[Row] = []
    for solvent in SOLVENTS:
        rows.append((f"G>G, {solvent}", runs.change("GG", solvent), (0.0, 0.0), ""))
        rows.append(_there_and_back(runs, "G", "A", solvent))
        cycle = [runs.change(each, solvent, chi=True) for each in ("GA", "AS", "SG")]
        rows.append((f"G>A>S>G, {solvent}, chi1 held", _sum(cycle), (0.0, 0.0), _each(cycle)))
    return [*rows, _water(runs, "A", "G", False), _water(runs, "S", "G", True)]


def rotamers(windows: int, picoseconds: float, seed: int) -> None:
    """What passes every check of the windows, by its length, and on how many rotamers it rests."""
    for change, lengths in LENGTHS.items():
        hybrid = dipeptide_hybrid(change, "vacuum")
        chis = chis_of(hybrid)
        with tempfile.TemporaryDirectory() as folder:
            for length in lengths:
                ladder = ladder_of(Path(folder), hybrid, "vacuum", windows, length * picoseconds, seed)
                found = free_energy(ladder.energies)
                Runs._tell(f"{change[0]}>{change[1]}, {length * picoseconds:g} ps", found)
                for each in rotamers_of(ladder, chis):
                    shares = " ".join(f"{name} {share:.2f}" for name, share in zip("ptm", each.shares, strict=True))
                    turned = f"{sum(each.transitions)} turns, {each.independent:.1f} independent"
                    print(f"#   {each.name}: {shares}; {turned}{', refused' if each.refused else ''}", flush=True)
        _pieces(change, ladder, chis, round(len(ladder.walkers[0]) / lengths[-1]))


def _pieces(change: str, ladder: Ladder, chis: tuple[Chi, ...], unit: int) -> None:
    """A table of a long run cut into pieces of 1, 2, 4, ... ``unit`` samples."""
    print(
        f"\n| {change[0]}>{change[1]}, samples per piece | pieces | pass the other checks | values, kcal/mol "
        "| their own error | enough rotamers (fewest independent) |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    samples = ladder.samples
    size = unit
    while size <= samples:
        values, errors, fewest = [], [], []
        for first in range(0, samples - size + 1, size):
            part = replace(
                ladder,
                energies=tuple(each[:, first : first + size] for each in ladder.energies),
                angles=ladder.angles[..., first : first + size],
                walkers=ladder.walkers[:, first : first + size],
            )
            fewest.append(min(each.independent for each in rotamers_of(part, chis)))
            value, error = _kcal(free_energy(part.energies))
            if math.isfinite(value):
                values.append(value)
                errors.append(error)
        ends = f"{min(values):.2f} to {max(values):.2f}" if values else ""
        told = sum(each >= LEAST_SAMPLES for each in fewest)
        error = f"{float(np.mean(errors)):.2f}" if errors else ""
        least = f"{min(fewest):.1f} to {max(fewest):.1f}" if len(fewest) > 1 else f"{fewest[0]:.1f}"
        print(f"| {size} | {len(fewest)} | {len(values)} | {ends} | {error} | {told} ({least}) |")
        size *= 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--windows", type=int, default=12)
    parser.add_argument("--picoseconds", type=float, default=15.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--part", choices=(*PARTS, ROTAMERS), action="append", help="one part; the first two unless told otherwise"
    )
    options = parser.parse_args()
    if ROTAMERS in (options.part or ()):
        rotamers(options.windows, options.picoseconds, options.seed)
        if options.part == [ROTAMERS]:
            return
    runs = Runs(options.windows, options.picoseconds, options.seed)
    rows: list[Row] = []
    for part, done in zip(PARTS, (side_chains, glycine), strict=True):
        if part in (options.part or PARTS):
            rows += done(runs)
    print("\n| quantity | alchemical, kcal/mol | known | apart, in errors | |\n| --- | --- | --- | --- | --- |")
    for row in rows:
        _row(*row)
    print(f"\n{runs.seconds:.0f} CPU seconds")


if __name__ == "__main__":
    main()
