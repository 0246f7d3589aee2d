"""Which reads count, and what is said of malformed ones."""

import numpy as np
import pytest

from alignment_files import Read, loaded, random_reads, write_bam
from kinescape.columns.aligned import ReadFilter
from kinescape.columns.histogram import NO_QUALITY
from kinescape.errors import InputError

CONTIGS = {"chrT": 100, "chrU": 60}


def read(flag=0, mapping_quality=60, **more):
    return Read(5, "4M", "ACGT", 30, flag, mapping_quality, **more)


def starts(path, keep=None):
    return [int(start) for batch in loaded(path, keep) for start in batch.start]


@pytest.mark.parametrize(
    ("flag", "counts"),
    [(0, True), (16, True), (4, False), (256, False), (512, False), (1024, False), (2048, True), (1, False), (3, True)],
)
def test_flags(tmp_path, flag, counts):
    path = write_bam(tmp_path / "a.bam", CONTIGS, [read(flag)])
    assert starts(path) == ([5] if counts else [])


def test_orphans_on_request(tmp_path):
    path = write_bam(tmp_path / "a.bam", CONTIGS, [read(1)])
    assert starts(path, ReadFilter(use_orphans=True)) == [5]


def test_mapping_quality(tmp_path):
    path = write_bam(tmp_path / "a.bam", CONTIGS, [read(mapping_quality=3), read(mapping_quality=50)])
    (batch,) = loaded(path, ReadFilter(min_mapping_quality=4, max_mapping_quality=40))
    assert batch.mapping_quality.tolist() == [40]


def test_everything_arrives(tmp_path, rng):
    sequence = "".join(rng.choice(list("ACGT"), 100))
    reads = random_reads(rng, sequence, 50)
    (batch,) = loaded(write_bam(tmp_path / "a.bam", CONTIGS, reads))
    letters = np.array(list("ACGTN"))
    for i, expected in enumerate(reads):
        part = slice(batch.bounds[i], batch.bounds[i + 1])
        assert "".join(letters[batch.bases[part]]) == expected.bases
        assert batch.qualities[part].tolist() == expected.qualities
        assert batch.reverse[i] == bool(expected.flag & 16)
        cigar = batch.cigar[batch.cigar_bounds[i] : batch.cigar_bounds[i + 1]]
        assert "".join(f"{word >> 4}{'MIDNSHP=X'[word & 15]}" for word in cigar) == expected.cigar
    assert (batch.insertion_quality == NO_QUALITY).all()


def test_contigs_make_batches_and_tags_are_found_among_others(tmp_path):
    tags = (("NM", 3), ("XF", 1.5), ("XB", [1, 2, 3]), ("BI", "IJKL"), ("XZ", "text"), ("lb", "!+5~"), ("XA", "y"))
    path = write_bam(tmp_path / "a.bam", CONTIGS, [read(), read(contig="chrU", tags=tags)])
    first, second = loaded(path)
    assert (first.contig, second.contig) == (0, 1)
    assert second.insertion_quality.tolist() == [40, 41, 42, 43]
    assert second.alignment_quality.tolist() == [0, 10, 20, 93]
    assert (second.deletion_quality == NO_QUALITY).all()


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (Read(98, "4M", "ACGT"), "reaches beyond the end"),
        (Read(5, "3M", "ACGT"), "CIGAR does not fit"),
        (Read(5, "4S", "ACGT"), "CIGAR does not fit"),
        (Read(5, "4M", "ACGT", qualities=[]), "without base qualities"),
        (Read(5, "4M", "ACGT", tags=(("BI", "II"),)), "does not fit its bases"),
    ],
)
def test_malformed_reads_are_named(tmp_path, bad, message):
    bad.name = "culprit"
    path = write_bam(tmp_path / "a.bam", CONTIGS, [read(), bad])
    with pytest.raises(InputError, match=message) as caught:
        loaded(path)
    assert "culprit at chrT:" in str(caught.value)
