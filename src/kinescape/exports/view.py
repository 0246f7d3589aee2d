"""The view of a sample: everything that a document says, worded and in order, as plain dictionaries and lists.

PDF, letter and a lab's own template are made from it, so all three say the same. Every text is what a reader shall see
(invisible signs are spelled out); escaping is the business of what prints it. ``docs/exports.md`` lists the members;
:data:`VIEW_VERSION` changes when one is taken away or gets another meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kinescape.exports.statements import RESEARCH_USE, SIMULATED, produced_by
from kinescape.records import NOT_CONSULTED, Call, DrugState, KnownPosition, SampleResult
from kinescape.report import view as page_view
from kinescape.report.wording import (
    AMPLICON_STATES,
    CONSEQUENCES,
    EVIDENCE,
    GATE,
    GATE_WORDS,
    PHASE,
    PHASE_WORDS,
    POSITION_STATES,
    POSITION_WORDS,
    after_lead,
    assessed_words,
    call_name,
    drug_state_words,
    lead,
    lod_range,
    lowest_depth,
    percent,
    short_call_name,
    visible,
    whole,
)

VIEW_VERSION = "1.0"

View = dict[str, Any]


def sample_view(result: SampleResult) -> View:
    """The view of one sample."""
    made = {
        "view_version": VIEW_VERSION,
        "use": RESEARCH_USE,
        "simulated": result.simulated,
        "simulated_words": SIMULATED if result.simulated else "",
        "produced_by": produced_by(result),
        "sample": {"name": result.sample.sample, "patient": result.sample.patient or "not stated"},
        "facts": _facts(page_view.facts_of(result)),
        "gate": {
            "status": result.gate.status,
            "words": GATE[result.gate.status],
            "meaning": GATE_WORDS[result.gate.status],
            "reasons": list(result.gate.reasons),
        },
        "summary": _facts(page_view.tiles_of(result)),
        "findings": [_finding(call, result) for e in ("strong", "weak") for call in page_view.calls_with(result, e)],
        "filtered": [_finding(call, result) for call in page_view.calls_with(result, "filtered")],
        "genes": [_gene(gene, result) for gene in dict.fromkeys(k.gene for k in result.known_positions)],
        "drug_groups": [_drug_group(group, result) for group in page_view.drug_groups(result)],
        "drugs_given": bool(result.drugs),
        "not_detected": _not_detected(result),
        "not_assessed": {"positions": _silent(result), "other": _not_assessed(result)},
        "known_positions": [_known(known) for known in result.known_positions],
        "phases": [_phase(row) for row in page_view.phase_rows(result)],
        "acquisition": page_view.acquisition_orders(result),
        "amplicons": [_amplicon(result, number) for number in range(len(result.amplicons))],
        "methods": _methods(result),
        "inputs": [{"name": each.name, "sha256": each.sha256, "bytes": each.bytes} for each in result.inputs],
    }
    shown: View = _visible(made)
    return shown


def _visible(value: Any) -> Any:
    """Every text of the view with invisible signs spelled out."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {key: _visible(each) for key, each in value.items()}
    return [_visible(each) for each in value] if isinstance(value, list) else value


def _facts(facts: Sequence[page_view.Fact]) -> list[View]:
    return [{"name": name, "value": value} for name, value in facts]


def _finding(call: Call, result: SampleResult) -> View:
    named = call.consequence
    return {
        "id": call.variant.name,
        "name": call_name(call),
        "gene": named.gene if named else "",
        "change": short_call_name(call),
        "hgvs_p": named.hgvs_p if named else "",
        "hgvs_c": named.hgvs_c if named else "",
        "hgvs_g": named.hgvs_g if named else call.variant.name,
        "transcript": named.transcript if named else "",
        "exon": named.exon if named else None,
        "kind": CONSEQUENCES[named.kind] if named else "",
        "evidence": call.evidence,
        "evidence_words": EVIDENCE[call.evidence],
        "reason": call.reason,
        "vaf": call.vaf,
        "vaf_words": percent(call.vaf),
        "interval_words": f"{percent(call.vaf_low)} to {percent(call.vaf_high)}",
        "depth": lowest_depth(call),
        "depth_words": whole(lowest_depth(call)),
        "fragments_words": f"{whole(call.alt_fragments)} of {whole(call.fragments)}",
        "known": call.known,
        "inspected": call.inspected or "not inspected by eye yet",
        "aligners": [
            {
                "name": numbers.aligner,
                "reads_words": f"{whole(numbers.alt_count)} of {whole(numbers.depth)}",
                "vaf_words": percent(numbers.vaf),
                "qual": numbers.qual,
                "strand_bias": numbers.strand_bias,
                "filters": ", ".join(numbers.filters) or "passes",
            }
            for numbers in call.by_aligner
        ],
        "annotations": [
            {"source": source, "says": call.annotations.get(source) or NOT_CONSULTED}
            for source in sorted({*result.annotation_sources, *call.annotations}, key=lambda name: (name.lower(), name))
        ],
    }


def _gene(gene: str, result: SampleResult) -> View:
    known = [each for each in result.known_positions if each.gene == gene]
    counts = page_view.state_counts(known)
    return {
        "gene": gene,
        "known_positions": len(known),
        "limits": lod_range(known),
        "states": [{"state": state, "words": POSITION_STATES[state], "count": count} for state, count in counts],
    }


def _drug_group(group: page_view.DrugGroup, result: SampleResult) -> View:
    return {
        "gene": group.gene,
        "limits": group.limits,
        "by_state": [{"state": state, "words": words, "drugs": names} for state, words, names in group.by_state],
        "cautions": group.shared_cautions,
        "drugs": [_drug(drug, group, result) for drug in group.drugs],
    }


def _drug(drug: DrugState, group: page_view.DrugGroup, result: SampleResult) -> View:
    return {
        "drug": drug.drug,
        "state": drug.state,
        "words": drug_state_words(drug),
        "current": page_view.is_current(drug, result),
        "lead": lead(drug.summary),
        "more": after_lead(drug.summary),
        "variants": list(drug.variants),
        "assessed": assessed_words(drug),
        "cautions": group.own_cautions(drug),
        "evidence": [
            {
                "row": row.row,
                "changes": " + ".join(row.variants),
                "kind": row.kind,
                "value_nm": row.value_nm,
                "fold": row.fold,
                "direction": row.direction,
                "level": row.level,
                "status": row.status,
                "source": row.source,
                "record": row.record,
                "note": row.note,
            }
            for row in drug.evidence
        ],
    }


def _known(known: KnownPosition) -> View:
    return {
        "gene": known.gene,
        "protein": known.protein,
        "exon": known.exon,
        "state": known.state,
        "words": POSITION_STATES[known.state],
        "meaning": POSITION_WORDS[known.state],
        "reason": known.reason,
        "depth": known.depth,
        "depth_words": whole(known.depth),
        "lod95": known.lod95,
        "lod_words": percent(known.lod95),
        "vaf": known.vaf,
        "vaf_words": percent(known.vaf),
    }


def _not_detected(result: SampleResult) -> list[View]:
    """Known changes that were looked for and not seen, by gene, each with its limit."""
    groups = []
    for gene in dict.fromkeys(k.gene for k in result.known_positions):
        mine = [k for k in result.known_positions if k.gene == gene and k.state == "not_detected"]
        if mine:
            changes = [
                {"protein": k.protein, "lod_words": percent(k.lod95), "depth_words": whole(k.depth)} for k in mine
            ]
            groups.append({"gene": gene, "limits": lod_range(mine), "changes": changes})
    return groups


def _silent(result: SampleResult) -> list[View]:
    return [
        {
            "gene": group.gene,
            "state": group.state,
            "words": POSITION_STATES[group.state],
            "meaning": POSITION_WORDS[group.state],
            "changes": [known.protein for known in group.positions],
        }
        for group in page_view.silent_groups(result)
    ]


def _not_assessed(result: SampleResult) -> list[View]:
    return [{"what": each.what, "reason": each.reason} for each in result.not_assessed]


def _phase(row: page_view.PhaseRow) -> View:
    phase = row.phase
    interval = ""
    if phase.cis_fraction is not None and phase.ci_low is not None and phase.ci_high is not None:
        interval = f"{percent(phase.cis_fraction)} ({percent(phase.ci_low)} to {percent(phase.ci_high)})"
    return {
        "a": row.a,
        "b": row.b,
        "verdict": phase.verdict,
        "words": PHASE[phase.verdict],
        "meaning": PHASE_WORDS[phase.verdict],
        "reason": phase.reason,
        "both": whole(phase.n11),
        "only_a": whole(phase.n10),
        "only_b": whole(phase.n01),
        "neither": whole(phase.n00),
        "cis_share": interval,
    }


def _amplicon(result: SampleResult, number: int) -> View:
    amplicon = result.amplicons[number]
    limits = [value for track in result.coverage if track.amplicon == amplicon.name for value in track.lod95 if value]
    return {
        "name": amplicon.name,
        "gene": amplicon.gene,
        "exon": amplicon.exon,
        "place": f"{amplicon.chrom}:{amplicon.start}-{amplicon.end}",
        "state": amplicon.state,
        "words": AMPLICON_STATES[amplicon.state],
        "median_depth": whole(amplicon.median_depth),
        "minimum_depth": whole(amplicon.minimum_depth),
        "fragments": whole(amplicon.fragments),
        "highest_limit": percent(max(limits)) if limits else "none to state",
    }


def _methods(result: SampleResult) -> View:
    base, panel = result.knowledge_base, result.panel
    return {
        "panel": f"{panel.name} {panel.version}, {panel.genome}",
        "panel_sha256": panel.sha256,
        "reference": panel.reference,
        "reference_sha256": panel.reference_sha256,
        "knowledge_base": f"{base.name} {base.version} ({base.date})" if base else "none was used",
        "knowledge_base_sha256": base.sha256 if base else "",
        "aligners": [
            {
                "name": run.aligner,
                "version": run.version or "version not stated",
                "arguments": run.arguments,
                "tested": run.tested_version,
                "note": run.note,
            }
            for run in result.aligners
        ],
        "annotation_sources": [
            {"source": source, "version": version} for source, version in sorted(result.annotation_sources.items())
        ],
        "parameters": _facts(page_view.parameter_facts(result)),
        "reads": _facts(page_view.read_facts(result)),
    }
