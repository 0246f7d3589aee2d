"""The state of every drug for one sample: knowledge base + calls + phases + limits of detection.

A state rests on clones, not on variants: a drug must hold against each of them, and the summary names the one that
escapes. It is ``none_found`` only over positions that were looked at, and ``not_assessable`` where nothing was, or
where a detected change has no record with the drug.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kinescape.records import Call, DrugState, DrugStateName, KnownPosition, PhaseVerdict
from kinescape.resistance.base import KnowledgeBase
from kinescape.resistance.cautions import cautions_of
from kinescape.resistance.claims import Claim
from kinescape.resistance.clones import Clone
from kinescape.resistance.drugs import Drug
from kinescape.resistance.effects import Effect, Severity, effect_on
from kinescape.resistance.gene_in_sample import GeneInSample, gene_in_sample, named_genes
from kinescape.resistance.positions import Assessment, assess, changes_against
from kinescape.resistance.wording import clause, count, effect_text, listed, missed_text, nothing_found

if TYPE_CHECKING:
    from kinescape.panel.model import Panel

_STATES: dict[Severity, DrugStateName] = {
    Severity.RESISTANT: "resistance",
    Severity.REDUCED: "reduced_activity",
    Severity.UNKNOWN: "not_assessable",
}


def drug_states(
    kb: KnowledgeBase,
    panel: Panel,
    calls: Sequence[Call],
    known_positions: Sequence[KnownPosition],
    phases: Sequence[PhaseVerdict],
    fusion: str | None = None,
) -> tuple[DrugState, ...]:
    """One state per drug of the gene or genes in question, in the order of ``drugs.tsv``, gene by gene.

    Parameters
    ----------
    kb
        The knowledge base.
    panel
        The panel of the sample; genes that it does not sequence get no states.
    calls
        All calls of the sample; only strong ones count as detected, weak ones become cautions.
    known_positions
        The state of every known position of the panel in this sample.
    phases
        Verdicts over pairs of calls; a pair without one counts as undeterminable.
    fusion
        What is known of the rearrangement (``ALK``, ``EML4::ALK``, ``CD74-ROS1``); None or a text that names no gene
        of the knowledge base gives the drugs of every gene.
    """
    sequenced = [gene for gene in kb.genes if gene in panel.genes]
    stated = [gene for gene in sequenced if gene in named_genes(fusion)]
    states: list[DrugState] = []
    for gene in stated or sequenced:
        named = {change for claim in kb.claims if claim.gene == gene for change in claim.variants}
        sample = gene_in_sample(kb.rules, gene, bool(stated), calls, known_positions, phases, named.__contains__)
        states += [_state(kb, drug, sample) for drug in kb.drugs.reported_for(gene)]
    return tuple(states)


def _state(kb: KnowledgeBase, drug: Drug, sample: GeneInSample) -> DrugState:
    claims = kb.claims_for(sample.gene, drug.name)
    found = [finding.change for finding in sample.findings]
    assessment = assess(changes_against(claims), sample.gene, sample.known, found)
    effects = [(clone, effect_on(claims, clone.changes)) for clone in sample.clones.clones]
    counted = [(clone, effect) for clone, effect in effects if not _unrecorded_germline(clone, effect, sample)]
    possible = [(group, effect_on(claims, group)) for group in sample.clones.possible]
    recorded = [(group, effect) for group, effect in possible if effect.basis == "record"]
    severity = max([effect.severity for _, effect in counted + recorded], default=Severity.NONE)
    state = _name(severity, assessment)
    shown = [effect for _, effect in effects + possible]
    return DrugState(
        drug=drug.name,
        gene=sample.gene,
        state=state,
        summary=_summary(drug, state, severity, assessment, effects, recorded),
        variants=_resting_on(state, severity, effects, recorded),
        evidence=tuple(claim.record_row() for claim in _evidence(shown)),
        assessed_positions=len(assessment.assessed),
        known_positions=assessment.known,
        cautions=cautions_of(kb, drug, sample, assessment, effects, possible),
    )


def _unrecorded_germline(clone: Clone, effect: Effect, sample: GeneInSample) -> bool:
    """A change that looks inherited and has no row is named in a caution and does not make every drug unassessable."""
    germline = {finding.change for finding in sample.findings if finding.germline_like}
    return effect.basis == "nothing" and set(clone.changes) <= germline


def _name(severity: Severity, assessment: Assessment) -> DrugStateName:
    if severity is Severity.NONE:
        return "none_found" if assessment.assessed else "not_assessable"
    return _STATES[severity]


def _summary(
    drug: Drug,
    state: DrugStateName,
    severity: Severity,
    assessment: Assessment,
    effects: Sequence[tuple[Clone, Effect]],
    recorded: Sequence[tuple[tuple[str, ...], Effect]],
) -> str:
    worst = [clone.name for clone, effect in effects if effect.severity is severity]
    if_cis = ["+".join(group) + " if on one molecule" for group, effect in recorded if effect.severity is severity]
    clauses = [clause(clone, effect) for clone, effect in effects]
    clauses += [f"{'+'.join(group)}, if on one molecule: {effect_text(effect)}" for group, effect in recorded]
    if state == "none_found":
        beyond = "beyond the detected changes " if effects else ""
        head = f"No resistance evidence: {beyond}{nothing_found(assessment)}"
    elif state == "not_assessable":
        head = "Not assessable: " + _why_not(drug, severity, worst, assessment)
    else:
        word = "Resistance evidence" if state == "resistance" else "Reduced activity"
        head = f"{word}: {listed(worst or if_cis)}"
        if len(effects) > 1 and worst:
            head += f" ({count(len(worst), 'clone')} of {len(effects)}"
            head += ")" if state != "resistance" else " escapes)" if len(worst) == 1 else " escape)"
    return ". ".join([head, *clauses]) + "."


def _why_not(drug: Drug, severity: Severity, worst: Sequence[str], assessment: Assessment) -> str:
    if severity is Severity.UNKNOWN:
        text = f"{listed(worst)} detected, effect on {drug.name} not on record"
        return text + f"; apart from that {nothing_found(assessment)}" if assessment.assessed else text
    if not assessment.known:
        return f"the knowledge base holds no resistance evidence for {drug.name} in this gene"
    return f"0 of {assessment.known} positions with evidence assessed; " + missed_text(assessment)


def _resting_on(
    state: DrugStateName,
    severity: Severity,
    effects: Sequence[tuple[Clone, Effect]],
    recorded: Sequence[tuple[tuple[str, ...], Effect]],
) -> tuple[str, ...]:
    groups = [(clone.changes, effect) for clone, effect in effects] + list(recorded)
    chosen = [changes for changes, effect in groups if effect.severity is severity or state == "none_found"]
    return tuple(dict.fromkeys(change for changes in chosen for change in changes))


def _evidence(effects: Sequence[Effect]) -> list[Claim]:
    """Rows that decide first, then every further row about the detected changes; each once."""
    deciding = {claim.row: claim for effect in effects for claim in effect.deciding}
    others = {claim.row: claim for effect in effects for claim in effect.others if claim.row not in deciding}
    return [*(deciding[row] for row in sorted(deciding)), *(others[row] for row in sorted(others))]
