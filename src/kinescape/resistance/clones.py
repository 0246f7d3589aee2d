"""Which changes share a molecule: the clones that a drug would have to hold against.

Plasma DNA shows molecules, not cells, so a clone here is what the fragments prove: changes found on the same molecules
(cis) are one clone, changes proven to lie on different molecules (trans) are two. Where no fragment can tell, every
change stands alone and is labelled so; a compound that *may* exist is kept apart as such.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from kinescape.panel.protein_change import single_changes
from kinescape.records import Call, PhaseState, PhaseVerdict
from kinescape.resistance.changes import in_order, is_change
from kinescape.rules import Germline

UNCHANGED = ("synonymous", "intronic")


@dataclass(frozen=True)
class Finding:
    """A protein change with strong evidence. Several nucleotide changes with the same meaning are one finding."""

    gene: str
    change: str
    names: frozenset[str]
    """Names of its calls, as phasing verdicts use them."""
    vaf: float
    vaf_low: float
    vaf_high: float
    germline_like: bool


@dataclass(frozen=True)
class Clone:
    """Changes proven to share molecules (``changes`` of length one: a change alone).

    ``undetermined`` are the other changes that may or may not lie on the same molecules; ``apart`` those that do not.
    """

    changes: tuple[str, ...]
    vaf: float
    basis: str
    undetermined: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """``L1196M+G1202R``."""
        return "+".join(self.changes)


@dataclass(frozen=True)
class Clones:
    """All clones of one gene in one sample, and the compounds that no fragment could confirm or exclude."""

    clones: tuple[Clone, ...]
    possible: tuple[tuple[str, ...], ...]


def findings_of(
    calls: Sequence[Call], gene: str, germline: Germline, on_record: Callable[[str], bool] = lambda _: False
) -> tuple[Finding, ...]:
    """Strong calls of a gene that change its protein, sorted by residue; ``on_record`` as for `changed_residues`."""
    groups: dict[str, list[Call]] = {}
    for call in calls:
        if call.evidence != "strong":
            continue
        for name in changed_residues(call, gene, on_record):
            groups.setdefault(name, []).append(call)
    findings = {
        change: Finding(
            gene=gene,
            change=change,
            names=frozenset(call.variant.name for call in group) | {change},
            vaf=sum(call.vaf for call in group),
            vaf_low=sum(call.vaf_low for call in group),
            vaf_high=min(1.0, sum(call.vaf_high for call in group)),
            germline_like=any(germline.fits(call.vaf) for call in group),
        )
        for change, group in groups.items()
    }
    return tuple(findings[change] for change in ordered(findings))


def changed_protein(call: Call, gene: str) -> str:
    """One-letter name of what a call changes in the protein of ``gene``; empty where it changes nothing there.

    A splice-site change has no protein name and is called by its coding-DNA name.
    """
    consequence = call.consequence
    if consequence is None or consequence.gene != gene or consequence.kind in UNCHANGED:
        return ""
    return consequence.protein or consequence.hgvs_c


def changed_residues(call: Call, gene: str, on_record: Callable[[str], bool]) -> tuple[str, ...]:
    """What a call changes, as the knowledge base names changes.

    One event over two residues is both substitutions, on one molecule, unless ``on_record`` says that the knowledge
    base has rows on the event itself.
    """
    name = changed_protein(call, gene)
    if not name:
        return ()
    return (name,) if on_record(name) else single_changes(name)


def ordered(changes: Iterable[str]) -> tuple[str, ...]:
    """Changes by residue; names that are no plain protein change come last, by name."""
    names = tuple(changes)
    plain = tuple(change for change in names if is_change(change))
    return in_order(plain) + tuple(sorted(set(names) - set(plain)))


def clones_of(findings: Sequence[Finding], phases: Sequence[PhaseVerdict]) -> Clones:
    """The clones that the phasing verdicts prove.

    A pair without a verdict counts as undeterminable. A mixed pair gives the compound and both single changes. Within
    a compound, a change whose allele fraction lies wholly above that of another has molecules without it: an earlier
    clone that is a clone of its own.
    """
    order = ordered([finding.change for finding in findings])
    verdicts = {frozenset((a.change, b.change)): _verdict(a, b, phases) for a, b in combinations(findings, 2)}
    together = {pair for pair, verdict in verdicts.items() if verdict in {"cis", "mixed"}}
    unknown = {pair for pair, verdict in verdicts.items() if verdict == "undeterminable"}
    apart = {pair for pair, verdict in verdicts.items() if verdict == "trans"}
    by_change = {finding.change: finding for finding in findings}
    bases: dict[tuple[str, ...], str] = {}
    for group in _cliques(order, together):
        bases.setdefault(ordered(group), "on the same molecules" if len(group) > 1 else "alone")
        for parent in _parents(group, by_change, together):
            bases.setdefault(ordered(parent), "earlier clone: its allele fraction exceeds that of the compound")
    for pair, verdict in verdicts.items():
        for change in pair if verdict == "mixed" else ():
            bases.setdefault((change,), "also alone: found with and without the other change")
    clones = [
        Clone(
            changes=changes,
            vaf=min(by_change[change].vaf for change in changes),
            basis=basis,
            undetermined=_related(changes, order, unknown),
            apart=_related(changes, order, apart),
        )
        for changes, basis in bases.items()
    ]
    clones.sort(key=lambda clone: (len(clone.changes) == 1, [order.index(change) for change in clone.changes]))
    joined = {ordered(group) for group in _cliques(order, together | unknown) if len(group) > 1}
    return Clones(tuple(clones), tuple(sorted(joined - set(bases))))


def _verdict(a: Finding, b: Finding, phases: Sequence[PhaseVerdict]) -> PhaseState:
    """The verdict over one pair; where two nucleotide ways of one change have different ones, all count."""
    verdicts = {
        phase.verdict
        for phase in phases
        if (phase.variant_a in a.names and phase.variant_b in b.names)
        or (phase.variant_a in b.names and phase.variant_b in a.names)
    }
    if {name for name in a.names & b.names if ":" in name}:
        # One call makes both: an event over two residues.
        verdicts.add("cis")
    if "cis" in verdicts and "trans" in verdicts:
        return "mixed"
    worst_first: tuple[PhaseState, ...] = ("mixed", "cis", "undeterminable", "trans")
    return next((state for state in worst_first if state in verdicts), "undeterminable")


def _cliques(nodes: tuple[str, ...], edges: set[frozenset[str]]) -> list[tuple[str, ...]]:
    """Largest groups with every pair joined (Bron and Kerbosch 1973); a node without an edge is its own group."""
    found: list[tuple[str, ...]] = []

    def grow(group: tuple[str, ...], candidates: tuple[str, ...], excluded: tuple[str, ...]) -> None:
        if group and not candidates and not excluded:
            found.append(group)
        for number, node in enumerate(candidates):
            joined = {other for other in nodes if frozenset((node, other)) in edges}
            later = tuple(other for other in candidates[number + 1 :] if other in joined)
            earlier = tuple(other for other in (*excluded, *candidates[:number]) if other in joined)
            grow((*group, node), later, earlier)

    grow((), nodes, ())
    return found


def _parents(
    group: tuple[str, ...], by_change: dict[str, Finding], together: set[frozenset[str]]
) -> list[tuple[str, ...]]:
    """Parts of a compound that also exist without its rarer members, by allele fraction."""
    parents = []
    for lesser in group:
        rest = []
        for change in group:
            # Company outside the group explains molecules of `change` too; its upper bounds are taken off.
            others = [other for other in by_change if other not in group and frozenset((change, other)) in together]
            explained = by_change[lesser].vaf_high + sum(by_change[other].vaf_high for other in others)
            if by_change[change].vaf_low > explained:
                rest.append(change)
        if rest:
            parents.append(tuple(rest))
    return parents


def _related(changes: tuple[str, ...], order: tuple[str, ...], pairs: set[frozenset[str]]) -> tuple[str, ...]:
    return tuple(
        other
        for other in order
        if other not in changes and any(frozenset((change, other)) in pairs for change in changes)
    )
