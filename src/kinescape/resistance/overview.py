"""A knowledge base on the screen: what it holds, and every row about one change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from kinescape.errors import InputError
from kinescape.records import EvidenceRow
from kinescape.resistance.base import Comment, KnowledgeBase
from kinescape.resistance.changes import in_order, is_change, residue_number
from kinescape.resistance.claims import Claim


def summary(kb: KnowledgeBase) -> list[str]:
    """Name, version, checksum and counts."""
    statuses = Counter(claim.status for claim in kb.claims)
    counts = ", ".join(f"{statuses[status]} {status}" for status in ("verified", "unverified", "disputed"))
    reported = ", ".join(f"{gene}: {len(kb.drugs.reported_for(gene))} drugs" for gene in kb.genes)
    return [
        f"{kb.name} {kb.version} ({kb.date}), sha256 {kb.sha256[:12]}",
        f"{len(kb.claims)} rows ({counts}); {reported}; default rules {kb.rules.default}",
    ]


def overview(kb: KnowledgeBase) -> list[str]:
    """One line per mutation or compound: gene, name, rows, drugs."""
    groups: dict[tuple[str, tuple[str, ...]], list[Claim]] = {}
    for claim in kb.claims:
        groups.setdefault((claim.gene, claim.variants), []).append(claim)
    lines = [("gene", "mutation", "rows", "drugs")]
    for gene, variants in sorted(groups, key=lambda key: (key[0], _place(key[1]), key[1])):
        claims = groups[gene, variants]
        drugs = ", ".join(sorted({claim.drug for claim in claims}))
        lines.append((gene, "+".join(variants), str(len(claims)), drugs))
    return _aligned(lines)


def shown(kb: KnowledgeBase, name: str, gene: str | None = None, drug: str | None = None) -> list[str]:
    """Every row about a change, a compound or with a row id, and the comments on it.

    Raises
    ------
    InputError
        The name is none of these, the drug is unknown, or nothing is on record.
    """
    wanted = _drug_name(kb, drug)
    if any(claim.row == name for claim in kb.claims):
        rows: Sequence[EvidenceRow] = [row for row in kb.evidence if row.row == name]
    else:
        rows = _rows_about(kb, name.replace("/", "+"), wanted)
    rows = [row for row in rows if gene is None or row.gene == gene]
    if not rows:
        raise InputError("nothing on record", found=name, expected="a mutation with rows; see: kinescape kb list")
    lines = _aligned([_HEADER, *(_cells(row) for row in rows)])
    lines += [f"{row.row}: {row.note}" for row in rows if row.note]
    lines += [f"comment {comment.id}: {comment.text} [{comment.source}]" for comment in _comments(kb, rows, wanted)]
    return lines


_HEADER = ("row", "gene", "mutation", "drug", "direction", "fold", "IC50 nM", "kind", "level", "status", "source")


def _cells(row: EvidenceRow) -> tuple[str, ...]:
    return (
        row.row,
        row.gene,
        "+".join(row.variants),
        row.drug,
        row.direction,
        row.fold or "-",
        row.value_nm or "-",
        row.kind,
        row.level,
        row.status,
        f"{row.source}, {row.record}",
    )


def _rows_about(kb: KnowledgeBase, name: str, drug: str | None) -> list[EvidenceRow]:
    changes = tuple(part.strip() for part in name.split("+"))
    if not all(is_change(change) for change in changes):
        raise InputError(
            "neither a mutation nor the id of a row", found=name, expected="such as G1202R, L1196M+G1202R or E0064"
        )
    if len(changes) == 1:
        return [row for gene in kb.genes for row in kb.known_about(gene, changes[0], drug)]
    whole = in_order(changes)
    return [row for row in kb.evidence if row.variants == whole and drug in {None, row.drug}]


def _drug_name(kb: KnowledgeBase, drug: str | None) -> str | None:
    if drug is None:
        return None
    found = kb.drugs.find(drug)
    if found is None:
        raise InputError("unknown drug", found=drug, expected=", ".join(known.name for known in kb.drugs.all))
    return found.name


def _comments(kb: KnowledgeBase, rows: Iterable[EvidenceRow], drug: str | None) -> list[Comment]:
    about = {(row.gene, "+".join(row.variants)) for row in rows}
    about |= {(row.gene, change) for row in rows for change in row.variants}
    return [
        comment
        for comment in kb.comments
        if (comment.gene, comment.variants) in about and (drug is None or comment.drug in {"", drug})
    ]


def _place(variants: tuple[str, ...]) -> int:
    return residue_number(variants[0]) if is_change(variants[0]) else 0


def _aligned(lines: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]) - 1)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(line[:-1], widths, strict=True)), line[-1]]).rstrip()
        for line in lines
    ]
