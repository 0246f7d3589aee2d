"""Rules that a result must keep beyond its types, so that no page can say more than was looked at.

The types (:mod:`kinescape.records`) say what a value may be; these rules say which values may stand together. They are
applied when a result is written and when one is read, because pages and exports trust them.
"""

from __future__ import annotations

from collections.abc import Iterator

from kinescape.records import Call, DrugState, KnownPosition, PhaseVerdict, SampleResult
from kinescape.sheet import LARGEST_AMOUNT

WEAK_FILTER = "weak_evidence"
"""The FILTER entry that every variant with weak evidence carries."""

LONGEST_INSERT = 2000
"""Bases: twice what two mates of a short-read sequencer can overlap over."""

Fault = tuple[str, str]
"""(JSON path, what is wrong there)"""


def faults(result: SampleResult) -> Iterator[Fault]:
    """Every broken rule of ``result``, in the order of the file."""
    yield from _sample_faults(result)
    yield from _coverage_faults(result)
    for i, call in enumerate(result.calls):
        yield from ((f"$.calls[{i}].{field}", text) for field, text in _call_faults(call))
    yield from _repeated(result)
    for i, known in enumerate(result.known_positions):
        yield from ((f"$.known_positions[{i}].{field}", text) for field, text in _known_faults(known))
    for i, phase in enumerate(result.phases):
        yield from ((f"$.phases[{i}].{field}", text) for field, text in _phase_faults(phase))
    for i, drug in enumerate(result.drugs):
        yield from ((f"$.drugs[{i}].{field}", text) for field, text in _drug_faults(drug))


def _sample_faults(result: SampleResult) -> Iterator[Fault]:
    amounts = {name: getattr(result.sample, name) for name in ("cfdna_ng", "plasma_ml", "fragment_bp")}
    for name, amount in amounts.items():
        if amount is not None and not 0 < amount <= LARGEST_AMOUNT:
            yield f"$.sample.{name}", f"is not an amount above 0 and at most {LARGEST_AMOUNT:g}"


def _coverage_faults(result: SampleResult) -> Iterator[Fault]:
    for i, (length, _) in enumerate(result.qc.insert_lengths):
        if not 0 <= length <= LONGEST_INSERT:
            yield f"$.qc.insert_lengths[{i}]", f"the length of an insert lies between 0 and {LONGEST_INSERT} bases"
    for i, track in enumerate(result.coverage):
        if len(track.depth) != len(track.lod95):
            yield f"$.coverage[{i}].lod95", f"has {len(track.lod95)} values for {len(track.depth)} depths"
    for i, amplicon in enumerate(result.amplicons):
        if amplicon.end < amplicon.start:
            yield f"$.amplicons[{i}].end", "lies before the start"


def _call_faults(call: Call) -> Iterator[Fault]:
    if call.variant.pos < 1:
        yield "variant.pos", "is not a 1-based position"
    if not 0 <= call.vaf_low <= call.vaf <= call.vaf_high <= 1:
        yield "vaf", "the allele fraction must lie within its interval, and both between 0 and 1"
    if call.evidence == "strong" and call.filters:
        yield "filters", "strong evidence passes every filter, but reasons are given"
    if call.evidence == "weak" and WEAK_FILTER not in call.filters:
        yield "filters", f"weak evidence must carry '{WEAK_FILTER}'"
    if call.evidence == "filtered" and not call.filters:
        yield "filters", "a filtered variant must carry the reasons"


def _repeated(result: SampleResult) -> Iterator[Fault]:
    seen: set[str] = set()
    for i, call in enumerate(result.calls):
        if call.variant.name in seen:
            yield f"$.calls[{i}].variant", f"stands twice ({call.variant.name})"
        seen.add(call.variant.name)


def _known_faults(known: KnownPosition) -> Iterator[Fault]:
    if known.state == "not_detected" and known.lod95 is None:
        yield "lod95", "'not_detected' needs a limit of detection"
    if known.state in ("detected", "weak") and known.vaf is None:
        yield "vaf", f"'{known.state}' needs an allele fraction"


def _phase_faults(phase: PhaseVerdict) -> Iterator[Fault]:
    if phase.variant_a == phase.variant_b:
        yield "variant_b", "is the same variant as variant_a"
    if min(phase.n11, phase.n10, phase.n01, phase.n00) < 0:
        yield "n11", "counts of molecules cannot be below 0"


def _drug_faults(drug: DrugState) -> Iterator[Fault]:
    if drug.assessed_positions > drug.known_positions:
        yield "assessed_positions", "more positions were assessed than are known"
    if drug.state == "none_found" and drug.assessed_positions == 0:
        yield "state", "'none_found' although no known position could be assessed"
    if drug.state in ("resistance", "reduced_activity") and not drug.variants:
        yield "variants", f"'{drug.state}' must name the variants that it rests on"
