"""``phase.tsv``: one line for each pair of called variants."""

from __future__ import annotations

from kinescape.records import Call, SampleResult

COLUMNS = (
    *("variant_a", "variant_b", "n11", "n10", "n01", "n00", "verdict", "reason", "cis_fraction", "ci_low", "ci_high"),
    *("genomic_a", "genomic_b"),
)


def phase_table(result: SampleResult) -> str:
    """The table as text. Variants are named by gene and protein change (``ALK:G1202R``), else by their place."""
    names = {call.variant.name: _name(call) for call in result.calls}
    lines = ["\t".join(COLUMNS)]
    for pair in result.phases:
        cells = (
            names.get(pair.variant_a, pair.variant_a),
            names.get(pair.variant_b, pair.variant_b),
            *(str(count) for count in (pair.n11, pair.n10, pair.n01, pair.n00)),
            pair.verdict,
            pair.reason,
            *("." if value is None else f"{value:.4g}" for value in (pair.cis_fraction, pair.ci_low, pair.ci_high)),
            pair.variant_a,
            pair.variant_b,
        )
        lines.append("\t".join(cells))
    return "\n".join(lines) + "\n"


def _name(call: Call) -> str:
    if call.consequence is None:
        return call.variant.name
    return f"{call.consequence.gene}:{call.consequence.protein or call.consequence.hgvs_c}"
