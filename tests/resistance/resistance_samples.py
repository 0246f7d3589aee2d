"""Builders of the records that a sample hands to the knowledge base."""

from __future__ import annotations

from kinescape.panel.load import load_panel
from kinescape.records import (
    AlignerCall,
    Call,
    Consequence,
    Evidence,
    KnownPosition,
    PhaseState,
    PhaseVerdict,
    PositionState,
    Variant,
)
from kinescape.resistance.base import load_knowledge_base
from kinescape.resistance.changes import residue_number

CHROMOSOMES = {"ALK": "chr2", "ROS1": "chr6"}

ALK_POSITIONS = (
    "T1151K", "T1151M", "T1151dup", "L1152P", "L1152R", "E1154K", "C1156F", "C1156T", "C1156Y", "I1171N", "I1171S",
    "I1171T", "F1174C", "F1174L", "F1174V", "N1178H", "V1180L", "L1196M", "L1196P", "L1196Q", "L1198F", "L1198P",
    "L1198R", "G1202R", "D1203N", "S1206C", "S1206F", "S1206Y", "E1210K", "T1211I", "D1232N", "C1235R", "C1237Y",
    "F1245C", "F1245V", "L1256F", "G1269A", "G1269S", "R1275Q",
)  # fmt: skip
ROS1_POSITIONS = (
    "L1951R", "L1982F", "S1986F", "S1986Y", "L2000V", "F2004C", "L2026M", "G2032R", "D2033N", "L2086F", "G2101A",
    "L2155S",
)  # fmt: skip
ROS1_OFF_PANEL = ("L1951R", "L2086F", "G2101A")
"""Exons 36 and 40, which the amplicons of the packaged panel do not reach."""


PANEL = load_panel()
KB = load_knowledge_base()


def variant_of(change: str, gene: str = "ALK", base: str = "T") -> Variant:
    """A made-up variant with a name of its own: the resistance stage reads names, not sequences."""
    return Variant(chrom=CHROMOSOMES[gene], pos=29_000_000 + residue_number(change), ref="A", alt=base)


def call_of(
    change: str,
    vaf: float = 0.02,
    *,
    gene: str = "ALK",
    evidence: Evidence = "strong",
    width: float = 0.2,
    base: str = "T",
    kind: str = "missense",
) -> Call:
    aligner = AlignerCall(
        aligner="bwa",
        depth=20_000,
        alt_count=int(20_000 * vaf),
        vaf=vaf,
        qual=1000,
        strand_bias=1,
        dp4=(1, 1, 1, 1),
        filters=(),
        candidate=True,
    )
    consequence = Consequence(
        gene=gene,
        transcript="NM",
        exon=23,
        hgvs_g="g",
        hgvs_c="c",
        hgvs_p="p",
        protein=change,
        kind=kind,  # type: ignore[arg-type]
    )
    return Call(
        variant=variant_of(change, gene, base + change[-1]),
        consequence=consequence,
        evidence=evidence,
        filters=() if evidence == "strong" else ("weak_evidence",),
        reason="" if evidence == "strong" else "only bwa",
        vaf=vaf,
        vaf_low=vaf * (1 - width),
        vaf_high=min(1.0, vaf * (1 + width)),
        by_aligner=(aligner,),
    )


def phase_of(a: Call, b: Call, verdict: PhaseState, reason: str = "") -> PhaseVerdict:
    return PhaseVerdict(
        variant_a=a.variant.name,
        variant_b=b.variant.name,
        n11=0,
        n10=0,
        n01=0,
        n00=0,
        verdict=verdict,
        reason=reason,
        cis_fraction=None,
        ci_low=None,
        ci_high=None,
    )


def position_of(change: str, gene: str, state: PositionState, lod95: float | None = 0.008) -> KnownPosition:
    assessed = state in {"detected", "weak", "not_detected"}
    return KnownPosition(
        gene=gene,
        protein=change,
        exon=23,
        variants=(),
        state=state,
        reason="",
        depth=20_000 if assessed else None,
        lod95=lod95 if state == "not_detected" else None,
        vaf=None,
    )


def positions(
    calls: tuple[Call, ...] | list[Call] = (), states: dict[str, PositionState] | None = None
) -> tuple[KnownPosition, ...]:
    """Every known position of the packaged panel: detected where called, else not detected, else as ``states`` says."""
    chosen: dict[str, PositionState] = dict.fromkeys(ROS1_OFF_PANEL, "not_on_panel")
    for call in calls:
        assert call.consequence is not None
        if call.evidence != "filtered":
            chosen[call.consequence.protein] = "detected" if call.evidence == "strong" else "weak"
    chosen |= states or {}
    return tuple(
        position_of(change, gene, chosen.get(change, "not_detected"))
        for gene, changes in (("ALK", ALK_POSITIONS), ("ROS1", ROS1_POSITIONS))
        for change in changes
    )
