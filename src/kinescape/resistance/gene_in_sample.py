"""What one sample shows of one gene: the part of it that every drug of that gene is judged on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kinescape.records import Call, KnownPosition, PhaseVerdict
from kinescape.resistance.clones import Clones, Finding, changed_residues, clones_of, findings_of
from kinescape.rules import Rules


@dataclass(frozen=True)
class GeneInSample:
    """Detected changes, the clones they form, and what could be looked at."""

    gene: str
    fusion_stated: bool
    """Whether the sample is said to carry a fusion of this gene."""
    findings: tuple[Finding, ...]
    clones: Clones
    weak: tuple[str, ...]
    """Changes with weak evidence and no strong one."""
    known: tuple[KnownPosition, ...]
    phases: tuple[PhaseVerdict, ...]


def gene_in_sample(
    rules: Rules,
    gene: str,
    fusion_stated: bool,
    calls: Sequence[Call],
    known_positions: Sequence[KnownPosition],
    phases: Sequence[PhaseVerdict],
    on_record: Callable[[str], bool],
) -> GeneInSample:
    """Pick out of a sample what concerns one gene.

    ``on_record``: whether the knowledge base has rows on a change by that very name.
    """
    findings = findings_of(calls, gene, rules.germline, on_record)
    found = {finding.change for finding in findings}
    doubtful = [call for call in calls if call.evidence == "weak"]
    weak = {name for call in doubtful for name in changed_residues(call, gene, on_record)} - found
    return GeneInSample(
        gene=gene,
        fusion_stated=fusion_stated,
        findings=findings,
        clones=clones_of(findings, phases),
        weak=tuple(sorted(weak)),
        known=tuple(position for position in known_positions if position.gene == gene),
        phases=tuple(phases),
    )


def named_genes(fusion: str | None) -> tuple[str, ...]:
    """The words of a fusion's name: ``EML4::ALK`` gives EML4 and ALK."""
    text = (fusion or "").upper()
    return tuple("".join(sign if sign.isalnum() else " " for sign in text).split())
