"""TSV: one row per call with everything that the result says of it, for a lab's own tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kinescape.exports.cells import Value, harmless, table
from kinescape.exports.statements import RESEARCH_USE
from kinescape.records import NOT_CONSULTED, AlignerCall, Call, SampleResult
from kinescape.report.vcf import aligner_names
from kinescape.report.vcf_phase import UNPHASED, PhaseFields, phase_fields
from kinescape.report.wording import lowest_depth

FIXED = (
    *("sample", "patient", "role", "timepoint", "date", "therapy", "line", "cfdna_ng", "plasma_ml", "fragment_bp"),
    *("simulated", "gate", "evidence", "gene", "protein", "hgvs_p", "hgvs_c", "hgvs_g", "transcript", "exon", "kind"),
    *("chrom", "pos", "ref", "alt", "genome", "vaf", "vaf_low", "vaf_high", "depth", "fragments", "alt_fragments"),
    *("filters", "reason", "known", "background_ratio", "parts", "cis_with", "trans_with", "mixed_with", "inspected"),
)
"""Columns before those of the aligners and annotation sources."""

_OF_ALIGNER = ("depth", "ref", "alt", "vaf", "qual", "strand_bias", "dp4", "filters", "background")
LAST = ("panel", "panel_version", "knowledge_base", "kinescape_version", "use")


def variant_table(results: Sequence[SampleResult]) -> str:
    """The table: every call of every sample, filtered ones included (column ``evidence`` tells them apart).

    Positions are 1-based, allele fractions shares of 1. A sample without any call has no row.
    """
    aligners = list(dict.fromkeys(name for result in results for name in aligner_names(result)))
    sources = sorted(
        {source for result in results for source in result.annotation_sources}
        | {source for result in results for call in result.calls for source in call.annotations},
        key=lambda name: (name.lower(), name),
    )
    header = [
        *FIXED,
        *(f"{field}_{aligner}" for aligner in aligners for field in _OF_ALIGNER),
        *(f"annotation_{source}" for source in sources),
        *LAST,
    ]
    # Names of sources come from a file too: a header's cells are guarded as all others are.
    rows = (row for result in results for row in _rows(result, aligners, sources))
    return table([harmless(name) for name in header], rows)


def _rows(result: SampleResult, aligners: Sequence[str], sources: Sequence[str]) -> Iterator[list[Value]]:
    phases = phase_fields(result)
    base = result.knowledge_base
    for call in sorted(result.calls, key=lambda each: each.variant):
        yield [
            *_sample_cells(result),
            *_call_cells(call, result, phases.get(call.variant.name, UNPHASED)),
            *(value for aligner in aligners for value in _aligner_cells(call, aligner)),
            *(call.annotations.get(source) or NOT_CONSULTED for source in sources),
            result.panel.name,
            result.panel.version,
            f"{base.name} {base.version}" if base else "none",
            result.kinescape_version,
            RESEARCH_USE,
        ]


def _sample_cells(result: SampleResult) -> list[Value]:
    info = result.sample
    return [
        *(info.sample, info.patient, info.role, info.timepoint, info.date, info.therapy, info.line),
        *(info.cfdna_ng, info.plasma_ml, info.fragment_bp, result.simulated, result.gate.status),
    ]


def _call_cells(call: Call, result: SampleResult, phase: PhaseFields) -> list[Value]:
    named, variant = call.consequence, call.variant
    names: list[Value] = [None] * 8
    if named is not None:
        names = [named.gene, named.protein, named.hgvs_p, named.hgvs_c, named.hgvs_g, named.transcript, named.exon]
        names.append(named.kind)
    return [
        *(call.evidence, *names, variant.chrom, variant.pos, variant.ref, variant.alt, result.panel.genome),
        *(call.vaf, call.vaf_low, call.vaf_high, lowest_depth(call), call.fragments, call.alt_fragments),
        *(";".join(call.filters) or "PASS", call.reason, call.known, call.background_ratio, ";".join(call.parts)),
        *(";".join(phase.cis), ";".join(phase.trans), ";".join(phase.mixed), call.inspected or "not inspected"),
    ]


def _aligner_cells(call: Call, aligner: str) -> list[Value]:
    numbers: AlignerCall | None = next((each for each in call.by_aligner if each.aligner == aligner), None)
    if numbers is None:
        return [None] * len(_OF_ALIGNER)
    return [
        *(numbers.depth, numbers.dp4[0] + numbers.dp4[1], numbers.alt_count, numbers.vaf, numbers.qual),
        *(numbers.strand_bias, ",".join(str(count) for count in numbers.dp4), ";".join(numbers.filters) or "PASS"),
        numbers.background,
    ]
