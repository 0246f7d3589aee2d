"""One sample, from two FASTQ files to a result: the straight line through the stages. Read this first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from kinescape import __version__
from kinescape.align.reference import Reference
from kinescape.align.run import AlignerOutput, align, place_with_bwa
from kinescape.annotate.consult import NO_ANNOTATIONS, Annotations, OnRecord, annotate_calls
from kinescape.call.background_file import Background
from kinescape.call.from_columns import reads_needed, tested_alleles
from kinescape.call.gap_background import gaps_against_background
from kinescape.call.mate_indels import tested_indels
from kinescape.call.site_test import against_background
from kinescape.columns.alleles import ALTERNATIVE, MISSING
from kinescape.columns.axis import Axis, panel_axis
from kinescape.columns.families import Molecules, call_molecules
from kinescape.columns.fragments import fragment_counts
from kinescape.columns.from_mates import MateColumns, count_columns
from kinescape.columns.gap_fragments import gap_fragments
from kinescape.columns.inserts import insert_lengths
from kinescape.columns.mate_gaps import indel_events
from kinescape.columns.placement import Placement, place
from kinescape.consensus.disagreement import explain_disagreement
from kinescape.consensus.joined import join_events
from kinescape.consensus.merge import AlignerEvidence, called_positions, merge_calls
from kinescape.consensus.view import View
from kinescape.evidence.gather import Gathered, gather_evidence
from kinescape.files import sha256_of
from kinescape.limits.coverage import (
    Sight,
    amplicon_coverage,
    background_caveats,
    coverage_tracks,
    gate_of,
    not_assessed,
    sight_of,
)
from kinescape.limits.detection import molecules_from_nanograms
from kinescape.limits.known import known_positions
from kinescape.limits.molecules import measured_background
from kinescape.limits.table import position_columns
from kinescape.panel.model import Panel
from kinescape.phase.pairs import phase_calls, phase_groups
from kinescape.reads.pairs import ReadPairs, read_pairs
from kinescape.reads.umi import umi_source
from kinescape.records import (
    AlignerRun,
    Call,
    EvidenceCaps,
    InputFile,
    KnowledgeBaseReference,
    PanelReference,
    Parameters,
    ReadQc,
    SampleResult,
)
from kinescape.report.genes import gene_models
from kinescape.resistance.base import KnowledgeBase
from kinescape.resistance.states import drug_states
from kinescape.sheet import SheetSample

STAGES = ("reading", "aligning", "counting", "calling", "interpreting")
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Workbench:
    """What all samples of a run share."""

    panel: Panel
    reference: Reference
    knowledge_base: KnowledgeBase | None
    parameters: Parameters
    background: Background | None = None
    """Background learned from controls; without one the global smallest allele fraction holds everywhere."""
    annotations: Annotations = NO_ANNOTATIONS
    evidence: EvidenceCaps | None = None
    """How many reads are kept for inspection by eye; None keeps none."""


@dataclass(frozen=True)
class SampleAnalysis:
    """A sample's result and what is written beside it."""

    result: SampleResult
    positions: dict[str, Any]
    """Columns of ``positions.tsv.gz``: one array per name."""
    sight: Sight
    evidence: Gathered | None = None
    """The reads for inspection by eye."""


def analyse_sample(
    sample: SheetSample, bench: Workbench, threads: int = 1, progress: Progress = lambda _: None
) -> SampleAnalysis:
    """Analyse one sample.

    Parameters
    ----------
    threads
        Threads for the aligners and the counting. Results do not depend on it.
    progress
        Called with the name of each of :data:`STAGES` as it begins.

    Raises
    ------
    InputError
        Anything wrong with the sample's files.
    """
    panel, parameters = bench.panel, bench.parameters
    axis = panel_axis(panel)
    progress("reading")
    inputs = tuple(_input_file(path) for path in (sample.fastq_1, sample.fastq_2))
    # A molecule's consensus has no name of a read.
    named = bench.evidence is not None and parameters.umi is None
    raw = pairs = read_pairs(sample.fastq_1, sample.fastq_2, umi=umi_source(parameters.umi), keep_names=named)
    families = None
    try:
        progress("aligning")
        if parameters.umi is not None:
            # From here on a "read" is the consensus of a molecule's reads.
            places = place_with_bwa(raw, bench.reference)
            families = call_molecules(raw, places, axis, parameters.umi, parameters.end_mask)
            pairs = families.pairs
        aligned = align(pairs, bench.reference, threads)
        progress("counting")
        with ThreadPoolExecutor(max_workers=min(2, threads)) as pool:
            counted = list(pool.map(lambda each: _count(pairs, each, axis, parameters), aligned))
        placement = counted[0][0]
        columns = [each for _, each in counted]
        progress("calling")
        evidence = [_test(bench, pairs, axis, each, column) for each, column in counted]
        needed = [reads_needed(each.columns, parameters, each.tests.quality_needed) for each in evidence]
        # Counted molecules need no deflation by those that the stated mass can have held.
        stated = molecules_from_nanograms(sample.info.cfdna_ng) if sample.info.cfdna_ng else None
        molecules = stated if families is None else None
        site_tests = [each.tests.site_test for each in evidence if each.tests.site_test is not None]
        sight = sight_of(axis, columns, needed, _background_of(parameters, evidence, families), molecules, site_tests)
        calls = merge_calls(panel, axis, evidence, parameters, molecules)
        views = [View(pairs, axis, each, found.events) for (each, _), found in zip(counted, evidence, strict=True)]
        calls, seen = _fragments(panel, calls, views, evidence, parameters, molecules)
        calls = explain_disagreement(calls, views)
        merged = calls
        calls = annotate_calls(
            merged, bench.annotations, panel, parameters.max_population_af, _on_record(bench.knowledge_base)
        )
        phases = phase_calls(axis, calls, seen, sight)
        haplotypes = phase_groups(axis, calls, seen, sight, phases)
        gathered = None
        if bench.evidence is not None:
            gathered = gather_evidence(
                *(panel, axis, pairs, calls, phases),
                [(each, found.events) for (each, _), found in zip(counted, evidence, strict=True)],
                [(output.alignments.aligner, output.program.version) for output in aligned],
                bench.evidence,
            )
    finally:
        raw.close()
        pairs.close()
    progress("interpreting")
    amplicons = amplicon_coverage(sight, columns[0], parameters)
    known = known_positions(panel, sight, calls, parameters)
    # A variant that is set aside as the population's is still no error of the reads.
    qc = _read_qc(raw, pairs, columns, merged, axis, placement)
    if families is not None:
        qc = msgspec.structs.replace(qc, on_target_fraction=round(families.on_target, 5))
    base = bench.knowledge_base
    result = SampleResult(
        kinescape_version=__version__,
        simulated=sample.simulated,
        sample=sample.info,
        inputs=inputs,
        panel=PanelReference(
            name=panel.name,
            version=panel.version,
            genome=panel.genome,
            sha256=panel.sha256,
            reference=bench.reference.description,
            reference_sha256=bench.reference.sha256,
        ),
        knowledge_base=KnowledgeBaseReference(name=base.name, version=base.version, date=base.date, sha256=base.sha256)
        if base
        else None,
        parameters=parameters,
        aligners=tuple(_aligner_run(output, column) for output, column in zip(aligned, columns, strict=True)),
        qc=qc,
        gate=gate_of(amplicons, qc.on_target_fraction, parameters),
        amplicons=amplicons,
        coverage=coverage_tracks(sight),
        calls=calls,
        known_positions=known,
        phases=phases,
        haplotypes=haplotypes,
        drugs=drug_states(base, panel, calls, known, phases, sample.info.extra.get("fusion")) if base else (),
        not_assessed=(
            *not_assessed(amplicons, parameters),
            *background_caveats(bench.background),
            *(base.not_assessable if base else ()),
        ),
        annotation_sources=bench.annotations.sources(),
        annotation_slices=bench.annotations.checksums(),
        annotation_covered=bench.annotations.covered(),
        genes=gene_models(panel),
        background=bench.background.reference() if bench.background else None,
        umi=None
        if families is None
        else msgspec.structs.replace(families.qc, background=measured_background(evidence)),
        evidence=gathered.record if gathered is not None else None,
    )
    positions = position_columns(sight, columns)
    if families is not None:
        positions["molecules"] = positions["fragments"]
    return SampleAnalysis(result, positions, sight, gathered)


def _on_record(base: KnowledgeBase | None) -> OnRecord:
    return lambda gene, protein: base is not None and bool(base.known_about(gene, protein))


def _background_of(
    parameters: Parameters, evidence: Sequence[AlignerEvidence], families: Molecules | None
) -> Parameters:
    """With UMIs the limits of detection rest on what the consensus reads themselves show, not on plain controls."""
    if families is None:
        return parameters
    return msgspec.structs.replace(parameters, background_error=measured_background(evidence))


def _count(
    pairs: ReadPairs, output: AlignerOutput, axis: Axis, parameters: Parameters
) -> tuple[Placement, MateColumns]:
    placement = place(pairs.mates, output.alignments, axis, parameters.mask_primers, parameters.end_mask)
    return placement, count_columns(pairs, placement, axis)


def _test(
    bench: Workbench, pairs: ReadPairs, axis: Axis, placement: Placement, columns: MateColumns
) -> AlignerEvidence:
    parameters = bench.parameters
    site_test = gap_test = None
    events = indel_events(bench.panel, pairs, placement, axis)
    if bench.background is not None:
        fragments = fragment_counts(pairs, placement, len(axis))
        site_test = against_background(bench.background.sites[columns.aligner], fragments, parameters.background_fdr)
        gaps = bench.background.gaps.get(columns.aligner)
        if gaps is not None:
            counted = gap_fragments(pairs, placement, axis, events)
            gap_test = gaps_against_background(gaps, axis, counted, parameters.background_fdr)
    indels = tested_indels(bench.panel, axis, pairs, placement, columns, events, parameters, gap_test)
    return AlignerEvidence(columns, tested_alleles(columns, parameters, site_test), indels, events)


def _fragments(
    panel: Panel,
    calls: tuple[Call, ...],
    views: Sequence[View],
    evidence: Sequence[AlignerEvidence],
    parameters: Parameters,
    molecules: int | None,
) -> tuple[tuple[Call, ...], NDArray[np.uint8]]:
    """Look at the fragments of every call: join what is one event, and count. Returns the alleles by call as well."""
    if parameters.mode == "default":
        needed = [each.tests.quality_needed for each in evidence]
        joined = join_events(panel, calls, views, parameters, needed, molecules)
        calls, seen = joined.calls, joined.seen
    else:
        seen = views[0].alleles([call.variant for call in calls])
    counted = tuple(
        msgspec.structs.replace(
            call,
            fragments=int((seen[:, number] != MISSING).sum()),
            alt_fragments=int((seen[:, number] == ALTERNATIVE).sum()),
        )
        for number, call in enumerate(calls)
    )
    return counted, seen


def _input_file(path: Path) -> InputFile:
    # A file that is not there is reported by the reader, with what was expected.
    if not path.is_file():
        return InputFile(name=path.name, sha256="", bytes=0)
    return InputFile(name=path.name, sha256=sha256_of(path), bytes=path.stat().st_size)


def _aligner_run(output: AlignerOutput, columns: MateColumns) -> AlignerRun:
    return AlignerRun(
        aligner=output.alignments.aligner,
        version=output.program.version,
        arguments=output.arguments,
        tested_version=output.program.tested,
        note=output.program.note,
        distinct_mates=len(output.alignments),
        aligned_mates=columns.mates_on_target,
        aligned_reads=columns.reads_on_target,
    )


def _read_qc(
    raw: ReadPairs,
    pairs: ReadPairs,
    columns: Sequence[MateColumns],
    calls: Sequence[Call],
    axis: Axis,
    placement: Placement,
) -> ReadQc:
    """``raw``: the pairs of the files; ``pairs``: those that were counted (the same, unless UMIs made molecules)."""
    tallies = (raw.tally_1, raw.tally_2)
    bases = sum(tally.bases for tally in tallies)
    called = called_positions(calls, axis)
    mate_n = np.add.reduceat(raw.mates.bases == ord("N"), raw.mates.offsets[:-1])
    return ReadQc(
        pairs=len(raw),
        read_length_1=raw.tally_1.longest,
        read_length_2=raw.tally_2.longest,
        mean_quality_1=round(raw.tally_1.mean(), 2),
        mean_quality_2=round(raw.tally_2.mean(), 2),
        q30_fraction=round(sum(tally.at_least(30) for tally in tallies) / bases, 5),
        adapter_fraction=round(raw.trimmed_reads / (2 * len(raw)), 5),
        distinct_mates=len(raw.mates),
        distinct_pairs=raw.distinct_pairs,
        n_fraction=round(float(mate_n @ raw.reads_per_mate()) / bases, 7),
        on_target_fraction=round(columns[0].reads_on_target / (2 * len(raw)), 5),
        quality_by_cycle_1=tuple(round(value, 2) for value in raw.tally_1.by_cycle().tolist()),
        quality_by_cycle_2=tuple(round(value, 2) for value in raw.tally_2.by_cycle().tolist()),
        insert_lengths=insert_lengths(pairs, placement),
        mismatches_per_base={each.aligner: round(each.mismatches_per_base(called), 7) for each in columns},
    )
