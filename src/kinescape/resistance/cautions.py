"""What a reader of a drug's state must know beside it."""

from __future__ import annotations

from collections.abc import Sequence

from kinescape.records import PhaseVerdict
from kinescape.resistance.base import KnowledgeBase
from kinescape.resistance.claims import FULL_LENGTH
from kinescape.resistance.clones import Clone, Finding
from kinescape.resistance.drugs import Drug
from kinescape.resistance.effects import Effect, Severity, effect_on
from kinescape.resistance.gene_in_sample import GeneInSample
from kinescape.resistance.positions import Assessment
from kinescape.resistance.wording import conflict_text, effect_text, listed, missed_text, percent, uncertain_text


def cautions_of(
    kb: KnowledgeBase,
    drug: Drug,
    sample: GeneInSample,
    assessment: Assessment,
    effects: Sequence[tuple[Clone, Effect]],
    possible: Sequence[tuple[tuple[str, ...], Effect]],
) -> tuple[str, ...]:
    """Every caution of one drug, most specific first, each once."""
    texts: list[str] = []
    for clone, effect in effects:
        texts += _of_effect(clone.name, effect, kb)
    for group, effect in possible:
        texts += _of_possible(group, effect, sample)
    texts += _of_findings(drug, sample.findings, effects)
    texts += _of_weak(kb, drug, sample)
    texts += _comments(kb, drug, sample)
    if assessment.missed and assessment.assessed:
        known = f"{len(assessment.missed)} of {assessment.known} positions with evidence not assessed: "
        texts.append(known + missed_text(assessment))
    if assessment.without_lod:
        texts.append(f"No limit of detection is stated at {listed(assessment.without_lod)}")
    if drug.investigational(sample.gene):
        texts.append(f"{drug.name} is not listed as licensed for {sample.gene} fusions")
    if not sample.fusion_stated:
        texts.append(f"Whether the tumour carries a {sample.gene} fusion was not stated")
    if kb.not_assessable:
        texts.append("Not assessable by this panel: " + "; ".join(item.what for item in kb.not_assessable))
    return tuple(dict.fromkeys(texts))


def _of_effect(name: str, effect: Effect, kb: KnowledgeBase) -> list[str]:
    explained = [effect, *effect.parts] if effect.basis == "members" else [effect]
    texts = [text for text in map(conflict_text, explained) if text]
    if effect.basis == "members":
        texts.append(f"{name} has no record of its own with this drug; folds of its members do not multiply")
    if effect.basis == "residue":
        texts.append(f"The rows name the residue of {name}, not the substitution")
    if effect.deciding and all(claim.status == "unverified" for claim in effect.deciding):
        texts.append(f"What is on record of {name} is unverified: taken from abstracts, reviews or earlier papers")
    if effect.deciding and all(claim.fusion == FULL_LENGTH for claim in effect.deciding):
        texts.append(f"What is on record of {name} concerns the full-length receptor, not a fusion")
    uncertain = uncertain_text(effect.deciding, kb.rules.rule_set())
    if uncertain:
        texts.append(uncertain)
    disputed = [claim for claim in effect.others if claim.status == "disputed"]
    texts += [f"{claim.row} is disputed and not counted: {claim.note}" for claim in disputed]
    observed = [claim for claim in effect.others if claim.direction == "observed" and claim.name == name]
    if observed:
        rows = ", ".join(claim.row for claim in observed)
        texts.append(f"{name} was seen under this drug ({rows}), which does not show that it causes resistance")
    return texts


def _of_possible(group: tuple[str, ...], effect: Effect, sample: GeneInSample) -> list[str]:
    reasons = sorted({phase.reason for phase in sample.phases if _concerns(phase, group, sample.findings)} - {""})
    text = f"Phase of {listed(group)} undeterminable" + (f" ({'; '.join(reasons)})" if reasons else "")
    if effect.basis == "record":
        return [f"{text}: values of the single changes and of the compound are shown, one of the two readings holds"]
    return [f"{text}; single values shown, the compound has no record with this drug"]


def _concerns(phase: PhaseVerdict, group: tuple[str, ...], findings: Sequence[Finding]) -> bool:
    change_of = {name: finding.change for finding in findings for name in finding.names}
    pair = {change_of.get(phase.variant_a), change_of.get(phase.variant_b)}
    return phase.verdict == "undeterminable" and len(pair) == 2 and pair <= set(group)


def _of_findings(drug: Drug, findings: Sequence[Finding], effects: Sequence[tuple[Clone, Effect]]) -> list[str]:
    texts = [
        f"{finding.change}: allele fraction {percent(finding.vaf)} fits a germline change"
        for finding in findings
        if finding.germline_like
    ]
    unknown = [clone.name for clone, effect in effects if effect.severity is Severity.UNKNOWN]
    if unknown:
        texts.append(f"No deciding record of {listed(unknown)} with {drug.name}")
    if findings:
        texts.append("Without DNA of white blood cells neither germline origin nor clonal haematopoiesis is excluded")
    return texts


def _of_weak(kb: KnowledgeBase, drug: Drug, sample: GeneInSample) -> list[str]:
    texts = []
    for change in sample.weak:
        effect = effect_on(kb.claims_for(sample.gene, drug.name), (change,))
        known = effect_text(effect) if effect.deciding else f"effect on {drug.name} not on record"
        texts.append(f"Weak evidence of {change} (one aligner), not counted: {known}")
    return texts


def _comments(kb: KnowledgeBase, drug: Drug, sample: GeneInSample) -> list[str]:
    """Comments of the base on a detected change and this very drug."""
    found = {finding.change for finding in sample.findings} | {clone.name for clone in sample.clones.clones}
    return [
        f"{comment.text} [{comment.source}]"
        for comment in kb.comments
        if comment.gene == sample.gene and comment.drug == drug.name and comment.variants in found
    ]
