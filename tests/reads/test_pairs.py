"""Pairs: distinct mates, trimming, and mates that do not belong together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinescape.coordinates import reverse_complement
from kinescape.errors import InputError
from kinescape.reads.distinct import DistinctSequences
from kinescape.reads.pairs import QualityStore, read_pairs

ADAPTER_1 = "AGATCGGAAGAGCACACGTCTGAACTCCAGTCA"
ADAPTER_2 = "AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT"
INSERT = "GATTACATTGCCAGTCCGATTGCAAGTCTAGGCATTCAGGACTTACGGATCCATTGACCA"


def write_fastq(path: Path, reads: list[tuple[str, str]], quality: str = "I") -> Path:
    path.write_text("".join(f"@{name}\n{bases}\n+\n{quality * len(bases)}\n" for name, bases in reads))
    return path


def write_pair(folder: Path, mates: list[tuple[str, str]]) -> tuple[Path, Path]:
    first = write_fastq(folder / "r_1.fastq", [(f"r{i}", one) for i, (one, _) in enumerate(mates)])
    second = write_fastq(folder / "r_2.fastq", [(f"r{i}", two) for i, (_, two) in enumerate(mates)])
    return first, second


@given(st.lists(st.text("ACGT", min_size=1, max_size=8), min_size=1, max_size=300))
def test_distinct_sequences_number_every_sequence_once(sequences: list[str]) -> None:
    text = "".join(sequences)
    lengths = np.array([len(each) for each in sequences], np.int64)
    starts = np.cumsum(lengths) - lengths
    distinct = DistinctSequences()
    numbers = distinct.add(np.frombuffer(text.encode(), np.uint8), starts, lengths)
    assert len(distinct) == len(set(sequences))
    assert [distinct.sequence(number) for number in numbers.tolist()] == sequences
    again = distinct.add(np.frombuffer(text.encode(), np.uint8), starts, lengths)
    assert again.tolist() == numbers.tolist()


def test_many_distinct_sequences_grow_the_table() -> None:
    rng = np.random.default_rng(1)
    bases = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, 100_000 * 30)]
    starts = np.arange(100_000, dtype=np.int64) * 30
    distinct = DistinctSequences()
    for part in np.array_split(starts, 7):
        distinct.add(bases, part, np.full(len(part), 30, np.int64))
    assert len(distinct) == 100_000
    assert distinct.sequence(99_999) == bases[-30:].tobytes().decode()


def test_equal_mates_are_one_and_keep_their_own_qualities(tmp_path: Path) -> None:
    first = tmp_path / "r_1.fastq"
    first.write_text("@a\nACGT\n+\nIIII\n@b\nACGT\n+\n5555\n")
    second = write_fastq(tmp_path / "r_2.fastq", [("a", "TTTT"), ("b", "ACGT")])
    pairs = read_pairs(first, second)
    assert len(pairs.mates) == 2
    assert pairs.mate_1.tolist() == [0, 0]
    assert pairs.mates.sequence(int(pairs.mate_2[1])) == "ACGT"
    assert pairs.reads_per_mate().tolist() == [3, 1]
    qualities = np.concatenate([chunk.values for chunk in pairs.qualities_1])
    assert qualities.tolist() == [40] * 4 + [20] * 4


def test_adapter_is_cut_where_both_mates_read_through(tmp_path: Path) -> None:
    read_1 = (INSERT + ADAPTER_1)[:75]
    read_2 = (reverse_complement(INSERT) + ADAPTER_2)[:75]
    pairs = read_pairs(*write_pair(tmp_path, [(read_1, read_2)]))
    assert pairs.mates.sequence(int(pairs.mate_1[0])) == INSERT
    assert pairs.mates.sequence(int(pairs.mate_2[0])) == reverse_complement(INSERT)
    assert pairs.trimmed_reads == 2
    assert pairs.insert_lengths.tolist() == [len(INSERT)]


def test_short_look_alike_at_the_end_is_no_adapter_unless_the_mate_agrees(tmp_path: Path) -> None:
    lone = "GATTACATTGCCAGTCCGATTGCAAGTCTAGG" + "AGAT"
    other = "TTGACCATTCAGGACTTACGGATCCATTGACCAGTC"
    both_1 = INSERT + ADAPTER_1[:4]
    both_2 = reverse_complement(INSERT) + ADAPTER_2[:4]
    pairs = read_pairs(*write_pair(tmp_path, [(lone, other), (both_1, both_2)]))
    assert pairs.mates.sequence(int(pairs.mate_1[0])) == lone
    assert pairs.mates.sequence(int(pairs.mate_1[1])) == INSERT
    assert pairs.mates.sequence(int(pairs.mate_2[1])) == reverse_complement(INSERT)


def test_adapter_dimer_keeps_the_pair_in_step(tmp_path: Path) -> None:
    pairs = read_pairs(*write_pair(tmp_path, [(ADAPTER_1, ADAPTER_2), (INSERT, INSERT)]))
    assert len(pairs) == 2
    assert pairs.mates.lengths[pairs.mate_1[0]] == 1


def test_unequal_files_are_counted(tmp_path: Path) -> None:
    first = write_fastq(tmp_path / "x_1.fastq", [(f"r{i}", "ACGT") for i in range(5)])
    second = write_fastq(tmp_path / "x_2.fastq", [(f"r{i}", "ACGT") for i in range(3)])
    with pytest.raises(InputError, match=r"x_1.fastq: has 5 reads, its mate file x_2.fastq has 3"):
        read_pairs(first, second, block_bytes=64)
    with pytest.raises(InputError, match=r"x_1.fastq: has 5 reads, its mate file x_2.fastq has 3"):
        read_pairs(second, first)


def test_swapped_mates_are_told_by_their_names(tmp_path: Path) -> None:
    first = write_fastq(tmp_path / "x_1.fastq", [("r1 2:N:0:AC", "ACGT")])
    second = write_fastq(tmp_path / "x_2.fastq", [("r1 1:N:0:AC", "ACGT")])
    with pytest.raises(InputError, match=r"x_1.fastq, line 1: mates are swapped"):
        read_pairs(first, second)


def test_mates_of_different_reads_are_refused_by_line(tmp_path: Path) -> None:
    first = write_fastq(tmp_path / "x_1.fastq", [("r1", "ACGT"), ("r2", "ACGT")])
    second = write_fastq(tmp_path / "x_2.fastq", [("r1", "ACGT"), ("r9", "ACGT")])
    with pytest.raises(InputError, match=r"x_2.fastq, line 5: mate names differ.*found 'r9'; expected 'r2'"):
        read_pairs(first, second)


def test_one_file_for_both_mates_is_refused(tmp_path: Path) -> None:
    first = write_fastq(tmp_path / "x_1.fastq", [("r1", "ACGT")])
    with pytest.raises(InputError, match="both mates"):
        read_pairs(first, first)


def test_phred_64_is_recognised(tmp_path: Path) -> None:
    first = tmp_path / "x_1.fastq"
    first.write_text("@a\nACGT\n+\nhhgB\n")
    second = write_fastq(tmp_path / "x_2.fastq", [("a", "ACGT")])
    with pytest.raises(InputError, match=r"Phred\+64"):
        read_pairs(first, second)


def test_qualities_past_the_limit_go_to_disk_and_come_back(tmp_path: Path) -> None:
    store = QualityStore(limit=10)
    parts = [np.arange(8, dtype=np.uint8), np.arange(20, dtype=np.uint8), np.arange(3, dtype=np.uint8)]
    for part in parts:
        store.append(np.array([0, len(part)], np.int64), part)
    for _ in range(2):
        assert [chunk.values.tolist() for chunk in store] == [part.tolist() for part in parts]
    store.close()
