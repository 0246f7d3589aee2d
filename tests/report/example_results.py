"""Simulated results of samples as the tests and the pages to look at need them. Every one carries the label.

IC50 values: Villa et al., npj Precis Oncol 2024;8:29, Table 2 (Ba/F3 cells with EML4::ALK, nM).
"""

from __future__ import annotations

import functools
import math
import random
from dataclasses import dataclass, field

from kinescape.panel import hgvs
from kinescape.panel.load import load_panel
from kinescape.panel.model import Amplicon, KnownChange, Panel
from kinescape.records import (
    AlignerCall,
    AlignerRun,
    AmpliconCoverage,
    Call,
    CoverageTrack,
    DrugState,
    EvidenceRow,
    Gate,
    InputFile,
    KnowledgeBaseReference,
    KnownPosition,
    NotAssessed,
    PanelReference,
    Parameters,
    PhaseVerdict,
    ReadQc,
    SampleInfo,
    SampleResult,
    Variant,
)
from kinescape.report.genes import gene_models

CONTIGS = [("chr2", 242193529), ("chr6", 170805979)]
"""GRCh38 lengths."""

DRUGS = ("Crizotinib", "Brigatinib", "Ceritinib", "Alectinib", "Lorlatinib", "Zotizalkib", "Repotrectinib")
TABLE_2 = {
    "WT": ("90", "30", "37", "19", "1.8", "7.1", "67"),
    "E1154K": ("205", "46", "129", "13", "4.6", "7.6", "64"),
    "F1174L": ("199", "57", "484", "19", "5.7", "53", "227"),
    "L1196P": ("2140", "3112", "1798", ">3000", "1854", "338", "1061"),
    "C1235R": ("191", "33", "110", "50", "1.8", "8.0", "42"),
    "C1237Y": ("1230", "330", ">10000", ">3000", "1051", "274", "488"),
    "L1196M+G1202R": ("2401", "1429", "1826", "2461", "1964", "", ""),
}
ROS1_DRUGS = ("Crizotinib", "Lorlatinib", "Repotrectinib", "Entrectinib")
ERROR = 0.0008
"""Background of the simulated sites, errors per base."""


PASSED = Gate(status="pass", reasons=())


@dataclass
class Sketch:
    """What a sample shall look like; everything else follows."""

    info: SampleInfo
    found: dict[str, tuple[float, str]] = field(default_factory=dict)
    """ALK change -> (allele fraction, evidence)"""
    depth: int = 26_000
    missing: tuple[str, ...] = ()
    """Amplicons without reads."""
    shallow: tuple[str, ...] = ()
    """Amplicons below the smallest depth."""
    phases: tuple[tuple[str, str, str], ...] = ()
    """(change, change, verdict)"""
    gate: Gate = PASSED
    filtered: bool = True
    drugs: bool = True


@functools.cache
def panel() -> Panel:
    return load_panel("alk-ros1")


def info(sample: str, **more: object) -> SampleInfo:
    return SampleInfo(sample=sample, **more)  # type: ignore[arg-type]


def depth_of(sketch: Sketch, amplicon: Amplicon) -> int:
    if amplicon.name in sketch.missing:
        return 0
    if amplicon.name in sketch.shallow:
        return 1_900
    return round(sketch.depth * (1 + 0.35 * math.sin(amplicon.insert_start)))


def lod_at(depth: int, ng: float | None) -> float | None:
    """A plausible limit: the calling threshold, widened by counting error and input molecules (3.3 pg per genome)."""
    if depth < 5_000:
        return None
    molecules = 3_000 if ng is None else max(ng, 0.1) * 1000 / 3.3
    noise = 1.65 * math.sqrt(0.006 * (1 / depth + 1 / molecules))
    return round(0.006 + noise, 6)


def track_of(sketch: Sketch, amplicon: Amplicon) -> CoverageTrack:
    depth = depth_of(sketch, amplicon)
    rng = random.Random(amplicon.name + sketch.info.sample)
    length = amplicon.insert_end - amplicon.insert_start
    depths = tuple(
        round(depth * (0.93 + 0.07 * math.sin(math.pi * i / length)) * rng.uniform(0.985, 1)) for i in range(length)
    )
    limits = tuple(lod_at(d, sketch.info.cfdna_ng) for d in depths)
    return CoverageTrack(
        amplicon=amplicon.name, chrom=amplicon.chrom, start=amplicon.insert_start + 1, depth=depths, lod95=limits
    )


def aligner_call(name: str, depth: int, vaf: float, filters: tuple[str, ...] = (), called: bool = True) -> AlignerCall:
    alt = round(depth * vaf)
    forward = round(alt * 0.52)
    ref = depth - alt - round(depth * ERROR)
    return AlignerCall(
        aligner=name,
        depth=depth,
        alt_count=alt,
        vaf=alt / depth,
        qual=min(49314, round(alt * 9.2)) if called else 0,
        strand_bias=2 if called else 0,
        dp4=(ref // 2, ref - ref // 2, forward, alt - forward),
        filters=filters,
        candidate=called,
    )


def call_of(variant: Variant, depth: int, vaf: float, evidence: str, known: str) -> Call:
    spread = 2 * math.sqrt(vaf * (1 - vaf) / 2500)
    bowtie2 = ("not_called",) if evidence == "weak" else ()
    noise = ("min_vaf", "strand_bias")
    by_aligner = {
        "strong": (aligner_call("bwa", depth, vaf), aligner_call("bowtie2", depth - 41, vaf * 0.99)),
        "weak": (aligner_call("bwa", depth, vaf), aligner_call("bowtie2", depth - 41, vaf * 0.7, bowtie2, False)),
        "filtered": (aligner_call("bwa", depth, vaf, noise), aligner_call("bowtie2", depth - 41, vaf, noise)),
    }[evidence]
    reason = {
        "strong": "",
        "weak": "passes with bwa only; bowtie2: not significant in the caller's model",
        "filtered": "allele fraction below 0.60%; strand bias",
    }[evidence]
    return Call(
        variant=variant,
        consequence=hgvs.describe(panel(), variant),
        evidence=evidence,  # type: ignore[arg-type]
        filters={"strong": (), "weak": ("weak_evidence",), "filtered": noise}[evidence],
        reason=reason,
        vaf=vaf,
        vaf_low=max(0.0, vaf - spread),
        vaf_high=min(1.0, vaf + spread),
        by_aligner=by_aligner,
        known=known,
        background_ratio=round(vaf / ERROR, 1),
        annotations={"ClinVar": "not consulted", "gnomAD": "not consulted"},
    )


def variant_of(change: str) -> Variant:
    return hgvs.variants_for_protein(panel(), "ALK", change)[0]


def calls_of(sketch: Sketch) -> tuple[Call, ...]:
    calls = []
    for change, (vaf, evidence) in sketch.found.items():
        variant = variant_of(change)
        amplicon = panel().amplicon_at(variant.chrom, variant.pos - 1)
        depth = depth_of(sketch, amplicon) if amplicon else sketch.depth
        calls.append(call_of(variant, depth, vaf, evidence, f"known change of ALK ({change})"))
    if sketch.filtered:
        for pos in (29220790, 29213999, 117317210):
            chrom = "chr6" if pos > 100_000_000 else "chr2"
            ref = panel().base(chrom, pos - 1)
            noise = Variant(chrom=chrom, pos=pos, ref=ref, alt={"A": "G", "G": "A", "C": "T", "T": "C"}[ref])
            calls.append(call_of(noise, sketch.depth, 0.0021, "filtered", ""))
    return tuple(sorted(calls, key=lambda c: c.variant))


def known_of(sketch: Sketch, known: KnownChange, tracks: dict[str, CoverageTrack]) -> KnownPosition:
    def made(state: str, reason: str, depth: int | None, lod: float | None, vaf: float | None) -> KnownPosition:
        return KnownPosition(
            gene=known.gene,
            protein=known.protein,
            exon=known.exon,
            variants=known.variants,
            state=state,  # type: ignore[arg-type]
            reason=reason,
            depth=depth,
            lod95=lod,
            vaf=vaf,
        )

    if known.amplicon is None or not known.variants:
        return made("not_on_panel", "no amplicon of this design reaches it", None, None, None)
    track = tracks[known.amplicon]
    offset = known.variants[0].pos - track.start
    depth, lod = track.depth[offset], track.lod95[offset]
    if known.gene == "ALK" and known.protein in sketch.found:
        vaf, evidence = sketch.found[known.protein]
        state = "detected" if evidence == "strong" else "weak"
        return made(state, "" if evidence == "strong" else "passes with one aligner only", depth, lod, vaf)
    if depth == 0:
        return made("not_covered", f"amplicon {known.amplicon} gave no usable reads", 0, None, None)
    if lod is None:
        return made("below_depth", f"{depth:,} reads, 5,000 needed", depth, None, None)
    return made("not_detected", "", depth, lod, None)


def evidence_row(number: int, changes: str, drug: str, value: str, wt: str) -> EvidenceRow:
    censored = value.startswith(">")
    fold = float(value.lstrip(">")) / float(wt)
    compound = "+" in changes
    return EvidenceRow(
        row=f"E{number:04d}",
        gene="ALK",
        variants=tuple(changes.split("+")),
        cis_required=compound,
        fusion="EML4::ALK",
        drug=drug,
        kind="in_vitro_IC50",
        system="Ba/F3 viability, mean of >=3 experiments",
        value_nm=value,
        wt_value_nm=wt,
        fold=f"{'>' if censored else ''}{fold:.3g}",
        direction="highly resistant (>10)" if fold > 10 else "reduced (2-10)" if fold > 2 else "sensitive (fold<=2)",
        level="D (preclinical)",
        source="Villa et al., npj Precis Oncol 2024;8:29",
        record="Table 2",
        status="checked",
        note="cross-study fold: the mutant value comes from an earlier reference" if compound else "",
    )


def drugs_of(sketch: Sketch, known: tuple[KnownPosition, ...]) -> tuple[DrugState, ...]:
    strong = [change for change, (_, evidence) in sketch.found.items() if evidence == "strong"]
    in_cis = [f"{a}+{b}" for a, b, verdict in sketch.phases if verdict == "cis"]
    keys = [key for key in (in_cis or strong) if key in TABLE_2]
    states = []
    for i, drug in enumerate(DRUGS):
        rows = [
            evidence_row(10 * i + n, k, drug, TABLE_2[k][i], TABLE_2["WT"][i])
            for n, k in enumerate(keys)
            if TABLE_2[k][i]
        ]
        states.append(drug_state(drug, "ALK", rows, keys, known, sketch))
    states += [drug_state(drug, "ROS1", [], [], known, sketch) for drug in ROS1_DRUGS]
    return tuple(states)


def drug_state(
    drug: str, gene: str, rows: list[EvidenceRow], keys: list[str], known: tuple[KnownPosition, ...], sketch: Sketch
) -> DrugState:
    mine = [k for k in known if k.gene == gene]
    assessed = sum(k.state in ("detected", "weak", "not_detected") for k in mine)
    folds = [float(row.fold.lstrip(">")) for row in rows]
    if any(fold > 10 for fold in folds):
        worst = rows[folds.index(max(folds))]
        state, summary = "resistance", f"{' + '.join(worst.variants)}: IC50 {worst.value_nm} nM, {worst.fold}-fold"
    elif any(fold > 2 for fold in folds):
        worst = rows[folds.index(max(folds))]
        state, summary = (
            "reduced_activity",
            f"{' + '.join(worst.variants)}: IC50 {worst.value_nm} nM, {worst.fold}-fold",
        )
    elif sketch.gate.status == "fail" or assessed == 0:
        state, summary = "not_assessable", "Too few reads to say anything."
    elif keys and not rows:
        state, summary = "not_assessable", f"No published value for {keys[0].replace('+', ' + ')}."
    else:
        limits = [k.lod95 for k in mine if k.lod95 is not None]
        summary = f"No change with known resistance above the limit of detection (up to {100 * max(limits):.2f}%)."
        state = "none_found"
    weak = [change for change, (_, evidence) in sketch.found.items() if evidence == "weak"] if gene == "ALK" else []
    return DrugState(
        drug=drug,
        gene=gene,
        state=state,  # type: ignore[arg-type]
        summary=summary,
        variants=tuple(" + ".join(row.variants) for row in rows) if state in ("resistance", "reduced_activity") else (),
        evidence=tuple(rows),
        assessed_positions=assessed,
        known_positions=len(mine),
        cautions=tuple(f"{change} has weak evidence and is left out." for change in weak),
    )


def phase_of(a: str, b: str, verdict: str) -> PhaseVerdict:
    numbers = {"cis": (978, 21, 17, 24_800), "trans": (0, 402, 531, 24_900), "undeterminable": (0, 0, 0, 0)}[verdict]
    reason = {
        "cis": "Fragments that carry one nearly always carry the other.",
        "trans": "At these fractions 96 fragments would carry both if they were in cis; none does.",
        "undeterminable": "They lie 1,570 bp apart; no fragment of 176 bp spans both.",
    }[verdict]
    fraction = {"cis": (0.981, 0.966, 0.991), "trans": (0.0, 0.0, 0.009), "undeterminable": (None, None, None)}[verdict]
    return PhaseVerdict(
        variant_a=variant_of(a).name,
        variant_b=variant_of(b).name,
        n11=numbers[0],
        n10=numbers[1],
        n01=numbers[2],
        n00=numbers[3],
        verdict=verdict,  # type: ignore[arg-type]
        reason=reason,
        cis_fraction=fraction[0],
        ci_low=fraction[1],
        ci_high=fraction[2],
    )


def read_qc(sketch: Sketch) -> ReadQc:
    rng = random.Random(sketch.info.sample)
    pairs = sketch.depth * 7
    first = tuple(round(36.8 - 2.2 * (i / 150) ** 3 - rng.uniform(0, 0.3), 2) for i in range(150))
    second = tuple(round(36.2 - 4.6 * (i / 150) ** 2 - rng.uniform(0, 0.4), 2) for i in range(150))
    lengths = tuple(
        (length, round(pairs * 0.06 * math.exp(-(((length - middle) / 4) ** 2))) + rng.randint(0, 40))
        for middle in (116, 149, 181)
        for length in range(middle - 9, middle + 10)
    )
    return ReadQc(
        pairs=pairs,
        read_length_1=150,
        read_length_2=150,
        mean_quality_1=36.1,
        mean_quality_2=34.7,
        q30_fraction=0.934,
        adapter_fraction=0.412,
        distinct_mates=pairs // 11,
        distinct_pairs=pairs // 4,
        n_fraction=0.00004,
        on_target_fraction=0.982,
        quality_by_cycle_1=first,
        quality_by_cycle_2=second,
        insert_lengths=lengths,
        mismatches_per_base={"bwa": 0.00211, "bowtie2": 0.00208},
    )


def result_of(sketch: Sketch) -> SampleResult:
    amplicons = panel().amplicons
    tracks = {a.name: track_of(sketch, a) for a in amplicons}
    known = tuple(known_of(sketch, k, tracks) for k in panel().known)
    coverage = tuple(
        AmpliconCoverage(
            name=a.name,
            gene=a.gene,
            exon=a.exon,
            chrom=a.chrom,
            start=a.insert_start + 1,
            end=a.insert_end,
            fragments=depth_of(sketch, a),
            median_depth=sorted(tracks[a.name].depth)[len(tracks[a.name].depth) // 2],
            minimum_depth=min(tracks[a.name].depth),
            state="not_covered"
            if a.name in sketch.missing
            else "below_depth"
            if depth_of(sketch, a) < 5000
            else "covered",
        )
        for a in amplicons
    )
    silent = [
        NotAssessed(what=f"Amplicon {a.name}", reason="no usable reads") for a in coverage if a.state == "not_covered"
    ]
    silent += [
        NotAssessed(what=f"Amplicon {a.name}", reason=f"{a.median_depth:,} reads, 5,000 needed")
        for a in coverage
        if a.state == "below_depth"
    ]
    silent.append(NotAssessed(what="Fusion, copy number, other genes", reason="not a part of this assay"))
    name = sketch.info.sample
    return SampleResult(
        kinescape_version="0.1.0",
        simulated=True,
        sample=sketch.info,
        inputs=tuple(
            InputFile(name=f"{name}_R{mate}.fastq.gz", sha256=f"{mate}d" * 32, bytes=41_822_193) for mate in (1, 2)
        ),
        panel=PanelReference(
            name=panel().name,
            version=panel().version,
            genome=panel().genome,
            sha256=panel().sha256,
            reference="embedded windows",
        ),
        knowledge_base=KnowledgeBaseReference(name="alk-ros1", version="2024.1", date="2024-03-05", sha256="3f" * 32),
        parameters=Parameters(),
        aligners=(
            AlignerRun(
                aligner="bwa",
                version="0.7.17-r1188",
                arguments="mem",
                tested_version=True,
                note="",
                distinct_mates=16_500,
                aligned_mates=16_101,
                aligned_reads=357_000,
            ),
            AlignerRun(
                aligner="bowtie2",
                version="2.5.0",
                arguments="--very-sensitive-local",
                tested_version=True,
                note="2.5.0 loses variants on pairs; mates are aligned one by one here, which is not concerned",
                distinct_mates=16_500,
                aligned_mates=16_090,
                aligned_reads=356_800,
            ),
        ),
        qc=read_qc(sketch),
        gate=sketch.gate,
        amplicons=coverage,
        coverage=tuple(tracks.values()),
        calls=calls_of(sketch),
        known_positions=known,
        phases=tuple(phase_of(*pair) for pair in sketch.phases),
        drugs=drugs_of(sketch, known) if sketch.drugs else (),
        not_assessed=tuple(silent),
        annotation_sources=dict.fromkeys(("gnomAD", "ClinVar", "BoostDM"), "not consulted"),
        genes=gene_models(panel()),
    )


def compound_cis() -> SampleResult:
    """A relapse with L1196M and G1202R on the same molecules: no drug keeps its activity."""
    sample = info(
        "SIM01-relapse",
        patient="SIM-P01",
        timepoint="progression 2",
        date="2023-05-11",
        therapy="Brigatinib",
        line="3",
        cfdna_ng=18.4,
        plasma_ml=4.0,
        fragment_bp=176.0,
        extra={"centre": "simulated centre A"},
    )
    found = {"L1196M": (0.0382, "strong"), "G1202R": (0.0379, "strong")}
    return result_of(Sketch(sample, found, phases=(("L1196M", "G1202R", "cis"),)))


def earlier_sample() -> SampleResult:
    """The same patient before: only L1196M, after crizotinib."""
    sample = info(
        "SIM01-first",
        patient="SIM-P01",
        timepoint="progression 1",
        date="2022-02-20",
        therapy="Crizotinib",
        line="1",
        cfdna_ng=9.0,
    )
    return result_of(Sketch(sample, {"L1196M": (0.0121, "strong")}, depth=14_000))


def trans_clones() -> SampleResult:
    """Two clones: C1235R and C1237Y never on one molecule."""
    sample = info(
        "SIM06-relapse",
        patient="SIM-P06",
        timepoint="progression",
        date="2022-11-02",
        therapy="brigatinib (180 mg)",
        line="2",
        cfdna_ng=22.0,
    )
    found = {"C1235R": (0.0161, "strong"), "C1237Y": (0.0213, "strong")}
    return result_of(Sketch(sample, found, phases=(("C1235R", "C1237Y", "trans"),)))


def weak_call() -> SampleResult:
    """F1174L strong, E1154K weak, too far apart to phase."""
    sample = info(
        "SIM04-relapse", patient="SIM-P04", timepoint="progression", therapy="Lorlatinib", line="4", cfdna_ng=5.1
    )
    found = {"F1174L": (0.0214, "strong"), "E1154K": (0.0091, "weak")}
    return result_of(Sketch(sample, found, phases=(("E1154K", "F1174L", "undeterminable"),)))


def missing_amplicon() -> SampleResult:
    """No reads of ROS1 exon 41."""
    sample = info(
        "SIM12-dropout", patient="SIM-P12", timepoint="progression", therapy="Alectinib", line="2", cfdna_ng=11.0
    )
    gate = Gate(status="limited", reasons=("Amplicon ROS1_E41 gave no usable reads.",))
    return result_of(Sketch(sample, {}, missing=("ROS1_E41",), gate=gate))


def below_depth() -> SampleResult:
    """Too few reads everywhere."""
    sample = info(
        "SIM13-shallow", patient="SIM-P13", timepoint="progression", therapy="Ceritinib", line="2", cfdna_ng=0.7
    )
    gate = Gate(status="fail", reasons=("No amplicon reaches 5,000 reads.", "cfDNA input below 1 ng."))
    names = tuple(a.name for a in panel().amplicons)
    return result_of(Sketch(sample, {}, depth=2_000, shallow=names, gate=gate, filtered=False))


def partly_shallow() -> SampleResult:
    """One amplicon below depth, one missing, a finding elsewhere."""
    sample = info(
        "SIM14-partial", patient="SIM-P14", timepoint="progression", therapy="Lorlatinib", line="3", cfdna_ng=3.2
    )
    gate = Gate(
        status="limited",
        reasons=("Amplicon ALK_E22 has 1,900 reads, 5,000 needed.", "Amplicon ROS1_E38 gave no usable reads."),
    )
    return result_of(
        Sketch(sample, {"L1196P": (0.0672, "strong")}, shallow=("ALK_E22",), missing=("ROS1_E38",), gate=gate)
    )


def no_calls() -> SampleResult:
    """A relapse without any finding."""
    sample = info(
        "SIM09-relapse", patient="SIM-P09", timepoint="progression", therapy="Alectinib", line="1", cfdna_ng=14.2
    )
    return result_of(Sketch(sample))


def control() -> SampleResult:
    """A healthy control."""
    return result_of(Sketch(info("SIM-control-1", role="control", cfdna_ng=12.0), drugs=False))


HOSTILE = "<script>alert('x')</script>\"'&\u202e λ𝛼‮ =HYPERLINK(\"http://x\") </style>" + "very-long-name-" * 12


def hostile() -> SampleResult:
    """Text that must do nothing: markup, quotation marks, direction marks, formulas, very long words."""
    sample = info(
        HOSTILE,
        patient="<img src=x onerror=alert(1)>",
        therapy="</title><b>lorlatinib",
        line="{{ 7 * 7 }}",
        timepoint="{% raw %}",
        extra={"<b>column</b>": "javascript:alert(1)", "formula": "=1+1"},
    )
    made = result_of(Sketch(sample, {"G1202R": (0.0455, "strong")}))
    import msgspec

    return msgspec.structs.replace(
        made,
        not_assessed=(NotAssessed(what="<script>1</script>", reason="]]> --> </svg>"),),
        annotation_sources={"<i>gnomAD</i>": '"><script>2</script>'},
    )


EXAMPLES = {
    "compound_cis": compound_cis,
    "trans_clones": trans_clones,
    "weak_call": weak_call,
    "missing_amplicon": missing_amplicon,
    "below_depth": below_depth,
    "partly_shallow": partly_shallow,
    "no_calls": no_calls,
    "control": control,
    "hostile": hostile,
}
