"""The tables of the database and how a result fills them.

Every table has ``run`` (the folder that was given) and ``sample``; together they name a result. Positions are 1-based,
fractions lie between 0 and 1, and what could not be known is NULL: a NULL ``lod95`` is no limit of zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from kinescape.records import Call, SampleResult

Values = tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """One table: its columns after ``run`` and ``sample`` as (name, SQL type, what it holds), and its rows."""

    name: str
    columns: tuple[tuple[str, str, str], ...]
    rows: Callable[[SampleResult], Iterator[Values]]

    @property
    def names(self) -> list[str]:
        """All column names."""
        return ["run", "sample", *(name for name, _, _ in self.columns)]


def _samples(result: SampleResult) -> Iterator[Values]:
    info, qc = result.sample, result.qc
    limits = [k.lod95 for k in result.known_positions if k.state == "not_detected" and k.lod95 is not None]
    yield (
        info.patient or None,
        info.role,
        info.timepoint or None,
        info.date or None,
        info.therapy or None,
        info.line or None,
        info.cfdna_ng,
        info.extra.get("fusion") or None,
        result.simulated,
        result.gate.status,
        "; ".join(result.gate.reasons) or None,
        qc.pairs,
        min((each.median_depth for each in result.amplicons), default=None),
        max(qc.mismatches_per_base.values(), default=None),
        max(limits, default=None),
        sum(call.evidence == "strong" for call in result.calls),
        sum(call.evidence == "weak" for call in result.calls),
        f"{result.panel.name} {result.panel.version}",
        f"{result.knowledge_base.name} {result.knowledge_base.version}" if result.knowledge_base else None,
        result.kinescape_version,
        result.schema_version,
        # Not the result's to know: filled in from the run's own list.
        None,
    )


def _calls(result: SampleResult) -> Iterator[Values]:
    for call in result.calls:
        variant, about = call.variant, call.consequence
        yield (
            variant.chrom,
            variant.pos,
            variant.ref,
            variant.alt,
            about.gene if about else None,
            about.exon if about else None,
            about.hgvs_c if about else None,
            about.hgvs_p or None if about else None,
            about.protein or None if about else None,
            about.kind if about else None,
            call.evidence,
            ";".join(call.filters) or None,
            call.reason or None,
            call.vaf,
            call.vaf_low,
            call.vaf_high,
            call.fragments,
            call.alt_fragments,
            _of(call, "bwa", "depth"),
            _of(call, "bowtie2", "depth"),
            _of(call, "bwa", "vaf"),
            _of(call, "bowtie2", "vaf"),
            call.background_ratio,
            call.known or None,
        )


def _of(call: Call, aligner: str, what: str) -> Any:
    return next((getattr(each, what) for each in call.by_aligner if each.aligner == aligner), None)


def _positions(result: SampleResult) -> Iterator[Values]:
    for known in result.known_positions:
        yield (
            known.gene,
            known.protein,
            known.exon,
            known.state,
            known.reason or None,
            known.depth,
            known.lod95,
            known.vaf,
        )


def _phases(result: SampleResult) -> Iterator[Values]:
    names = {call.variant.name: call.consequence.protein for call in result.calls if call.consequence is not None}
    for phase in result.phases:
        yield (
            phase.variant_a,
            phase.variant_b,
            names.get(phase.variant_a) or None,
            names.get(phase.variant_b) or None,
            phase.verdict,
            phase.reason or None,
            phase.n11,
            phase.n10,
            phase.n01,
            phase.n00,
            phase.cis_fraction,
            phase.ci_low,
            phase.ci_high,
        )


def _drugs(result: SampleResult) -> Iterator[Values]:
    for drug in result.drugs:
        yield (
            drug.gene,
            drug.drug,
            drug.state,
            ";".join(drug.variants) or None,
            drug.summary,
            drug.assessed_positions,
            drug.known_positions,
            "; ".join(drug.cautions) or None,
        )


TABLES: tuple[Table, ...] = (
    Table(
        "samples",
        (
            ("patient", "VARCHAR", "as in the sample sheet"),
            ("role", "VARCHAR", "plasma or control"),
            ("timepoint", "VARCHAR", "as in the sample sheet"),
            ("date", "VARCHAR", "as in the sample sheet"),
            ("therapy", "VARCHAR", "as in the sample sheet"),
            ("line", "VARCHAR", "as in the sample sheet"),
            ("cfdna_ng", "DOUBLE", "input, ng"),
            ("fusion", "VARCHAR", "as in the sample sheet"),
            ("simulated", "BOOLEAN", "whether the reads are simulated"),
            ("gate", "VARCHAR", "pass, limited or fail"),
            ("gate_reasons", "VARCHAR", "joined by semicolons"),
            ("pairs", "BIGINT", "read pairs"),
            ("lowest_depth", "BIGINT", "median depth of the amplicon that has least"),
            ("mismatches_per_base", "DOUBLE", "the higher of the aligners"),
            ("worst_lod95", "DOUBLE", "largest limit over known positions that were looked at and not found"),
            ("strong_calls", "INTEGER", "calls with strong evidence"),
            ("weak_calls", "INTEGER", "calls with weak evidence"),
            ("panel", "VARCHAR", "name and version"),
            ("knowledge_base", "VARCHAR", "name and version"),
            ("kinescape_version", "VARCHAR", "that wrote the result"),
            ("schema_version", "VARCHAR", "of the result"),
            (
                "in_sheet",
                "BOOLEAN",
                "whether the sheet of the last run in the folder has the sample; NULL where the folder does not say",
            ),
        ),
        _samples,
    ),
    Table(
        "calls",
        (
            ("chrom", "VARCHAR", ""),
            ("pos", "BIGINT", "1-based"),
            ("ref", "VARCHAR", ""),
            ("alt", "VARCHAR", ""),
            ("gene", "VARCHAR", ""),
            ("exon", "INTEGER", ""),
            ("hgvs_c", "VARCHAR", ""),
            ("hgvs_p", "VARCHAR", ""),
            ("protein", "VARCHAR", "one-letter"),
            ("kind", "VARCHAR", "missense, synonymous, ..."),
            ("evidence", "VARCHAR", "strong, weak or filtered"),
            ("filters", "VARCHAR", "joined by semicolons"),
            ("reason", "VARCHAR", "why it is weak or filtered"),
            ("vaf", "DOUBLE", ""),
            ("vaf_low", "DOUBLE", "95% interval"),
            ("vaf_high", "DOUBLE", "95% interval"),
            ("fragments", "BIGINT", "mates merged"),
            ("alt_fragments", "BIGINT", ""),
            ("depth_bwa", "BIGINT", ""),
            ("depth_bowtie2", "BIGINT", ""),
            ("vaf_bwa", "DOUBLE", ""),
            ("vaf_bowtie2", "DOUBLE", ""),
            ("background_ratio", "DOUBLE", "over the site's background; NULL without controls"),
            ("known", "VARCHAR", "what the panel's list says of it"),
        ),
        _calls,
    ),
    Table(
        "positions",
        (
            ("gene", "VARCHAR", ""),
            ("protein", "VARCHAR", "known change, one-letter"),
            ("exon", "INTEGER", ""),
            ("state", "VARCHAR", "detected, weak, not_detected, below_depth, not_covered or not_on_panel"),
            ("reason", "VARCHAR", ""),
            ("depth", "BIGINT", "reads, the smaller of both aligners"),
            ("lod95", "DOUBLE", "limit of detection; NULL where none can be stated"),
            ("vaf", "DOUBLE", "where detected"),
        ),
        _positions,
    ),
    Table(
        "phases",
        (
            ("variant_a", "VARCHAR", ""),
            ("variant_b", "VARCHAR", ""),
            ("protein_a", "VARCHAR", ""),
            ("protein_b", "VARCHAR", ""),
            ("verdict", "VARCHAR", "cis, trans, mixed or undeterminable"),
            ("reason", "VARCHAR", ""),
            ("n11", "BIGINT", "fragments with both"),
            ("n10", "BIGINT", "with a only"),
            ("n01", "BIGINT", "with b only"),
            ("n00", "BIGINT", "with neither"),
            ("cis_fraction", "DOUBLE", ""),
            ("ci_low", "DOUBLE", ""),
            ("ci_high", "DOUBLE", ""),
        ),
        _phases,
    ),
    Table(
        "drugs",
        (
            ("gene", "VARCHAR", ""),
            ("drug", "VARCHAR", ""),
            ("state", "VARCHAR", "resistance, reduced_activity, none_found or not_assessable; never a recommendation"),
            ("variants", "VARCHAR", "detected changes that the state rests on"),
            ("summary", "VARCHAR", ""),
            ("assessed_positions", "INTEGER", ""),
            ("known_positions", "INTEGER", ""),
            ("cautions", "VARCHAR", ""),
        ),
        _drugs,
    ),
)
