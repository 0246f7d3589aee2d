"""Base alignment quality against samtools, gap quality against its definition, and what must not change either."""

import math

import numpy as np
import pysam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment_files import Read, loaded, random_reads, write_bam, write_fasta
from kinescape.columns.alignment_quality import _ERROR_OF_QUALITY, with_alignment_quality
from kinescape.columns.histogram import NO_QUALITY
from kinescape.columns.model_plan import PLAN_LEFT, PLAN_SPAN, PLAN_WANTED, model_plan
from kinescape.columns.pair_hmm import GAP_EXTEND, GAP_OPEN, band_width, posteriors, row_best, row_total
from kinescape.columns.pair_hmm_lanes import LANES, cell_posteriors, emissions
from kinescape.columns.reference import base_codes

SAMTOOLS_GAP_OPEN, SAMTOOLS_GAP_EXTEND = 1e-3, 0.1


def model(reads, i, codes, gap_open=GAP_OPEN, gap_extend=GAP_EXTEND):
    """Forward and backward of one read, and its plan."""
    plan = model_plan(reads.start, reads.cigar_bounds, reads.cigar, reads.bounds, codes.size)[i]
    part = slice(reads.bounds[i], reads.bounds[i + 1])
    piece = codes[plan[PLAN_LEFT] : plan[PLAN_LEFT] + plan[PLAN_SPAN]].astype(float)
    bases = reads.bases[part]
    band = band_width(plan[PLAN_WANTED], bases.size, piece.size)
    forward, backward = np.zeros((2, 3, bases.size + 2, 2 * band + 3))
    errors = _ERROR_OF_QUALITY[reads.qualities[part]]
    posteriors(piece, bases, errors, plan[PLAN_WANTED], gap_open, gap_extend, forward, backward)
    return forward, backward, band, int(reads.start[i] - plan[PLAN_LEFT])


def plain_qualities(reads, i, codes, **parameters):
    """BAQ of one read, base by base, by the slow way; None outside match blocks."""
    forward, backward, band, x = model(reads, i, codes, **parameters)
    qualities = [None] * int(reads.bounds[i + 1] - reads.bounds[i])
    y, width = 0, 2 * band + 3
    for word in reads.cigar[reads.cigar_bounds[i] : reads.cigar_bounds[i + 1]]:
        length, operation = word >> 4, word & 15
        if operation == 0:
            for j in range(length):
                row, column = y + j + 1, x - y + band + 1
                here = forward[0, row, column] * backward[0, row, column]
                wrong = 1 - here / row_total(forward, backward, row, width)
                quality = 99 if wrong <= 0 else min(int(-4.343 * math.log(wrong) + 0.499), 101)
                best = here >= row_best(forward, backward, row, width)
                qualities[y + j] = (99 if quality > 100 else quality) if best else 0
        x += length if operation in (0, 2) else 0
        y += length if operation in (0, 1, 4) else 0
    return qualities


@pytest.fixture
def case(tmp_path, rng):
    """Reads with gaps, clips, N and mismatches, on a reference with repeats."""
    sequence = "".join(rng.choice(list("ACGT"), 60)) + "ACACACACAC" + "T" * 12 + "".join(rng.choice(list("ACGT"), 160))
    path = write_bam(tmp_path / "a.bam", {"chrT": len(sequence)}, random_reads(rng, sequence, 120))
    write_fasta(tmp_path / "ref.fa", {"chrT": sequence})
    (reads,) = loaded(path)
    return reads, sequence, path


def test_with_samtools_parameters_the_model_is_samtools(case, tmp_path):
    reads, sequence, path = case
    output = tmp_path / "baq.bam"
    pysam.samtools.calmd("-r", "-b", str(path), str(tmp_path / "ref.fa"), save_stdout=str(output))
    codes, compared = base_codes(sequence), 0
    with pysam.AlignmentFile(str(output)) as handle:
        for i, segment in enumerate(handle):
            if not segment.has_tag("BQ"):
                continue
            mine = plain_qualities(reads, i, codes, gap_open=SAMTOOLS_GAP_OPEN, gap_extend=SAMTOOLS_GAP_EXTEND)
            for quality, mark, baq in zip(segment.query_qualities, segment.get_tag("BQ"), mine, strict=True):
                if baq is not None:
                    assert quality - (ord(mark) - 64) == min(quality, baq)
                    compared += 1
    assert compared > 4000


@pytest.mark.parametrize("extended", [False, True])
def test_eight_at_a_time_is_one_at_a_time(case, extended):
    reads, sequence, _ = case
    codes = base_codes(sequence)
    fast = with_alignment_quality(reads, codes, extended=extended)
    for i in range(reads.size):
        mine = fast.alignment_quality[reads.bounds[i] : reads.bounds[i + 1]]
        slow = plain_qualities(reads, i, codes)
        if not extended:
            expected = [NO_QUALITY if quality is None else min(quality, 93) for quality in slow]
            assert np.abs(mine.astype(int) - expected).max() <= 1  # rounding at a whole number
            assert (mine == expected).mean() > 0.99
            continue
        blocks = []
        for quality in slow:
            if quality is None:
                blocks.append([])
            elif blocks and blocks[-1]:
                blocks[-1].append(quality)
            else:
                blocks.append([quality])
        # Two match blocks with only a deletion between them look like one here; leave those reads to the other test.
        if 2 in (reads.cigar[reads.cigar_bounds[i] : reads.cigar_bounds[i + 1]] & 15):
            continue
        expected = []
        for block in blocks:
            left, right = np.maximum.accumulate(block), np.maximum.accumulate(block[::-1])[::-1] if block else block
            expected += np.minimum(np.minimum(left, right), 93).tolist() if block else [NO_QUALITY]
        assert np.abs(mine.astype(int) - np.array(expected)).max() <= 1


def test_threads_and_batches_do_not_matter(case):
    reads, sequence, _ = case
    codes = base_codes(sequence)
    one = with_alignment_quality(reads, codes, gaps=True)
    two = with_alignment_quality(reads, codes, gaps=True, threads=2)
    for name in ("alignment_quality", "insertion_alignment_quality", "deletion_alignment_quality"):
        assert getattr(one, name).tolist() == getattr(two, name).tolist()
    assert (one.insertion_alignment_quality != NO_QUALITY).any()
    assert (one.deletion_alignment_quality != NO_QUALITY).any()


def test_identical_reads_get_identical_qualities(tmp_path, rng):
    sequence = "".join(rng.choice(list("ACGT"), 100))
    one, other = (Read(20, "40M", sequence[20:60], quality) for quality in (12, 31))
    (reads,) = loaded(write_bam(tmp_path / "a.bam", {"chrT": 100}, [one, other, one, one, other]))
    quality = with_alignment_quality(reads, base_codes(sequence)).alignment_quality.reshape(5, 40)
    assert (quality[0] == quality[2]).all()
    assert (quality[0] == quality[3]).all()
    assert (quality[1] == quality[4]).all()
    assert (quality[0] != quality[1]).any()


def test_tags_of_the_file_are_kept(tmp_path, rng):
    sequence = "".join(rng.choice(list("ACGT"), 100))
    tagged = Read(20, "40M", sequence[20:60], tags=(("lb", "5" * 40),))
    (reads,) = loaded(write_bam(tmp_path / "a.bam", {"chrT": 100}, [tagged, Read(20, "40M", sequence[20:60])]))
    quality = with_alignment_quality(reads, base_codes(sequence)).alignment_quality
    assert set(quality[:40].tolist()) == {20}
    assert quality[40:].max() > 40


def test_reads_over_an_intron_get_none(tmp_path, rng):
    sequence = "".join(rng.choice(list("ACGT"), 100))
    read = Read(10, "20M30N20M", sequence[10:30] + sequence[60:80])
    (reads,) = loaded(write_bam(tmp_path / "a.bam", {"chrT": 100}, [read]))
    assert set(with_alignment_quality(reads, base_codes(sequence)).alignment_quality.tolist()) == {NO_QUALITY}


def test_a_gap_in_a_repeat_is_as_sure_as_one_of_unique_bases(tmp_path, rng):
    """Equal placements to the right count together."""
    left, right = ("".join(rng.choice(list("ACGT"), 50)) for _ in range(2))
    sequence = left + "G" + "CA" * 4 + "T" + right
    bases = sequence[10:51] + sequence[53:100]  # one CA less, placed leftmost
    (reads,) = loaded(write_bam(tmp_path / "a.bam", {"chrT": len(sequence)}, [Read(10, "41M2D47M", bases, 37)]))
    result = with_alignment_quality(reads, base_codes(sequence), gaps=True)
    quality = result.deletion_alignment_quality
    assert quality[40] > 30
    assert set(np.delete(quality, 40).tolist()) == {NO_QUALITY}
    assert set(result.insertion_alignment_quality.tolist()) == {NO_QUALITY}


def test_long_gaps_get_no_quality(tmp_path, rng):
    sequence = "".join(rng.choice(list("ACGT"), 160))
    bases = sequence[10:60] + sequence[77:130]
    (reads,) = loaded(write_bam(tmp_path / "a.bam", {"chrT": 160}, [Read(10, "50M17D53M", bases, 37)]))
    result = with_alignment_quality(reads, base_codes(sequence), gaps=True)
    assert set(result.deletion_alignment_quality.tolist()) == {NO_QUALITY}
    assert result.alignment_quality.max() > 50


@given(st.integers(0, 10**6))
def test_lanes_of_any_shape_are_the_model(seed):
    """Eight reads of one shape: the posterior of one cell per row, as the model of a single read has it."""
    rng = np.random.default_rng(seed)
    bases, span = int(rng.integers(2, 40)), int(rng.integers(3, 46))
    band, offset = band_width(7, bases, span), int(rng.integers(0, 4))
    size = (bases + 2) * (2 * band + 3) * LANES
    table, match, insertion = np.zeros((3, size))
    wanted = np.full(bases * LANES, offset + band + 1)
    posterior = np.empty(bases * LANES)
    cases = []
    for lane in range(int(rng.integers(1, LANES + 1))):
        reference = rng.integers(0, 4, span).astype(np.uint8)
        read = np.resize(reference[min(offset, span - 1) :], bases)
        read = np.where(rng.random(bases) < 0.1, rng.integers(0, 5, bases), read).astype(np.uint8)
        errors = 10.0 ** (-rng.integers(2, 42, bases) / 10)
        emissions(reference, read, errors, band, lane, table)
        cases.append((reference, read, errors))
    cell_posteriors(table, bases, span, band, GAP_OPEN, GAP_EXTEND, wanted, match, insertion, posterior)
    forward, backward = np.zeros((2, 3, bases + 2, 2 * band + 3))
    for lane, (reference, read, errors) in enumerate(cases):
        posteriors(reference.astype(float), read, errors, 7, GAP_OPEN, GAP_EXTEND, forward, backward)
        for row in range(1, bases + 1):
            here = forward[0, row, offset + band + 1] * backward[0, row, offset + band + 1]
            best = row_best(forward, backward, row, 2 * band + 3)
            expected = here / row_total(forward, backward, row, 2 * band + 3) if here >= best else -1
            if here < best * (1 - 1e-9) or here == best:  # a tie may go either way
                assert posterior[(row - 1) * LANES + lane] == pytest.approx(expected, abs=1e-12)
