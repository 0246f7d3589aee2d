"""What the templates need beside the records: groupings, names and counts. Nothing here decides anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kinescape.palette import drug_in
from kinescape.phase.haplotypes import acquisition_order
from kinescape.records import Call, DrugState, DrugStateName, KnownPosition, PhaseVerdict, SampleResult
from kinescape.report.wording import (
    POSITION_STATES,
    SILENT_STATES,
    call_name,
    drug_state_words,
    lod_range,
    percent,
    plain,
    short_call_name,
    whole,
    whole_range,
)

Fact = tuple[str, str]
"""(what, value)"""


@dataclass(frozen=True)
class DrugGroup:
    """The drugs of one gene, with the limits of detection that "none found" rests on."""

    gene: str
    drugs: tuple[DrugState, ...]
    limits: str

    @property
    def by_state(self) -> list[tuple[DrugStateName, str, list[str]]]:
        """The drugs under their states."""
        return drugs_by_state(self.drugs)

    @property
    def shared_cautions(self) -> list[str]:
        """What has to be said of every drug of the group, and is said once."""
        if len(self.drugs) < 2:
            return []
        return [c for c in self.drugs[0].cautions if all(c in drug.cautions for drug in self.drugs)]

    def own_cautions(self, drug: DrugState) -> list[str]:
        """What has to be said of one drug alone."""
        return [caution for caution in drug.cautions if caution not in self.shared_cautions]


@dataclass(frozen=True)
class SilentGroup:
    """Known positions of one gene that say nothing, for one reason."""

    gene: str
    state: str
    positions: tuple[KnownPosition, ...]


@dataclass(frozen=True)
class PhaseRow:
    """A pair of findings under their names."""

    a: str
    b: str
    phase: PhaseVerdict


def facts_of(result: SampleResult) -> list[Fact]:
    """Who and what: the filled cells of the sample sheet."""
    info = result.sample
    facts = [
        ("Patient", info.patient),
        ("Role", {"plasma": "plasma sample", "control": "healthy control"}[info.role]),
        ("Time point", info.timepoint),
        ("Date of sample", info.date),
        ("Therapy at sampling", info.therapy),
        ("Line of therapy", info.line),
        ("cfDNA input", "" if info.cfdna_ng is None else f"{plain(info.cfdna_ng)} ng"),
        ("Plasma", "" if info.plasma_ml is None else f"{plain(info.plasma_ml)} ml"),
        ("Fragment size", "" if info.fragment_bp is None else f"{plain(info.fragment_bp)} bp"),
    ]
    return [(name, value or "not stated") for name, value in [*facts, *sorted(info.extra.items())]]


def tiles_of(result: SampleResult) -> list[Fact]:
    """The numbers beside the gate."""
    known, amplicons = result.known_positions, result.amplicons
    assessed = sum(k.state not in SILENT_STATES for k in known)
    covered = sum(a.state == "covered" for a in amplicons)
    depths = whole_range([a.median_depth for a in amplicons])
    return [
        ("findings with strong evidence", str(sum(c.evidence == "strong" for c in result.calls))),
        ("findings with weak evidence", str(sum(c.evidence == "weak" for c in result.calls))),
        ("known positions assessed", f"{assessed} of {len(known)}"),
        ("amplicons covered", f"{covered} of {len(amplicons)}"),
        ("median depth of amplicons", f"{depths}×" if depths else "none"),
        ("limits of detection (LoD95)", lod_range(list(known)) or "none to state"),
    ]


def drug_groups(result: SampleResult) -> list[DrugGroup]:
    """Drugs in the order of the result, under their genes."""
    genes = list(dict.fromkeys(drug.gene for drug in result.drugs))
    return [
        DrugGroup(
            gene,
            tuple(drug for drug in result.drugs if drug.gene == gene),
            lod_range([k for k in result.known_positions if k.gene == gene]),
        )
        for gene in genes
    ]


_STATES_BY_WEIGHT: tuple[DrugStateName, ...] = ("resistance", "reduced_activity", "not_assessable", "none_found")


def drugs_by_state(drugs: Iterable[DrugState]) -> list[tuple[DrugStateName, str, list[str]]]:
    """(state, its words, names of drugs), the weightiest state first; states without a drug are left out."""
    grouped: dict[tuple[DrugStateName, str], list[str]] = {}
    for drug in sorted(drugs, key=lambda each: _STATES_BY_WEIGHT.index(each.state)):
        grouped.setdefault((drug.state, drug_state_words(drug)), []).append(drug.drug)
    return [(state, words, names) for (state, words), names in grouped.items()]


def is_current(drug: DrugState, result: SampleResult) -> bool:
    """Whether the sample was taken under this drug, as far as the free text of the sheet tells."""
    return drug_in(result.sample.therapy) == drug.drug.strip().lower()


def calls_with(result: SampleResult, evidence: str) -> list[Call]:
    """Calls of one evidence, highest allele fraction first."""
    return sorted((c for c in result.calls if c.evidence == evidence), key=lambda c: (-c.vaf, c.variant))


def call_names(result: SampleResult) -> dict[str, str]:
    """Call id -> name for readers."""
    return {call.variant.name: call_name(call) for call in result.calls}


def phase_rows(result: SampleResult) -> list[PhaseRow]:
    """Pairs under the names of their calls; a call that is not in the result keeps its id."""
    names = {call.variant.name: short_call_name(call) for call in result.calls}
    return [
        PhaseRow(names.get(p.variant_a, p.variant_a), names.get(p.variant_b, p.variant_b), p) for p in result.phases
    ]


def acquisition_orders(result: SampleResult) -> list[str]:
    """``F1174L, then L1196M, then G1202R`` for every group of three or more changes whose combinations are nested."""
    names = {call.variant.name: short_call_name(call) for call in result.calls}
    orders = []
    for group in dict.fromkeys(each.group for each in result.haplotypes):
        steps = acquisition_order([each for each in result.haplotypes if each.group == group])
        if steps is not None and len(steps) > 1:
            orders.append(", then ".join(" with ".join(names.get(name, name) for name in step) for step in steps))
    return orders


def silent_groups(result: SampleResult) -> list[SilentGroup]:
    """Known positions that could not be assessed, by gene and state."""
    groups = []
    for gene in dict.fromkeys(k.gene for k in result.known_positions):
        for state in SILENT_STATES:
            members = tuple(k for k in result.known_positions if k.gene == gene and k.state == state)
            if members:
                groups.append(SilentGroup(gene, state, members))
    return groups


def state_counts(positions: Sequence[KnownPosition]) -> list[tuple[str, int]]:
    """(state, positions in it), states in the order of the words, empty ones left out."""
    counts = [(state, sum(k.state == state for k in positions)) for state in POSITION_STATES]
    return [(state, count) for state, count in counts if count]


def parameter_facts(result: SampleResult) -> list[Fact]:
    """Thresholds in words."""
    p = result.parameters
    smallest = [("Smallest allele fraction", percent(p.min_vaf))]
    error = [("Background error of controls", f"{plain(p.background_error)} mismatches per base")]
    if result.umi is not None:
        error = [("Background of the consensus reads", f"{plain(result.umi.background)} mismatches per base")]
    if result.background is not None:
        background = result.background
        samples = f"{len(background.controls)} " + (
            "healthy controls" if background.kind == "controls" else "samples of the run itself"
        )
        rates = ", ".join(f"{aligner} {plain(rate)}" for aligner, rate in background.mismatches_per_base.items())
        smallest = [
            ("Smallest allele fraction, single bases", f"by site, at least {percent(p.min_vaf_floor)}"),
            ("Smallest allele fraction, insertions and deletions", percent(p.min_vaf)),
        ]
        error = [
            ("Background by site", f"{background.name} (sha256 {background.sha256[:12]}), learned from {samples}"),
            ("Mismatches per base in them", rates),
            ("False discovery rate, background", plain(p.background_fdr)),
        ]
    return [
        ("Mode", {"default": "default (error rates of this run)", "lofreq": "LoFreq's model as it is"}[p.mode]),
        ("Smallest base quality", str(p.min_base_quality)),
        ("Significance of a call, before correction", plain(p.significance)),
        ("False discovery rate, call quality", plain(p.call_fdr)),
        ("False discovery rate, strand bias", plain(p.strand_fdr)),
        ("Smallest depth", f"{whole(p.min_depth)} reads"),
        *smallest,
        *error,
        ("Population allele fraction that is filtered (gnomAD)", f"{p.max_population_af:g} or more"),
        ("Bases under primers", "not counted" if p.mask_primers else "counted"),
        ("Bases not counted at the 3' end of mates", str(p.end_mask)),
    ]


def read_facts(result: SampleResult) -> list[Fact]:
    """Read pairs as they came in."""
    qc = result.qc
    facts = [
        ("Read pairs", whole(qc.pairs)),
        ("Longest read, R1 / R2", f"{qc.read_length_1} / {qc.read_length_2} bases"),
        ("Mean base quality, R1 / R2", f"{qc.mean_quality_1:.1f} / {qc.mean_quality_2:.1f}"),
        ("Bases with quality 30 or more", percent(qc.q30_fraction)),
        ("Reads with adapter trimmed", percent(qc.adapter_fraction)),
        ("Distinct mates / pairs", f"{whole(qc.distinct_mates)} / {whole(qc.distinct_pairs)}"),
        ("Bases called N", percent(qc.n_fraction)),
        ("Reads on the amplicons", percent(qc.on_target_fraction)),
    ]
    if result.umi is not None:
        umi = result.umi
        both = "not told by these UMIs" if umi.duplex is None else percent(umi.duplex)
        facts += [
            ("Molecules by UMI", f"{whole(umi.molecules)} of {whole(umi.families)} families"),
            ("Read pairs per family / families of one", f"{umi.mean_family_size:.1f} / {percent(umi.singletons)}"),
            ("Molecules read from both strands", both),
        ]
    for aligner, rate in sorted(qc.mismatches_per_base.items()):
        facts.append((f"Mismatches per base, {aligner}", plain(rate)))
    return facts
