"""From the free energies of both legs to that of binding, or why none is told."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinescape.structure.alchemy.estimate import GAS_KCAL, LARGEST_DRIFT, SMALLEST_DRIFT, FreeEnergy
from kinescape.structure.alchemy.legs import LEGS, Leg
from kinescape.structure.alchemy.rotamers import Rotamers, apart, told_apart


@dataclass(frozen=True)
class LegResult:
    """What one replica of one leg gave (kT). ``rotamers`` are those of both side chains in their end windows; where one
    of them is refused, so is ``found``. ``picoseconds`` of each window are what ``found`` rests on: more than were
    asked for, where an earlier call asked for more.
    """

    leg: Leg
    replica: int
    found: FreeEnergy
    rotamers: tuple[Rotamers, ...] = ()
    picoseconds: float = 0.0


@dataclass(frozen=True)
class Binding:
    """``value``: mutant less wild type, in kcal/mol; above 0 the mutant binds more weakly. None where ``refused`` says
    why. ``error`` is one standard error: over replicas, or of the estimates where that is larger.
    """

    value: float | None
    error: float | None
    by_replica: tuple[float, ...]
    refused: tuple[str, ...]
    notes: tuple[str, ...]


def binding_of(results: Sequence[LegResult], temperature: float) -> Binding:
    """The relative binding free energy over all replicas that have both legs."""
    unit = GAS_KCAL * temperature
    refused = [f"{each.leg}, replica {each.replica}: {reason}" for each in results for reason in each.found.refused]
    if refused:
        return Binding(None, None, (), tuple(refused), ())
    by_leg: dict[Leg, dict[int, tuple[float, float]]] = {leg: {} for leg in LEGS}
    for each in results:
        if each.found.value is not None and each.found.error is not None:
            by_leg[each.leg][each.replica] = (each.found.value, each.found.error)
    for leg, found in by_leg.items():
        for (one, first), (other, second) in itertools.combinations(found.items(), 2):
            drift = abs(first[0] - second[0])
            if not drift <= max(LARGEST_DRIFT * math.hypot(first[1], second[1]), SMALLEST_DRIFT):
                refused.append(f"{leg}: replicas {one} and {other} differ by {drift:.1f} kT: not converged")
    refused += _rotamers_apart(results)
    numbers = sorted(set(by_leg["complex"]) & set(by_leg["apo"]))
    if not numbers:
        refused.append("no replica has both legs")
    if refused:
        return Binding(None, None, (), tuple(refused), ())
    bound, free = ([by_leg[leg][number] for number in numbers] for leg in LEGS)
    differences = [unit * (one[0] - other[0]) for one, other in zip(bound, free, strict=True)]
    estimated = unit * math.sqrt(sum(each[1] ** 2 for each in (*bound, *free))) / len(numbers)
    notes: tuple[str, ...] = ()
    spread = 0.0
    if len(numbers) > 1:
        spread = float(np.std(differences, ddof=1)) / math.sqrt(len(numbers))
    else:
        notes = ("One replica: the error knows nothing of what was not visited.",)
    return Binding(float(np.mean(differences)), max(spread, estimated), tuple(differences), (), notes)


def _rotamers_apart(results: Sequence[LegResult]) -> list[str]:
    """Reasons where two replicas of a leg have other rotamers in an end window."""
    refused = []
    for one, other in itertools.combinations(results, 2):
        if one.leg == other.leg:
            for first, second in zip(one.rotamers, other.rotamers, strict=True):
                if (drift := apart(first, second)) is not None:
                    refused.append(
                        f"{one.leg}: replicas {one.replica} and {other.replica} {told_apart(drift)} in the rotamers "
                        f"of {first.name}: not converged"
                    )
    return refused
