"""Which positions a drug's evidence speaks of, and how many of them this sample could assess."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kinescape.records import KnownPosition, PositionState
from kinescape.resistance.changes import is_change, is_whole_residue, residue_number
from kinescape.resistance.claims import Claim

ASSESSED: tuple[PositionState, ...] = ("detected", "weak", "not_detected")
AGAINST = ("resistant", "reduced", "observed")
"""Directions that make a change one to look for before saying that nothing was found."""


@dataclass(frozen=True)
class Assessment:
    """The positions of one drug in one sample. ``missed`` are (change, why) of those that could not be assessed."""

    assessed: tuple[str, ...]
    missed: tuple[tuple[str, str], ...]
    worst_lod: float | None
    """Largest limit of detection (95%, allele fraction) over the assessed positions without a detection."""
    worst_lod_at: str
    without_lod: tuple[str, ...]
    """Assessed positions without a detection for which no limit is stated."""
    weak: tuple[str, ...]
    """Assessed positions with weak evidence, which is no detection and no absence."""

    @property
    def known(self) -> int:
        """m of "n of m"."""
        return len(self.assessed) + len(self.missed)


def changes_against(claims: Iterable[Claim]) -> tuple[str, ...]:
    """Every change that some undisputed row holds against the drug, members of compounds included, by residue.

    A row on a whole residue counts only where no row names a substitution of that residue.
    """
    named = {
        change
        for claim in claims
        if claim.direction in AGAINST and claim.status != "disputed" and not claim.class_level
        for change in claim.variants
    }
    exact_residues = {_residue(change) for change in named if not is_whole_residue(change)}
    kept = {change for change in named if not is_whole_residue(change) or _residue(change) not in exact_residues}
    return tuple(sorted(kept, key=lambda change: (residue_number(change), change)))


def assess(changes: Sequence[str], gene: str, known: Sequence[KnownPosition], detected: Iterable[str]) -> Assessment:
    """Which of the changes this sample could see.

    Parameters
    ----------
    changes
        As :func:`changes_against` gives them.
    known
        The state of the panel's known positions in this sample.
    detected
        Changes with strong evidence; they were assessed whatever the list says.
    """
    by_change = {position.protein: position for position in known if position.gene == gene}
    found = set(detected)
    assessed, missed, limits, without, weak = [], [], [], [], []
    for change in changes:
        positions = _at(change, by_change)
        seen = [position for position in positions if position.state in ASSESSED]
        if not seen and change not in found:
            missed.append((change, _why(positions)))
            continue
        assessed.append(change)
        if change not in found and any(position.state == "weak" for position in seen):
            weak.append(change)
        quiet = [position for position in seen if position.state == "not_detected"]
        limits += [(position.lod95, change) for position in quiet if position.lod95 is not None]
        if any(position.lod95 is None for position in quiet):
            without.append(change)
    worst = max(limits, key=lambda item: (item[0], item[1]), default=None)
    return Assessment(
        assessed=tuple(assessed),
        missed=tuple(missed),
        weak=tuple(weak),
        worst_lod=worst[0] if worst else None,
        worst_lod_at=worst[1] if worst else "",
        without_lod=tuple(without),
    )


def _at(change: str, by_change: dict[str, KnownPosition]) -> list[KnownPosition]:
    if not is_whole_residue(change):
        return [by_change[change]] if change in by_change else []
    return [position for name, position in by_change.items() if is_change(name) and _residue(name) == _residue(change)]


def _residue(change: str) -> tuple[str, int]:
    return change[0], residue_number(change)


def _why(positions: list[KnownPosition]) -> str:
    words = {
        "below_depth": "below depth",
        "not_covered": "not covered",
        "not_on_panel": "no amplicon of this panel",
    }
    states = sorted({words.get(position.state, position.state) for position in positions})
    return ", ".join(states) or "not on the panel's list"
