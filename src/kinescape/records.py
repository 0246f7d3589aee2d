"""The nouns that stages hand to each other and that ``result.json`` is made of.

All are frozen and typed. ``result.json`` is one :class:`SampleResult`; its JSON Schema is generated from these classes
(``kinescape.report.result``), so the classes are the schema. Positions in these records are **1-based** on the
chromosome, as in VCF and HGVS, because the records are what people and other programs read; arrays inside the stages
are 0-based.

A state never says more than was looked at: see :data:`PositionState` and :data:`DrugStateName`.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

SCHEMA_VERSION = "1.1"

Evidence = Literal["strong", "weak", "filtered"]
"""strong: passes with both aligners; weak: with one; filtered: with none (written with the reasons, never dropped)."""

PositionState = Literal["detected", "weak", "not_detected", "below_depth", "not_covered", "not_on_panel"]
"""What can be said of a known position. ``not_detected`` always carries a limit of detection; the last three are *not*
wild-type. ``not_on_panel``: no amplicon of this design reaches the position."""

GateStatus = Literal["pass", "limited", "fail"]

DrugStateName = Literal["resistance", "reduced_activity", "none_found", "not_assessable"]

PhaseState = Literal["cis", "trans", "mixed", "undeterminable"]

NOT_CONSULTED = "not consulted"


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all records: frozen, keyword-only, strict on reading."""


class Variant(Record, frozen=True, kw_only=True, order=True):
    """A change of the genome, as in a VCF line: left-aligned, 1-based ``pos``, plus strand."""

    chrom: str
    pos: int
    ref: str
    alt: str

    @property
    def name(self) -> str:
        """``chr2:29222399:C>T``: unique within a genome, used as call id."""
        return f"{self.chrom}:{self.pos}:{self.ref}>{self.alt}"


def variant_named(name: str) -> Variant:
    """The variant with a name as :attr:`Variant.name` gives it."""
    chrom, pos, change = name.rsplit(":", 2)
    ref, _, alt = change.partition(">")
    return Variant(chrom=chrom, pos=int(pos), ref=ref, alt=alt)


class Consequence(Record, frozen=True, kw_only=True):
    """A variant in the words of the reporting transcript."""

    gene: str
    transcript: str
    exon: int | None
    """Exon number; None in introns."""
    hgvs_g: str
    hgvs_c: str
    hgvs_p: str
    """Three-letter, as ``p.(Gly1202Arg)``; empty in introns."""
    protein: str
    """One-letter, as ``G1202R``; empty where there is no protein change to name."""
    kind: Literal[
        "missense",
        "synonymous",
        "nonsense",
        "inframe_deletion",
        "inframe_insertion",
        "inframe_delins",
        "frameshift",
        "start_lost",
        "stop_lost",
        "splice_site",
        "intronic",
        "utr",
    ]


class AlignerCall(Record, frozen=True, kw_only=True):
    """One variant as one aligner's alignments show it, with the numbers of LoFreq's model."""

    aligner: str
    depth: int
    """Reads that span the position (LoFreq's DP)."""
    alt_count: int
    """Reads with the alternative allele at base quality >= 3 (the numerator of LoFreq's AF)."""
    vaf: float
    qual: int
    """-10 log10 P, cut to a whole number as LoFreq does; 0 where the allele was not tested or not significant."""
    strand_bias: int
    """-10 log10 of the two-sided Fisher test on dp4, cut to a whole number; in the default mode, where nearly all reads
    come from one strand, on the orientation of the pairs (F1R2, F2R1) instead."""
    dp4: tuple[int, int, int, int]
    """ref forward, ref reverse, alt forward, alt reverse."""
    filters: tuple[str, ...]
    """Reasons why it does not pass; empty where it passes."""
    candidate: bool
    """Whether LoFreq's model called it at all, before filters."""
    background: float | None = None
    """Share of fragments that the site makes by error, in controls; None without a background."""


class Call(Record, frozen=True, kw_only=True):
    """A variant of one sample, with both aligners' numbers and the verdict over them."""

    variant: Variant
    consequence: Consequence | None
    evidence: Evidence
    filters: tuple[str, ...]
    """What stands in the VCF's FILTER; empty means PASS, which only strong evidence has."""
    reason: str
    """Why it is weak or filtered, in words; empty for strong evidence."""
    vaf: float
    vaf_low: float
    vaf_high: float
    """95% interval of the allele fraction (see ``docs/statistics.md``)."""
    by_aligner: tuple[AlignerCall, ...]
    fragments: int = 0
    """Read pairs that show the position, mates merged: base quality >= 20, and agreement where both mates show it."""
    alt_fragments: int = 0
    """Those of them that show the alternative allele."""
    parts: tuple[str, ...] = ()
    """Single changes that were called and lie on the same fragments, where this call names them as one event."""
    known: str = ""
    """What the panel's list of known positions says of it; empty when it is not listed."""
    background_ratio: float | None = None
    """VAF over the background of the same site and substitution; None where no controls were given."""
    annotations: dict[str, str] = {}
    """Source name -> what it says, or ``not consulted``."""
    inspected: str = ""
    """Verdict of a person who looked at the reads; empty: nobody did yet."""


class KnownPosition(Record, frozen=True, kw_only=True):
    """The state of one known change (a row of the panel's list) in one sample."""

    gene: str
    protein: str
    """One-letter, as ``G1202R``."""
    exon: int | None
    variants: tuple[Variant, ...]
    """Every single-nucleotide way to the change; empty where none is known."""
    state: PositionState
    reason: str
    depth: int | None
    """Reads at the position, the smaller of both aligners; None where nothing could be counted."""
    lod95: float | None
    """Smallest allele fraction found with 95% probability; None where there is no limit to state."""
    vaf: float | None


class AmpliconCoverage(Record, frozen=True, kw_only=True):
    """Depth over one amplicon's insert (between the primers)."""

    name: str
    gene: str
    exon: int
    chrom: str
    start: int
    """First 1-based position between the primers."""
    end: int
    """Last 1-based position between the primers."""
    fragments: int
    """Read pairs whose mates both lie on the amplicon, with the first aligner."""
    median_depth: int
    minimum_depth: int
    state: Literal["covered", "below_depth", "not_covered"]


class CoverageTrack(Record, frozen=True, kw_only=True):
    """Depth and limit of detection at every position of one amplicon's insert, for the pictures of the report."""

    amplicon: str
    chrom: str
    start: int
    """1-based position of the first value."""
    depth: tuple[int, ...]
    """The smaller depth of the aligners."""
    lod95: tuple[float | None, ...]


class AlignerRun(Record, frozen=True, kw_only=True):
    """What was run, in which version, and how much of the input it placed."""

    aligner: str
    version: str
    arguments: str
    tested_version: bool
    note: str
    distinct_mates: int
    aligned_mates: int
    """Distinct mates placed on the panel."""
    aligned_reads: int
    """Reads placed on the panel (each with its distinct mate)."""


class ReadQc(Record, frozen=True, kw_only=True):
    """Read pairs as they came in."""

    pairs: int
    read_length_1: int
    read_length_2: int
    """Longest read of each file, in bases."""
    mean_quality_1: float
    mean_quality_2: float
    q30_fraction: float
    """Share of bases with quality >= 30."""
    adapter_fraction: float
    """Share of reads from which adapter was trimmed."""
    distinct_mates: int
    distinct_pairs: int
    n_fraction: float
    """Share of bases that are N."""
    on_target_fraction: float
    """Share of reads that the first aligner placed on the panel's amplicons."""
    quality_by_cycle_1: tuple[float, ...] = ()
    quality_by_cycle_2: tuple[float, ...] = ()
    insert_lengths: tuple[tuple[int, int], ...] = ()
    """(length in bases, pairs), only pairs whose mates overlap or read through."""
    mismatches_per_base: dict[str, float] = {}
    """Aligner -> mismatches per mapped base between the primers, called variants left out."""


class Gate(Record, frozen=True, kw_only=True):
    """Whether the sample can answer the question at all."""

    status: GateStatus
    reasons: tuple[str, ...]


class EvidenceRow(Record, frozen=True, kw_only=True):
    """One claim of the knowledge base, as it is shown beside a drug."""

    row: str
    gene: str
    variants: tuple[str, ...]
    """Protein changes, one-letter; more than one is a compound that needs its own record."""
    cis_required: bool
    fusion: str
    drug: str
    kind: str
    system: str
    value_nm: str
    """As published, with censoring (``>3000``); empty where none is given."""
    wt_value_nm: str
    """Wild type of the same study; empty where none is given."""
    fold: str
    """Fold against that wild type, censored as its value; empty where it cannot be formed."""
    direction: str
    level: str
    source: str
    record: str
    status: str
    note: str = ""


class DrugState(Record, frozen=True, kw_only=True):
    """What the evidence says of one drug for one sample. Never a recommendation."""

    drug: str
    gene: str
    state: DrugStateName
    summary: str
    variants: tuple[str, ...]
    """Detected changes that the state rests on."""
    evidence: tuple[EvidenceRow, ...]
    assessed_positions: int
    known_positions: int
    """n of m known positions for this drug that could be assessed."""
    cautions: tuple[str, ...] = ()


class PhaseVerdict(Record, frozen=True, kw_only=True):
    """Whether two variants lie on the same molecules."""

    variant_a: str
    variant_b: str
    n11: int
    n10: int
    n01: int
    n00: int
    verdict: PhaseState
    reason: str
    cis_fraction: float | None
    ci_low: float | None
    ci_high: float | None


class Haplotype(Record, frozen=True, kw_only=True):
    """A combination of variants of one amplicon that fragments showing all of the group's sites carry."""

    group: tuple[str, ...]
    """The variants that were looked at together, three or more."""
    variants: tuple[str, ...]
    """Those of them that these fragments carry."""
    fragments: int
    share: float
    """Of the fragments that show every site of the group."""
    low: float
    high: float
    """95% interval of the share, made as that of an allele fraction."""


class NotAssessed(Record, frozen=True, kw_only=True):
    """Something a reader may expect and this sample cannot answer."""

    what: str
    reason: str


class SampleInfo(Record, frozen=True, kw_only=True):
    """A line of the sample sheet."""

    sample: str
    patient: str = ""
    role: Literal["plasma", "control"] = "plasma"
    timepoint: str = ""
    date: str = ""
    therapy: str = ""
    line: str = ""
    cfdna_ng: float | None = None
    plasma_ml: float | None = None
    fragment_bp: float | None = None
    extra: dict[str, str] = {}
    """Columns of the sheet that we do not know, kept and shown."""


class InputFile(Record, frozen=True, kw_only=True):
    """A FASTQ file: its name (no folder) and checksum."""

    name: str
    sha256: str
    bytes: int


class PanelReference(Record, frozen=True, kw_only=True):
    name: str
    version: str
    genome: str
    sha256: str
    reference: str
    """``embedded windows`` or the name of the FASTA file given."""
    reference_sha256: str = ""
    """SHA-256 of the bases and names in both aligners' indexes of that FASTA; empty for the embedded windows, which are
    the panel's own."""


class KnowledgeBaseReference(Record, frozen=True, kw_only=True):
    name: str
    version: str
    date: str
    sha256: str


class BackgroundReference(Record, frozen=True, kw_only=True):
    """The background that substitutions were tested against (see ``docs/background.md``)."""

    name: str
    """Name of the file (no folder)."""
    sha256: str
    kinescape_version: str
    kind: Literal["controls", "samples"]
    """``controls``: learned from healthy controls. ``samples``: from the samples of a run themselves."""
    controls: tuple[str, ...]
    """Names of the samples that it was learned from."""
    simulated: bool
    """Whether any of them is simulated."""
    mismatches_per_base: dict[str, float]
    """Aligner -> mismatches per mapped base over the inserts, in those samples."""


class ExonSpan(Record, frozen=True, kw_only=True):
    """The coding part of one exon of the reporting transcript."""

    number: int
    start: int
    """Smallest coding 1-based position on the chromosome."""
    end: int
    """Largest coding 1-based position on the chromosome."""
    c_first: int
    c_last: int
    """First and last coding base (HGVS ``c.`` number), in the direction of transcription."""


class ProteinFeature(Record, frozen=True, kw_only=True):
    """A domain, region, motif, helix or residue of the protein, for the pictures of the report."""

    first_aa: int
    """1-based residue."""
    last_aa: int
    """1-based residue, included."""
    name: str
    kind: Literal["domain", "region", "motif", "helix", "residue"]
    basis: str
    """Where the limits come from, in words."""
    verified: bool
    """False where the limits are only recalled: pictures then say so."""


class GeneModel(Record, frozen=True, kw_only=True):
    """The reporting transcript of one gene: what is needed to draw a position of the genome on its protein."""

    gene: str
    transcript: str
    chrom: str
    strand: Literal[-1, 1]
    protein_length: int
    """Residues, without the stop."""
    exons: tuple[ExonSpan, ...]
    features: tuple[ProteinFeature, ...]


class UmiParameters(Record, frozen=True, kw_only=True):
    """How the reads of a molecule are found by their UMI, and made into one consensus (docs/umi.md)."""

    source: Literal["header", "read"] = "header"
    """header: last field of the read name; read: first bases of the mates, as the read structures say."""
    read_structure_1: str = "+T"
    read_structure_2: str = "+T"
    strategy: Literal["auto", "adjacency", "joined", "paired"] = "auto"
    """adjacency: F1R2 and F2R1 are different molecules. joined: one UMI names a molecule whichever way it is read.
    paired: two UMIs, those of F2R1 swapped; both strands of a molecule together. auto: paired where there are two UMIs
    of one length, else joined or adjacency, whichever the sharing of UMIs between the orientations shows."""
    edits: Literal[0, 1] = 1
    """Differences between UMIs of one molecule; 0: only equal ones."""
    min_reads: Annotated[int, msgspec.Meta(ge=1)] = 2
    """Read pairs of a family, and reads of a consensus base."""
    min_umi_quality: int = 20
    """Least base quality in a UMI that was read with the mates."""
    min_input_quality: int = 10
    """Bases below it have no part in a consensus."""
    min_consensus_quality: int = 20
    """Consensus bases below it are N."""
    error_pre_umi: int = 45
    """Phred-scaled error before the UMI was attached: damage that all reads of the molecule share."""
    error_post_umi: int = 40
    """Phred-scaled error of copying between UMI and sequencer."""


class Parameters(Record, frozen=True, kw_only=True):
    """Every threshold of a run. The defaults are Villa et al. 2024, Methods."""

    mode: Literal["default", "lofreq"] = "default"
    """default: error rates as this run shows them, orientation where strand is confounded, changes that the same
    fragments show at one place as one event. lofreq: LoFreq's model as it is, on stated qualities, for comparison."""
    min_base_quality: int = 6
    significance: float = 0.01
    """LoFreq's significance with its dynamic Bonferroni factor."""
    call_fdr: float = 0.001
    strand_fdr: float = 0.001
    min_depth: int = 5000
    min_vaf: float = 0.006
    background_error: float = 0.0024
    """Mismatches per mapped base in healthy controls; Villa et al. 2024, Methods."""
    background_fdr: float = 0.001
    """False discovery rate of the test against the background of the site; used where a background is given."""
    min_vaf_floor: float = 0.001
    """Smallest allele fraction where a background is given and takes the place of ``min_vaf`` for substitutions."""
    max_population_af: float = 1e-5
    """Population allele fraction (gnomAD) from which a variant that is no known change is filtered; 1 filters nothing.
    Villa et al. 2024, Methods."""
    mask_primers: bool = True
    """Primer bases are not counted."""
    end_mask: int = 8
    """Bases at the 3' end of every mate that are not counted. Bowtie2's local mode gives 2 for a match and takes up to
    6 for a mismatch (its manual), so it clips one mismatch with fewer than 4 bases behind it, two with fewer than 7."""
    umi: UmiParameters | None = None
    """Set where reads carry UMIs: every read below then is a consensus read, min_depth and depths included."""


class UmiQc(Record, frozen=True, kw_only=True):
    """Molecules as their UMIs show them."""

    strategy: Literal["adjacency", "joined", "paired"]
    """What was used; with ``auto`` what the reads showed."""
    umi_length: int
    """Bases, both UMIs of a pair together."""
    pairs: int
    """Read pairs of the files."""
    pairs_without_umi: int
    """Left out: an N in the UMI, or the read ends within it."""
    pairs_low_quality_umi: int
    """Left out: a base of low quality in the UMI."""
    pairs_not_placed: int
    """Left out: not both mates on amplicons and on opposite strands."""
    pairs_corrected: int
    """Pairs whose UMI was taken for a misread one of a larger family."""
    families: int
    """Families of any size."""
    molecules: int
    """Families of at least ``min_reads`` pairs: those that became consensus reads."""
    mean_family_size: float
    """Pairs per family, all sizes."""
    singletons: float
    """Share of the families that have one pair."""
    duplex: float | None
    """Share of the molecules read from both strands; None where the UMIs cannot tell."""
    reads_out_of_phase: int
    """Reads left out of a consensus: they start elsewhere or have other gaps than most of their family."""
    umi_space: float
    """Families over possible UMIs, in the fullest place; from a few per cent on, molecules share UMIs or nearly do."""
    background: float
    """Mismatches per base of the consensus reads, candidates left out: what the limits of detection rest on."""
    family_sizes: tuple[tuple[int, int], ...]
    """(pairs, families), by size."""


class EvidenceCaps(Record, frozen=True, kw_only=True):
    """How many fragments are kept for inspection by eye (docs/inspection.md)."""

    alt: Annotated[int, msgspec.Meta(ge=1)] = 400
    """Fragments that show a call, for each call; a quarter of it for a filtered candidate."""
    reference: Annotated[int, msgspec.Meta(ge=0)] = 120
    """Fragments that show the reference at a call, for each call; a quarter of it for a filtered candidate."""
    linked: Annotated[int, msgspec.Meta(ge=0)] = 60
    """Fragments of each kind (both changes, only one) for every pair of calls that was phased."""
    fragments: Annotated[int, msgspec.Meta(ge=1)] = 3000
    """All together; findings come before filtered candidates."""


class EvidenceCount(Record, frozen=True, kw_only=True):
    """True numbers of one call with one aligner, beside what the evidence files show of them. A fragment counts if one
    of its mates shows the position, whatever its base quality."""

    variant: str
    """Call id."""
    aligner: str
    alt_fragments: int
    reference_fragments: int
    shown_alt: int
    shown_reference: int


class EvidenceFile(Record, frozen=True, kw_only=True):
    """A BAM file beside the result, its index under the same name with ``.bai``."""

    aligner: str
    name: str


class ReadEvidence(Record, frozen=True, kw_only=True):
    """The reads that were kept for inspection by eye, in files beside ``result.json``."""

    files: tuple[EvidenceFile, ...]
    reference: str
    """FASTA of the windows that the amplicons lie on."""
    caps: EvidenceCaps
    fragments: int
    """Fragments in every one of the files."""
    counts: tuple[EvidenceCount, ...]


class SampleResult(Record, frozen=True, kw_only=True):
    """Everything that is known of one sample: the one source of truth for report, exports, and re-interpretation."""

    schema_version: str = SCHEMA_VERSION
    kinescape_version: str
    research_use_only: Literal[True] = True
    simulated: bool
    """True where the sheet's column ``simulated`` says so: every page then carries the label."""
    sample: SampleInfo
    inputs: tuple[InputFile, ...]
    panel: PanelReference
    knowledge_base: KnowledgeBaseReference | None
    parameters: Parameters
    aligners: tuple[AlignerRun, ...]
    qc: ReadQc
    gate: Gate
    amplicons: tuple[AmpliconCoverage, ...]
    coverage: tuple[CoverageTrack, ...]
    calls: tuple[Call, ...]
    known_positions: tuple[KnownPosition, ...]
    phases: tuple[PhaseVerdict, ...] = ()
    haplotypes: tuple[Haplotype, ...] = ()
    """Combinations of three or more variants, where every pair of them has a verdict."""
    drugs: tuple[DrugState, ...] = ()
    not_assessed: tuple[NotAssessed, ...] = ()
    annotation_sources: dict[str, str] = {}
    """Source -> version and date, or ``not consulted``."""
    annotation_slices: dict[str, str] = {}
    """Source -> SHA-256 of the slice that was consulted."""
    annotation_covered: dict[str, str] = {}
    """Source -> SHA-256 of the stretches that its slice covers: what it says nothing of was looked up only there."""
    genes: tuple[GeneModel, ...] = ()
    """The panel's genes, for the pictures; empty: they are drawn per amplicon, without domains and motifs."""
    background: BackgroundReference | None = None
    """None: no background was given; ``parameters.min_vaf`` then holds at every position."""
    umi: UmiQc | None = None
    """Families of reads; None where the library's UMIs were not used. With it, calls and depths count consensus reads
    (one pair per molecule), and ``fragments`` are molecules."""
    evidence: ReadEvidence | None = None
    """None: no reads were kept for inspection by eye."""
