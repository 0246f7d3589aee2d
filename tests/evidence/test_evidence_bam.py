"""The kept reads are the reads: against the FASTQ files, the reference, and what another program reads from the BAM."""

from __future__ import annotations

from collections import Counter

import pysam
import pytest
from evidence_runs import BAMS, Kept

from kinescape.coordinates import reverse_complement
from kinescape.panel.load import load_panel
from kinescape.records import EvidenceCaps, EvidenceCount

pytestmark = pytest.mark.aligners


@pytest.fixture(params=sorted(BAMS))
def aligner(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def counts(kept: Kept, aligner: str) -> dict[str, EvidenceCount]:
    evidence = kept.result.evidence
    assert evidence is not None
    return {each.variant: each for each in evidence.counts if each.aligner == aligner}


def test_every_read_is_one_of_the_files_under_its_name_with_its_qualities(kept: Kept, aligner: str) -> None:
    reads = kept.reads()
    for record in kept.records(aligner):
        bases, qualities = reads[str(record.query_name), 1 if record.is_read1 else 2]
        shown, values = str(record.query_sequence), [*(record.query_qualities or ())]
        if record.is_reverse:
            shown, values = reverse_complement(shown), values[::-1]
        assert bases.startswith(shown), "nothing but adapter is cut off"
        assert values == [ord(sign) - 33 for sign in qualities[: len(shown)]]


def test_both_mates_of_every_fragment_are_there_and_know_each_other(kept: Kept, aligner: str) -> None:
    fragments: dict[str, list[pysam.AlignedSegment]] = {}
    for record in kept.records(aligner):
        fragments.setdefault(str(record.query_name), []).append(record)
    for pair in fragments.values():
        assert sorted((one.is_read1, one.is_read2) for one in pair) == [(False, True), (True, False)]
        for one, two in (pair, pair[::-1]):
            assert one.is_paired
            assert one.mate_is_reverse == two.is_reverse
            assert one.mate_is_unmapped == two.is_unmapped
            assert (one.next_reference_id, one.next_reference_start) == (two.reference_id, two.reference_start)
            assert one.template_length == -two.template_length
    proper = sum(record.is_proper_pair for record in kept.records(aligner))
    assert proper > 0.95 * 2 * len(fragments)
    evidence = kept.result.evidence
    assert evidence is not None
    assert len(fragments) == evidence.fragments


def test_reads_lie_where_the_reference_reads_as_they_do(kept: Kept, aligner: str) -> None:
    panel = load_panel("alk-ros1")
    same = different = 0
    for record in kept.records(aligner):
        if record.is_unmapped:
            continue
        for query, position in record.get_aligned_pairs(matches_only=True):
            base = panel.base(str(record.reference_name), position)
            equal = str(record.query_sequence)[query] == base
            same, different = same + equal, different + (not equal)
    assert different < 0.02 * same
    assert same > 200_000


def test_the_files_are_sorted_indexed_and_say_what_they_are(kept: Kept, aligner: str) -> None:
    path = kept.sample / BAMS[aligner]
    pysam.quickcheck(str(path))
    with pysam.AlignmentFile(str(path)) as handle:
        assert handle.header["HD"]["SO"] == "coordinate"
        assert handle.get_reference_length("chr2") == 242193529
        assert [group["SM"] for group in handle.header["RG"]] == ["kept"]
        assert "not all reads" in handle.header["CO"][0]
        assert str(kept.folder) not in str(handle.header)
        assert sum(1 for _ in handle.fetch("chr2", 29220764, 29220765)) > 100
    places = [(record.reference_id, record.reference_start) for record in kept.records(aligner)]
    assert places == sorted(places)


def names_that_show(kept: Kept, aligner: str, variant: str) -> Counter[str]:
    """Names of fragments by what samtools' pileup shows at a substitution, whatever the quality."""
    chrom, position, change = variant.split(":")
    alt = change.split(">")[1]
    names: dict[str, set[str]] = {}
    with pysam.AlignmentFile(str(kept.sample / BAMS[aligner])) as handle:
        for column in handle.pileup(
            chrom, int(position) - 1, int(position), truncate=True, min_base_quality=0, ignore_overlaps=False,
            stepper="nofilter", max_depth=100_000,
        ):  # fmt: skip
            for read in column.pileups:
                if read.query_position is not None:
                    base = str(read.alignment.query_sequence)[read.query_position]
                    names.setdefault(str(read.alignment.query_name), set()).add(base)
    return Counter("alt" if alt in bases else "other" for bases in names.values())


def test_what_is_shown_is_what_another_program_counts(kept: Kept, aligner: str) -> None:
    found = [
        call for call in kept.result.calls if call.consequence and call.consequence.protein in ("L1196M", "G1202R")
    ]
    assert len(found) == 2
    for call in found:
        numbers = counts(kept, aligner)[call.variant.name]
        assert names_that_show(kept, aligner, call.variant.name)["alt"] == numbers.shown_alt


def test_the_true_counts_are_of_all_reads(kept: Kept, aligner: str) -> None:
    caps = EvidenceCaps()
    for call in kept.result.calls:
        numbers = counts(kept, aligner)[call.variant.name]
        assert numbers.alt_fragments >= call.alt_fragments, "low qualities count here"
        assert numbers.alt_fragments + numbers.reference_fragments <= kept.result.qc.pairs
        cap = caps.alt if call.evidence != "filtered" else caps.alt // 4
        assert numbers.shown_alt >= min(numbers.alt_fragments, cap) or aligner != "bwa"
        assert numbers.shown_reference >= min(numbers.reference_fragments, caps.reference // 4) or aligner != "bwa"
    l1196m = next(c for c in kept.result.calls if c.consequence and c.consequence.protein == "L1196M")
    numbers = counts(kept, aligner)[l1196m.variant.name]
    assert numbers.alt_fragments == pytest.approx(0.25 * 2500, rel=0.1)
    assert numbers.shown_alt < numbers.alt_fragments


def test_a_deletion_is_kept_with_its_gap(kept: Kept, aligner: str) -> None:
    call = next(c for c in kept.result.calls if len(c.variant.ref) > len(c.variant.alt))
    gapped = {str(r.query_name) for r in kept.records(aligner) if "3D" in str(r.cigarstring)}
    assert len(gapped) == counts(kept, aligner)[call.variant.name].shown_alt > 30


def test_both_aligners_show_the_same_fragments(kept: Kept) -> None:
    one, two = ({str(record.query_name) for record in kept.records(aligner)} for aligner in BAMS)
    assert one == two


def test_fragments_that_link_two_calls_are_there(kept: Kept) -> None:
    names: dict[str, set[str]] = {}
    with pysam.AlignmentFile(str(kept.sample / "evidence.bam")) as handle:
        for place, alt in ((29220764, "T"), (29220746, "T")):
            for column in handle.pileup("chr2", place, place + 1, truncate=True, min_base_quality=0,
                                        ignore_overlaps=False, stepper="nofilter", max_depth=100_000):  # fmt: skip
                for read in column.pileups:
                    if read.query_position is not None:
                        shown = str(read.alignment.query_sequence)[read.query_position] == alt
                        names.setdefault(str(read.alignment.query_name), set()).update({place} if shown else ())  # type: ignore[arg-type]
    assert sum(len(places) == 2 for places in names.values()) >= EvidenceCaps().linked
