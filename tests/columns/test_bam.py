"""Alignment files: what is accepted, and one clear error for what is not."""

import pysam
import pytest

import kinescape.columns.bam as bam_module
from alignment_files import DATA, Read, loaded, random_reads, write_bam, write_fasta
from kinescape.columns.bam import AlignmentFile
from kinescape.errors import InputError

REFERENCE = DATA / "reference.fa"
SEQUENCE = "ACGTTGCAAGCT" * 20


@pytest.fixture
def reads(rng):
    return random_reads(rng, SEQUENCE, 300)


def fields(batches):
    return [
        (int(batch.start[i]), batch.bases[batch.bounds[i] : batch.bounds[i + 1]].tolist())
        for batch in batches
        for i in range(batch.size)
    ]


def test_blocks_of_any_size_hold_the_same_reads(tmp_path, reads, monkeypatch):
    path = write_bam(tmp_path / "a.bam", {"chrT": 240}, reads)
    whole = fields(loaded(path))
    monkeypatch.setattr(bam_module, "BLOCK_BYTES", 1000)
    assert fields(loaded(path)) == whole
    assert len(whole) == len(reads)


def test_sam_and_cram_are_read_as_bam(tmp_path, reads):
    reference = write_fasta(tmp_path / "ref.fa", {"chrT": SEQUENCE})
    bam = write_bam(tmp_path / "a.bam", {"chrT": 240}, reads)
    sam = write_bam(tmp_path / "a.sam", {"chrT": 240}, reads)
    cram = tmp_path / "a.cram"
    pysam.samtools.view("-C", "-T", str(reference), "-o", str(cram), str(bam), catch_stdout=False)
    (tmp_path / "ref.fa.fai").unlink()
    for path in (sam, cram):
        alignments = AlignmentFile(path, reference)
        assert not alignments.is_bam
        assert sum(records.offsets.size for records in alignments.blocks()) == len(reads)
    assert not (tmp_path / "ref.fa.fai").exists(), "nothing is written beside the user's files"


def test_no_such_file(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        AlignmentFile(tmp_path / "none.bam", REFERENCE)


def test_folder(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        AlignmentFile(tmp_path, REFERENCE)


def test_empty_file(tmp_path):
    path = tmp_path / "a.bam"
    path.touch()
    with pytest.raises(InputError, match="is empty"):
        AlignmentFile(path, REFERENCE)


def test_text(tmp_path, capfd):
    path = tmp_path / "a.bam"
    path.write_text("no alignments here\n" * 100)
    with pytest.raises(InputError, match=r"cannot be read as BAM|no reference sequences"):
        AlignmentFile(path, REFERENCE)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("kept", [0.3, 0.7, 0.999])
def test_truncated(tmp_path, reads, kept):
    whole = write_bam(tmp_path / "a.bam", {"chrT": 240}, reads * 5).read_bytes()
    path = tmp_path / "cut.bam"
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(InputError, match=r"truncated|cannot be read"):
        AlignmentFile(path, REFERENCE)


def test_damaged_inside(tmp_path, reads, capfd):
    content = bytearray(write_bam(tmp_path / "a.bam", {"chrT": 240}, reads * 50).read_bytes())
    content[len(content) // 2 : len(content) // 2 + 300] = bytes(300)
    path = tmp_path / "damaged.bam"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"truncated or damaged|malformed"):
        loaded(path)
    assert capfd.readouterr().err == ""


def test_sorted_by_name(tmp_path, reads):
    path = write_bam(tmp_path / "a.bam", {"chrT": 240}, reads, order="queryname")
    with pytest.raises(InputError, match="is not sorted by coordinate; found 'SO:queryname'"):
        AlignmentFile(path, REFERENCE)


def test_cram_of_another_reference(tmp_path):
    reference = write_fasta(tmp_path / "ref.fa", {"chrT": SEQUENCE})
    other = write_fasta(tmp_path / "other.fa", {"chrT": SEQUENCE[::-1]})
    bam = write_bam(tmp_path / "a.bam", {"chrT": 240}, [Read(0, "40M", SEQUENCE[:40])])
    cram = tmp_path / "a.cram"
    pysam.samtools.view("-C", "-T", str(reference), "-o", str(cram), str(bam), catch_stdout=False)
    with pytest.raises(InputError, match="cannot be decoded"):
        list(AlignmentFile(cram, other).blocks())
