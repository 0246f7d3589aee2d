"""What a newer knowledge base changes: rows, and what they mean for each change and drug."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from kinescape.resistance.base import KnowledgeBase
from kinescape.resistance.changes import residue_number
from kinescape.resistance.claims import Claim
from kinescape.resistance.effects import Effect, Severity, effect_on
from kinescape.resistance.wording import effect_text

_NOT_CONTENT = {"line"}


@dataclass(frozen=True)
class RowChange:
    """A row that was added, removed, or has other cells (``columns``)."""

    row: str
    kind: str
    claim: Claim
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class MeaningChange:
    """A change (or compound) and drug whose own evidence says something else now."""

    gene: str
    variants: str
    drug: str
    before: str
    after: str


def row_changes(old: KnowledgeBase, new: KnowledgeBase) -> list[RowChange]:
    """Rows by id, in their order."""
    before, after = ({claim.row: claim for claim in kb.claims} for kb in (old, new))
    changes = []
    for row in sorted(before.keys() | after.keys()):
        if row not in before:
            changes.append(RowChange(row, "added", after[row]))
        elif row not in after:
            changes.append(RowChange(row, "removed", before[row]))
        else:
            columns = tuple(_columns(before[row], after[row]))
            if columns:
                changes.append(RowChange(row, "changed", after[row], columns))
    return changes


def meaning_changes(old: KnowledgeBase, new: KnowledgeBase) -> list[MeaningChange]:
    """Every change and drug with rows of its own in either base whose effect differs, by gene, residue and drug."""
    keys = {
        (claim.gene, claim.variants, claim.drug) for kb in (old, new) for claim in kb.claims if not claim.class_level
    }
    found = []
    for gene, variants, drug in sorted(keys, key=lambda key: (key[0], residue_number(key[1][0]), key[1], key[2])):
        before, after = (_said(effect_on(kb.claims_for(gene, drug), variants)) for kb in (old, new))
        if before != after:
            found.append(MeaningChange(gene, "+".join(variants), drug, before, after))
    return found


def _said(effect: Effect) -> str:
    return "nothing on record" if effect.severity is Severity.UNKNOWN and not effect.deciding else effect_text(effect)


def _columns(before: Claim, after: Claim) -> Iterator[str]:
    for field in fields(Claim):
        if field.name not in _NOT_CONTENT and getattr(before, field.name) != getattr(after, field.name):
            yield field.name
