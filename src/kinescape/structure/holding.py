"""In which of a mutant's undecided rotamers a difference from the wild type holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from kinescape.structure.compare import Difference, State, differences_of

Key = tuple[int, str, str, str]
"""What makes two differences of one mutant the same: residue, kind, change, which state misses a criterion."""


@dataclass(frozen=True)
class Held:
    """A difference of a mutant, and the models of that mutant in which it is there.

    ``difference`` is that of the first of them (the chosen rotamer first, then by energy), with its distances;
    ``mutant`` is the mutant's name (``difference.mutant`` the state's); ``states`` are the models that have it, of
    ``models`` in all: the chosen one and those of undecided rotamers.
    """

    mutant: str
    difference: Difference
    states: tuple[State, ...]
    models: int

    @property
    def everywhere(self) -> bool:
        """It does not depend on the rotamer."""
        return len(self.states) == self.models

    @property
    def words(self) -> str:
        """For a reader: ``in 2 of 4 undecided rotamers: mtt, mtp``.

        A compound is counted by its models, because one residue at a time is turned in them.
        """
        if self.models == 1:
            return "in its only model (no undecided rotamer)"
        one = len(self.mutant.split("+")) == 1
        counted = "undecided rotamers" if one else "models of undecided rotamers"
        if self.everywhere:
            return f"in all {self.models} {counted}"
        names = (state.rotamer if one else state.name for state in self.states)
        return f"in {len(self.states)} of {self.models} {counted}: {', '.join(names)}"


def has_alternatives(states: Sequence[State]) -> bool:
    """Whether some of the states are models of undecided rotamers."""
    return any(state.mutant.turned is not None for state in states)


def held_differences(states: Sequence[State]) -> tuple[Held, ...]:
    """Every contact of :func:`.compare.differences_of`, ``same`` included, once per mutant and change.

    ``states`` as :func:`.compare.states_of` gives them: the wild type first, the models of a mutant side by side.
    """
    wild_type, *others = states
    found = []
    for mutant, group in groupby(others, key=lambda state: state.of):
        models = list(group)
        first: dict[Key, Difference] = {}
        having: dict[Key, list[State]] = {}
        for state in models:
            for each in differences_of([wild_type, state]):
                key = key_of(each)
                first.setdefault(key, each)
                having.setdefault(key, []).append(state)
        found += [
            Held(mutant, first[key], tuple(having[key]), len(models)) for key in sorted(first, key=lambda key: key[:2])
        ]
    return tuple(found)


def key_of(each: Difference) -> Key:
    """What makes it the same difference in another rotamer."""
    return each.number, each.kind, each.change, each.outside
