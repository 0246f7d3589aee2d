"""Columns from a BAM file: against pysam's pileup, and what must not matter."""

import numpy as np
import pysam
import pytest

import kinescape.columns.pileup as pileup_module
from alignment_files import Read, random_reads, write_bam, write_fasta
from kinescape.columns.bam import AlignmentFile
from kinescape.columns.histogram import merged
from kinescape.columns.indel_counts import merged_indels
from kinescape.columns.indel_quality import UniformQuality
from kinescape.columns.pileup import PileupSettings, windows
from kinescape.columns.reference import Reference
from kinescape.errors import InputError

PLAIN = PileupSettings(alignment_quality="off", indel_quality=UniformQuality(40, 35))


@pytest.fixture
def reference(tmp_path, rng):
    sequences = {"chrT": "".join(rng.choice(list("ACGT"), 300)), "chrU": "".join(rng.choice(list("ACGT"), 120))}
    return write_fasta(tmp_path / "ref.fa", sequences), sequences


def counts(path, reference, settings=PLAIN):
    with Reference(reference) as sequences:
        return list(windows(AlignmentFile(path, reference), sequences, settings))


def lengths(sequences):
    return {name: len(sequence) for name, sequence in sequences.items()}


def whole(found, size):
    """All windows of one contig laid over [0, size): depth, strand counts, events."""
    depth, strands = np.zeros(size, dtype=int), np.zeros((size, 4, 2), dtype=int)
    for window in found:
        part = slice(window.columns.start, window.columns.start + window.columns.size)
        depth[part] += window.columns.depth
        strands[part] += window.columns.strand_counts
    return depth, strands


def test_counts_are_those_of_pysam(tmp_path, rng, reference):
    fasta, sequences = reference
    path = write_bam(tmp_path / "a.bam", lengths(sequences), random_reads(rng, sequences["chrT"], 400))
    depth, strands = whole(counts(path, fasta), 300)
    pysam.index(str(path))
    with pysam.AlignmentFile(str(path)) as handle:
        seen = handle.count_coverage("chrT", quality_threshold=3, read_callback="all")
        assert strands.sum(axis=2).T.tolist() == [list(row) for row in seen]
        columns = handle.pileup("chrT", stepper="nofilter", min_base_quality=0, ignore_overlaps=False, max_depth=10**6)
        expected = np.zeros(300, dtype=int)
        for column in columns:
            expected[column.reference_pos] = column.nsegments
    assert depth.tolist() == expected.tolist()


def test_events_are_those_of_pysam(tmp_path, rng, reference):
    fasta, sequences = reference
    path = write_bam(tmp_path / "a.bam", lengths(sequences), random_reads(rng, sequences["chrT"], 400))
    found = {}
    without = np.zeros(300, dtype=int)
    for window in counts(path, fasta):
        start = window.columns.start
        without[start : start + window.columns.size] += window.indels.without.sum(axis=1)
        for allele in window.indels.alleles:
            signed = len(allele.sequence) * (1 if allele.kind == "insertion" else -1)
            key = (start + allele.offset, signed)
            found[key] = found.get(key, 0) + allele.count
    expected, quiet = {}, np.zeros(300, dtype=int)
    pysam.index(str(path))
    with pysam.AlignmentFile(str(path)) as handle:
        for column in handle.pileup("chrT", stepper="nofilter", min_base_quality=0, ignore_overlaps=False):
            for entry in column.pileups:
                if entry.indel:
                    key = (column.reference_pos, entry.indel)
                    expected[key] = expected.get(key, 0) + 1
                else:
                    quiet[column.reference_pos] += 1
    assert found == expected
    assert without.tolist() == quiet.tolist()


def same(one, other):
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        assert (a.columns.contig, a.columns.start) == (b.columns.contig, b.columns.start)
        for name in ("depth", "strand_counts", "unknown", "group_code", "group_count", "indel_consensus"):
            assert getattr(a.columns, name).tolist() == getattr(b.columns, name).tolist(), name
        for name in ("without", "tails", "group_code", "group_count"):
            assert getattr(a.indels, name).tolist() == getattr(b.indels, name).tolist(), name
        assert len(a.indels.alleles) == len(b.indels.alleles)
        for left, right in zip(a.indels.alleles, b.indels.alleles, strict=True):
            assert (left.offset, left.kind, left.sequence) == (right.offset, right.kind, right.sequence)
            assert (left.forward, left.reverse) == (right.forward, right.reverse)
            assert left.group_code.tolist() == right.group_code.tolist()
            assert left.group_count.tolist() == right.group_count.tolist()


@pytest.mark.parametrize("settings", [PLAIN, PileupSettings(indels=True, indel_quality="dindel")])
def test_the_order_of_reads_at_one_position_does_not_matter(tmp_path, rng, reference, settings):
    fasta, sequences = reference
    reads = random_reads(rng, sequences["chrT"], 300)
    shuffled = sorted(rng.permutation(np.array(reads, dtype=object)).tolist(), key=lambda read: read.start)
    one = write_bam(tmp_path / "a.bam", lengths(sequences), reads)
    other = write_bam(tmp_path / "b.bam", lengths(sequences), shuffled)
    same(counts(one, fasta, settings), counts(other, fasta, settings))


def test_parts_of_a_file_add_up_to_the_file(tmp_path, rng, reference):
    fasta, sequences = reference
    reads = random_reads(rng, sequences["chrT"], 300)
    # The first and the last read stand in both parts' windows, so that the windows are the same.
    ends = [reads[0], *[Read(250, "40M", sequences["chrT"][250:290])]]
    chosen = rng.random(len(reads)) < 0.4
    inside = [read for read in reads if 5 < read.start < 240]
    parts = [[r for r, c in zip(inside, chosen, strict=False) if c == side] for side in (True, False)]
    files = [
        write_bam(tmp_path / f"{i}.bam", lengths(sequences), [ends[0], *part, ends[1]]) for i, part in enumerate(parts)
    ]
    together = sorted([ends[0], ends[0], *inside[: len(chosen)], ends[1], ends[1]], key=lambda read: read.start)
    all_of_them = counts(write_bam(tmp_path / "all.bam", lengths(sequences), together), fasta)
    first, second = (counts(file, fasta) for file in files)
    if len(first) != 1 or len(second) != 1:
        pytest.fail("the parts should make one window each")
    columns = merged([first[0].columns, second[0].columns])
    indels = merged_indels([first[0].indels, second[0].indels])
    one = all_of_them[0]
    assert columns.group_code.tolist() == one.columns.group_code.tolist()
    assert columns.group_count.tolist() == one.columns.group_count.tolist()
    assert columns.depth.tolist() == one.columns.depth.tolist()
    assert columns.strand_counts.tolist() == one.columns.strand_counts.tolist()
    assert indels.group_count.tolist() == one.indels.group_count.tolist()
    assert [(a.offset, a.sequence, a.count) for a in indels.alleles] == [
        (a.offset, a.sequence, a.count) for a in one.indels.alleles
    ]


def test_small_windows_say_the_same(tmp_path, rng, reference, monkeypatch):
    fasta, sequences = reference
    reads = random_reads(rng, sequences["chrT"], 500)
    path = write_bam(tmp_path / "a.bam", lengths(sequences), reads)
    (one,) = counts(path, fasta)
    monkeypatch.setattr(pileup_module, "WINDOW", 25)
    parts = counts(path, fasta)
    assert len(parts) > 5
    assert whole(parts, 300)[1].tolist() == whole([one], 300)[1].tolist()
    shifted = np.concatenate(
        [
            part.columns.group_code + (np.uint64(part.columns.start - one.columns.start) << np.uint64(34))
            for part in parts
        ]
    )
    assert shifted.tolist() == one.columns.group_code.tolist()
    assert sum(len(part.indels.alleles) for part in parts) == len(one.indels.alleles)
    assert np.concatenate([part.indels.tails for part in parts]).tolist() == one.indels.tails.tolist()


def test_what_has_no_reads_has_no_window(tmp_path, reference, monkeypatch):
    monkeypatch.setattr(pileup_module, "WINDOW", 100)
    fasta, sequences = reference
    reads = [
        Read(10, "20M", sequences["chrT"][10:30]),
        Read(200, "20M", sequences["chrT"][200:220]),
        Read(7, "20M", sequences["chrU"][7:27], contig="chrU"),
    ]
    found = counts(write_bam(tmp_path / "a.bam", lengths(sequences), reads), fasta)
    assert [(w.columns.contig, w.columns.start, w.columns.size) for w in found] == [
        ("chrT", 10, 20),
        ("chrT", 200, 20),
        ("chrU", 7, 20),
    ]
    assert found[0].indels.tails.tolist() == [0] * 19 + [1]


def test_an_indel_that_outweighs_all_else_is_the_consensus(tmp_path, reference):
    fasta, sequences = reference
    bases = sequences["chrT"][10:20] + sequences["chrT"][22:32]
    reads = [Read(10, "10M2D10M", bases)] * 3 + [Read(10, "22M", sequences["chrT"][10:32])] * 2
    found = counts(write_bam(tmp_path / "a.bam", lengths(sequences), reads), fasta)
    assert np.flatnonzero(found[0].columns.indel_consensus).tolist() == [9]


def test_unsorted_reads(tmp_path, rng, reference):
    fasta, sequences = reference
    reads = random_reads(rng, sequences["chrT"], 20)
    path = write_bam(tmp_path / "a.bam", lengths(sequences), reads[::-1])
    with pytest.raises(InputError, match=r"is not sorted by coordinate; found 'chrT:\d+ after a later position'"):
        counts(path, fasta)


def test_contig_in_two_places(tmp_path, reference):
    fasta, sequences = reference
    one, other = Read(5, "4M", "ACGT"), Read(5, "4M", "ACGT", contig="chrU")
    path = write_bam(tmp_path / "a.bam", lengths(sequences), [one, other, one])
    with pytest.raises(InputError, match="chrT in two places"):
        counts(path, fasta)


def test_no_read_that_counts(tmp_path, reference):
    fasta, sequences = reference
    path = write_bam(tmp_path / "a.bam", lengths(sequences), [Read(5, "4M", "ACGT", flag=1024)])
    with pytest.raises(InputError, match="holds no read that counts"):
        counts(path, fasta)


def test_reference_without_the_contig(tmp_path, reference):
    _, sequences = reference
    other = write_fasta(tmp_path / "other.fa", {"chrX": "ACGT" * 30})
    path = write_bam(tmp_path / "a.bam", lengths(sequences), [Read(5, "4M", "ACGT")])
    with pytest.raises(InputError, match=r"missing; found 'chrX'; expected chrT"):
        counts(path, other)


def test_reference_of_another_length(tmp_path, reference):
    _, sequences = reference
    other = write_fasta(tmp_path / "other.fa", {"chrT": "ACGT" * 30})
    path = write_bam(tmp_path / "a.bam", lengths(sequences), [Read(5, "4M", "ACGT")])
    with pytest.raises(InputError, match=r"sequence chrT has another length .*found '120 bases'; expected 300 bases"):
        counts(path, other)


def test_indels_need_their_qualities(tmp_path, reference):
    fasta, sequences = reference
    path = write_bam(tmp_path / "a.bam", lengths(sequences), [Read(5, "4M", "ACGT")])
    with pytest.raises(InputError, match=r"no indel qualities .*--dindel"):
        counts(path, fasta, PileupSettings(indels=True))
    assert counts(path, fasta, PileupSettings(indels=True, indel_quality="dindel"))
