"""What the rows say of one drug against one clone, and how rows that differ are weighed.

The order of weighing (documented in ``docs/knowledge-base.md``):

1. A compound counts by its own record. Folds of its members are never multiplied; without a record of its own the
   members' rows are shown as what is known, and the compound itself is unknown.
2. Rows that name the change go before rows that name only its residue.
3. Rows about fusions go before rows about the full-length receptor (neuroblastoma).
4. Clinical rows go before preclinical ones, those before reviews.
5. Among the rows that decide, the worst direction counts: a mean could make a drug look better than a study says.
6. Unverified rows can make the picture worse than verified ones of the same or a lower rank, never better. Disputed
   rows are shown and decide nothing.

Rules 2 to 6 have one property in common: an added row can make a drug look better only by saying so itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import combinations

from kinescape.resistance.changes import is_change, residue_number
from kinescape.resistance.claims import CLINICAL, FULL_LENGTH, PRECLINICAL, Claim


class Severity(IntEnum):
    """How bad the evidence is for a drug. ``UNKNOWN``: the change was found and its effect is not on record."""

    NONE = 0
    UNKNOWN = 1
    REDUCED = 2
    RESISTANT = 3


SEVERITY = {
    "resistant": Severity.RESISTANT,
    "reduced": Severity.REDUCED,
    "sensitive": Severity.NONE,
    "sensitised": Severity.NONE,
}
"""Directions that can decide; ``observed`` and ``unclear`` are shown only."""


@dataclass(frozen=True)
class Effect:
    """One drug against one clone.

    ``basis`` is ``record`` (rows of exactly these changes), ``residue`` (rows of the residue), ``members`` (rows of
    parts of a compound that has no record), ``observed`` (seen at progression and nothing else) or ``nothing``.
    ``deciding`` are the rows that the severity rests on, ``others`` every further row about the changes. ``parts`` are
    the effects of the members of a compound.
    """

    changes: tuple[str, ...]
    severity: Severity
    basis: str
    deciding: tuple[Claim, ...]
    others: tuple[Claim, ...]
    parts: tuple[Effect, ...] = ()

    @property
    def own(self) -> tuple[Claim, ...]:
        """Undisputed rows with a direction about exactly these changes, or about the residue of a single one."""
        return tuple(
            claim
            for claim in _unique((*self.deciding, *self.others))
            if claim.status != "disputed"
            and claim.direction in SEVERITY
            and (claim.variants == self.changes or (claim.whole_residue and len(self.changes) == 1))
        )

    @property
    def conflicting(self) -> bool:
        """Whether rows about the same changes differ in what they say."""
        return len({SEVERITY[claim.direction] for claim in self.own}) > 1


def effect_on(claims: Sequence[Claim], changes: tuple[str, ...]) -> Effect:
    """The effect of a clone on a drug.

    Parameters
    ----------
    claims
        All rows of the gene and the drug.
    changes
        Protein changes of the clone, in the order of residues; more than one is a compound.
    """
    usable = [claim for claim in claims if not claim.class_level]
    if len(changes) == 1:
        return _single(usable, changes[0])
    own = [claim for claim in usable if claim.variants == changes]
    deciding = _deciding(own)
    parts = _parts(usable, changes)
    about = (*own, *(claim for part in parts for claim in (*part.deciding, *part.others)))
    if deciding:
        severity = max(SEVERITY[claim.direction] for claim in deciding)
        return Effect(changes, severity, "record", _unique(deciding), _without(about, deciding), parts)
    shown = _unique(claim for part in parts for claim in part.deciding)
    worst = max((part.severity for part in parts if part.deciding), default=Severity.NONE)
    severity = worst if worst >= Severity.REDUCED else Severity.UNKNOWN
    return Effect(changes, severity, "members" if shown else "nothing", shown, _without(about, shown), parts)


def _single(claims: Sequence[Claim], change: str) -> Effect:
    exact = [claim for claim in claims if claim.variants == (change,)]
    residue = [claim for claim in claims if claim.whole_residue and _same_residue(claim.variants[0], change)]
    for basis, rows in (("record", exact), ("residue", residue)):
        deciding = _deciding(rows)
        if deciding:
            severity = max(SEVERITY[claim.direction] for claim in deciding)
            rest = _without((*exact, *residue), deciding)
            return Effect((change,), severity, basis, _unique(deciding), rest)
    seen = any(claim.direction == "observed" and claim.status != "disputed" for claim in (*exact, *residue))
    basis = "observed" if seen else "nothing"
    return Effect((change,), Severity.UNKNOWN, basis, (), _unique((*exact, *residue)))


def _parts(claims: Sequence[Claim], changes: tuple[str, ...]) -> tuple[Effect, ...]:
    """Effects of each change alone and of recorded smaller compounds within ``changes``."""
    effects = [_single(claims, change) for change in changes]
    for size in range(2, len(changes)):
        for group in combinations(changes, size):
            own = [claim for claim in claims if claim.variants == group]
            deciding = _deciding(own)
            if deciding:
                severity = max(SEVERITY[claim.direction] for claim in deciding)
                effects.append(Effect(group, severity, "record", _unique(deciding), _without(own, deciding)))
    return tuple(effects)


def _deciding(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """The rows that decide among rows about exactly the same changes."""
    rows = [claim for claim in claims if claim.status != "disputed" and claim.direction in SEVERITY]
    rows = [claim for claim in rows if claim.fusion != FULL_LENGTH] or rows
    verified = [claim for claim in rows if claim.status == "verified"]
    rank = max((_rank(claim) for claim in verified or rows), default=0)
    if not verified:
        return tuple(claim for claim in rows if _rank(claim) == rank)
    best = [claim for claim in verified if _rank(claim) == rank]
    worst = max(SEVERITY[claim.direction] for claim in best)
    worse = [
        claim
        for claim in rows
        if claim.status == "unverified" and _rank(claim) >= rank and SEVERITY[claim.direction] >= worst
    ]
    return (*best, *worse)


def _rank(claim: Claim) -> int:
    return 3 if claim.kind in CLINICAL else 2 if claim.kind in PRECLINICAL else 1


def _unique(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    return tuple(sorted({claim.row: claim for claim in claims}.values(), key=lambda claim: claim.row))


def _without(claims: Iterable[Claim], taken: Iterable[Claim]) -> tuple[Claim, ...]:
    rows = {claim.row for claim in taken}
    return tuple(claim for claim in _unique(claims) if claim.row not in rows)


def _same_residue(whole: str, change: str) -> bool:
    return is_change(change) and change[0] == whole[0] and residue_number(change) == residue_number(whole)
